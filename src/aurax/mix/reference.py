"""Mastering to a reference: spectrum, width, dynamics and loudness of a finished track, matched within limits.

What a reference teaches is its long-term balance, so everything here is long-term: a smoothed spectrum, the energy of
the sides against the middle, the loudness range. Limits keep a bad choice of reference from wrecking a mix.

Sources: Ma, Reiss, Black, "Implementation of an intelligent equalization tool using Yule-Walker for music mixing and
mastering", AES 134 (2013), for matching smoothed long-term spectra; ITU-R BS.1770-4; EBU Tech 3342.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aurax.audio.loudness import integrated_lufs, loudness_summary
from aurax.audio.spectrum import mean_density_db, power_density_db
from aurax.audio.waveform import Samples, Waveform
from aurax.errors import CorruptData, SilentAudio
from aurax.mix.loudness_target import to_loudness
from aurax.mix.mastering import finish_loop, master_circle
from aurax.mix.ride import level_in_place

_POINTS_HZ = 31.5 * 2.0 ** (np.arange(0, 28) / 3.0)
"""Thirds of octaves from 31.5 Hz to 16 kHz, where spectra are compared."""
_HALF_OCTAVE = 2.0**0.5
_TAPS = 4095
"""Of the linear-phase filter: 85 ms at 48 kHz, fine enough for a third of an octave at 50 Hz."""
_BLOCK_FRAMES = 1 << 18
_NO_SIDES_DB = -60.0


@dataclass(frozen=True)
class ReferenceLimits:
    """How far a reference may bend a mix.

    Args:
        tone_db: furthest gain of any part of the spectrum.
        width_db: furthest gain of the sides.
        lowest_lufs: quietest loudness that is copied.
        highest_lufs: loudest loudness that is copied.
    """

    tone_db: float = 6.0
    width_db: float = 4.0
    lowest_lufs: float = -20.0
    highest_lufs: float = -8.0


@dataclass(frozen=True)
class ReferenceMatch:
    """How near a master came to its reference.

    Args:
        tone_before_db: root mean square distance of the spectra before, level aside.
        tone_after_db: the same of the master.
        width_before_db: sides against middle, the mix minus the reference.
        width_after_db: the same of the master.
        range_before_lu: loudness range, the mix minus the reference.
        range_after_lu: the same of the master.
        loudness_lufs: what the master was brought to.
    """

    tone_before_db: float
    tone_after_db: float
    width_before_db: float
    width_after_db: float
    range_before_lu: float
    range_after_lu: float
    loudness_lufs: float


def master_to_reference(
    mix: Waveform,
    reference: Waveform,
    *,
    loudness_lufs: float | None = None,
    ceiling_dbtp: float = -1.0,
    limits: ReferenceLimits | None = None,
    loops: bool = False,
) -> tuple[Waveform, ReferenceMatch]:
    """Finish a mix so that it matches a reference.

    Args:
        mix: stereo.
        reference: a finished track at the mix's rate.
        loudness_lufs: instead of the reference's own loudness.
        ceiling_dbtp: highest true peak.
        limits: how far the mix may be bent.
        loops: whether the mix is one round of endless music, whose end goes on in its start.

    Returns:
        The master, as long as the mix, and how near it came.

    Raises:
        SilentAudio: the mix or the reference holds no sound.
        CorruptData: the mix or the reference holds NaN or infinity.
    """
    limits = limits or ReferenceLimits()
    for name, waveform in (("mix", mix), ("reference", reference)):
        _require_music(name, waveform)
    aim, start = _Balance(reference), _Balance(mix)
    circle = master_circle(mix) if loops else None
    if circle is not None:
        mix = Waveform(circle.unroll(mix.samples), mix.sample_rate)
    shaped = Waveform(_toned(mix, aim.tone_db - start.tone_db, limits.tone_db), mix.sample_rate)
    _widen(shaped.samples, aim.sides_db, limits.width_db)
    toned = loudness_summary(shaped)
    level_in_place(shaped, toned.integrated_lufs, toned.range_lu, max(aim.range_lu, 1.0))
    target = aim.lufs if loudness_lufs is None else loudness_lufs
    if loudness_lufs is None:
        target = max(limits.lowest_lufs, min(limits.highest_lufs, target))
    if circle is None:
        finished = to_loudness(shaped, target, ceiling_dbtp)
    else:
        finished = finish_loop(shaped, circle, target, ceiling_dbtp)
    end = _Balance(finished)
    return finished, ReferenceMatch(
        tone_before_db=_distance_db(start.tone_db, aim.tone_db),
        tone_after_db=_distance_db(end.tone_db, aim.tone_db),
        width_before_db=start.sides_db - aim.sides_db,
        width_after_db=end.sides_db - aim.sides_db,
        range_before_lu=start.range_lu - aim.range_lu,
        range_after_lu=end.range_lu - aim.range_lu,
        loudness_lufs=target,
    )


class _Balance:
    """What is compared of a track."""

    def __init__(self, waveform: Waveform) -> None:
        frequencies, density = power_density_db(waveform)
        levels = [
            mean_density_db(frequencies, density, float(hz) / _HALF_OCTAVE, float(hz) * _HALF_OCTAVE)
            for hz in _POINTS_HZ
        ]
        self.tone_db = np.asarray(levels) - float(np.median(levels))
        self.sides_db = sides_db(waveform.samples)
        summary = loudness_summary(waveform)
        self.lufs, self.range_lu = summary.integrated_lufs, summary.range_lu


def sides_db(samples: Samples) -> float:
    """Energy of the sides against the middle, in dB; −60 for mono.

    Args:
        samples: float32, shape (channels, frames).
    """
    if samples.shape[0] < 2:
        return _NO_SIDES_DB
    mid, side = samples[0] + samples[1], samples[0] - samples[1]
    middle, sides = (float(np.dot(one, one)) for one in (mid, side))
    if sides <= 0.0:
        return _NO_SIDES_DB
    return max(_NO_SIDES_DB, 10.0 * math.log10(sides / max(middle, 1e-20)))


def _toned(mix: Waveform, wish_db: NDArray[np.float64], limit_db: float) -> Samples:
    """The mix through a linear-phase filter of the wanted gains, each within the limit."""
    from scipy.signal import firwin2, oaconvolve

    gains_db = np.clip(wish_db - float(np.mean(wish_db)), -limit_db, limit_db)
    nyquist = mix.sample_rate / 2.0
    inside = nyquist > _POINTS_HZ
    hertz = np.concatenate([[0.0], _POINTS_HZ[inside], [nyquist]])
    gains = 10.0 ** (np.concatenate([gains_db[:1], gains_db[inside], gains_db[inside][-1:]]) / 20.0)
    taps = firwin2(_TAPS, hertz, gains, nfreqs=8193, fs=mix.sample_rate)
    delay = _TAPS // 2
    toned = np.empty_like(mix.samples)
    for start in range(0, mix.frames, _BLOCK_FRAMES):
        stop = min(mix.frames, start + _BLOCK_FRAMES)
        first, last = start - delay, stop + delay
        piece = mix.samples[:, max(0, first) : min(mix.frames, last)].astype(np.float64)
        piece = np.pad(piece, ((0, 0), (max(0, -first), max(0, last - mix.frames))))
        toned[:, start:stop] = oaconvolve(piece, taps[None, :], mode="valid", axes=1)
    return toned


def _widen(samples: Samples, aim_db: float, limit_db: float) -> None:
    """Turn the sides toward the reference's width, in place; a mono mix stays mono."""
    now_db = sides_db(samples)
    if now_db <= _NO_SIDES_DB:
        return
    gain = np.float32(10.0 ** (max(-limit_db, min(limit_db, aim_db - now_db)) / 20.0))
    mid, side = (samples[0] + samples[1]) * np.float32(0.5), (samples[0] - samples[1]) * np.float32(0.5) * gain
    samples[0], samples[1] = mid + side, mid - side


def _distance_db(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    away = one - other
    return float(np.sqrt(np.mean(np.square(away - np.mean(away)))))


def _require_music(name: str, waveform: Waveform) -> None:
    if not np.isfinite(waveform.samples).all():
        raise CorruptData(f"finite samples in the {name}", "NaN or infinity", "render it again")
    if math.isinf(integrated_lufs(waveform)):
        raise SilentAudio(f"audible music in the {name}", "silence", "give another one")
