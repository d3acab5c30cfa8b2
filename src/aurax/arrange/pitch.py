"""Pitch: the notes of a stem that plays one at a time, such as a bass or a voice.

Source: A. de Cheveigné and H. Kawahara, YIN, a Fundamental Frequency Estimator for Speech and Music, JASA 111 (4),
2002: cumulative mean normalised difference, absolute threshold, parabolic interpolation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from aurax.audio.waveform import Samples

Curve = NDArray[np.float64]

_HOP_S = 0.01
_THRESHOLD = 0.25
_QUIET_DB = -32.0
_SHORTEST_S = 0.07
_MEDIAN = 5
_RISE_DB = 5.0
"""A rise of the level within 30 ms that starts the same pitch again."""
_CHUNK = 1024


@dataclass(frozen=True, slots=True)
class HeardNote:
    """A note, in seconds.

    Args:
        start_s: when it begins.
        duration_s: how long it sounds.
        pitch: MIDI pitch.
        level_db: its loudest moment, against full scale.
    """

    start_s: float
    duration_s: float
    pitch: int
    level_db: float


def fundamental_hz(mono: Samples, sample_rate: int, low_hz: float, high_hz: float) -> tuple[Curve, Curve]:
    """Fundamental frequency and level, 100 times a second.

    Args:
        mono: one voice at a time, shape (frames,).
        sample_rate: in hertz.
        low_hz: lowest pitch sought.
        high_hz: highest pitch sought.

    Returns:
        Hertz, 0 where nothing periodic sounds; and dBFS.
    """
    rate = int(min(sample_rate, max(6_000, round(high_hz * 16 / 1000) * 1000)))
    voice = soxr.resample(mono, sample_rate, rate, quality="LQ").astype(np.float32, copy=False)
    longest, shortest = round(rate / low_hz) + 2, max(2, round(rate / high_hz))
    window = 2 * longest
    hop = round(_HOP_S * rate)
    padded = np.pad(voice, (window // 2, window + longest))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window + longest)[::hop][: -(-voice.size // hop)]
    hertz, level = np.zeros(len(frames)), np.full(len(frames), -120.0)
    size = 1 << (2 * window + longest).bit_length()
    for start in range(0, len(frames), _CHUNK):
        block = frames[start : start + _CHUNK].astype(np.float64)
        heap = np.cumsum(np.pad(block**2, ((0, 0), (1, 0))), axis=1)
        lags = np.arange(longest + 1)
        powers = heap[:, lags + window - 1 + 1] - heap[:, lags]
        product = irfft(rfft(block, size) * np.conj(rfft(block[:, :window], size)), size)[:, : longest + 1]
        difference = np.maximum(powers[:, :1] + powers - 2.0 * product, 0.0)
        normal = np.ones_like(difference)
        running = np.cumsum(difference[:, 1:], axis=1)
        normal[:, 1:] = difference[:, 1:] * lags[1:] / np.maximum(running, 1e-12)
        hertz[start : start + len(block)] = rate / _first_dips(normal, shortest)
        level[start : start + len(block)] = 10.0 * np.log10(powers[:, 0] / window + 1e-12)
    hertz[~np.isfinite(hertz)] = 0.0
    return hertz, level


def _first_dips(normal: Curve, shortest: int) -> Curve:
    """Lag of the first dip below the threshold, interpolated; infinity where there is none."""
    inner = normal[:, shortest:-1]
    is_dip = (inner < _THRESHOLD) & (inner <= normal[:, shortest - 1 : -2]) & (inner < normal[:, shortest + 1 :])
    found = is_dip.any(axis=1)
    lag = np.argmax(is_dip, axis=1) + shortest
    rows = np.arange(len(normal))
    left, middle, right = (
        normal[rows, lag - 1],
        normal[rows, lag],
        normal[rows, np.minimum(lag + 1, normal.shape[1] - 1)],
    )
    bend = left - 2.0 * middle + right
    shift = np.where(np.abs(bend) > 1e-12, 0.5 * (left - right) / np.where(bend == 0.0, 1.0, bend), 0.0)
    return np.where(found, lag + np.clip(shift, -1.0, 1.0), np.inf)


def find_notes(mono: Samples, sample_rate: int, low_hz: float, high_hz: float) -> tuple[HeardNote, ...]:
    """Write down a voice as notes: stretches of one semitone, parted where the pitch or a fresh attack says so.

    Args:
        mono: one voice at a time, shape (frames,).
        sample_rate: in hertz.
        low_hz: lowest pitch sought.
        high_hz: highest pitch sought.
    """
    hertz, level = fundamental_hz(mono, sample_rate, low_hz, high_hz)
    if not len(hertz):
        return ()
    loud = level > max(-60.0, float(level.max()) + _QUIET_DB)
    pitches = np.where((hertz > 0.0) & loud, np.round(69.0 + 12.0 * np.log2(np.maximum(hertz, 1.0) / 440.0)), -1.0)
    padded = np.pad(pitches, _MEDIAN // 2, mode="edge")
    pitches = np.median(np.lib.stride_tricks.sliding_window_view(padded, _MEDIAN), axis=1).round()
    rise = np.concatenate([np.zeros(3), level[3:] - level[:-3]]) > _RISE_DB
    fresh = rise & ~np.concatenate([[False], rise[:-1]])
    notes: list[HeardNote] = []
    start = 0
    for place in range(1, len(pitches) + 1):
        at_end = place == len(pitches)
        if not at_end and pitches[place] == pitches[start] and not (fresh[place] and place - start > 4):
            continue
        if pitches[start] > 0.0 and (place - start) * _HOP_S >= _SHORTEST_S:
            top = float(level[start:place].max())
            notes.append(HeardNote(start * _HOP_S, (place - start) * _HOP_S, int(pitches[start]), top))
        start = place
    return tuple(notes)
