"""The guide: a score's tune and harmony as plain tones, for an engine that follows a melody.

Such engines read the strongest pitch class of each moment, so the tune is well above the chords, and the chords'
roots step in where it rests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from aurax.audio.waveform import SAMPLE_RATE, Samples, Waveform
from aurax.score.key import pitch_to_hz
from aurax.score.role import Role
from aurax.score.score import Note, Score, Track

_TUNE_ROLES: tuple[Role, ...] = ("lead", "counter", "arp")
_HARMONY_ROLES: tuple[Role, ...] = ("chords", "pad")
_TUNE_LEVEL, _HARMONY_LEVEL = 0.25, 0.04
_ROOT_LEVEL = 0.12
_PEAK = 0.5
_HARMONICS = ((1, 1.0), (2, 0.3), (3, 0.12))
_ATTACK_S, _RELEASE_S = 0.006, 0.03
_LOWEST, _HIGHEST = 55, 84


def guide(score: Score, stems: Mapping[str, Waveform] | None = None) -> Waveform:
    """Make the guide of a song.

    Args:
        score: whose tune and chords.
        stems: of the score's tracks, to be used instead of plain tones where a track of the tune or the harmony has
            one.

    Returns:
        Stereo (both sides equal, unless stems are used), 48 kHz, as long as the song; silent for a song without pitched
        notes and chords.
    """
    frames = max(1, round(score.plan.duration_s * SAMPLE_RATE))
    given = stems or {}
    tune = _tune(score)
    sound = np.zeros((2, frames), np.float32)
    if tune is not None and tune.name in given:
        sound += _fitted(given[tune.name], _TUNE_LEVEL, frames)
    elif tune is not None:
        sound += play(tune.notes, score, _TUNE_LEVEL, frames)
    harmony = [track for track in score.tracks if track.role in _HARMONY_ROLES and track.notes]
    for track in harmony:
        if track.name in given:
            sound += _fitted(given[track.name], _HARMONY_LEVEL * 2.0, frames)
        else:
            sound += play(track.notes, score, _HARMONY_LEVEL, frames)
    sound += play(_roots(score, tune), score, _ROOT_LEVEL, frames)
    peak = float(np.max(np.abs(sound), initial=0.0))
    return Waveform(sound * np.float32(_PEAK / peak) if peak > 0.0 else sound, SAMPLE_RATE)


def play(notes: Sequence[Note], score: Score, level: float, frames: int) -> Samples:
    """Play notes with plain tones, folded into three middle octaves.

    Args:
        notes: what to play; drums make no sense here.
        score: for tempo and meter.
        level: amplitude of a note of velocity 100.
        frames: length of the result.

    Returns:
        Shape (1, frames).
    """
    sound = np.zeros((1, frames), np.float32)
    tones: dict[int, NDArray[np.float32]] = {}
    grid = score.plan.grid
    for note in notes:
        start = grid.ticks_to_frames(note.played_ticks, SAMPLE_RATE)
        length = min(frames - start, grid.ticks_to_frames(note.duration_ticks, SAMPLE_RATE))
        if length < 64:
            continue
        pitch = _folded(note.pitch)
        if pitch not in tones or tones[pitch].size < length:
            tones[pitch] = _tone(pitch, length)
        played = tones[pitch][:length] * np.float32(level * note.velocity / 100.0)
        release = min(length, round(_RELEASE_S * SAMPLE_RATE))
        played[-release:] *= np.linspace(1.0, 0.0, release, dtype=np.float32)
        sound[0, start : start + length] += played
    return sound


def _tone(pitch: int, frames: int) -> NDArray[np.float32]:
    """A note without its end; a slow decay lets every note of a repeated pitch be heard as a new one."""
    time = np.arange(frames, dtype=np.float64) / SAMPLE_RATE
    angle = 2.0 * np.pi * pitch_to_hz(pitch) * time
    tone = np.zeros(frames)
    for harmonic, share in _HARMONICS:
        tone += share * np.sin(harmonic * angle)
    return (tone * np.minimum(1.0, time / _ATTACK_S) * np.exp(-0.9 * time)).astype(np.float32)


def _tune(score: Score) -> Track | None:
    """The track that carries the tune: the first role that has notes, the one with most of them."""
    for role in _TUNE_ROLES:
        tracks = [track for track in score.tracks if track.role == role and track.notes]
        if tracks:
            return max(tracks, key=lambda track: len(track.notes))
    return None


def _roots(score: Score, tune: Track | None) -> tuple[Note, ...]:
    """The chords' roots wherever no note of the tune starts within the chord."""
    starts = np.array([note.start_ticks for note in tune.notes] if tune else [])
    roots = []
    for span in score.plan.chords:
        if not np.any((starts >= span.start_ticks) & (starts < span.end_ticks)):
            roots.append(Note(span.start_ticks, span.duration_ticks, 60 + span.chord.root_pitch_class, 100))
    return tuple(roots)


def _folded(pitch: int) -> int:
    while pitch < _LOWEST:
        pitch += 12
    while pitch > _HIGHEST:
        pitch -= 12
    return pitch


def _fitted(stem: Waveform, level: float, frames: int) -> Samples:
    """A stem at a mean level like that of the tones, at the song's length."""
    samples = stem.samples[:, :frames]
    samples = np.pad(samples, ((0, 0), (0, frames - samples.shape[1])))
    loud = float(np.sqrt(np.mean(np.square(samples[:, np.any(samples != 0.0, axis=0)])))) if samples.any() else 0.0
    return samples * np.float32(0.5 * level / loud) if loud > 0.0 else samples
