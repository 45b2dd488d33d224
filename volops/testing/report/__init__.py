"""The report of the features: what each scenario did, how long it took, and what it saw."""
