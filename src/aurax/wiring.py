"""Putting the parts together: the one module that sees every room."""
