"""Words as data: genres, instruments, moods, eras, voices, likenesses, and the numbers and units of each language."""
