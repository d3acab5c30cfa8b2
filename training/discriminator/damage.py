"""Graded damage: each defect as a function of a severity, from hardly audible (0) to gross (1)."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy import fft, signal

from aurax.audio.waveform import SAMPLE_RATE, Samples

Rng = np.random.Generator
Damage = Callable[[Rng, Samples, float], Samples | None]
_GRAIN = 2048


def distortion(rng: Rng, audio: Samples, severity: float) -> Samples:
    """The whole mix driven into a ceiling: 0.1 to 20 % of all samples are above it. Hard, soft or one-sided."""
    share = 10 ** (-3 + 2.3 * severity)
    ceiling = float(np.quantile(np.abs(audio[:, ::3]), 1 - share)) + 1e-6
    kind = rng.random()
    if kind < 0.55:
        return np.clip(audio, -ceiling, ceiling)
    if kind < 0.8:
        return (np.tanh(audio / ceiling * 1.2) * ceiling).astype(np.float32)
    return np.clip(audio, -ceiling, 1.0)


def codec(rng: Rng, audio: Samples, severity: float) -> Samples:
    """A starved codec: MP3 at its lowest rates, or holes, coarse steps and smeared phases in a lapped transform."""
    if rng.random() < 0.15:
        return mp3(audio, severity)
    spectrum = _stft(audio)
    size = np.abs(spectrum)
    bins = size.shape[1]
    floor = np.repeat(
        size[:, : bins // 16 * 16].reshape(2, bins // 16, 16, -1).max(axis=2), 16, axis=1
    )  # the loudest of each sixteen bins
    floor = np.pad(floor, ((0, 0), (0, bins - floor.shape[1]), (0, 0)))
    kind = rng.random()
    if kind < 0.4:
        spectrum = np.where(size < floor * (0.1 + 0.7 * severity), 0, spectrum)
    elif kind < 0.7:
        step = floor * (0.25 + 1.1 * severity) + 1e-9
        spectrum = np.round(spectrum.real / step) * step + 1j * np.round(spectrum.imag / step) * step
    else:
        spectrum = spectrum * np.exp(1j * rng.normal(0, 0.25 + 1.2 * severity, size.shape))
    if rng.random() < 0.5:
        top_hz = 16_000 - 10_000 * severity * rng.uniform(0.3, 1)
        spectrum[:, int(top_hz / SAMPLE_RATE * _GRAIN) :] = 0
    return _istft(spectrum, audio.shape[1])


def mp3(audio: Samples, severity: float) -> Samples:
    """Through a real MP3 encoder, at 84 kbit/s down to 35."""
    return _encoded(audio, "MP3", "MPEG_LAYER_III", 0.82 + 0.17 * severity)


def vorbis(audio: Samples, severity: float) -> Samples:
    """Through a real Vorbis encoder at its lowest qualities; held out from training."""
    return _encoded(audio, "OGG", "VORBIS", 0.88 + 0.12 * severity)


def noise(rng: Rng, audio: Samples, severity: float) -> Samples:
    """Bursts of noise and clicks, −22 to +4 dB against the sound around them."""
    out = audio.copy()
    for _ in range(rng.integers(1, 7)):
        length = int(SAMPLE_RATE * 10 ** rng.uniform(-4.3, -0.5))
        start = int(rng.integers(0, audio.shape[1] - length))
        burst = rng.normal(0, 1, (2, length))
        if rng.random() < 0.5:
            burst[1] = burst[0]
        if length > 200 and rng.random() < 0.6:
            edge = float(np.exp(rng.uniform(np.log(400), np.log(6000))))
            burst = signal.sosfilt(
                signal.butter(2, edge, rng.choice(["low", "high"]), fs=SAMPLE_RATE, output="sos"), burst, axis=1
            )
        burst /= burst.std() + 1e-9
        around = audio[:, max(0, start - 4800) : start + length + 4800]
        level = max(float(around.std()), 0.3 * float(audio.std())) * 10 ** ((-22 + 26 * severity) / 20)
        level *= 10 ** (0.6 if length < 300 else 0)  # short clicks must be louder to be heard
        out[:, start : start + length] += (burst * level).astype(np.float32)
    return out


def dropout(rng: Rng, audio: Samples, severity: float) -> Samples | None:
    """Gaps of 8 ms to 1 s while music plays, by 8 dB to all of it."""
    out = audio.copy()
    loudness = np.sqrt(np.square(audio[:, : audio.shape[1] // 4800 * 4800]).mean(axis=0).reshape(-1, 4800).mean(axis=1))
    loud = np.flatnonzero(loudness > 0.5 * np.sqrt(np.square(audio).mean()))
    loud = loud[(loud > 2) & (loud < len(loudness) - 4)]
    if len(loud) == 0:
        return None
    for _ in range(rng.integers(1, 5)):
        length = int(SAMPLE_RATE * (0.008 + severity**2 * rng.uniform(0.1, 1.0)))
        start = int(rng.choice(loud)) * 4800 + int(rng.integers(0, 4800))
        gain = 0.0 if severity > 0.4 and rng.random() < 0.7 else 10 ** (-(8 + 50 * severity) / 20)
        edge = int(SAMPLE_RATE * rng.choice([0.0002, 0.001, 0.004]))
        shape = np.full(length, gain)
        ramp = np.linspace(1, gain, min(edge, length // 2))
        shape[: len(ramp)], shape[len(shape) - len(ramp) :] = ramp, ramp[::-1]
        piece = out[:, start : start + length]
        piece *= shape[: piece.shape[1]].astype(np.float32)
    return out


def phase(rng: Rng, audio: Samples, severity: float) -> Samples | None:
    """One channel inverted: softly at first, at full level when gross; sometimes only above or below a frequency."""
    left, right = audio if rng.random() < 0.5 else audio[::-1]
    if rng.random() < 0.3:
        edge = float(np.exp(rng.uniform(np.log(250), np.log(1500))))
        band = signal.butter(2, edge, "low" if rng.random() < 0.7 else "high", fs=SAMPLE_RATE, output="sos")
        part = signal.sosfiltfilt(band, right)
        if np.square(part).sum() < 0.3 * np.square(right).sum():
            return None
        right = right - (1 + severity) * part
    else:
        right = -right * (0.25 + 0.75 * severity)
    return np.stack((left, right)).astype(np.float32)


def collapse(rng: Rng, audio: Samples, severity: float) -> Samples | None:
    """The image falls to mono for a while, or one channel fades. All mono from end to end is a style, no defect."""
    frames = audio.shape[1]
    out = audio.copy()
    if rng.random() < 0.5:
        length = int(frames * rng.uniform(0.1, 0.7))
        start = int(rng.integers(0, frames - length))
        side = (audio[0] - audio[1]) / 2
        if np.square(side[start : start + length]).sum() < 0.05 * np.square(audio[:, start : start + length]).sum():
            return None
        part = slice(start, start + length)
        cut = (0.4 + 0.6 * severity) * side[part]
        out[0, part] -= cut
        out[1, part] += cut
        return out
    length = frames if rng.random() < 0.5 else int(frames * rng.uniform(0.1, 0.7))
    start = int(rng.integers(0, frames - length + 1))
    out[rng.integers(0, 2), start : start + length] *= 10 ** (-(5 + 45 * severity) / 20)
    return out


def timing(rng: Rng, audio: Samples, severity: float) -> Samples:
    """Pieces of a beat, each up to 10 to 90 ms too early or late, joined by cross-fades."""
    out = np.zeros_like(audio)
    fade = 240
    step = int(SAMPLE_RATE * rng.uniform(0.18, 0.5))
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    frames = audio.shape[1]
    for start in range(0, frames, step):
        end = min(frames, start + step + fade)
        shift = round(rng.normal(0, (0.008 + 0.062 * severity) * SAMPLE_RATE))
        source = np.clip(np.arange(start, end) + shift, 0, frames - 1)
        piece = audio[:, source].copy()
        if start:
            piece[:, :fade] *= ramp[: piece.shape[1]]
        if end < frames:
            piece[:, -fade:] *= ramp[::-1]
        out[:, start:end] += piece
    return out


def warble(rng: Rng, audio: Samples, severity: float) -> Samples:
    """Pitch that wobbles by 14 to 100 cents, regularly (0.6 to 9 Hz) or at random."""
    return bend(rng, audio, 14 + 86 * severity, float(np.exp(rng.uniform(np.log(0.6), np.log(9)))))


def ringing(rng: Rng, audio: Samples, severity: float) -> Samples:
    """Metal: a comb, sharp resonances, or a copy of the sound shifted in frequency."""
    kind = rng.random()
    if kind < 0.45:
        delay = int(SAMPLE_RATE * np.exp(rng.uniform(np.log(0.0007), np.log(0.006))))
        feedback = 0.45 + 0.5 * severity
        coefficients = np.zeros(delay + 1)
        coefficients[0], coefficients[delay] = 1, -feedback * rng.choice([-1, 1])
        wet = signal.lfilter([1.0], coefficients, audio, axis=1)
    elif kind < 0.8:
        wet = audio.astype(np.float64)
        for _ in range(rng.integers(3, 9)):
            hz = float(np.exp(rng.uniform(np.log(700), np.log(9000))))
            b, a = signal.iirpeak(hz, rng.uniform(40, 150), fs=SAMPLE_RATE)
            wet = wet + signal.lfilter(b, a, audio, axis=1) * (1 + 11 * severity)
    else:
        analytic = signal.hilbert(audio, axis=1)
        turn = np.exp(2j * np.pi * rng.uniform(25, 180) * np.arange(audio.shape[1]) / SAMPLE_RATE)
        wet = audio + (analytic * turn).real * (0.15 + 0.85 * severity)
    return _as_loud(wet, audio)


def muffled(rng: Rng, audio: Samples, severity: float) -> Samples | None:
    """A blanket over the speakers: a steep low-pass at 4.5 kHz down to 500 Hz. None where there was nothing above."""
    edge = 4500 * (500 / 4500) ** severity
    low = signal.sosfilt(signal.butter(int(rng.integers(3, 8)), edge, fs=SAMPLE_RATE, output="sos"), audio, axis=1)
    lost = np.square(np.diff(audio - low, axis=1)).sum() / (np.square(np.diff(audio, axis=1)).sum() + 1e-12)
    return _as_loud(low, audio) if lost > 0.08 else None


DAMAGES: dict[str, Damage] = {
    "distortion": distortion,
    "codec": codec,
    "noise": noise,
    "dropout": dropout,
    "phase": phase,
    "collapse": collapse,
    "timing": timing,
    "warble": warble,
    "ringing": ringing,
    "muffled": muffled,
}


def bend(rng: Rng, audio: Samples, depth_cents: float, rate_hz: float) -> Samples:
    """Play at a wobbling speed, at most `depth_cents` off, as a sine or at random about `rate_hz`."""
    frames = audio.shape[1]
    t = np.arange(frames) / SAMPLE_RATE
    if rng.random() < 0.65:
        wave = np.sin(2 * np.pi * (rate_hz * t + rng.random()))
    else:
        points = rng.normal(0, 1, int(t[-1] * rate_hz * 2) + 4)
        wave = np.interp(t * rate_hz * 2, np.arange(len(points)), points)
        wave /= np.abs(wave).max() + 1e-9
    place = np.cumsum(2 ** (depth_cents * wave / 1200))
    place *= (frames - 1) / place[-1]
    return _interpolate(audio, place)


def _interpolate(audio: Samples, place: NDArray[np.float64]) -> Samples:
    """Read between samples with a cubic (Catmull–Rom) through four of them."""
    whole = np.clip(place.astype(np.int64), 1, audio.shape[1] - 3)
    x = (place - whole).astype(np.float32)
    a, b, c, d = (audio[:, whole + i] for i in (-1, 0, 1, 2))
    return b + x / 2 * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a)))


def _as_loud(wet: NDArray[np.float64], dry: Samples) -> Samples:
    return (wet * (np.sqrt(np.square(dry).mean()) / (np.sqrt(np.square(wet).mean()) + 1e-9))).astype(np.float32)


def _stft(audio: Samples) -> NDArray[np.complex64]:
    padded = np.pad(audio, ((0, 0), (_GRAIN // 2, _GRAIN)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _GRAIN, axis=1)[:, :: _GRAIN // 2]
    return fft.rfft(frames * np.sin(np.pi * (np.arange(_GRAIN, dtype=np.float32) + 0.5) / _GRAIN), axis=2).transpose(
        0, 2, 1
    )


def _istft(spectrum: NDArray[np.complex64], frames: int) -> Samples:
    window = np.sin(np.pi * (np.arange(_GRAIN, dtype=np.float32) + 0.5) / _GRAIN)
    grains = fft.irfft(spectrum.transpose(0, 2, 1), axis=2) * window
    half = _GRAIN // 2
    out = np.zeros((2, (grains.shape[1] + 1) * half), np.float32)
    out[:, : grains.shape[1] * half] += grains[:, :, :half].reshape(2, -1)
    out[:, half:] += grains[:, :, half:].reshape(2, -1)
    return out[:, half : half + frames]


def _encoded(audio: Samples, container: str, subtype: str, compression: float) -> Samples:
    peak = max(1.0, float(np.abs(audio).max()))
    memory = io.BytesIO()
    mode = "CONSTANT" if container == "MP3" else None
    soundfile.write(
        memory,
        audio.T / peak,
        SAMPLE_RATE,
        format=container,
        subtype=subtype,
        compression_level=compression,
        bitrate_mode=mode,
    )
    memory.seek(0)
    decoded, _ = soundfile.read(memory, dtype="float32", always_2d=True)
    out = np.zeros_like(audio)
    length = min(audio.shape[1], len(decoded))
    out[:, :length] = decoded.T[:, :length] * peak
    return out
