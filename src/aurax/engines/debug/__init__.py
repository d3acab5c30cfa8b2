"""The debug engine: a generator that runs everywhere, so that the neural road needs neither torch nor weights."""
