"""Engines: neural and classical models behind one small interface, in plain Python and torch, on no platform.

`engine` is the interface, `requests` what can be asked, `engine_registry` what is installed, `runtime` the port through
which an engine is called here or on a GPU elsewhere. `installed` holds one file for each family of engines.
"""
