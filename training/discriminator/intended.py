"""What styles do on purpose and no critic may call a defect: hard negatives, and variety for training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import signal

from aurax.audio.waveform import SAMPLE_RATE, Samples
from training.discriminator.damage import bend

Rng = np.random.Generator
Treatment = Callable[[Rng, Samples], Samples]


def untouched(_rng: Rng, audio: Samples) -> Samples:
    """As it is."""
    return audio


def mono(_rng: Rng, audio: Samples) -> Samples:
    """One channel's worth of music, as old genres have it."""
    return np.repeat(audio.mean(axis=0, keepdims=True), 2, axis=0)


def warm_lowpass(rng: Rng, audio: Samples) -> Samples:
    """Lo-fi's dull top: a gentle low-pass at 6 to 13 kHz."""
    low = signal.butter(int(rng.integers(1, 3)), float(rng.uniform(6000, 13_000)), fs=SAMPLE_RATE, output="sos")
    return signal.sosfilt(low, audio, axis=1).astype(np.float32)


def wow(rng: Rng, audio: Samples) -> Samples:
    """A tape's slow wow, 3 to 10 cents at 0.4 to 0.9 Hz."""
    return bend(rng, audio, float(rng.uniform(3, 10)), float(rng.uniform(0.4, 0.9)))


def vinyl(rng: Rng, audio: Samples) -> Samples:
    """Steady hiss 58 to 42 dB under the music, and quiet crackle all through it."""
    out = audio + rng.normal(0, audio.std() * 10 ** (-rng.uniform(42, 58) / 20), audio.shape)
    pops = rng.integers(0, audio.shape[1] - 40, int(rng.uniform(2, 9) * audio.shape[1] / SAMPLE_RATE))
    shape = np.exp(-np.arange(40) / 6) * np.sin(np.arange(40) * rng.uniform(0.5, 1.5))
    for pop in pops:
        level = np.abs(audio).max() * 10 ** (-rng.uniform(30, 40) / 20) * rng.choice([-1, 1])
        out[:, pop : pop + 40] += level * shape
    return out.astype(np.float32)


def saturation(rng: Rng, audio: Samples) -> Samples:
    """A tape's gentle bend of the peaks, 1 to 2 dB."""
    drive = rng.uniform(0.4, 0.75) / (np.abs(audio).max() + 1e-9)
    return (np.tanh(audio * drive) / drive).astype(np.float32)


def loud_master(rng: Rng, audio: Samples) -> Samples:
    """A limiter that works hard but cleanly: 2 to 6 dB less crest, smooth gain."""
    size = np.abs(audio).max(axis=0)
    ceiling = size.max() * 10 ** (-rng.uniform(2, 6) / 20)
    need = np.minimum(1, ceiling / (size + 1e-9))
    held = -np.max(np.lib.stride_tricks.sliding_window_view(np.pad(-need[::16], 15, mode="edge"), 31), axis=1)
    held = np.minimum.reduce([held, np.roll(held, 1), np.roll(held, -1)])
    smooth = np.convolve(np.pad(held, 20, mode="edge"), np.hanning(43)[1:-1] / np.hanning(43)[1:-1].sum(), "valid")
    gain = np.interp(np.arange(audio.shape[1]), np.arange(len(smooth)) * 16, smooth)
    return (audio * gain).astype(np.float32)


def room(rng: Rng, audio: Samples) -> Samples:
    """A reverb of 0.3 to 2.5 s, up to half as loud as the sound."""
    length = int(SAMPLE_RATE * rng.uniform(0.3, 2.5))
    decay = np.exp(-6.9 * np.arange(length) / length)
    tail = rng.normal(0, 1, (2, length)) * decay
    wet = signal.fftconvolve(audio, tail / np.sqrt(np.square(tail).sum(axis=1, keepdims=True)), axes=1)
    return (audio + rng.uniform(0.1, 0.5) * wet[:, : audio.shape[1]]).astype(np.float32)


def chorus(rng: Rng, audio: Samples) -> Samples:
    """A copy 8 to 20 ms late that drifts slowly, mixed 20 to 45 %."""
    late = np.roll(audio[::-1], int(SAMPLE_RATE * rng.uniform(0.008, 0.02)), axis=1)
    mix = rng.uniform(0.2, 0.45)
    moved = bend(rng, late, float(rng.uniform(2, 6)), float(rng.uniform(0.3, 0.8)))
    return ((1 - mix) * audio + mix * moved).astype(np.float32)


def pumping(rng: Rng, audio: Samples) -> Samples:
    """A sidechain that ducks by 3 to 10 dB on every beat."""
    beat = int(SAMPLE_RATE * rng.uniform(0.4, 0.8))
    along = (np.arange(audio.shape[1]) % beat) / beat
    depth_db = rng.uniform(3, 10) * np.maximum(0, 1 - (along / 0.75) ** 1.6)
    smooth = np.convolve(np.pad(depth_db, 120, mode="edge"), np.ones(240) / 240, "same")[120:-120]
    return (audio * 10 ** (-smooth / 20)).astype(np.float32)


def ending(rng: Rng, audio: Samples) -> Samples:
    """A fade to nothing, or a rest at the start or the end."""
    out = audio.copy()
    frames = audio.shape[1]
    length = int(frames * rng.uniform(0.1, 0.6))
    kind = rng.random()
    if kind < 0.5:
        out[:, -length:] *= (np.linspace(1, 0, length) ** rng.uniform(1, 3)).astype(np.float32)
    elif kind < 0.75:
        out[:, :length] = 0
    else:
        fade = int(SAMPLE_RATE * rng.uniform(0.02, 0.4))
        out[:, -length:] = 0
        out[:, -length - fade : -length] *= np.linspace(1, 0, fade, dtype=np.float32)
    return out


def tilt(rng: Rng, audio: Samples) -> Samples:
    """A broad equalizer: one shelf up or down by at most 6 dB."""
    edge = float(np.exp(rng.uniform(np.log(200), np.log(4000))))
    low = signal.sosfilt(signal.butter(1, edge, fs=SAMPLE_RATE, output="sos"), audio, axis=1)
    return (audio + (10 ** (rng.uniform(-6, 6) / 20) - 1) * low).astype(np.float32)


def image(rng: Rng, audio: Samples) -> Samples:
    """A width and a balance that stay as they are or move slowly: nearly mono to half again as wide, 4 dB aside."""
    points = 2 if rng.random() < 0.5 else int(rng.integers(3, 6))
    along, places = np.linspace(0, 1, audio.shape[1]), np.linspace(0, 1, points)
    widths = rng.uniform(0.03, 1.5, points) if points > 2 else np.full(2, rng.uniform(0.03, 1.5))
    tilts = np.full(points, 10 ** (rng.uniform(-2, 2) / 20))
    mid, side = (audio[0] + audio[1]) / 2, (audio[0] - audio[1]) / 2 * np.interp(along, places, widths)
    tilted = np.interp(along, places, tilts)
    return np.stack(((mid + side) * tilted, (mid - side) / tilted)).astype(np.float32)


INTENDED: dict[str, Treatment] = {
    "untouched": untouched,
    "mono": mono,
    "warm_lowpass": warm_lowpass,
    "wow": wow,
    "vinyl": vinyl,
    "saturation": saturation,
    "loud_master": loud_master,
    "room": room,
    "chorus": chorus,
    "pumping": pumping,
    "ending": ending,
    "tilt": tilt,
    "image": image,
}


def vary(rng: Rng, audio: Samples) -> Samples:
    """None to three of the treatments, in random order."""
    names = list(INTENDED)[1:]
    for name in rng.choice(names, rng.choice([0, 1, 2, 3], p=[0.3, 0.35, 0.25, 0.1]), replace=False):
        audio = INTENDED[str(name)](rng, audio)
    return audio
