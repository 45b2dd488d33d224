"""One module per group of verbs; `volops.cli.root` loads them when they are called."""
