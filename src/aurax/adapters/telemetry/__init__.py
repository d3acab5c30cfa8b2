"""Logs, traces, metrics and health of a running AURA-X."""
