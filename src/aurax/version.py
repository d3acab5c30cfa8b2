"""The version; part of what makes a song reproducible."""

__version__ = "0.1.0"
