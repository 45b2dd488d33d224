"""What volops does with a stack, a file a verb. Each yields results and events; none prints or exits."""
