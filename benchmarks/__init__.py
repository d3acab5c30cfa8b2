"""Measurements: each module prints one table and writes one JSON under `benchmarks/results/`."""
