"""Drum hits: kicks, snares and hats of a mixed drum stem, distinguished by where their attacks have power.

Peak picking after S. Dixon, Onset Detection Revisited, DAFx 2006 (section 2.6).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aurax.arrange.onsets import RATE_HZ, Curve, Onsets

KICK, SNARE, HAT = 36, 38, 42
"""General MIDI keys."""

_LEAST_GAP_S = 0.06
_NEAR = 6
_AROUND = 20


@dataclass(frozen=True, slots=True)
class _Voice:
    pitch: int
    low_hz: float
    high_hz: float
    least: float
    """Share of the voice's strongest attacks that counts as a hit."""
    held: int
    """For how many values the band must stay up: the click of a kick's beater is no snare."""


_VOICES = (
    _Voice(KICK, 30.0, 130.0, 0.35, 3),
    _Voice(SNARE, 350.0, 5_000.0, 0.45, 7),
    _Voice(HAT, 7_000.0, 16_000.0, 0.25, 0),
)
_STRONG_PERCENTILE = 90.0


@dataclass(frozen=True, slots=True)
class DrumHit:
    """A hit.

    Args:
        time_s: when.
        pitch: General MIDI key.
        strength: 0 to 1, against the strongest of its kind.
    """

    time_s: float
    pitch: int
    strength: float


def find_hits(onsets: Onsets) -> tuple[DrumHit, ...]:
    """Find the hits of a drum stem, in order of time.

    Args:
        onsets: of the stem.
    """
    if not len(onsets.levels):
        return ()
    centres = np.sqrt(onsets.edges_hz[1:] * np.maximum(onsets.edges_hz[:-1], 1.0))
    hits: list[DrumHit] = []
    for voice in _VOICES:
        bands = (centres >= voice.low_hz) & (centres <= voice.high_hz)
        curve = _rises(onsets.levels[:, bands].mean(axis=1, dtype=np.float64), voice.held)
        hits += [DrumHit(place / RATE_HZ, voice.pitch, strength) for place, strength in _peaks(curve, voice.least)]
    return tuple(sorted(hits, key=lambda hit: (hit.time_s, hit.pitch)))


def _rises(level: Curve, held: int) -> Curve:
    """How far the level rises above that of 15 ms ago, counting only what stays for a while."""
    before = np.concatenate([np.zeros(3), level[:-3]])
    after = np.pad(level, (0, held), mode="edge")
    lasting = np.lib.stride_tricks.sliding_window_view(after, held + 1).min(axis=1)
    return np.asarray(np.maximum(lasting - before, 0.0))


def _peaks(curve: Curve, least: float) -> list[tuple[int, float]]:
    """Places and strengths of the local maxima that exceed their neighbours."""
    padded = np.pad(curve, _NEAR)
    is_top = curve >= np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEAR + 1).max(axis=1)
    tops = np.flatnonzero(is_top & (curve > 0.05))
    if not len(tops):
        return []
    strong = float(np.percentile(curve[tops], _STRONG_PERCENTILE))
    heap = np.concatenate([[0.0], np.cumsum(curve)])
    gap = round(_LEAST_GAP_S * RATE_HZ)
    found: list[tuple[int, float]] = []
    for place in tops.tolist():
        first, last = max(0, place - _AROUND), min(len(curve), place + _AROUND)
        around = (heap[last] - heap[first]) / max(1, last - first)
        if curve[place] < least * strong or curve[place] < 1.5 * around:
            continue
        if found and place - found[-1][0] < gap:
            continue
        found.append((place, float(min(1.0, curve[place] / strong))))
    return found
