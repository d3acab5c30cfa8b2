"""The Python interface: plain functions on plain values."""
