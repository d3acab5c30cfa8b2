"""What the discriminator takes as input: windows of six seconds, each described by four arrays.

- `mel` (2, 64, 600): log-mel power of mid and side every 10 ms, relative to the window's own level;
- `frame` (13, 600): level, flat tops, clicks, silence, stereo image and common pitch movement, every 10 ms;
- `fine` (96, 75): cepstrum (combs), peakiness (ringing) and flatness (holes) of the spectrum, every 80 ms;
- `rhythm` (4, 128): autocorrelation of the onsets in four bands, lags of 0 to 1.27 s.

All but the digital silence are independent of the playback level. Training and inference share this file.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from aurax.audio.waveform import SAMPLE_RATE, Samples

Array = NDArray[np.float32]

HOP = 480
SPECTRUM = 1024
MELS = 64
WINDOW_FRAMES = 600
BLOCK = 8
"""Spectral frames to one `fine` frame."""
WINDOW_SAMPLES = (WINDOW_FRAMES - 1) * HOP + SPECTRUM
WINDOW_STEP = 400 * HOP
LAGS = 128
_BATCH = 8
_BINS = SPECTRUM // 2 + 1
_FLOOR = 1e-7
"""Power, relative to the window's mean, below which nothing is distinguished."""
_QUIET = 1e-4
"""Amplitude (−80 dBFS) below which a sample counts as digital silence."""
_BANDS = 16
_PITCH_BANDS = ((4, 21), (21, 64), (64, 160))
"""Bins of 190 Hz to 1 kHz, to 3 kHz, to 7.5 kHz."""
_MOST_CENTS = 60.0


class Features(NamedTuple):
    """Windows, described.

    Args:
        mel: shape (windows, 2, 64, 600).
        frame: shape (windows, 13, 600).
        fine: shape (windows, 96, 75).
        rhythm: shape (windows, 4, 128).
    """

    mel: Array
    frame: Array
    fine: Array
    rhythm: Array


def window_starts(frames: int) -> list[int]:
    """Where windows start in audio of that many frames: every four seconds, the last one flush with the end."""
    if frames <= WINDOW_SAMPLES:
        return [0]
    starts = list(range(0, frames - WINDOW_SAMPLES, WINDOW_STEP))
    return [*starts, frames - WINDOW_SAMPLES]


def fill_window(samples: Samples) -> Samples:
    """Audio of at least one window: shorter audio is mirrored at its ends until it fills one, without clicks."""
    missing = WINDOW_SAMPLES - samples.shape[1]
    return samples if missing <= 0 else np.pad(samples, ((0, 0), (0, missing)), mode="symmetric")


def windows(samples: Samples) -> Iterator[tuple[list[int], Features]]:
    """Describe audio of any length in bounded memory.

    Args:
        samples: float32, shape (2, frames), 48 kHz.

    Yields:
        Batches of up to eight windows: their first frames, and what they sound like.
    """
    samples = fill_window(samples)
    starts = window_starts(samples.shape[1])
    for first in range(0, len(starts), _BATCH):
        batch = starts[first : first + _BATCH]
        yield batch, describe([samples[:, start : start + WINDOW_SAMPLES] for start in batch])


def describe(audio: list[Samples]) -> Features:
    """Describe windows.

    Args:
        audio: each float32, shape (2, `WINDOW_SAMPLES`).
    """
    each = [_describe(window) for window in audio]
    return Features(*(np.stack(kind) for kind in zip(*each, strict=True)))


def _describe(window: Samples) -> Features:
    mid, side = (window[0] + window[1]) / 2, (window[0] - window[1]) / 2
    spectrum = fft.rfft(_frames(mid) * _hann(), axis=1)
    power = _power(spectrum)
    side_power = _power(fft.rfft(_frames(side) * _hann(), axis=1))
    mel = np.stack((power @ _mel_bank(), side_power @ _mel_bank()))
    mel = np.log(mel / (mel.sum(axis=0).mean() + 1e-12) + _FLOOR).transpose(0, 2, 1)
    frame = np.concatenate((_level(window), _pitch_movement(spectrum, power)))
    # The louder of mid and side: in an inverted recording all is in the side.
    loudest = power if power.sum() >= side_power.sum() else side_power
    return Features(
        mel.astype(np.float32), frame.astype(np.float32), _fine(loudest).astype(np.float32), _rhythm(mel.max(axis=0))
    )


def _frames(signal: Array) -> Array:
    return np.lib.stride_tricks.sliding_window_view(signal, SPECTRUM)[::HOP]


def _power(spectrum: NDArray[np.complex64]) -> Array:
    return np.square(spectrum.real) + np.square(spectrum.imag)


def _level(window: Samples) -> Array:
    """Nine rows that follow the waveform itself: levels, flat tops, silence, clicks, stereo image."""
    hops = window[:, : WINDOW_FRAMES * HOP]
    left, right = (channel.reshape(WINDOW_FRAMES, HOP) for channel in hops)
    energy_left, energy_right = np.square(left).mean(axis=1), np.square(right).mean(axis=1)
    rms = np.sqrt(energy_left + energy_right) + 1e-6
    loudness = float(np.sqrt(np.square(hops).sum(axis=0).mean())) + 1e-6
    tops, flats, jerk, peaks = [], [], [], []
    for channel in (left, right):
        size = np.abs(channel)
        peak = size.max(axis=1) + 1e-9
        high = size > 0.96 * peak[:, None]
        step = np.abs(np.diff(channel, axis=1))
        flats.append((high[:, 1:] & (step < 2e-3 * peak[:, None]) & (peak > 1e-3)[:, None]).mean(axis=1))
        tops.append(high.mean(axis=1))
        jerk.append(np.abs(np.diff(channel, n=2, axis=1)).max(axis=1))
        peaks.append(peak)
    correlation = (left * right).mean(axis=1) / (np.sqrt(energy_left * energy_right) + 1e-9)
    balance = np.log10((energy_left + 1e-9) / (energy_right + 1e-9))
    return np.stack(
        (
            np.log10(rms / loudness),
            np.log10(np.max(peaks, axis=0) / rms),
            np.log10(np.max(peaks, axis=0) / loudness),
            np.log10(1e-3 + np.max(flats, axis=0)),
            np.log10(1e-3 + np.max(tops, axis=0)),
            np.log10(np.max(jerk, axis=0) / rms + 1e-3),
            ((np.abs(left) < _QUIET) & (np.abs(right) < _QUIET)).mean(axis=1),
            correlation,
            np.clip(balance, -3, 3),
        )
    )


def _pitch_movement(spectrum: NDArray[np.complex64], power: Array) -> Array:
    """Four rows: how many cents all partials move together from frame to frame, in three bands and without sign.

    The instantaneous frequency of a bin is its centre plus the phase that it gains beyond the centre's own.
    """
    low, high = _PITCH_BANDS[0][0], _PITCH_BANDS[-1][1]
    part = spectrum[:, low:high]
    centre = np.arange(low, high, dtype=np.float32)
    turn = np.angle(part[1:] * np.conj(part[:-1])) / np.float32(2 * np.pi) - centre * np.float32(HOP / SPECTRUM)
    bins = centre + (turn - np.round(turn)) * np.float32(SPECTRUM / HOP)
    cents = np.float32(1200) * np.log2(np.maximum(bins[1:], 1) / np.maximum(bins[:-1], 1))
    # A jump is another note or noise, not movement.
    steady = np.abs(cents) < _MOST_CENTS
    root = np.sqrt(power[:, low:high])
    weight = np.minimum(root[2:], root[:-2]) * steady
    cents = cents * weight
    rows = []
    for first, last in _PITCH_BANDS:
        band = slice(first - low, last - low)
        rows.append(cents[:, band].sum(axis=1) / (weight[:, band].sum(axis=1) + 1e-9))
    rows.append(np.abs(cents).sum(axis=1) / (weight.sum(axis=1) + 1e-9))
    return np.pad(np.stack(rows) / 10, ((0, 0), (1, 1)))


def _fine(power: Array) -> Array:
    """Cepstrum of 0.5 to 5.8 ms, peakiness and flatness in sixteen bands, each averaged over 80 ms."""
    relative = power / (power.mean(axis=1, keepdims=True) + 1e-12) + _FLOOR
    logs = np.log(relative)
    bank = _octaves()
    flatness = (logs @ bank - np.log(relative @ bank)).reshape(-1, BLOCK, _BANDS).mean(axis=1)
    blocks = logs.reshape(-1, BLOCK, _BINS).mean(axis=1)
    cepstrum = fft.irfft(blocks, axis=1)[:, 24:280]
    cepstrum = np.abs(cepstrum).reshape(len(blocks), MELS, 4).max(axis=2)
    starts = _octave_edges()[:-1]
    peakiness = np.maximum.reduceat(blocks, starts, axis=1)[:, :_BANDS] - blocks @ bank
    return np.concatenate((cepstrum * 10, peakiness, flatness), axis=1).T


def _rhythm(mel: Array) -> Array:
    onsets = np.maximum(np.diff(mel, axis=1), 0).reshape(4, MELS // 4, -1).mean(axis=1)
    onsets = onsets - onsets.mean(axis=1, keepdims=True)
    spectrum = fft.rfft(onsets, 2048, axis=1)
    correlation = fft.irfft(_power(spectrum), axis=1)[:, :LAGS]
    return (correlation / (correlation[:, :1] + 1e-6)).astype(np.float32)


@cache
def _hann() -> Array:
    return np.hanning(SPECTRUM + 1)[:-1].astype(np.float32)


@cache
def _mel_bank() -> Array:
    """Triangles that are even on the mel scale from 30 Hz to 20 kHz; shape (513, 64)."""
    mels = np.linspace(2595 * np.log10(1 + 30 / 700), 2595 * np.log10(1 + 20_000 / 700), MELS + 2)
    hz = 700 * (10 ** (mels / 2595) - 1)
    # Low triangles are narrower than a bin; each is given at least one.
    width = SAMPLE_RATE / SPECTRUM
    low, centre, high = np.minimum(hz[:-2], hz[1:-1] - width), hz[1:-1], np.maximum(hz[2:], hz[1:-1] + width)
    bins = (np.arange(_BINS) * width)[:, None]
    bank: Array = np.maximum(0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)))
    return bank.astype(np.float32)


@cache
def _octave_edges() -> NDArray[np.int64]:
    """Bin edges of sixteen bands, even in the logarithm from 190 Hz to 18 kHz."""
    return np.unique(np.round(np.geomspace(4, 384, _BANDS + 1)).astype(np.int64))


@cache
def _octaves() -> Array:
    """Mean over the bins of each band; shape (513, 16)."""
    bank = np.zeros((_BINS, _BANDS), np.float32)
    for band, (first, last) in enumerate(zip(_octave_edges()[:-1], _octave_edges()[1:], strict=True)):
        bank[first:last, band] = 1 / (last - first)
    return bank
