"""The debug engine: a generator that runs everywhere, so that the neural road can be walked without torch or weights."""
