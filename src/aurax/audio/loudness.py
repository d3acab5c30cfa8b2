"""Loudness by ITU-R BS.1770-4 and EBU Tech 3341/3342: integrated, short-term and momentary curves, range.

Everything starts from one array: the K-weighted mean power of each 100 ms hop, summed over the channels. A 400 ms
gating block is the mean of four hops and a short-term window the mean of thirty, so one filter pass serves all.
The filters run as a convolution in float32, chunk by chunk.

Loudness values are in LUFS, ranges in LU; silence is −inf LUFS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aurax.audio.fast_filter import FastFilter
from aurax.audio.true_peak import true_peak_dbtp
from aurax.audio.waveform import Waveform

__all__ = [
    "LoudnessSummary",
    "integrated_lufs",
    "k_weighted_powers",
    "k_weighting_sos",
    "loudness_range_lu",
    "loudness_summary",
    "momentary_lufs",
    "short_term_lufs",
    "true_peak_dbtp",
]

HOP_S = 0.1
"""Step of the gating blocks: 400 ms with 75 % overlap (BS.1770-4, annex 1)."""
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
RANGE_GATE_LU = -20.0
_OFFSET_DB = -0.691
_BLOCK_HOPS = 4
_SHORT_TERM_HOPS = 30
_CHUNK_HOPS = 20


@dataclass(frozen=True, slots=True)
class LoudnessSummary:
    """What one pass over the audio says.

    Args:
        integrated_lufs: gated loudness of the whole.
        range_lu: loudness range.
        short_term_max_lufs: loudest 3 s.
        momentary_max_lufs: loudest 400 ms.
    """

    integrated_lufs: float
    range_lu: float
    short_term_max_lufs: float
    momentary_max_lufs: float


def k_weighting_sos(sample_rate: int) -> NDArray[np.float64]:
    """Two second-order sections: the head shelf and the 38 Hz high-pass.

    Source: ITU-R BS.1770-4, annex 1, tables 1 and 2, generalised to any sample rate by the bilinear transform of
    the analogue prototypes that give those tables at 48 kHz.
    """
    k = math.tan(math.pi * 1681.974450955533 / sample_rate)
    q, high_gain = 0.7071752369554196, 10.0 ** (3.999843853973347 / 20.0)
    band_gain = high_gain**0.4996667741545416
    a0 = 1.0 + k / q + k * k
    shelf = [
        (high_gain + band_gain * k / q + k * k) / a0,
        2.0 * (k * k - high_gain) / a0,
        (high_gain - band_gain * k / q + k * k) / a0,
        1.0,
        2.0 * (k * k - 1.0) / a0,
        (1.0 - k / q + k * k) / a0,
    ]
    k = math.tan(math.pi * 38.13547087602444 / sample_rate)
    q = 0.5003270373238773
    a0 = 1.0 + k / q + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0]
    return np.array([shelf, high_pass])


def k_weighted_powers(waveform: Waveform) -> NDArray[np.float64]:
    """Mean K-weighted power of each whole 100 ms hop, summed over the channels.

    Args:
        waveform: mono or stereo; both channels weigh 1.

    Returns:
        float64, shape (hops,). Audio shorter than one hop gives an empty array.
    """
    hop = round(HOP_S * waveform.sample_rate)
    hops = waveform.frames // hop
    weighting = FastFilter(k_weighting_sos(waveform.sample_rate), waveform.channels)
    powers = np.empty(hops)
    for first in range(0, hops, _CHUNK_HOPS):
        last = min(hops, first + _CHUNK_HOPS)
        chunk = waveform.samples[:, first * hop : last * hop]
        if not chunk.any():
            # The filters' ringing is over within 0.1 s and far below the gates: silence costs nothing.
            powers[first:last] = 0.0
            weighting.forget()
            continue
        blocks = weighting.run(chunk).reshape(waveform.channels, last - first, hop)
        powers[first:last] = np.einsum("ckh,ckh->k", blocks, blocks) / hop
    return powers


def integrated_lufs(waveform: Waveform) -> float:
    """Gated loudness of the whole; −inf when no 400 ms block passes the −70 LUFS gate.

    Source: ITU-R BS.1770-4, annex 1, equations 2 to 7.
    """
    return _integrated(k_weighted_powers(waveform))


def loudness_range_lu(waveform: Waveform) -> float:
    """Spread between the quiet and the loud passages; 0 for audio shorter than 3 s or silent.

    Source: EBU Tech 3342 (10th to 95th percentile of the gated short-term loudness).
    """
    return _range(k_weighted_powers(waveform))


def loudness_summary(waveform: Waveform) -> LoudnessSummary:
    """Integrated loudness, range and maxima from a single filter pass."""
    powers = k_weighted_powers(waveform)
    return LoudnessSummary(
        integrated_lufs=_integrated(powers),
        range_lu=_range(powers),
        short_term_max_lufs=_highest(_moving_mean(powers, _SHORT_TERM_HOPS)),
        momentary_max_lufs=_highest(_moving_mean(powers, _BLOCK_HOPS)),
    )


def short_term_lufs(waveform: Waveform, hop_s: float = HOP_S) -> NDArray[np.float64]:
    """Loudness of sliding 3 s windows.

    Args:
        waveform: what to measure.
        hop_s: step between windows, rounded to a multiple of 0.1 s.

    Returns:
        One value per window; window `i` covers the 3 s from `i * hop_s`. Empty for audio shorter than 3 s.

    Source: EBU Tech 3341.
    """
    step = max(1, round(hop_s / HOP_S))
    return _to_lufs(_moving_mean(k_weighted_powers(waveform), _SHORT_TERM_HOPS))[::step]


def momentary_lufs(waveform: Waveform) -> NDArray[np.float64]:
    """Loudness of sliding 400 ms windows, every 100 ms."""
    return _to_lufs(_moving_mean(k_weighted_powers(waveform), _BLOCK_HOPS))


def _integrated(powers: NDArray[np.float64]) -> float:
    blocks = _moving_mean(powers, _BLOCK_HOPS)
    blocks = blocks[_to_lufs(blocks) > ABSOLUTE_GATE_LUFS]
    if not blocks.size:
        return -math.inf
    gate = float(_to_lufs(blocks.mean())) + RELATIVE_GATE_LU
    return float(_to_lufs(blocks[_to_lufs(blocks) > gate].mean()))


def _range(powers: NDArray[np.float64]) -> float:
    windows = _moving_mean(powers, _SHORT_TERM_HOPS)
    windows = windows[_to_lufs(windows) > ABSOLUTE_GATE_LUFS]
    if not windows.size:
        return 0.0
    levels = _to_lufs(windows)
    levels = levels[levels > float(_to_lufs(windows.mean())) + RANGE_GATE_LU]
    low, high = np.percentile(levels, [10, 95])
    return float(high - low)


def _highest(powers: NDArray[np.float64]) -> float:
    return float(_to_lufs(powers.max())) if powers.size else -math.inf


def _moving_mean(powers: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    if powers.size < width:
        return np.empty(0)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(powers, width).mean(axis=-1))


def _to_lufs(power: NDArray[np.float64] | float) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return np.asarray(_OFFSET_DB + 10.0 * np.log10(power))
