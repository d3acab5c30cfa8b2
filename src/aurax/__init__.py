"""AURA-X: an autonomous music producer."""

__version__ = "0.1.0"
