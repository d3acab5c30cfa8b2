"""Engines: neural and classical models behind one small interface, in plain Python and torch, on no platform.

`engine` is the interface, `requests` what can be asked, `catalogue` what is installed, `runtime` the port through which
the production line calls an engine here or on a GPU elsewhere. `installed` holds one file for each family of engines.
"""
