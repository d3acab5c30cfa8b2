"""Tone content: chroma over time, the key, and a chord for every bar.

Keys by correlation with probe-tone and corpus profiles; chords by templates, smoothed over the bars.
Source: C. Krumhansl, Cognitive Foundations of Musical Pitch, 1990 (table 2.1); D. Temperley, Music and Probability,
2007 (Kostka–Payne profiles); T. Fujishima, Realtime Chord Recognition of Musical Sound, ICMC 1999.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.fft import rfft

from aurax.audio.spectrum import hann_window
from aurax.audio.waveform import Samples
from aurax.score.chord import Chord
from aurax.score.key import MODES, Key
from aurax.score.roman import parse_roman

Table = NDArray[np.float64]
"""float64, two dimensions."""

_RATE_HZ = 12_000
_WINDOW_FRAMES = 4096
_HOP_FRAMES = 1024
_BASS_HZ = (38.0, 260.0)
_UPPER_HZ = (110.0, 2100.0)
_CHUNK = 512

_KRUMHANSL = (
    (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
)
_TEMPERLEY = (
    (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400),
    (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330),
)
"""Major and minor, from the tonic upward."""
_BASS_WEIGHT = 0.2
"""What the commonest bass note adds to the profiles: relative keys differ by little else."""
MAJOR_TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR_TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
"""Usual names of the tonics, by pitch class."""
_NUMERALS = ("I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII")
_SHAPES: tuple[tuple[str, bool, tuple[int, ...], float], ...] = (
    ("", True, (0, 4, 7), 0.0),
    ("", False, (0, 3, 7), 0.0),
    ("7", True, (0, 4, 7, 10), 0.03),
    ("7", False, (0, 3, 7, 10), 0.03),
    ("maj7", True, (0, 4, 7, 11), 0.03),
    ("sus", True, (0, 5, 7), 0.06),
    ("5", True, (0, 7), 0.08),
)
"""Quality, whether major, tones, and what a chord of this shape must fit better to be chosen."""
_FOREIGN_COST = 0.06
"""For each tone of a chord that the key does not have."""
_BASS_GAIN = 0.45
_CHANGE_COST = 0.03


@dataclass(frozen=True, eq=False)
class Chromagram:
    """Pitch-class content over time.

    Args:
        upper: shape (values, 12), C first; 110 Hz to 2.1 kHz.
        bass: the same for 38 to 260 Hz.
        times_s: centre of each value.
    """

    upper: Table
    bass: Table
    times_s: NDArray[np.float64]

    def between(self, edges_s: NDArray[np.float64]) -> tuple[Table, Table]:
        """Sums over the spans between neighbouring times: upper and bass, shape (spans, 12)."""
        places = np.searchsorted(self.times_s, edges_s)
        sums = []
        for table in (self.upper, self.bass):
            heap = np.vstack([np.zeros(12), np.cumsum(table, axis=0)])
            sums.append(np.diff(heap[places], axis=0))
        return sums[0], sums[1]


def chromagram(mono: Samples, sample_rate: int) -> Chromagram:
    """Measure chroma from spectral peaks, each at its interpolated frequency.

    Args:
        mono: float32, shape (frames,).
        sample_rate: in hertz.
    """
    low: Samples = soxr.resample(mono, sample_rate, _RATE_HZ, quality="LQ").astype(np.float32, copy=False)
    half = _WINDOW_FRAMES // 2
    padded = np.pad(low, (half, half + _HOP_FRAMES))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW_FRAMES)[::_HOP_FRAMES]
    window = hann_window(_WINDOW_FRAMES)
    upper, bass = np.zeros((len(frames), 12)), np.zeros((len(frames), 12))
    step_hz = _RATE_HZ / _WINDOW_FRAMES
    for start in range(0, len(frames), _CHUNK):
        size = np.abs(rfft(frames[start : start + _CHUNK] * window, axis=-1)).astype(np.float64)
        inner = size[:, 1:-1]
        rows, bins = np.nonzero((inner > size[:, :-2]) & (inner >= size[:, 2:]) & (inner > 1e-4))
        left, top, right = size[rows, bins], size[rows, bins + 1], size[rows, bins + 2]
        hertz = (bins + 1 + 0.5 * (left - right) / (left - 2.0 * top + right - 1e-12)) * step_hz
        pitches = 12.0 * np.log2(np.maximum(hertz, 20.0) / 440.0) + 69.0
        classes = np.round(pitches).astype(np.intp) % 12
        # A peak between two semitones says little about either.
        weights = np.sqrt(top) * np.cos(np.pi * (pitches - np.round(pitches))) ** 2
        for table, (lowest, highest) in ((upper, _UPPER_HZ), (bass, _BASS_HZ)):
            inside = (hertz >= lowest) & (hertz <= highest)
            flat = np.bincount(rows[inside] * 12 + classes[inside], weights=weights[inside], minlength=12 * len(size))
            table[start : start + len(size)] = flat.reshape(-1, 12)
    return Chromagram(upper, bass, np.arange(len(frames), dtype=np.float64) * (_HOP_FRAMES / _RATE_HZ))


def find_key(upper_by_bar: Table, bass_by_bar: Table) -> tuple[Key | None, float]:
    """The major or minor key that fits best, and how far it leads (0 to 1); none for music without tones.

    Args:
        upper_by_bar: chroma of each bar.
        bass_by_bar: chroma of each bar's bass.
    """
    profile = upper_by_bar.sum(axis=0)
    if profile.sum() <= 0.0 or np.ptp(profile) <= 0.0:
        return None, 0.0
    home = bass_by_bar.sum(axis=0)
    home = home / max(float(home.max()), 1e-9)
    fits = np.zeros((2, 12))
    for row in range(2):
        for tonic in range(12):
            for profiles in (_KRUMHANSL, _TEMPERLEY):
                fits[row, tonic] += 0.5 * np.corrcoef(profile, np.roll(profiles[row], tonic))[0, 1]
            fits[row, tonic] += _BASS_WEIGHT * home[tonic]
    order = np.argsort(fits, axis=None)[::-1]
    row, tonic = divmod(int(order[0]), 12)
    lead = float(fits.flat[order[0]] - fits.flat[order[1]])
    names = MINOR_TONICS if row else MAJOR_TONICS
    confidence = min(1.0, max(0.0, float(fits.flat[order[0]])) * min(1.0, lead / 0.15))
    return Key(names[tonic], "minor" if row else "major"), confidence


def find_chords(upper_by_bar: Table, bass_by_bar: Table, key: Key) -> tuple[Chord, ...]:
    """One chord for each bar: the templates' fit plus the bass, smoothed by a small cost of change (Viterbi).

    Args:
        upper_by_bar: chroma of each bar.
        bass_by_bar: chroma of each bar's bass.
        key: its chords are preferred, and name the numerals.
    """
    shapes = [(offset, shape) for shape in _SHAPES for offset in range(12)]
    scale = {step % 12 for step in MODES[key.mode]}
    if key.is_minor:
        scale.add(11)
    templates = np.zeros((len(shapes), 12))
    priors = np.zeros(len(shapes))
    roots = np.zeros(len(shapes), np.intp)
    for index, (offset, (_, _, tones, handicap)) in enumerate(shapes):
        roots[index] = (key.tonic_pitch_class + offset) % 12
        for tone in tones:
            templates[index, (roots[index] + tone) % 12] = 1.0
            priors[index] -= _FOREIGN_COST * ((offset + tone) % 12 not in scale)
        priors[index] -= handicap
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    upper = upper_by_bar / np.maximum(np.linalg.norm(upper_by_bar, axis=1, keepdims=True), 1e-9)
    bass = bass_by_bar / np.maximum(bass_by_bar.max(axis=1, keepdims=True), 1e-9)
    fits = upper @ templates.T + _BASS_GAIN * bass[:, roots] + priors
    if not len(fits):
        return ()
    score = fits[0]
    before = np.zeros(fits.shape, np.intp)
    for bar in range(1, len(fits)):
        best = int(np.argmax(score))
        stays = score >= score[best] - _CHANGE_COST
        before[bar] = np.where(stays, np.arange(len(shapes)), best)
        score = np.where(stays, score, score[best] - _CHANGE_COST) + fits[bar]
    path = [int(np.argmax(score))]
    for bar in range(len(fits) - 1, 0, -1):
        path.append(int(before[bar, path[-1]]))
    return tuple(_chord(*shapes[index], key) for index in reversed(path))


def _chord(offset: int, shape: tuple[str, bool, tuple[int, ...], float], key: Key) -> Chord:
    quality, is_major, _, _ = shape
    numeral = _NUMERALS[offset]
    return parse_roman((numeral if is_major else numeral.lower()) + quality, key)
