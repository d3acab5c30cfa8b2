"""Mastering as an engine: the master bus of the pipeline, on its own, also toward a reference track."""
