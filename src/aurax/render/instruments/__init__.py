"""The built-in instruments, one folder each: a description and its Faust source."""
