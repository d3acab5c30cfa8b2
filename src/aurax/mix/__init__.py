"""Stems → Mix → Master: strips, sends, sidechain, automation, limiter."""
