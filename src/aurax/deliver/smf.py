"""Standard MIDI files, byte by byte: events with absolute ticks in, chunks out.

Source: Standard MIDI Files 1.0 (RP-001).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aurax.text import one_line

_SEQUENCE_NAME, _MARKER, _PORT, _END, _TEMPO, _TIME_SIGNATURE, _KEY_SIGNATURE = 3, 6, 0x21, 0x2F, 0x51, 0x58, 0x59
_NOTE_OFF, _NOTE_ON, _CONTROL, _PROGRAM = 0x80, 0x90, 0xB0, 0xC0
_RELEASE_VELOCITY = 64
"""What a keyboard sends that does not measure it."""
_CLOCKS_PER_QUARTER = 24
_THIRTY_SECONDS_PER_QUARTER = 8


@dataclass(frozen=True, slots=True)
class MidiEvent:
    """One event.

    Args:
        ticks: from the song's start.
        rank: order among the events of one tick; of equal ranks the first given comes first.
        content: its bytes, without the time.
    """

    ticks: int
    rank: int
    content: bytes


def name(text: str) -> MidiEvent:
    """Name of a track; in the first track of a file, the song's title."""
    return _meta(0, 1, _SEQUENCE_NAME, one_line(text).encode())


def marker(ticks: int, text: str) -> MidiEvent:
    """A rehearsal mark or the name of a section."""
    return _meta(ticks, 5, _MARKER, one_line(text).encode())


def port(number: int) -> MidiEvent:
    """The port on which the track plays, for more channels than 16."""
    return _meta(0, 0, _PORT, bytes((number,)))


def tempo(bpm: float) -> MidiEvent:
    """Quarter notes a minute, kept to a microsecond a quarter."""
    return _meta(0, 4, _TEMPO, round(60e6 / bpm).to_bytes(3, "big"))


def time_signature(numerator: int, denominator: int) -> MidiEvent:
    """A meter, with a click on each beat; in compound meters (6/8, 9/8, 12/8) on each dotted one."""
    compound = denominator >= 8 and numerator > 3 and numerator % 3 == 0
    clocks = _CLOCKS_PER_QUARTER * 4 // denominator * (3 if compound else 1)
    content = bytes((numerator, denominator.bit_length() - 1, clocks, _THIRTY_SECONDS_PER_QUARTER))
    return _meta(0, 2, _TIME_SIGNATURE, content)


def key_signature(sharps: int, *, minor: bool) -> MidiEvent:
    """A key by its sharps, flats negative."""
    return _meta(0, 3, _KEY_SIGNATURE, struct.pack(">bB", sharps, minor))


def program(channel: int, number: int) -> MidiEvent:
    """The General MIDI program, from 0."""
    return MidiEvent(0, 6, bytes((_PROGRAM | channel, number)))


def control(ticks: int, channel: int, number: int, value: int) -> MidiEvent:
    """A controller's new value; it precedes the notes of its tick."""
    return MidiEvent(ticks, 7, bytes((_CONTROL | channel, number, value)))


def note(start_ticks: int, end_ticks: int, channel: int, pitch: int, velocity: int) -> tuple[MidiEvent, MidiEvent]:
    """A note's two events; where one ends and another begins, the end comes first."""
    return (
        MidiEvent(start_ticks, 8, bytes((_NOTE_ON | channel, pitch, velocity))),
        MidiEvent(end_ticks, 5, bytes((_NOTE_OFF | channel, pitch, _RELEASE_VELOCITY))),
    )


def midi_file(tracks: Sequence[Iterable[MidiEvent]], ticks_per_quarter: int, end_ticks: int) -> bytes:
    """A file of format 1.

    Args:
        tracks: events in any order; the first track is the conductor's.
        ticks_per_quarter: resolution.
        end_ticks: where every track ends; at or after the last event.

    Raises:
        ValueError: an event lies after the end.
    """
    header = b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), ticks_per_quarter)
    return header + b"".join(_track(events, end_ticks) for events in tracks)


def _track(events: Iterable[MidiEvent], end_ticks: int) -> bytes:
    body, now = bytearray(), 0
    end = _meta(end_ticks, 9, _END, b"")
    for event in (*sorted(events, key=lambda event: (event.ticks, event.rank)), end):
        if event.ticks > end_ticks:
            raise ValueError(f"an event at tick {event.ticks} in a track that ends at {end_ticks}")
        body += _variable_length(event.ticks - now) + event.content
        now = event.ticks
    return b"MTrk" + struct.pack(">I", len(body)) + bytes(body)


def _meta(ticks: int, rank: int, kind: int, content: bytes) -> MidiEvent:
    return MidiEvent(ticks, rank, bytes((0xFF, kind)) + _variable_length(len(content)) + content)


def _variable_length(number: int) -> bytes:
    """Seven bits a byte, the highest first; all but the last have their top bit set."""
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))
