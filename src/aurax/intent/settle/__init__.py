"""Settling: which of several wishes counts, and which style, tempo, length and character follow from all of them."""
