"""What a studio draws of a file of audio, as numbers."""

from __future__ import annotations

from typing import Final

import numpy as np

from aurax.adapters.http.views import View
from aurax.audio.waveform import Waveform
from aurax.deliver.energy import density_db, energy_frames, loudness_curve_lufs
from aurax.deliver.pictures import target_db
from aurax.score.score import Score
from aurax.score.sound import sound_of

_SPECTRUM_HZ: Final = (30.0, 18_000.0)
_SPECTRUM_POINTS: Final = 160


class Peaks(View):
    """Lowest and highest samples of stretches of equal length."""

    duration_s: float
    lowest: tuple[float, ...]
    highest: tuple[float, ...]


class LoudnessCurve(View):
    """Short-term loudness."""

    hop_s: float
    """From one value to the next; the first is the loudness around the beginning."""
    lufs: tuple[float, ...]
    """−70 where it is silent."""


class SpectrumCurve(View):
    """Mean power density, relative to the target's middle."""

    frequencies_hz: tuple[float, ...]
    level_db: tuple[float, ...]
    """Of the file, shifted to meet the target between 100 Hz and 10 kHz."""
    target_db: tuple[float, ...]
    """Relative to 1 kHz."""
    tolerance_db: float
    """How far above or below the target is still right."""


def peaks_of(waveform: Waveform, points: int) -> Peaks:
    """Peaks of both channels together.

    Args:
        waveform: the audio.
        points: how many stretches; as many as there are frames at the most.
    """
    points = max(1, min(points, waveform.frames))
    edges = np.linspace(0, waveform.frames, points, endpoint=False).astype(np.intp)
    if waveform.frames == 0:
        return Peaks(duration_s=0.0, lowest=(), highest=())
    lowest = np.minimum.reduceat(waveform.samples, edges, axis=-1).min(axis=0)
    highest = np.maximum.reduceat(waveform.samples, edges, axis=-1).max(axis=0)
    return Peaks(duration_s=waveform.duration_s, lowest=_rounded(lowest, 4), highest=_rounded(highest, 4))


def loudness_of(waveform: Waveform) -> LoudnessCurve:
    """Loudness around each moment."""
    energy = energy_frames(waveform)
    return LoudnessCurve(hop_s=energy.window_s, lufs=_rounded(loudness_curve_lufs(energy), 2))


def spectrum_of(waveform: Waveform, score: Score) -> SpectrumCurve:
    """The spectrum of a file, and the target of a score's style.

    Args:
        waveform: the audio.
        score: carries the sound aimed at.
    """
    target = sound_of(score.plan).spectrum
    centres = np.geomspace(*_SPECTRUM_HZ, _SPECTRUM_POINTS).astype(np.float32)
    aim = target_db(target, centres)
    levels = density_db(energy_frames(waveform), centres)
    shared = (centres >= 100) & (centres <= 10_000)
    return SpectrumCurve(
        frequencies_hz=_rounded(centres, 1),
        level_db=_rounded(levels - np.mean((levels - aim)[shared]), 2),
        target_db=_rounded(aim, 2),
        tolerance_db=target.tolerance_db,
    )


def _rounded(values: object, digits: int) -> tuple[float, ...]:
    return tuple(round(float(value), digits) for value in np.asarray(values))
