"""The built-in criteria, one file each."""
