"""Harmonic-percussive separation by median filters: drums, bass and the rest, anywhere, without weights."""
