"""Synthetic music with known tempo, key and form for the tests of the arranger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aurax.audio.waveform import SAMPLE_RATE, Samples, Waveform

Voices = dict[str, Samples]

MAJOR_ROUND = ((0, "M"), (7, "M"), (9, "m"), (5, "M"))
"""I V vi IV."""
MINOR_ROUND = ((0, "m"), (8, "M"), (5, "m"), (7, "m"))
"""i bVI iv v."""


def hertz(pitch: float) -> float:
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def kick() -> Samples:
    time = np.arange(round(0.25 * SAMPLE_RATE)) / SAMPLE_RATE
    sweep = 50.0 * time + 4.0 * (1.0 - np.exp(-time * 40.0))
    return (0.9 * np.sin(2.0 * np.pi * sweep) * np.exp(-time * 14.0)).astype(np.float32)


def snare(seed: int = 1) -> Samples:
    time = np.arange(round(0.18 * SAMPLE_RATE)) / SAMPLE_RATE
    noise = np.random.default_rng(seed).standard_normal(time.size)
    tone = np.sin(2.0 * np.pi * 190.0 * time)
    return ((0.3 * noise + 0.4 * tone) * np.exp(-time * 28.0)).astype(np.float32)


def hat(seed: int = 2) -> Samples:
    time = np.arange(round(0.05 * SAMPLE_RATE)) / SAMPLE_RATE
    noise = np.random.default_rng(seed).standard_normal(time.size + 1)
    return (0.15 * np.diff(noise) * np.exp(-time * 90.0)).astype(np.float32)


def tone(pitch: float, length_s: float, level: float = 0.2, harmonics: int = 6, attack_s: float = 0.004) -> Samples:
    time = np.arange(round(length_s * SAMPLE_RATE)) / SAMPLE_RATE
    wave = sum(np.sin(2.0 * np.pi * hertz(pitch) * k * time) / k**1.5 for k in range(1, harmonics + 1))
    shape = np.minimum(1.0, time / attack_s) * np.minimum(1.0, (length_s - time) / 0.02)
    return np.asarray(level * wave * shape, np.float32)


def put(target: Samples, sound: Samples, at_s: float) -> None:
    start = round(at_s * SAMPLE_RATE)
    if start < 0:
        sound, start = sound[-start:], 0
    stop = min(target.size, start + sound.size)
    if stop > start:
        target[start:stop] += sound[: stop - start]


@dataclass(frozen=True)
class Piece:
    """A piece and the truth about it."""

    stems: dict[str, Waveform]
    mix: Waveform
    bar_times_s: list[float]


def stereo(mono: Samples) -> Waveform:
    return Waveform(np.vstack([mono, mono]))


def make_piece(
    bpm: float = 120.0,
    bars: int = 16,
    *,
    beats_per_bar: int = 4,
    lead_in_s: float = 0.0,
    tonic: int = 9,
    rounds: Sequence[tuple[int, str]] = MINOR_ROUND,
    levels: Sequence[float] | None = None,
    drift_percent: float = 0.0,
    drums: bool = True,
    lead: bool = False,
) -> Piece:
    """Drums, bass and chords in whole bars.

    Args:
        levels: loudness factor of each bar; below 0.5 the drums rest as well.
        drift_percent: how much faster the last beat is than the first.
    """
    beats = bars * beats_per_bar
    pace = 60.0 / bpm / (1.0 + drift_percent / 100.0 * np.arange(beats) / beats)
    times = lead_in_s + np.concatenate([[0.0], np.cumsum(pace)])
    frames = round(times[-1] * SAMPLE_RATE)
    voices: Voices = {name: np.zeros(frames, np.float32) for name in ("drums", "bass", "other", "vocals")}
    for bar in range(bars):
        level = 1.0 if levels is None else levels[bar]
        offset, quality = rounds[bar % len(rounds)]
        root = tonic + offset
        start, stop = times[bar * beats_per_bar], times[(bar + 1) * beats_per_bar]
        for step in (0, 3 if quality == "m" else 4, 7):
            put(voices["other"], tone(48 + (root + step) % 12, stop - start, 0.12 * level), start)
        for beat in range(beats_per_bar):
            here, beat_s = times[bar * beats_per_bar + beat], pace[bar * beats_per_bar + beat]
            if drums and level >= 0.5:
                put(voices["drums"], kick() * level, here)
                if beat % 2 == 1:
                    put(voices["drums"], snare() * level, here)
                put(voices["drums"], hat() * level, here + beat_s / 2.0)
            pitch = 36 + root % 12 if beat < beats_per_bar - 1 else 36 + (root + 7) % 12
            put(voices["bass"], tone(pitch, beat_s * 0.9, 0.3 * level, 3), here)
            if lead and level >= 0.5:
                degree = (0, 7, 3 if quality == "m" else 4, 7)[beat % 4]
                put(voices["vocals"], tone(60 + (root + degree) % 12, beat_s * 0.8, 0.2 * level, 4), here)
    stems = {name: stereo(voice) for name, voice in voices.items()}
    mix = Waveform(np.sum([stem.samples for stem in stems.values()], axis=0, dtype=np.float32))
    return Piece(stems, mix, [float(times[bar * beats_per_bar]) for bar in range(bars + 1)])


def contrast_piece(bpm: float = 120.0) -> Piece:
    """Sixteen bars at 120 BPM: four soft ones without drums, four full ones, and both again."""
    return make_piece(bpm, 16, levels=(0.4,) * 4 + (1.0,) * 4 + (0.35,) * 4 + (0.95,) * 4, lead=True)
