"""Score → standard MIDI file (format 1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from aurax.deliver import smf
from aurax.deliver.atomic import whole_file
from aurax.deliver.sections import section_titles
from aurax.score.key import Key
from aurax.score.score import AutomationLane, Note, Score, Track
from aurax.score.time import TICKS_PER_QUARTER

DRUM_CHANNEL = 9
_PITCHED_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)
"""Pitched tracks take these in turn, each round of them on a port of its own."""

EXPRESSION_CONTROLLER = 11
EXPRESSION_AT_0_DB = 100
"""Expression has headroom above 0 dB this way, because lanes may also raise the level."""

_RELEASED_EARLY_TICKS = TICKS_PER_QUARTER // 8
_FIFTHS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}


def write_midi(score: Score, path: Path) -> None:
    """Write a score as a MIDI file.

    The first track holds title, tempo, meter, key signature and section markers and nothing else; then comes one
    track per score track, with its name, General MIDI program, and drums on channel 10. There are 960 ticks per
    quarter, and every track ends at the song's last bar line. Notes carry groove and velocity. Where a pitch is
    struck again before its gate closes, the first note ends at the second, since a note-off would silence both. Level
    lanes of pitched tracks become expression (controller 11).

    Args:
        score: what to write.
        path: the file; replaced as a whole if it exists.

    Raises:
        StorageFull: the disk has no room left.
        UnwritableOutput: the place cannot be written.

    Source: Standard MIDI Files 1.0 (RP-001); General MIDI 1 (drums on channel 10, squared volume curve).
    """
    end_ticks = last_bar_line_ticks(score)
    tracks = [_conductor(score)]
    pitched = 0
    several_ports = sum(not track.is_drums for track in score.tracks) > len(_PITCHED_CHANNELS)
    for track in score.tracks:
        port, place = (0, 0) if track.is_drums else divmod(pitched, len(_PITCHED_CHANNELS))
        channel = DRUM_CHANNEL if track.is_drums else _PITCHED_CHANNELS[place]
        pitched += not track.is_drums
        events = [*([smf.port(port)] if several_ports else []), smf.name(track.name)]
        tracks.append(events + _track_events(track, channel, end_ticks))
    content = smf.midi_file(tracks, TICKS_PER_QUARTER, end_ticks)
    with whole_file(path) as scratch:
        scratch.write_bytes(content)


def last_bar_line_ticks(score: Score) -> int:
    """Where the song ends in notes: the first bar line at which all is played.

    An ending chord rings on after the plan's last bar, and gets the bars that it takes. A note that passes a bar line
    by less than a 32nd, by its groove or by rounding, is released at the line instead. A song without a tail, such as
    a loop, ends with its plan.
    """
    grid, bars = score.plan.grid, score.plan.bars
    if score.plan.tail_s == 0:
        return grid.bars_to_ticks(bars)
    for track in score.tracks:
        for note in track.notes:
            held_ticks = max(note.played_ticks, note.end_ticks - _RELEASED_EARLY_TICKS)
            bars = max(bars, grid.ticks_to_bar(held_ticks) + 1)
    return grid.bars_to_ticks(bars)


def key_signature(key: Key) -> tuple[int, int]:
    """Sharps (flats negative) and the minor flag of a key, as a MIDI file states them.

    MIDI knows major and minor only, so a mode is stated as the one of these on its own tonic whose third it shares.
    Tonics whose signature passes seven accidentals are respelled (G# major as A♭ major).
    """
    accidentals = 7 * (key.tonic.count("#") - key.tonic.count("b"))
    sharps = _FIFTHS[key.tonic[0]] + accidentals - (3 if key.is_minor else 0)
    if sharps > 7:
        sharps -= 12
    elif sharps < -7:
        sharps += 12
    return sharps, int(key.is_minor)


def played_notes(notes: Sequence[Note], end_ticks: int | None = None) -> list[Note]:
    """Notes as one channel can play them: groove applied, no two notes of a pitch at once.

    Of notes that strike the same pitch on the same tick one remains, as long and as loud as the strongest of them.

    Args:
        notes: in any order.
        end_ticks: the song's last bar line: notes that pass it are released there, later ones left out. None for none.
    """
    by_pitch: dict[int, list[Note]] = {}
    for note in sorted(notes, key=lambda note: note.played_ticks):
        start, duration, velocity = note.played_ticks, note.duration_ticks, note.velocity
        if end_ticks is not None:
            duration = min(duration, end_ticks - start)
            if duration <= 0:
                continue
        line = by_pitch.setdefault(note.pitch, [])
        if line:
            last = line[-1]
            if last.start_ticks == start:
                line.pop()
                duration, velocity = max(duration, last.duration_ticks), max(velocity, last.velocity)
            elif last.end_ticks > start:
                line[-1] = Note(last.start_ticks, start - last.start_ticks, last.pitch, last.velocity)
        line.append(Note(start, duration, note.pitch, velocity))
    return sorted(
        (note for line in by_pitch.values() for note in line), key=lambda note: (note.start_ticks, note.pitch)
    )


def _conductor(score: Score) -> list[smf.MidiEvent]:
    plan = score.plan
    sharps, minor = key_signature(plan.key)
    events = [
        smf.name(plan.title),
        smf.time_signature(plan.meter.numerator, plan.meter.denominator),
        smf.key_signature(sharps, minor=bool(minor)),
        smf.tempo(plan.tempo_bpm),
    ]
    for section, title in zip(plan.sections, section_titles(plan), strict=True):
        events.append(smf.marker(plan.grid.bars_to_ticks(section.start_bar), title))
    return events


def _track_events(track: Track, channel: int, end_ticks: int) -> list[smf.MidiEvent]:
    events = [smf.program(channel, 0 if track.is_drums else track.gm_program)]
    for note in played_notes(track.notes, end_ticks):
        events += smf.note(note.start_ticks, note.end_ticks, channel, note.pitch, note.velocity)
    if not track.is_drums:  # every kit track shares channel 10, so that its lanes would move all drums
        for lane in track.lanes:
            if lane.parameter == "level_db":
                events += (
                    smf.control(ticks, channel, EXPRESSION_CONTROLLER, value)
                    for ticks, value in _expression(lane)
                    if ticks < end_ticks
                )
    return events


def _expression(lane: AutomationLane) -> Iterator[tuple[int, int]]:
    """Controller values along a level lane: a point at least every 16th note, only where the value changes."""
    last = None
    for ticks, level_db in _sampled(lane.points, TICKS_PER_QUARTER // 4):
        value = min(127, max(0, round(EXPRESSION_AT_0_DB * 10.0 ** (level_db / 40.0))))
        if value != last:
            yield ticks, value
            last = value


def _sampled(points: Sequence[tuple[int, float]], step_ticks: int) -> Iterator[tuple[int, float]]:
    for (start, first), (end, second) in pairwise(points):
        for ticks in range(start, end, step_ticks):
            yield ticks, first + (second - first) * (ticks - start) / (end - start)
    yield from points[-1:]
