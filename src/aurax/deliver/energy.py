"""One pass over the audio that feeds every spectral picture of the report.

The measurements that a Verdict rests on live in `audio`; here a coarse Fourier analysis is enough, and one of it
serves the spectrogram, the loudness curve and the long-term spectrum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aurax.audio.waveform import Waveform

WINDOW_FRAMES = 4096
_BATCH = 128
_FLOOR = 1e-12

_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGHPASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
_K_RATE = 48_000.0
"""K-weighting: the two filters of BS.1770-4, annex 1, given for 48 kHz."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class EnergyFrames:
    """Power over time and frequency, all channels together.

    Args:
        power: float32, shape (windows, bins); the sum over the bins of a window is its mean square.
        bin_hz: distance between bins.
        window_s: distance between windows.
    """

    power: Floats
    bin_hz: float
    window_s: float

    @property
    def frequencies_hz(self) -> Floats:
        """Centre of each bin."""
        return (np.arange(self.power.shape[1]) * self.bin_hz).astype(np.float32)


def energy_frames(waveform: Waveform) -> EnergyFrames:
    """Analyse audio in windows of 4096 frames side by side (Hann).

    Audio shorter than one window is padded with silence.
    """
    samples = waveform.samples
    if waveform.frames < WINDOW_FRAMES:
        samples = np.pad(samples, ((0, 0), (0, WINDOW_FRAMES - waveform.frames)))
    windows = samples.shape[1] // WINDOW_FRAMES
    blocks = samples[:, : windows * WINDOW_FRAMES].reshape(waveform.channels, windows, WINDOW_FRAMES)
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW_FRAMES) / WINDOW_FRAMES)).astype(np.float32)
    scale = np.float32(2.0 / (WINDOW_FRAMES * float(np.sum(hann.astype(np.float64) ** 2))))
    power = np.zeros((windows, WINDOW_FRAMES // 2 + 1), np.float32)
    for start in range(0, windows, _BATCH):
        for channel in blocks[:, start : start + _BATCH]:
            bins = np.fft.rfft(channel * hann, axis=1)
            power[start : start + _BATCH] += bins.real**2 + bins.imag**2
    power *= scale
    return EnergyFrames(power, waveform.sample_rate / WINDOW_FRAMES, WINDOW_FRAMES / waveform.sample_rate)


def loudness_curve_lufs(energy: EnergyFrames, span_s: float = 3.0) -> Floats:
    """Loudness around each window, over a span centred on it; −70 at the least.

    Source: ITU-R BS.1770-4; EBU Tech 3341 (short-term loudness: 3 s).
    """
    z = np.exp(-2j * np.pi * energy.frequencies_hz.astype(np.float64) / _K_RATE)
    gain = np.ones_like(z)
    for (b0, b1, b2), (a0, a1, a2) in (_SHELF, _HIGHPASS):
        gain = gain * (b0 + b1 * z + b2 * z**2) / (a0 + a1 * z + a2 * z**2)
    weighted = energy.power @ (np.abs(gain) ** 2).astype(np.float32)
    half = max(0, round(span_s / energy.window_s / 2))
    total = np.concatenate(([0.0], np.cumsum(weighted, dtype=np.float64)))
    places = np.arange(weighted.size)
    first, last = np.maximum(places - half, 0), np.minimum(places + half + 1, weighted.size)
    mean = (total[last] - total[first]) / (last - first)
    return np.asarray(np.maximum(-0.691 + 10.0 * np.log10(np.maximum(mean, _FLOOR)), -70.0), np.float32)


def density_db(energy: EnergyFrames, centres_hz: Floats, width_octaves: float = 1 / 6) -> Floats:
    """Mean power density around each frequency over the whole audio, in dB re 1/Hz."""
    means = band_power(energy.power.mean(axis=0)[None, :], energy.bin_hz, centres_hz, width_octaves)[0]
    return np.asarray(10.0 * np.log10(np.maximum(means / energy.bin_hz, _FLOOR)), np.float32)


def band_power(power: Floats, bin_hz: float, centres_hz: Floats, width_octaves: float) -> Floats:
    """Mean power per bin in bands around given frequencies; bands narrower than a bin are interpolated.

    Args:
        power: shape (windows, bins).
        bin_hz: distance between bins.
        centres_hz: middle of each band.
        width_octaves: width of each band.

    Returns:
        float32, shape (windows, bands).
    """
    edge = 2.0 ** (width_octaves / 2)
    top = power.shape[1] - 1.0
    low = np.clip(centres_hz / edge / bin_hz, 0, top - 1)
    high = np.clip(np.maximum(centres_hz * edge / bin_hz, low + 1), low + 1, top)
    total = np.zeros((power.shape[0], power.shape[1] + 1), np.float64)
    np.cumsum(power, axis=1, out=total[:, 1:])

    def until(place: NDArray[np.floating]) -> NDArray[np.float64]:
        """Sum of the bins before a fractional place, each bin reaching half its width to both sides."""
        whole = np.minimum((place + 0.5).astype(np.intp), power.shape[1] - 1)
        return np.asarray(total[:, whole] + (place + 0.5 - whole) * power[:, whole], np.float64)

    return np.asarray((until(high) - until(low)) / (high - low), np.float32)
