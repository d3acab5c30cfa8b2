"""How much each kind of wish weighs in a verdict's fidelity.

Who asked for trap with a cello and got lo-fi with one has less of the song that was meant than who got trap without.
So what makes a listener say "this is not what I asked for" within the first bars weighs most; what can be told only
with a meter in the hand, or is a matter of taste, least. The numbers are judgements of the makers, not measurements.
"""

from __future__ import annotations

FIDELITY_WEIGHTS: dict[str, float] = {
    "genre": 5.0,  # decides drums, harmony, sound and form at once; nothing else makes up for it
    "vocals": 4.0,  # a song that should be sung and is not is half a song
    "instrument_present": 3.0,  # each asked-for instrument is a thing one listens for
    "instrument_absent": 3.0,  # and each refused one a thing one hears at once
    "instrument_only": 3.0,
    "tempo": 3.0,  # a number that dancers, editors and players rely on
    "meter": 3.0,
    "duration": 3.0,  # what is cut to a picture or a slot is useless at another length
    "loop_seam": 3.0,
    "key": 2.0,  # singers and players rely on it; most listeners cannot name it
    "structure": 2.0,
    "loudness": 2.0,  # turned up or down in a second
    "true_peak": 2.0,
    "likeness": 2.0,  # says several things at once, none of them exactly
    "mood": 1.0,  # a matter of degree and taste
    "era": 1.0,
    "production": 1.0,
}
"""By criterion. Each promise of a criterion weighs this much."""
