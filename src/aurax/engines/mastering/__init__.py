"""Mastering as an engine: the master bus of the line, on its own, also toward a reference track."""
