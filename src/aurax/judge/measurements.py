"""Everything that criteria measure of the finished audio, each measured once and only when asked for.

A full-length master is 69 MB; nothing here copies it whole in double precision. Judging a three-minute song takes
well below a second, because every spectrum and loudness value comes from one pass.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aurax.audio.loudness import LoudnessSummary, integrated_lufs, k_weighted_powers, loudness_summary
from aurax.audio.spectrum import power_density_db
from aurax.audio.stereo import correlation
from aurax.audio.true_peak import true_peak_dbtp
from aurax.audio.waveform import Samples, Waveform
from aurax.judge.chroma import chroma
from aurax.judge.clicks import click_frames
from aurax.judge.onsets import onset_envelope

Curve = NDArray[np.float64]

_SHORT_TERM_HOPS = 30
"""3 s of 100 ms hops (EBU Tech 3341)."""


class MasterMeasurements:
    """Measurements of one waveform.

    Args:
        waveform: the finished audio.
    """

    def __init__(self, waveform: Waveform) -> None:
        self.waveform = waveform

    @cached_property
    def mid(self) -> Samples:
        """Half the sum of the channels; float32, shape (frames,)."""
        samples = self.waveform.samples
        mid: Samples = samples.mean(axis=0, dtype=np.float32) if len(samples) != 1 else samples[0]
        return mid

    @cached_property
    def is_silent(self) -> bool:
        """Whether no block passes the −70 LUFS gate."""
        return math.isinf(self.integrated_lufs)

    @cached_property
    def integrated_lufs(self) -> float:
        """Integrated loudness; −inf for silence."""
        return self._loudness.integrated_lufs

    @cached_property
    def loudness_range_lu(self) -> float:
        """Loudness range."""
        return self._loudness.range_lu

    @cached_property
    def _loudness(self) -> LoudnessSummary:
        return loudness_summary(self.waveform)

    @cached_property
    def hop_lufs(self) -> Curve:
        """Loudness of each 100 ms; −200 for silence."""
        powers = k_weighted_powers(self.waveform)
        return np.asarray(-0.691 + 10.0 * np.log10(np.maximum(powers, 1e-20)))

    @cached_property
    def true_peak_dbtp(self) -> float:
        """True peak at 8× oversampling."""
        return true_peak_dbtp(self.waveform)

    @cached_property
    def spectrum(self) -> tuple[Curve, Curve]:
        """Frequencies in hertz and power densities in dB."""
        return power_density_db(self.waveform)

    @cached_property
    def correlation(self) -> float:
        """Left against right."""
        return correlation(self.waveform)

    @cached_property
    def mono_loss_lu(self) -> float:
        """How much quieter a mono speaker plays it."""
        if self.waveform.channels < 2 or self.is_silent:
            return 0.0
        mono = integrated_lufs(Waveform(self.mid[None, :], self.waveform.sample_rate))
        return self.integrated_lufs - (mono + 10.0 * math.log10(2.0))  # two speakers play the same mono signal

    @cached_property
    def onsets(self) -> tuple[Curve, float]:
        """Onset strength over time, and its frames a second."""
        return onset_envelope(self.mid, self.waveform.sample_rate)

    @cached_property
    def chroma(self) -> Curve:
        """Share of each pitch class, C first; all zeros for silence."""
        return chroma(self.mid, self.waveform.sample_rate)

    @cached_property
    def clicks(self) -> tuple[int, ...]:
        """Frames at which a click sits."""
        return click_frames(self.mid)

    @cached_property
    def short_term_lufs(self) -> Curve:
        """Loudness of 3 s windows, one each 100 ms; empty for shorter audio."""
        powers = np.concatenate([[0.0], np.cumsum(10.0 ** (self.hop_lufs / 10.0))])
        if powers.size <= _SHORT_TERM_HOPS:
            return np.zeros(0)
        return np.asarray(10.0 * np.log10((powers[_SHORT_TERM_HOPS:] - powers[:-_SHORT_TERM_HOPS]) / _SHORT_TERM_HOPS))
