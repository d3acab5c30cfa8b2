"""Track → clips and where they are.

Each voice of a track is cut on its own: into spans of 1, 2, 4 or 8 bars counted from the start of each section, or into
single notes. A voice's notes do not influence each other, so every cut gives the same sum; the cheapest one is taken.
Loops make long spans cheap, humanised drums make single hits cheap, long chords make tails expensive.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from aurax.audio.waveform import SAMPLE_RATE
from aurax.errors import RenderFailed
from aurax.render.clip import Clip, ClipNote
from aurax.render.instrument import Instrument, Voice
from aurax.render.parameters import slider_values
from aurax.score.plan import Plan
from aurax.score.score import Score, Track
from aurax.score.time import TimeGrid

SINGLE_NOTES = 0
"""Span that stands for one clip per note."""
SPANS_BARS = (4, 8, 2, 1, SINGLE_NOTES)
"""Ways to cut, the preferred one first where two cost the same."""
SHORTEST_GATE_FRAMES = 48
"""One millisecond at 48 kHz: a gate that every envelope notices."""

# Seconds of one core, measured on the built-in instruments.
_CLIP_COST_S = 0.0015
_CLIP_SECOND_COST_S = 0.0005
_NOTE_SECOND_COST_S = 0.003
_PLACEMENT_COST_S = 0.00003
_PLACED_SECOND_COST_S = 0.0001


class PlacedClip(NamedTuple):
    """A clip and the frame of the song at which its first frame sounds."""

    start_frame: int
    clip: Clip


class _Played(NamedTuple):
    """A note as it sounds: its place on the grid, its onset and the end of its gate, in ticks."""

    grid_ticks: int
    start_ticks: int
    end_ticks: int
    pitch: int
    velocity: int


_Cut = list[tuple[int, tuple[ClipNote, ...]]]


def slice_track(
    track: Track, score: Score, instrument: Instrument, *, sample_rate: int = SAMPLE_RATE, span_bars: int | None = None
) -> tuple[PlacedClip, ...]:
    """Cut a track into clips.

    A note belongs to the span that holds its place on the grid, even where groove plays it before the bar line. A clip
    starts with its first note, so equal bars give equal clips wherever they are.

    Args:
        track: what is played.
        score: gives tempo, meter and sections.
        instrument: the one that the track names.
        sample_rate: frames a second.
        span_bars: length of every span; `SINGLE_NOTES` for one clip per note; chosen by cost if left out.

    Returns:
        Clips by voice in the order of the instrument's voices, then by time.

    Raises:
        RenderFailed: a pitch, velocity or parameter is outside the instrument's range.
    """
    grid = score.plan.grid
    values = slider_values(instrument.info, track.parameters)
    spans = SPANS_BARS if span_bars is None else (span_bars,)
    placed: list[PlacedClip] = []
    for voice, notes in _played_by_voice(track, instrument):
        cuts = (_cut(notes, _span_starts(score.plan, span), grid, sample_rate) for span in spans)
        cheapest = min(cuts, key=lambda cut: cut_cost_s(cut, voice.tail_s, sample_rate))
        placed.extend(_clips(cheapest, instrument, voice, values, sample_rate))
    return tuple(placed)


def cut_cost_s(cut: Iterable[tuple[int, tuple[ClipNote, ...]]], tail_s: float, sample_rate: int) -> float:
    """Estimate what rendering and assembling a cut costs, in seconds of one core.

    Args:
        cut: (start frame, notes) of each clip; equal notes are rendered once.
        tail_s: the voice's tail.
        sample_rate: frames a second.
    """
    lengths_s: dict[tuple[ClipNote, ...], float] = {}
    cost_s = 0.0
    for _, notes in cut:
        if notes not in lengths_s:
            length_s = max(note.start_frame + note.frames for note in notes) / sample_rate + tail_s
            sounds = {(note.pitch, note.velocity, note.frames) for note in notes}
            sounding_s = sum(frames for _, _, frames in sounds) / sample_rate + tail_s * len(sounds)
            cost_s += _CLIP_COST_S + length_s * _CLIP_SECOND_COST_S + sounding_s * _NOTE_SECOND_COST_S
            lengths_s[notes] = length_s
        cost_s += _PLACEMENT_COST_S + lengths_s[notes] * _PLACED_SECOND_COST_S
    return cost_s


def clip_cost_s(clip: Clip) -> float:
    """Estimate what rendering one clip costs, in seconds of one core."""
    return cut_cost_s([(0, clip.notes)], clip.voice.tail_s, clip.sample_rate)


def _played_by_voice(track: Track, instrument: Instrument) -> list[tuple[Voice, list[_Played]]]:
    voices: dict[str, list[_Played]] = {}
    voice_of_pitch: dict[int, str] = {}
    for note in track.notes:
        if note.pitch not in voice_of_pitch:
            voice_of_pitch[note.pitch] = instrument.voice_for(note.pitch).name
        if not 1 <= note.velocity <= 127:
            raise RenderFailed(f"velocities from 1 to 127 in track {track.name}", str(note), "repair the score")
        start = note.played_ticks
        played = _Played(note.start_ticks, start, start + note.duration_ticks, note.pitch, note.velocity)
        voices.setdefault(voice_of_pitch[note.pitch], []).append(played)
    return [(voice, sorted(voices[voice.name])) for voice in instrument.voices if voice.name in voices]


def _span_starts(plan: Plan, span_bars: int) -> list[int] | None:
    """First ticks of the spans, counted again from each section; none for single notes."""
    if span_bars == SINGLE_NOTES:
        return None
    bars = {0}
    for section in plan.sections:
        bars.update(range(section.start_bar, section.end_bar, span_bars))
    return [plan.grid.bars_to_ticks(bar) for bar in sorted(bars)]


def _cut(notes: Sequence[_Played], span_starts: list[int] | None, grid: TimeGrid, sample_rate: int) -> _Cut:
    groups: dict[int, list[_Played]] = {}
    if span_starts is None:
        singles = [(note.start_ticks, [note]) for note in notes]
    else:
        for note in notes:
            groups.setdefault(span_starts[bisect_right(span_starts, note.grid_ticks) - 1], []).append(note)
        singles = sorted(groups.items())
    return [_clip_notes(start_ticks, group, grid, sample_rate) for start_ticks, group in singles]


def _clip_notes(
    span_ticks: int, group: Sequence[_Played], grid: TimeGrid, sample_rate: int
) -> tuple[int, tuple[ClipNote, ...]]:
    """Frames relative to the span, then to its first note, so that rounding is the same in equal spans."""
    starts = [grid.ticks_to_frames(note.start_ticks - span_ticks, sample_rate) for note in group]
    ends = [grid.ticks_to_frames(note.end_ticks - span_ticks, sample_rate) for note in group]
    first = min(starts)
    notes = tuple(
        ClipNote(start - first, max(SHORTEST_GATE_FRAMES, end - start), note.pitch, note.velocity)
        for note, start, end in zip(group, starts, ends, strict=True)
    )
    return max(0, grid.ticks_to_frames(span_ticks, sample_rate) + first), notes


def _clips(
    cut: _Cut, instrument: Instrument, voice: Voice, values: Mapping[str, float], sample_rate: int
) -> Iterable[PlacedClip]:
    parameters = tuple((name, values[name]) for name in voice.parameter_names)
    clips: dict[tuple[ClipNote, ...], Clip] = {}
    for start_frame, notes in cut:
        if notes not in clips:
            clips[notes] = Clip(instrument.info.name, voice, notes, parameters, sample_rate)
        yield PlacedClip(start_frame, clips[notes])
