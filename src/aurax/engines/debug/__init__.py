"""The debug engine: a generator that runs everywhere, so that the neural mode needs neither torch nor weights."""
