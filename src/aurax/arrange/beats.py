"""Beats: the tempo of a piece, and where its beats fall.

The tempo's period maximises the comb-summed autocorrelation of the onset strength under a log-normal prior; beats
follow by dynamic programming; a straight line through them gives tempo and phase far below the curve's 5 ms steps.
Source: D. P. W. Ellis, Beat Tracking by Dynamic Programming, J. New Music Research 36 (1), 2007.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, rfft

from aurax.arrange.onsets import RATE_HZ, Curve, Onsets
from aurax.audio.waveform import Samples

_COMB = (1, 2, 3, 4)
_USUAL_BPM = 115.0
_USUAL_SPREAD_OCTAVES = 0.7
_HINT_SPREAD_OCTAVES = 0.25
"""A hint says which of half, whole and double is meant, yet lets a piece that missed it by a quarter be heard."""
_TIGHTNESS = 200.0
"""How much an uneven beat costs against a weak onset (Ellis 2007, α)."""
_COARSE = 2
"""Beats are tracked on every second value (10 ms)."""
_NEAR_S = 0.03
_FOLLOWED_CONFIDENCE = 0.3
"""Beats that are surmised rather than heard are laid evenly."""
_USUAL_SHARE = 0.85
_SMOOTH_BEATS = 9
_LEAST_LINE = 4
STEADY_S = 0.012
"""Beats that stray less from a straight line, smoothed over nine beats, are steady."""
_FINE_BLOCK_FRAMES = 48
_AUDIBLE_ATTACK = 4.0
"""Onset strength of soft but clear attacks; percussion reaches 20."""
_CLEAR_ATTACK = 3.0
_EARLY = 0.4
"""How far the attack at the beats must rise above what surrounds it before it sets the phase."""
LEAST_CONFIDENCE = 0.1
"""Below, there is no pulse to follow, and a regular one is laid over the music."""


@dataclass(frozen=True, eq=False)
class Beats:
    """A tracked pulse.

    Args:
        times_s: of every beat within the audio, rising; evenly spaced where the pulse is steady.
        bpm: of the whole.
        confidence: 0 to 1; how much of the onsets repeats at the beat.
        drift_s: how far the beats stray from even spacing, smoothed over nine beats.
    """

    times_s: Curve
    bpm: float
    confidence: float
    drift_s: float

    @property
    def is_steady(self) -> bool:
        """Whether one tempo describes all beats."""
        return self.drift_s < STEADY_S


def track_beats(
    mono: Samples, sample_rate: int, onsets: Onsets, tempo_hint_bpm: float | None, tempo_range_bpm: tuple[float, float]
) -> Beats:
    """Find tempo and beats.

    Args:
        mono: the audio, for the exact phase.
        sample_rate: in hertz.
        onsets: of the same audio.
        tempo_hint_bpm: what was asked for; decides between half, whole and double.
        tempo_range_bpm: where a tempo without a hint is sought.
    """
    envelope = onsets.strength
    bpm, confidence = estimate_tempo(envelope, tempo_hint_bpm, tempo_range_bpm)
    # A slow beating between tones repeats as well, but nobody taps a foot to it.
    confidence *= min(1.0, float(np.percentile(envelope, 98.0)) / _AUDIBLE_ATTACK) if envelope.size else 0.0
    if confidence < LEAST_CONFIDENCE or onsets.duration_s < 2.5 * 60.0 / bpm:
        bpm = tempo_hint_bpm or bpm
        return Beats(_even(0.0, 60.0 / bpm, onsets.duration_s), bpm, 0.0, 0.0)
    rough = _track(envelope, 60.0 / bpm)
    times, weights = _sharpen(rough, envelope)
    start_s, period_s, numbers = _fit_line(times, weights, 60.0 / bpm)
    strays = _smoothed(times - (start_s + period_s * numbers), weights)
    drift_s = _typical_stray(strays, weights) if confidence >= _FOLLOWED_CONFIDENCE else 0.0
    if drift_s < STEADY_S:
        beats = _even(start_s, period_s, onsets.duration_s)
    else:
        places = np.arange(numbers[0], numbers[-1] + 1.0)
        beats = _continued(start_s + period_s * places + np.interp(places, numbers, strays), onsets.duration_s)
    beats = beats + _phase_s(mono, sample_rate, beats)
    # An attack on the first frame may be heard a hair before it.
    beats = np.maximum(beats[(beats > -0.02) & (beats < onsets.duration_s)], 0.0)
    return Beats(beats, 60.0 / period_s, confidence, drift_s)


def estimate_tempo(envelope: Curve, hint_bpm: float | None, range_bpm: tuple[float, float]) -> tuple[float, float]:
    """The tempo by autocorrelation, to about 0.3 %, and the share of the onsets that it explains (0 to 1)."""
    usual = hint_bpm or min(max(_USUAL_BPM, range_bpm[0]), range_bpm[1])
    centred = np.convolve(envelope, np.hanning(7)[1:-1] / 3.0, "same")
    centred = centred - centred.mean()
    size = 1 << math.ceil(math.log2(2 * len(centred) + 2))
    similarity = irfft(np.abs(rfft(centred, size)) ** 2, size)[: len(centred)]
    if len(centred) < RATE_HZ or similarity[0] <= 0.0:
        return usual, 0.0
    similarity = similarity / similarity[0] * (len(centred) / np.maximum(len(centred) - np.arange(len(centred)), 1.0))
    low, high = (hint_bpm * 0.5, hint_bpm * 2.0) if hint_bpm else range_bpm
    candidates = np.geomspace(low, high, max(2, math.ceil(math.log(high / low) / 0.0015)))
    lags = 60.0 * RATE_HZ / candidates
    longest = 0.75 * len(centred)
    total, counts = np.zeros_like(lags), np.zeros_like(lags)
    for multiple in _COMB:
        inside = lags * multiple <= longest
        total += np.where(inside, np.interp(lags * multiple, np.arange(len(similarity)), similarity), 0.0)
        counts += inside
    comb = total / np.maximum(counts, 1.0)
    spread = _HINT_SPREAD_OCTAVES if hint_bpm else _USUAL_SPREAD_OCTAVES
    prior = np.exp(-0.5 * (np.log2(candidates / usual) / spread) ** 2)
    best = int(np.argmax(np.maximum(comb, 0.0) * prior))
    if comb[best] <= 0.0:
        return usual, 0.0
    return float(candidates[best]), float(min(1.0, comb[best]))


def _track(envelope: Curve, period_s: float) -> Curve:
    """Beat times by dynamic programming over the onset strength (Ellis 2007, equations 5 to 7)."""
    usable = len(envelope) // _COARSE * _COARSE
    strength = envelope[:usable].reshape(-1, _COARSE).sum(axis=1)
    strength = np.convolve(strength, np.array([0.25, 0.5, 0.25]), "same")
    strength = strength / max(float(strength.std()), 1e-9)
    period = period_s * RATE_HZ / _COARSE
    lags = np.arange(max(1, round(period * 0.6)), round(period * 1.6) + 1)[::-1]
    cost = -_TIGHTNESS * np.log(lags / period) ** 2
    reach = int(lags[0])
    score = np.zeros(reach + len(strength))
    before = np.full(len(strength), -1, np.intp)
    for place, onset in enumerate(strength.tolist()):
        chances = score[place + reach - lags] + cost
        best = int(chances.argmax())
        if chances[best] > 0.0:
            score[place + reach] = onset + chances[best]
            before[place] = place - lags[best]
        else:
            score[place + reach] = onset
    last = len(strength) - 1 - int(np.argmax(score[::-1][: max(1, round(period))]))
    beats = []
    while last >= 0:
        beats.append(last)
        last = int(before[last])
    return np.array(beats[::-1], np.float64) * (_COARSE / RATE_HZ) + 0.5 * (_COARSE - 1) / RATE_HZ


def _sharpen(rough_s: Curve, envelope: Curve) -> tuple[Curve, Curve]:
    """Move each beat to the peak of the onset strength near it; beats without one keep their place and weigh little."""
    reach = round(_NEAR_S * RATE_HZ)
    times, weights = rough_s.copy(), np.zeros(len(rough_s))
    for index, time_s in enumerate(rough_s):
        centre = round(time_s * RATE_HZ)
        first, last = max(1, centre - reach), min(len(envelope) - 1, centre + reach + 1)
        if last - first < 1:
            continue
        peak = first + int(np.argmax(envelope[first:last]))
        left, top, right = envelope[peak - 1 : peak + 2].tolist()
        bend = left - 2.0 * top + right
        if top > 0.0 and bend < 0.0:
            times[index] = (peak + 0.5 * (left - right) / bend) / RATE_HZ
            weights[index] = top
    return times, weights / max(float(weights.max(initial=0.0)), 1e-9) + 1e-3


def _fit_line(times: Curve, weights: Curve, period_s: float) -> tuple[float, float, Curve]:
    """Start, period and number of each beat; beats that stray are weighed down step by step."""
    steps = np.maximum(1.0, np.round(np.diff(times) / period_s))
    numbers = np.concatenate([[0.0], np.cumsum(steps)])
    trust = weights.copy()
    start = period = 0.0
    for _ in range(5):
        period, start = np.polyfit(numbers, times, 1, w=np.sqrt(trust)) if len(times) > 1 else (period_s, times[0])
        away = times - (start + period * numbers)
        scale = max(2.0 / 1000.0, 1.5 * float(np.median(np.abs(away))))
        trust = weights / (1.0 + (away / scale) ** 2)
    return float(start), float(period), numbers


def _smoothed(strays: Curve, weights: Curve) -> Curve:
    """A local straight line through each beat's neighbours, robust against single wrong beats."""
    half = _SMOOTH_BEATS // 2
    smooth = np.zeros_like(strays)
    for index in range(len(strays)):
        first = min(max(0, index - half), max(0, len(strays) - _SMOOTH_BEATS))
        part = slice(first, first + _SMOOTH_BEATS)
        values, trust = strays[part], weights[part].copy()
        if len(values) < _LEAST_LINE:
            continue
        places = np.arange(len(values), dtype=np.float64)
        line = np.zeros(2)
        for _ in range(3):
            line = np.polyfit(places, values, 1, w=np.sqrt(trust))
            away = values - np.polyval(line, places)
            trust = weights[part] / (1.0 + (away / max(0.004, 1.5 * float(np.median(np.abs(away))))) ** 2)
        smooth[index] = np.polyval(line, index - first)
    return smooth


def _typical_stray(strays: Curve, weights: Curve) -> float:
    """What all but a sixth of the beats stay below, by weight: a passage without clear beats is no drift."""
    order = np.argsort(np.abs(strays))
    heap = np.cumsum(weights[order])
    return float(np.abs(strays)[order][int(np.searchsorted(heap, _USUAL_SHARE * heap[-1]))])


def _even(start_s: float, period_s: float, duration_s: float) -> Curve:
    first = start_s - math.floor(start_s / period_s + 0.02 / period_s) * period_s
    return np.arange(first, duration_s, period_s)


def _continued(beats: Curve, duration_s: float) -> Curve:
    """Tracked beats, followed to both ends of the audio at the pace of their outer beats."""
    opening, closing = float(np.mean(np.diff(beats[:5]))), float(np.mean(np.diff(beats[-5:])))
    before = np.arange(beats[0] - opening, -0.02, -opening)[::-1]
    after = np.arange(beats[-1] + closing, duration_s, closing)
    return np.concatenate([before, beats, after])


def _phase_s(mono: Samples, sample_rate: int, beats: Curve) -> float:
    """How far the attacks at the beats are after them, from the mean rise of the power in steps of 1 ms.

    Where a kick and a late snare disagree the earlier one counts: a cut must not fall behind an attack. 0 where no
    clear attack is visible.
    """
    blocks = mono.size // _FINE_BLOCK_FRAMES
    if blocks < 200 or not len(beats):
        return 0.0
    power = np.square(mono[: blocks * _FINE_BLOCK_FRAMES], dtype=np.float64).reshape(blocks, -1).mean(axis=1)
    level = np.log(power + 0.01 * power.mean() + 1e-12)
    rise = np.maximum(np.diff(level, prepend=math.log(0.01 * float(power.mean()) + 1e-12)), 0.0)
    reach = round(1.2 * _NEAR_S * sample_rate / _FINE_BLOCK_FRAMES)
    offsets = np.arange(-reach, reach + 1)
    places = np.round(beats * (sample_rate / _FINE_BLOCK_FRAMES)).astype(np.intp)[:, None] + offsets
    inside = (places >= 0) & (places < blocks)
    mean_rise = np.where(inside, rise[np.clip(places, 0, blocks - 1)], 0.0).sum(axis=0)
    mean_rise = np.convolve(mean_rise, np.array([0.25, 0.5, 0.25]), "same")
    best = int(np.argmax(mean_rise))
    if mean_rise[best] < _CLEAR_ATTACK * float(np.median(mean_rise)) + 1e-9:
        return 0.0
    inner = mean_rise[1:-1]
    tops = 1 + np.flatnonzero((inner >= mean_rise[:-2]) & (inner > mean_rise[2:]) & (inner > _EARLY * mean_rise[best]))
    best = int(tops[0]) if len(tops) else best
    near = slice(max(0, best - 2), best + 3)
    centre = float(np.dot(mean_rise[near], offsets[near]) / mean_rise[near].sum())
    return centre * _FINE_BLOCK_FRAMES / sample_rate
