"""MusicGen: text, and for the melody models a melody, to tokens of a codec to audio, frame by frame.

Source: Copet et al., Simple and Controllable Music Generation, 2023 (arXiv:2306.05284).
"""
