"""Wishes: from what was read to what becomes of it, one module for each kind of wish."""
