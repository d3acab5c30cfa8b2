"""Loudness under a ceiling: how a finished mix is brought to a target without passing a true peak.

Quiet targets need a gain. Ordinary ones need the gentle chain: 2 dB of soft clip on drum peaks and a slow limiter.
Where its limiter would hold the music down more than it lifts it, the driven chain takes over: peaks are rounded off
at four times the sample rate, and a fast limiter takes what is left. Its gain is found by search, and the search ends
where more gain hardly makes the music louder.

Source: ITU-R BS.1770-4 (loudness and true peak).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aurax.audio.loudness import integrated_lufs
from aurax.audio.true_peak import true_peak_dbtp
from aurax.audio.waveform import Waveform
from aurax.mix.control import to_gain
from aurax.mix.limiter import clip_peaks, limit, round_peaks

_CLOSE_LU = 0.15
_GENTLE_LOSS_LU = 0.7
"""What the gentle chain may take from the loudness before the driven one sounds better."""
_GENTLE_PASSES = 4
_DRIVEN_PASSES = 7
_LEAST_RISE_LU = 0.2
"""A decibel of gain that gives less than this is not spent."""
_LONGEST_STEP_DB = 6.0
_MOST_GAIN_DB = 30.0
"""Of the driven chain, beyond the gain that the target alone would ask for."""
_INTERSAMPLE_DB = 0.25
"""How far the limiter first stays below the ceiling: what usually is between the samples."""
_DRIVEN_MARGIN_DB = 0.1
"""The same for the driven chain, whose limiter sees four points a sample."""
_METERS_DB = 0.12
"""How far below the ceiling true peaks stay: meters of other programs differ from ours by as much near the top of the
spectrum (measured on driven masters: ffmpeg 0.07 dB, a 4× polyphase filter of scipy 0.11 dB above)."""
_SAFETY_DB = 0.02
_MORE_GAIN_DB = 0.1
_GENTLE_KNEE_DB = 1.0
_ROUND_KNEE_DB = 6.0
"""How far below the ceiling waves begin to be rounded in the driven chain."""
_ROUND_TOP_DB = 5.0
"""What is rounded approaches this level above the ceiling, and the limiter brings it down: a harder curve flattens
waves until their steep flanks are isolated, which the criterion for clicks detects."""
_FAST_RELEASE_DB_PER_S = 480.0

Measure = Callable[[Waveform], float]
"""Takes sound and returns its loudness in LUFS."""

Chain = Callable[[Waveform, float, float], Waveform]
"""Takes what is mastered, a gain and a highest sample, both in decibels; returns what came out."""


@dataclass(frozen=True)
class _Pass:
    """One try.

    Args:
        gain_db: what went in.
        ceiling_db: highest sample that the limiter let out.
        result: what came out.
        lufs: its loudness.
    """

    gain_db: float
    ceiling_db: float
    result: Waveform
    lufs: float


def to_loudness(
    shaped: Waveform, target_lufs: float, ceiling_dbtp: float, *, measure: Measure = integrated_lufs
) -> Waveform:
    """Gain, soft clip and limiter, until loudness and true peak both fit.

    Args:
        shaped: audible, stereo or mono.
        target_lufs: integrated loudness to come close to; the nearest pass is kept.
        ceiling_dbtp: never passed, with an eighth of a decibel for other meters.
        measure: how loud something is.
    """
    ceiling_dbtp -= _METERS_DB
    plain_db = target_lufs - measure(shaped)
    first = _try(measure, _gentle, shaped, plain_db, ceiling_dbtp - _INTERSAMPLE_DB)
    if target_lufs - first.lufs <= _GENTLE_LOSS_LU:
        best = _finish_gently(measure, first, shaped, target_lufs, ceiling_dbtp)
        if abs(best.lufs - target_lufs) <= 2 * _CLOSE_LU:
            return best.result
    del first
    return _drive(measure, shaped, plain_db, target_lufs, ceiling_dbtp).result


def _finish_gently(measure: Measure, first: _Pass, shaped: Waveform, target_lufs: float, ceiling_dbtp: float) -> _Pass:
    """The gentle chain's passes: steps of gain by how much the last one gave."""
    # How far this music peaks between its samples hardly changes with half a decibel of gain.
    excess_db = true_peak_dbtp(first.result) - ceiling_dbtp
    ceiling_db = first.ceiling_db - max(0.0, excess_db + _MORE_GAIN_DB)
    if abs(target_lufs - first.lufs) <= _CLOSE_LU and excess_db <= 0.0:
        return first
    current, steepness = first, 1.0
    for _ in range(_GENTLE_PASSES - 1):
        step_db = (target_lufs - current.lufs) * steepness
        following = _try(measure, _gentle, shaped, current.gain_db + step_db, ceiling_db)
        if following.lufs != current.lufs:
            # The limiter takes a share of every decibel: how much gain one more LU costs here.
            steepness = min(3.0, max(0.8, step_db / (following.lufs - current.lufs)))
        current = following
        if abs(target_lufs - current.lufs) <= _CLOSE_LU:
            break
    return _under(measure, _gentle, shaped, current, ceiling_dbtp)


def _drive(measure: Measure, shaped: Waveform, plain_db: float, target_lufs: float, ceiling_dbtp: float) -> _Pass:
    """The driven chain: climb while gain helps, halve the distance between too quiet and too loud, keep the best."""
    ceiling_db = ceiling_dbtp - _DRIVEN_MARGIN_DB
    gain_db, rise = plain_db + _MORE_GAIN_DB, 1.0
    best: _Pass | None = None
    quiet: tuple[float, float] | None = None
    loud: tuple[float, float] | None = None
    for _ in range(_DRIVEN_PASSES):
        tried = _try(measure, _driven, shaped, gain_db, ceiling_db)
        tried = _turned_down(tried, true_peak_dbtp(tried.result) - ceiling_dbtp)
        away = target_lufs - tried.lufs
        if best is None or abs(away) < abs(target_lufs - best.lufs):
            best = tried
        if abs(away) <= _CLOSE_LU:
            break
        here = (gain_db, tried.lufs)
        if quiet is not None and gain_db > quiet[0]:
            rise = (tried.lufs - quiet[1]) / (gain_db - quiet[0])
            if loud is None and rise < _LEAST_RISE_LU:
                break
        quiet, loud = (here, loud) if away > 0.0 else (quiet, here)
        if quiet is not None and loud is not None:
            gain_db = quiet[0] + (loud[0] - quiet[0]) * _share(quiet[1], loud[1], target_lufs)
        else:
            step_db = away / max(rise, _LEAST_RISE_LU)
            gain_db += max(-_LONGEST_STEP_DB, min(_LONGEST_STEP_DB, step_db))
        if gain_db > plain_db + _MOST_GAIN_DB:
            break
    assert best is not None
    return best


def _share(low: float, high: float, target: float) -> float:
    """Where between two loudnesses a target is, kept away from both ends."""
    return min(0.9, max(0.1, (target - low) / (high - low))) if high > low else 0.5


def _try(measure: Measure, chain: Chain, shaped: Waveform, gain_db: float, ceiling_db: float) -> _Pass:
    result = chain(shaped, gain_db, ceiling_db)
    return _Pass(gain_db, ceiling_db, result, measure(result))


def _under(measure: Measure, chain: Chain, shaped: Waveform, tried: _Pass, ceiling_dbtp: float) -> _Pass:
    """The same pass with its true peak under the ceiling."""
    excess_db = true_peak_dbtp(tried.result) - ceiling_dbtp
    if excess_db > _SAFETY_DB:
        # The gain grew since the peaks were measured: bend them once more rather than give the loudness away.
        ceiling_db = tried.ceiling_db - excess_db - _SAFETY_DB
        tried = _try(measure, chain, shaped, tried.gain_db + 0.5 * excess_db, ceiling_db)
        excess_db = true_peak_dbtp(tried.result) - ceiling_dbtp
    return _turned_down(tried, excess_db)


def _turned_down(tried: _Pass, excess_db: float) -> _Pass:
    if excess_db <= 0.0:
        return tried
    cut_db = excess_db + _SAFETY_DB
    result = Waveform(tried.result.samples * np.float32(to_gain(-cut_db)), tried.result.sample_rate)
    return _Pass(tried.gain_db, tried.ceiling_db - cut_db, result, tried.lufs - cut_db)


def _gentle(shaped: Waveform, gain_db: float, ceiling_db: float) -> Waveform:
    samples = shaped.samples * np.float32(to_gain(gain_db))
    clip_peaks(samples, to_gain(ceiling_db - _GENTLE_KNEE_DB), shaped.sample_rate, in_place=True)
    limit(samples, to_gain(ceiling_db), shaped.sample_rate, in_place=True)
    return Waveform(samples, shaped.sample_rate)


def _driven(shaped: Waveform, gain_db: float, ceiling_db: float) -> Waveform:
    rate = shaped.sample_rate
    samples = shaped.samples * np.float32(to_gain(gain_db))
    top, knee = to_gain(ceiling_db + _ROUND_TOP_DB), to_gain(ceiling_db - _ROUND_KNEE_DB)
    round_peaks(samples, knee, top, rate, in_place=True)
    limit(samples, to_gain(ceiling_db), rate, _FAST_RELEASE_DB_PER_S, between_samples=True, in_place=True)
    return Waveform(samples, rate)
