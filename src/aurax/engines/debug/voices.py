"""The sounds of the debug engine: plain additive tones and shaped noise, 48 kHz mono."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from aurax.audio.waveform import SAMPLE_RATE
from aurax.score.key import pitch_to_hz

Tone = NDArray[np.float32]

_HIGHEST_HZ = 12_000.0


def _time_s(duration_s: float) -> NDArray[np.float64]:
    return np.arange(round(duration_s * SAMPLE_RATE)) / SAMPLE_RATE


@lru_cache(maxsize=256)
def tone(pitch: int, duration_s: float, partials: int, slope: float, decay_per_s: float) -> Tone:
    """A note of harmonic partials.

    Args:
        pitch: MIDI pitch.
        duration_s: length; the last 20 ms fade out.
        partials: how many, as far as they stay below 12 kHz.
        slope: partial n is n^−slope loud.
        decay_per_s: how fast it fades, in nepers a second.
    """
    time_s, hertz = _time_s(duration_s), pitch_to_hz(pitch)
    audible = [n for n in range(1, partials + 1) if n * hertz < _HIGHEST_HZ]
    wave = np.sum([np.sin(2 * np.pi * hertz * n * time_s) / n**slope for n in audible], axis=0)
    attack = np.minimum(1.0, time_s / 0.004)
    release = np.minimum(1.0, (duration_s - time_s) / 0.02)
    return _frozen(wave * np.exp(-decay_per_s * time_s) * attack * release)


@lru_cache(maxsize=1)
def kick() -> Tone:
    """A sine that falls from about 150 to 48 Hz."""
    time_s = _time_s(0.3)
    phase = 48.0 * time_s + (100.0 / 35.0) * (1.0 - np.exp(-35.0 * time_s))
    return _frozen(np.sin(2 * np.pi * phase) * np.exp(-11.0 * time_s) * np.minimum(1.0, (0.3 - time_s) / 0.02))


@lru_cache(maxsize=1)
def snare() -> Tone:
    """Noise over a short 190 Hz tone."""
    time_s = _time_s(0.2)
    noise = np.random.default_rng(1).standard_normal(time_s.size)
    body = 0.5 * np.sin(2 * np.pi * 190.0 * time_s) * np.exp(-30.0 * time_s)
    return _frozen((0.35 * noise * np.exp(-24.0 * time_s) + body) * np.minimum(1.0, (0.2 - time_s) / 0.02))


@lru_cache(maxsize=1)
def hat() -> Tone:
    """A short hiss."""
    time_s = _time_s(0.06)
    noise = np.diff(np.random.default_rng(2).standard_normal(time_s.size + 1))
    return _frozen(0.3 * noise * np.exp(-70.0 * time_s))


def _frozen(wave: NDArray[np.float64]) -> Tone:
    samples = wave.astype(np.float32)
    samples.flags.writeable = False
    return samples
