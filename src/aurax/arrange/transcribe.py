"""Transcribing: notes for what was generated as sound, bar by bar of the piece.

Drums become kicks, snares and hats, a bass or a voice its pitches, and everything else the chord of its bar as soft
notes. Ducking, checks, MIDI and the DAW project read them; nobody plays them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from aurax.arrange.drum_hits import find_hits
from aurax.arrange.grid import Aligned
from aurax.arrange.onsets import find_onsets
from aurax.arrange.pitch import HeardNote, find_notes
from aurax.audio.waveform import Samples
from aurax.score.chord import Chord
from aurax.score.role import Role
from aurax.score.score import Note
from aurax.score.time import TimeGrid

BarNotes = tuple[tuple[Note, ...], ...]
"""For each bar of the piece its notes, counted from the bar's start."""

_STEP_TICKS = 240
"""Notes are placed on 16ths; how far they are played from there is their groove."""
_LINE_HZ: dict[Role, tuple[float, float]] = {"bass": (30.0, 260.0), "lead": (110.0, 1000.0)}
"""Roles that sing one note at a time, and where."""
_LINE_PITCHES: dict[Role, tuple[int, int]] = {"bass": (28, 55), "lead": (50, 84)}
_CHORD_FLOOR = 50
"""Lowest pitch of a chord's root."""
_CHORD_VELOCITY, _VOICE_STEP = 64, 5
_LOUDEST_VELOCITY = 112
_SILENT_LUFS = -55.0


def transcribe(
    stem: Samples,
    sample_rate: int,
    role: Role,
    aligned: Aligned,
    grid: TimeGrid,
    chords: Sequence[Chord],
    loudness_lufs: Sequence[float],
) -> BarNotes:
    """Write a stem down.

    Args:
        stem: shape (channels, frames), on the grid.
        sample_rate: in hertz.
        role: of the stem; decides how it is listened to.
        aligned: the grid of the piece.
        grid: tempo and meter of the song.
        chords: of each bar of the piece.
        loudness_lufs: of the stem in each bar; silent bars stay empty.
    """
    start = aligned.frame_of(0)
    stop = min(stem.shape[1], aligned.frame_of(aligned.bars))
    mono: Samples = stem[:, start:stop].mean(axis=0, dtype=np.float32)
    if role == "drums":
        hits = find_hits(find_onsets(mono, sample_rate))
        notes = [(hit.time_s, _STEP_TICKS // 2, hit.pitch, round(60.0 + 52.0 * hit.strength)) for hit in hits]
        return _by_bar(notes, grid, aligned.bars)
    if role in _LINE_HZ:
        low_hz, high_hz = _LINE_HZ[role]
        heard = find_notes(mono, sample_rate, low_hz, high_hz)
        loudest_db = max((note.level_db for note in heard), default=0.0)
        return _by_bar([_line_note(note, loudest_db, role, grid) for note in heard], grid, aligned.bars)
    return tuple(
        _chord_notes(chords[bar], grid, loudness) if bar < len(chords) and loudness > _SILENT_LUFS else ()
        for bar, loudness in zip(range(aligned.bars), loudness_lufs, strict=True)
    )


def _line_note(note: HeardNote, loudest_db: float, role: Role, grid: TimeGrid) -> tuple[float, int, int, int]:
    low, high = _LINE_PITCHES[role]
    pitch = note.pitch
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    # The power of most instruments grows with the square of the velocity.
    velocity = round(_LOUDEST_VELOCITY * 10.0 ** ((note.level_db - loudest_db) / 40.0))
    return note.start_s, max(60, grid.s_to_ticks(note.duration_s)), pitch, min(120, max(40, velocity))


def _by_bar(notes: Sequence[tuple[float, int, int, int]], grid: TimeGrid, bars: int) -> BarNotes:
    """Place (seconds, ticks, pitch, velocity) on 16ths; of two on one place the harder one stays."""
    placed: list[dict[tuple[int, int], Note]] = [{} for _ in range(bars)]
    for time_s, duration, pitch, velocity in notes:
        played = grid.s_to_ticks(time_s)
        place = _STEP_TICKS * math.floor(played / _STEP_TICKS + 0.5)
        bar, start = divmod(place, grid.meter.ticks_per_bar)
        if bar >= bars:
            continue
        kept = placed[bar].get((start, pitch))
        if kept is None or kept.velocity < velocity:
            placed[bar][start, pitch] = Note(start, duration, pitch, velocity, played - place)
    return tuple(tuple(sorted(bar.values(), key=lambda note: (note.start_ticks, note.pitch))) for bar in placed)


def _chord_notes(chord: Chord, grid: TimeGrid, loudness_lufs: float) -> tuple[Note, ...]:
    root = _CHORD_FLOOR + (chord.root_pitch_class - _CHORD_FLOOR) % 12
    length = grid.meter.ticks_per_bar - grid.meter.ticks_per_beat // 8
    lift = round(max(-14.0, min(6.0, (loudness_lufs + 20.0) * 0.6)))
    return tuple(
        Note(0, length, root + interval, _CHORD_VELOCITY + lift - _VOICE_STEP * place)
        for place, interval in enumerate(chord.intervals)
    )
