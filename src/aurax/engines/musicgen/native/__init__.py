"""A MusicGen step in C: compiled once on the machine that it runs on, for CPUs, where a step is bound by memory."""
