"""Generator A: random loops on a plain numpy synthesizer. Cheap and varied, for training only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

Rng = np.random.Generator
Mono = NDArray[np.float64]
RATE = 48_000
_SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10))


def loop(rng: Rng, duration_s: float, jitter_ms: float) -> NDArray[np.float32]:
    """A random loop of drums, bass, chords and lead.

    Args:
        rng: decides everything.
        duration_s: length.
        jitter_ms: standard deviation of every note's timing error; a few milliseconds are human, 15 and more are late.

    Returns:
        float32, shape (2, frames), 48 kHz, peak 0.5 to 0.9.
    """
    frames = int(duration_s * RATE)
    out = np.zeros((2, frames))
    step_s = 60 / rng.uniform(68, 150) / 4
    swing = rng.choice([0.0, rng.uniform(0.0, 0.33)])
    key, scale = int(rng.integers(0, 12)), _SCALES[rng.integers(0, 3)]

    def pitch(degree: int, octave: int) -> int:
        return 12 * (octave + degree // 7) + key + scale[degree % 7]

    def place(step: float, sound: Mono, pan: float, gain: float) -> None:
        late = rng.normal(0, jitter_ms / 1e3) + (swing * step_s if int(step) % 2 else 0.0)
        start = max(0, int((step * step_s + late) * RATE))
        sound = sound[: max(0, frames - start)] * gain
        out[0, start : start + len(sound)] += sound * np.cos(pan * np.pi / 2)
        out[1, start : start + len(sound)] += sound * np.sin(pan * np.pi / 2)

    drums, bass, chords, lead = rng.random(4) < (0.8, 0.85, 0.85, 0.8)
    kit = _kit(rng)
    voices = [_voice(rng) for _ in range(3)]
    chain = [0, *(int(degree) for degree in rng.integers(0, 7, 3))]
    kicks = set(map(int, rng.choice([0, 4, 8, 12, 3, 6, 10, 11, 14], 4, replace=False))) | {0}
    bass_rhythm = sorted(set(map(int, rng.choice(16, rng.integers(2, 9), replace=False))) | {0})
    pad = bool(rng.random() < 0.6)
    width = rng.choice([0.0, 1.0, rng.uniform(0, 1)])
    for step in range(int(duration_s / step_s)):
        inside, degree = step % 16, chain[step // 16 % 4]
        if drums:
            if inside in kicks:
                place(step, kit[0], 0.5, 0.5)
            if inside in (4, 12):
                place(step, kit[1], 0.5, 0.25)
            if step % 2 == 0 or rng.random() < 0.2:
                place(step, kit[2], 0.35, rng.uniform(0.06, 0.14))
        if bass and inside in bass_rhythm:
            place(step, voices[0](pitch(degree, 3), step_s * 1.8), 0.5, 0.3)
        if chords and (inside == 0 if pad else inside in (0, 6, 10)):
            length = step_s * (15 if pad else 2.5)
            for note, pan in ((0, 0.15), (2, 0.85), (4, 0.5), (6, 0.7)):
                place(step, voices[1](pitch(degree + note, 5), length), 0.5 + width * (pan - 0.5), 0.11)
        if lead and rng.random() < 0.4:
            note = pitch(degree + int(rng.integers(0, 8)), 6)
            place(step, voices[2](note, step_s * rng.uniform(1, 4)), rng.uniform(0.35, 0.65), 0.16)
    for _ in range(rng.choice([0, 0, 1, 2])):
        place(int(rng.integers(0, duration_s / step_s)), _sweep(rng), rng.uniform(0.3, 0.7), rng.uniform(0.03, 0.15))
    if not np.any(out):
        place(0, voices[1](60, duration_s), 0.4, 0.3)
    return (out / np.abs(out).max() * rng.uniform(0.5, 0.9)).astype(np.float32)


def _voice(rng: Rng) -> Callable[[int, float], Mono]:
    """An instrument: a waveform, an envelope, a filter, and sometimes a drive, which is no defect on one part."""
    kind = rng.integers(0, 7)
    brightness = rng.uniform(0.8, 2.2)
    decay, attack = rng.uniform(0.5, 6), rng.uniform(0.002, 0.08)
    detune, ratio, index = rng.uniform(0, 0.12), rng.choice([1.0, 2.0, 3.5, 7.0]), rng.uniform(0.3, 3)
    vibrato_cents = rng.choice([0.0, rng.uniform(3, 20)])
    drive = rng.choice([0.0, 0.0, rng.uniform(2, 8)])
    bell = np.sort(rng.uniform(1.2, 9, 6))
    resonance_hz, resonance_decay = rng.uniform(300, 3000), rng.uniform(0, 8)

    def play(pitch: int, duration_s: float) -> Mono:
        t = np.arange(int((duration_s + 0.15) * RATE)) / RATE
        hz = 440 * 2 ** ((pitch - 69) / 12)
        phase = 2 * np.pi * hz * t + hz * vibrato_cents / 1200 * np.log(2) / 5.5 * np.sin(2 * np.pi * 5.5 * t)
        if kind == 0:
            tone = np.sin(phase + index * np.exp(-decay * t) * np.sin(ratio * phase))
        elif kind == 4:
            tone = sum((np.sin(k * phase) * np.exp(-k * decay * t) / k for k in (1.0, *bell)), np.zeros_like(t))
        elif kind == 5:
            tone = sum((np.sin(k * phase) * np.exp(-k * 0.6 * t) / k for k in range(1, 12)), np.zeros_like(t))
        elif kind == 6:
            peak = resonance_hz * (0.3 + np.exp(-resonance_decay * t)) / hz
            partials = [k for k in range(1, 24) if k * hz < 18_000]
            tone = sum((np.sin(k * phase) / k * (1 + 6 / (1 + (k - peak) ** 2)) for k in partials), np.zeros_like(t))
        else:
            partials = [k for k in range(1, 16, 2 if kind == 1 else 1) if k * hz < 18_000]
            tone = sum((np.sin(k * phase) / k**brightness for k in partials), np.zeros_like(t))
            if kind == 3:
                tone = tone + sum((np.sin(k * phase * (1 + detune / 12)) / k**brightness for k in partials), 0 * t)
        level = np.exp(-decay * t / max(duration_s, 0.2)) * np.minimum(1, t / attack)
        tone = tone * level * np.clip((duration_s + 0.15 - t) / 0.15, 0, 1)
        return np.tanh(drive * tone) / np.tanh(drive) if drive else tone

    return play


def _kit(rng: Rng) -> tuple[Mono, Mono, Mono]:
    """Kick, snare and hat."""
    t = np.arange(int(0.35 * RATE)) / RATE
    sweep = rng.uniform(42, 62) * t + rng.uniform(3, 9) * (1 - np.exp(-t * rng.uniform(20, 60)))
    kick = np.sin(2 * np.pi * sweep) * np.exp(-t * rng.uniform(9, 22))
    noise = rng.normal(0, 1, len(t))
    body = np.sin(2 * np.pi * rng.uniform(160, 240) * t) * np.exp(-t * 25)
    snare = body + sosfilt(butter(2, rng.uniform(800, 2500), "high", fs=RATE, output="sos"), noise) * np.exp(
        -t * rng.uniform(12, 35)
    )
    if rng.random() < 0.25:  # gated reverb: a wall of noise, cut off
        snare = snare + 0.4 * noise * (t < rng.uniform(0.15, 0.33))
    hat = sosfilt(butter(2, rng.uniform(4000, 8000), "high", fs=RATE, output="sos"), noise)
    return kick, snare, hat * np.exp(-t * rng.uniform(15, 90))


def _sweep(rng: Rng) -> Mono:
    """Noise as an effect: a crash, a riser, or an impact."""
    t = np.arange(int(rng.uniform(0.4, 3.5) * RATE)) / RATE
    edges = np.sort(np.exp(rng.uniform(np.log(200), np.log(12_000), 2))) * (0.8, 1.25)
    noise = sosfilt(butter(1, edges, "band", fs=RATE, output="sos"), rng.normal(0, 1, len(t)))
    along = t / t[-1]
    return (
        noise / noise.std() * (along ** rng.uniform(1, 3) if rng.random() < 0.4 else np.exp(-rng.uniform(2, 9) * along))
    )
