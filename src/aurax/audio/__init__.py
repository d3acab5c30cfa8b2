"""Sound values: Waveform, AudioRef, formats and measurements."""
