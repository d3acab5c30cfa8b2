"""Readers of numbers, units and the small words around them, in the languages of `lexicon/units`.

Each `read_x(text)` returns what it found with its place. No reader claims a bare number: a unit or a key word beside it
says what it is.
"""
