"""The built-in styles, one file each."""
