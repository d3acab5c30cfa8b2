"""Weights of engines: where they are published, fetching them, and the lock file that pins them."""
