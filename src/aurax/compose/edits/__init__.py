"""Edits of a finished score: one file for each kind. What an edit does not touch stays the same to the bit."""
