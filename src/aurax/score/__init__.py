"""Musical values and theory: ticks, pitch, scales, chords, sections, plans, scores; MIDI in and out."""
