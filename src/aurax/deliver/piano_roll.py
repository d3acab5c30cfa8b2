"""The notes of a song as a picture: pitched parts over the keys, drums in rows below, one colour per role."""

from __future__ import annotations

from dataclasses import dataclass

from aurax.deliver.palette import role_colour
from aurax.deliver.pictures import HEIGHT, WIDTH, Tick
from aurax.score.score import Score, Track
from aurax.score.time import TICKS_PER_QUARTER

_DRUM_ROW_KEYS = 3.4
"""Height of a drum row, in keys of the roll."""
_SHORTEST_TICKS = TICKS_PER_QUARTER // 4
"""Drums are drawn at least a 16th long, or they could not be seen."""
_PIXELS_PER_KEY = 3.6


@dataclass(frozen=True, slots=True)
class RollPart:
    """One track's notes.

    Args:
        name: the track's name.
        role: what it does.
        colour: `#rrggbb`.
        path: its notes as rectangles.
        notes: how many they are.
    """

    name: str
    role: str
    colour: str
    path: str
    notes: int


@dataclass(frozen=True, slots=True)
class PianoRoll:
    """All parts in one picture.

    Args:
        parts: in the order of the score.
        ticks: labels of octaves and drums, from the top.
        lines: heights of the octave lines.
        height_px: how tall the picture wants to be.
    """

    parts: tuple[RollPart, ...]
    ticks: tuple[Tick, ...]
    lines: tuple[float, ...]
    height_px: int


def piano_roll(score: Score, duration_s: float) -> PianoRoll:
    """Draw every note where it is played.

    Args:
        score: the notes.
        duration_s: what the picture's width stands for.
    """
    pitches = [note.pitch for track in score.tracks if not track.is_drums for note in track.notes]
    lowest, highest = (min(pitches) - 2, max(pitches) + 2) if pitches else (0, 0)
    keys = float(highest - lowest + 1) if pitches else 0.0
    drums = [(track.name, pitch) for track in score.tracks if track.is_drums for pitch in sorted(_keys(track))]
    rows = {drum: keys + 1.0 + index * _DRUM_ROW_KEYS for index, drum in enumerate(drums)}
    total = max(1.0, keys + (1.0 + len(drums) * _DRUM_ROW_KEYS if drums else 0.0))
    unit = HEIGHT / total
    per_tick = WIDTH * score.plan.grid.seconds_per_tick / duration_s

    def path(track: Track) -> str:
        boxes = []
        for note in track.notes:
            if track.is_drums:
                top, tall, long = rows[track.name, note.pitch], _DRUM_ROW_KEYS * 0.6, _SHORTEST_TICKS
            else:
                top, tall, long = float(highest - note.pitch), 1.0, note.duration_ticks
            left, width = note.played_ticks * per_tick, max(0.4, long * per_tick * 0.94)
            boxes.append(f"M{left:.1f} {top * unit:.2f}h{width:.1f}v{tall * unit:.2f}h-{width:.1f}z")
        return "".join(boxes)

    octaves = [pitch for pitch in range(lowest, highest + 1) if pitch % 12 == 0 and pitches]
    ticks = [Tick((highest - pitch + 0.5) * unit, f"C{pitch // 12 - 1}") for pitch in octaves]
    for track in score.tracks:
        if track.is_drums and track.notes:
            tops = [rows[track.name, pitch] for pitch in _keys(track)]
            ticks.append(Tick((min(tops) + max(tops) + _DRUM_ROW_KEYS * 0.6) / 2 * unit, track.name))
    return PianoRoll(
        parts=tuple(
            RollPart(track.name, track.role, role_colour(track.role), path(track), len(track.notes))
            for track in score.tracks
        ),
        ticks=tuple(ticks),
        lines=tuple((highest - pitch + 1) * unit for pitch in octaves),
        height_px=max(120, round(total * _PIXELS_PER_KEY)),
    )


def _keys(track: Track) -> set[int]:
    return {note.pitch for note in track.notes}
