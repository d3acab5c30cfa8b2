"""Ducking under the kick, from the score's own kick notes: nothing is detected, so nothing is late.

The gain falls to `−D` on the very frame of the hit and returns by `−D · (1 − (t/T)^1.6)`.
Source: docs/facts/mix.md#sidechain.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from aurax.mix.control import Curve
from aurax.score.score import Score

_CURVE_POWER = 1.6
_LOOKAHEAD_S = 0.002
_FULL_VELOCITY = 90.0
"""Hits at least this hard duck by the full depth, softer ones by less."""


KICK_PITCHES = frozenset({35, 36})
"""General MIDI keys of the bass drums."""


def kick_hits(score: Score, sample_rate: int) -> tuple[tuple[int, float], ...]:
    """Every kick as (frame, strength from 0 to 1), in rising order of frames."""
    grid = score.plan.grid
    hits = {
        (grid.ticks_to_frames(note.played_ticks, sample_rate), min(1.0, note.velocity / _FULL_VELOCITY))
        for track in score.tracks
        for note in track.notes
        if track.role == "kick" or (track.role == "drums" and note.pitch in KICK_PITCHES)
    }
    return tuple(sorted(hits))


class Ducking:
    """The gain under the kicks, computed for one stretch at a time.

    Args:
        hits: frames and strengths, as `kick_hits` returns them.
        depth_db: reduction on a full hit, 0 or greater.
        release_s: time until the gain is back.
        sample_rate: in hertz.
    """

    def __init__(
        self, hits: tuple[tuple[int, float], ...], depth_db: float, release_s: float, sample_rate: int
    ) -> None:
        self._hits = tuple(sorted(hits))
        self._release = max(1, round(release_s * sample_rate))
        self._lookahead = round(_LOOKAHEAD_S * sample_rate)
        fall = np.linspace(0.0, 1.0, self._lookahead, endpoint=False)
        back = 1.0 - (np.arange(self._release) / self._release) ** _CURVE_POWER
        shape = np.concatenate([fall, back])
        self._templates: dict[float, Curve] = {
            strength: np.power(10.0, -depth_db * strength / 20.0 * shape).astype(np.float32)
            for strength in {strength for _, strength in hits}
        }

    def gain(self, start: int, stop: int) -> Curve:
        """Gain factor of the frames from `start` to `stop`; where two hits overlap the lower one counts."""
        gain = np.ones(stop - start, np.float32)
        near = bisect_left(self._hits, (start - self._release, 0.0))
        for frame, strength in self._hits[near:]:
            begin = frame - self._lookahead
            if begin >= stop:
                break
            first, last = max(start, begin), min(stop, frame + self._release)
            if last > first:
                part = self._templates[strength][first - begin : last - begin]
                np.minimum(gain[first - start : last - start], part, out=gain[first - start : last - start])
        return gain
