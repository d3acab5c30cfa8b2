"""Score → standard MIDI file (format 1), and the notes back out of one."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from symusic import core

from aurax.deliver.atomic import whole_file
from aurax.deliver.sections import section_titles
from aurax.errors import CorruptData
from aurax.score.key import Key
from aurax.score.score import AutomationLane, Note, Score, Track
from aurax.score.time import TICKS_PER_QUARTER

CHANNELS_PER_PORT = 15
"""The MIDI writer gives tracks the 16 channels in turn, leaving out channel 10, which only drums use."""

EXPRESSION_CONTROLLER = 11
EXPRESSION_AT_0_DB = 100
"""Expression has headroom above 0 dB this way, because lanes may also raise the level."""

_FIFTHS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}


def write_midi(score: Score, path: Path) -> None:
    """Write a score as a MIDI file.

    One track per score track, 960 ticks per quarter, with tempo, meter, key signature, section markers, track
    names, General MIDI programs and drums on channel 10. Notes carry groove and velocity. Where a pitch is struck
    again before its gate closes, the first note ends at the second, since a note-off would silence both. Level lanes
    of pitched tracks become expression (controller 11).

    Args:
        score: what to write.
        path: the file; replaced as a whole if it exists.

    Raises:
        StorageFull: the disk has no room left.
        UnwritableOutput: the place cannot be written.

    Source: Standard MIDI Files 1.0 (RP-001); General MIDI 1 (drums on channel 10, squared volume curve).
    """
    plan = score.plan
    midi = core.ScoreTick(TICKS_PER_QUARTER)
    midi.tempos.append(core.TempoTick(0, qpm=plan.tempo_bpm))
    midi.time_signatures.append(core.TimeSignatureTick(0, plan.meter.numerator, plan.meter.denominator))
    sharps, minor = key_signature(plan.key)
    midi.key_signatures.append(core.KeySignatureTick(0, sharps, minor))
    for section, title in zip(plan.sections, section_titles(plan), strict=True):
        midi.markers.append(core.TextMetaTick(plan.grid.bars_to_ticks(section.start_bar), title))
    for track in score.tracks:
        midi.tracks.append(_midi_track(track))
    content = _with_ports(midi.dumps_midi())
    with whole_file(path) as scratch:
        scratch.write_bytes(content)


def read_midi_notes(path: Path) -> dict[str, tuple[Note, ...]]:
    """Read the notes of a MIDI file by track name, in order of start and pitch; groove stays in `start_ticks`.

    Raises:
        CorruptData: the file is no MIDI file or does not count 960 ticks per quarter.
    """
    try:
        midi = core.ScoreTick(path)
    except Exception as error:
        raise CorruptData("a MIDI file", f"{path.name}: {error}", "deliver the song again") from error
    if midi.ticks_per_quarter != TICKS_PER_QUARTER:
        raise CorruptData(
            f"{TICKS_PER_QUARTER} ticks per quarter", str(midi.ticks_per_quarter), "use a file that AURA-X wrote"
        )
    return {
        track.name: tuple(
            sorted(
                (Note(note.time, note.duration, note.pitch, note.velocity) for note in track.notes),
                key=lambda note: (note.start_ticks, note.pitch),
            )
        )
        for track in midi.tracks
    }


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


def played_notes(notes: Sequence[Note]) -> list[Note]:
    """Notes as one channel can play them: groove applied, no two notes of a pitch at once.

    Of notes that strike the same pitch on the same tick one remains, as long and as loud as the strongest of them.
    """
    by_pitch: dict[int, list[Note]] = {}
    for note in sorted(notes, key=lambda note: note.played_ticks):
        line = by_pitch.setdefault(note.pitch, [])
        start, duration, velocity = note.played_ticks, note.duration_ticks, note.velocity
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


def _midi_track(track: Track) -> core.TrackTick:
    program = 0 if track.is_drums else track.gm_program
    result = core.TrackTick(track.name, program, track.is_drums)
    for note in played_notes(track.notes):
        result.notes.append(core.NoteTick(note.start_ticks, note.duration_ticks, note.pitch, note.velocity))
    if not track.is_drums:  # every kit track shares channel 10, so that its lanes would move all drums
        for lane in track.lanes:
            if lane.parameter == "level_db":
                for ticks, value in _expression(lane):
                    result.controls.append(core.ControlChangeTick(ticks, EXPRESSION_CONTROLLER, value))
    return result


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


def _with_ports(midi: bytes) -> bytes:
    """State a MIDI port (meta event 0x21) in every track, one port for each 15 tracks.

    The channels begin again after 15 tracks; on a port of their own the later tracks keep their own instruments.
    """
    position = 14  # the header chunk
    track_count = struct.unpack_from(">H", midi, 10)[0]
    if track_count <= CHANNELS_PER_PORT:
        return midi
    chunks = [midi[:position]]
    for index in range(track_count):
        (length,) = struct.unpack_from(">I", midi, position + 4)
        body = bytes((0x00, 0xFF, 0x21, 0x01, index // CHANNELS_PER_PORT)) + midi[position + 8 : position + 8 + length]
        chunks += [b"MTrk", struct.pack(">I", len(body)), body]
        position += 8 + length
    return b"".join(chunks)
