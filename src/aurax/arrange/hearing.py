"""Hearing: what a piece of audio is made of, in musical terms.

Tempo, beats, bars, key, chords and loudness of music that nobody wrote down.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aurax.arrange.beats import track_beats
from aurax.arrange.onsets import RATE_HZ, Curve, Onsets, find_onsets
from aurax.arrange.tonal import Chromagram, Table, chromagram, find_chords, find_key
from aurax.audio.loudness import k_weighted_powers
from aurax.audio.waveform import Samples, Waveform
from aurax.errors import SilentAudio
from aurax.score.chord import Chord
from aurax.score.key import Key

_SILENT_RMS = 1e-4
_HOP_S = 0.1
_FLOOR_LUFS = -70.0
_LOW_WEIGHT, _CHORD_WEIGHT, _ONSET_WEIGHT, _FIRST_WEIGHT = 1.0, 1.2, 0.4, 0.35
"""What makes a downbeat: a low accent, a change of harmony, an accent at all, and being the first beat."""
_WHOLE_BAR = 0.97
"""A last bar that misses less than 3 % counts as whole."""


@dataclass(frozen=True, eq=False)
class Heard:
    """A piece, understood. Bars are counted from the first downbeat; only whole ones count.

    Args:
        tempo_bpm: beats a minute.
        tempo_confidence: 0 to 1; how much of the onsets repeats at the beat.
        first_downbeat_s: where bar 0 starts.
        beat_times_s: of every beat, rising; evenly spaced unless the tempo drifts.
        beats_per_bar: how many beats make a bar.
        bar_times_s: start of every bar, and the end of the last one; shape (bars + 1,).
        drift_s: how far the beats stray from even spacing; small for machines.
        key: none for music without tones.
        key_confidence: 0 to 1; how far the key leads its best rival.
        chroma_by_bar: shape (bars, 12), C first; each row sums to 1, or to 0 in silence.
        bass_chroma_by_bar: the same below 260 Hz.
        chords_by_bar: one chord for each bar; empty without a key.
        timbre_by_bar: shape (bars, bands); logarithmic levels.
        loudness_by_bar: in LUFS, floored at −70.
        onsets: onset strength over the whole piece.
    """

    tempo_bpm: float
    tempo_confidence: float
    first_downbeat_s: float
    beat_times_s: Curve
    beats_per_bar: int
    bar_times_s: Curve
    drift_s: float
    key: Key | None
    key_confidence: float
    chroma_by_bar: Table
    bass_chroma_by_bar: Table
    chords_by_bar: tuple[Chord, ...]
    timbre_by_bar: Table
    loudness_by_bar: Curve
    onsets: Onsets

    @property
    def bars(self) -> int:
        """Number of whole bars; 0 for audio shorter than one."""
        return max(0, len(self.bar_times_s) - 1)

    @property
    def bar_s(self) -> float:
        """Mean length of a bar in seconds."""
        return self.beats_per_bar * 60.0 / self.tempo_bpm


def hear(
    audio: Waveform,
    *,
    tempo_hint_bpm: float | None = None,
    tempo_range_bpm: tuple[float, float] = (60.0, 180.0),
    beats_per_bar: int = 4,
) -> Heard:
    """Listen to a piece.

    Args:
        audio: mono or stereo.
        tempo_hint_bpm: what was asked for; it decides between half, whole and double tempo.
        tempo_range_bpm: where a tempo without a hint is sought.
        beats_per_bar: of the meter that was asked for; it is taken as given.

    Raises:
        SilentAudio: there is nothing to hear.
    """
    mono: Samples = audio.samples.mean(axis=0, dtype=np.float32)
    if not mono.size or float(np.sqrt(np.mean(np.square(mono)))) < _SILENT_RMS:
        raise SilentAudio("music", "silence", "generate the piece again with another seed or prompt")
    onsets = find_onsets(mono, audio.sample_rate)
    beats = track_beats(mono, audio.sample_rate, onsets, tempo_hint_bpm, tempo_range_bpm)
    tones = chromagram(mono, audio.sample_rate)
    first = find_downbeat(beats.times_s, beats_per_bar, onsets, tones)
    bars = _bar_times(beats.times_s[first:], beats_per_bar, audio.duration_s)
    edges = bars if len(bars) > 1 else np.array([0.0, audio.duration_s])
    upper, bass = tones.between(edges)
    key, key_confidence = find_key(upper, bass)
    return Heard(
        tempo_bpm=beats.bpm,
        tempo_confidence=beats.confidence,
        first_downbeat_s=float(beats.times_s[first]),
        beat_times_s=beats.times_s,
        beats_per_bar=beats_per_bar,
        bar_times_s=bars,
        drift_s=beats.drift_s,
        key=key,
        key_confidence=key_confidence,
        chroma_by_bar=_shares(upper),
        bass_chroma_by_bar=_shares(bass),
        chords_by_bar=() if key is None else find_chords(upper, bass, key),
        timbre_by_bar=_mean_levels(onsets, edges),
        loudness_by_bar=_bar_lufs(audio, edges),
        onsets=onsets,
    )


def hear_harmony(heard: Heard, harmony: Waveform, bass: Waveform | None) -> Heard:
    """Listen again for key and chords, now that the piece has been taken apart: without drums both are far clearer.

    Args:
        heard: of the whole piece.
        harmony: everything but drums and bass, of the same length.
        bass: the bass alone; None leaves the bass to the harmony.

    Returns:
        `heard` with chroma, key and chords of the stems; unchanged where they have no tones.
    """
    edges = heard.bar_times_s
    if heard.bars < 1:
        return heard
    tones = chromagram(harmony.samples.mean(axis=0, dtype=np.float32), harmony.sample_rate)
    upper, low = tones.between(edges)
    if bass is not None:
        deep = chromagram(bass.samples.mean(axis=0, dtype=np.float32), bass.sample_rate)
        own = deep.between(edges)[1]
        low = np.where(own.sum(axis=1, keepdims=True) > 0.0, own, low)
    key, key_confidence = find_key(upper + 0.5 * low, low)
    if key is None:
        return heard
    return replace(
        heard,
        key=key,
        key_confidence=key_confidence,
        chroma_by_bar=_shares(upper),
        bass_chroma_by_bar=_shares(low),
        chords_by_bar=find_chords(upper, low, key),
    )


def find_downbeat(beats_s: Curve, beats_per_bar: int, onsets: Onsets, tones: Chromagram) -> int:
    """Index of the first beat that opens a bar.

    Of the possible phases the one whose beats have most low accents and changes of harmony wins.
    Source: M. E. P. Davies and M. D. Plumbley, A Spectral Difference Approach to Downbeat Extraction, EUSIPCO 2006.
    """
    if len(beats_s) <= beats_per_bar or beats_per_bar == 1:
        return 0
    reach = round(0.03 * RATE_HZ)
    places = np.round(beats_s * RATE_HZ).astype(np.intp)
    low, strength = (
        np.array([curve[max(0, place - reach) : place + reach + 1].max(initial=0.0) for place in places])
        for curve in (onsets.low, onsets.strength)
    )
    # A window of the chromagram is a third of a second long: only what is inside the beat is the beat's own.
    upper, bass = tones.between(np.append(beats_s, onsets.duration_s))
    change = _changes(upper) + 0.7 * _changes(bass)
    evidence = _LOW_WEIGHT * _standard(low) + _CHORD_WEIGHT * _standard(change) + _ONSET_WEIGHT * _standard(strength)
    scores = [float(evidence[phase::beats_per_bar].mean()) for phase in range(beats_per_bar)]
    scores[0] += _FIRST_WEIGHT
    return int(np.argmax(scores))


def _changes(table: Table) -> Curve:
    """How much each row differs from the one before: 1 minus the cosine; 0 for the first."""
    unit = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
    return np.concatenate([[0.0], 1.0 - np.einsum("ij,ij->i", unit[1:], unit[:-1])])


def _standard(values: Curve) -> Curve:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-9 else np.zeros_like(values)


def _bar_times(beats_s: Curve, beats_per_bar: int, duration_s: float) -> Curve:
    bars = beats_s[::beats_per_bar]
    if not len(bars):
        return np.zeros(0)
    beat_s = float(np.mean(np.diff(beats_s[-5:]))) if len(beats_s) > 1 else 0.5
    spare = len(beats_s) - 1 - (len(bars) - 1) * beats_per_bar
    end = float(beats_s[-1]) + (beats_per_bar - spare) * beat_s
    whole = (duration_s - bars[-1]) / max(end - bars[-1], 1e-9)
    return np.append(bars, end) if whole >= _WHOLE_BAR else bars


def _shares(table: Table) -> Table:
    total = table.sum(axis=1, keepdims=True)
    return np.where(total > 0.0, table / np.maximum(total, 1e-12), 0.0)


def _mean_levels(onsets: Onsets, edges_s: Curve) -> Table:
    places = np.clip(np.round(edges_s * RATE_HZ).astype(np.intp), 0, len(onsets.levels))
    return np.array(
        [onsets.levels[start : max(stop, start + 1)].mean(axis=0) for start, stop in itertools.pairwise(places)],
        np.float64,
    )


def _bar_lufs(audio: Waveform, edges_s: Curve) -> Curve:
    powers: NDArray[np.float64] = k_weighted_powers(audio)
    levels = []
    for start, stop in itertools.pairwise(edges_s):
        part = powers[round(start / _HOP_S) : max(round(stop / _HOP_S), round(start / _HOP_S) + 1)]
        mean = float(part.mean()) if part.size else 0.0
        levels.append(max(_FLOOR_LUFS, -0.691 + 10.0 * math.log10(mean)) if mean > 0.0 else _FLOOR_LUFS)
    return np.array(levels)
