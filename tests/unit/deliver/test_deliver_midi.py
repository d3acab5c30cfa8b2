from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest
import symusic

from aurax.deliver.midi import key_signature, last_bar_line_ticks, played_notes, write_midi
from aurax.errors import UnwritableOutput
from aurax.score.key import Key
from aurax.score.score import Note, Score, Track


def midi_notes(path: Path) -> dict[str, tuple[Note, ...]]:
    """The notes of a MIDI file by track name, in order of start and pitch; groove stays in `start_ticks`."""
    return {
        track.name: tuple(
            sorted(
                (Note(note.time, note.duration, note.pitch, note.velocity) for note in track.notes),
                key=lambda note: (note.start_ticks, note.pitch),
            )
        )
        for track in symusic.Score(path).tracks
        if track.notes
    }


def test_notes_come_back_as_they_are_played(score: Score, tmp_path: Path) -> None:
    write_midi(score, tmp_path / "song.mid")

    found = midi_notes(tmp_path / "song.mid")

    assert list(found) == ["kick", "bass", "chords"]
    for track in score.tracks:
        expected = [(n.played_ticks, n.duration_ticks, n.pitch, n.velocity) for n in track.notes]
        assert [(n.start_ticks, n.duration_ticks, n.pitch, n.velocity) for n in found[track.name]] == sorted(
            expected, key=lambda note: (note[0], note[2])
        )


def test_song_data_is_stated(score: Score, tmp_path: Path) -> None:
    write_midi(score, tmp_path / "song.mid")

    midi = symusic.Score(tmp_path / "song.mid")

    assert midi.ticks_per_quarter == 960
    assert [(tempo.time, round(tempo.qpm, 3)) for tempo in midi.tempos] == [(0, 120.0)]
    assert [(one.numerator, one.denominator) for one in midi.time_signatures] == [(4, 4)]
    assert [(one.key, one.tonality) for one in midi.key_signatures] == [(-1, 1)]
    assert [(one.time // 3840, one.text) for one in midi.markers] == [
        (0, "Intro"),
        (2, "Verse 1"),
        (6, "Chorus 1"),
        (10, "Verse 2"),
        (14, "Chorus 2"),
        (18, "Outro"),
    ]
    assert [(one.name, one.program, one.is_drum) for one in midi.tracks] == [
        ("kick", 0, True),
        ("bass", 38, False),
        ("chords", 4, False),
    ]


def test_level_lane_becomes_expression(score: Score, tmp_path: Path) -> None:
    write_midi(score, tmp_path / "song.mid")

    controls = list(symusic.Score(tmp_path / "song.mid").tracks[2].controls)

    assert {one.number for one in controls} == {11}
    assert (controls[0].time, controls[0].value) == (0, 50)  # 100 · 10^(−12 / 40)
    assert (controls[-1].time, controls[-1].value) == (7680, 100)
    values = [one.value for one in controls]
    assert values == sorted(set(values))


def test_a_note_struck_again_ends_where_the_next_begins() -> None:
    notes = [Note(0, 960, 60, 90), Note(480, 960, 60, 80), Note(480, 240, 62, 70)]

    assert played_notes(notes) == [Note(0, 480, 60, 90), Note(480, 960, 60, 80), Note(480, 240, 62, 70)]


def test_groove_that_moves_a_note_into_its_neighbour_keeps_both() -> None:
    notes = [Note(0, 960, 60, 90), Note(960, 960, 60, 80, offset_ticks=-20)]

    assert played_notes(notes) == [Note(0, 940, 60, 90), Note(940, 960, 60, 80)]


def test_two_notes_of_one_pitch_on_one_tick_become_the_stronger() -> None:
    notes = [Note(0, 960, 60, 50), Note(0, 480, 60, 90)]

    assert played_notes(notes) == [Note(0, 960, 60, 90)]


def test_overlaps_are_gone_from_the_file_itself(score: Score, tmp_path: Path) -> None:
    overlapping = Track("pad", "pad", "warm-pad", (), 89, False, (Note(0, 3840, 60, 90), Note(1920, 3840, 60, 80)))
    write_midi(replace(score, tracks=(overlapping,)), tmp_path / "song.mid")

    assert midi_notes(tmp_path / "song.mid")["pad"] == (Note(0, 1920, 60, 90), Note(1920, 3840, 60, 80))


def test_each_of_many_tracks_has_a_channel_and_port_of_its_own(score: Score, tmp_path: Path) -> None:
    drums = Track("kit", "kick", "kit-club", (), 0, True, (Note(0, 240, 36, 100),))
    pitched = [Track(f"t{i}", "lead", "x", (), i, False, (Note(0, 480, 60, 90),)) for i in range(31)]
    write_midi(replace(score, tracks=(*pitched[:3], drums, *pitched[3:])), tmp_path / "song.mid")

    places = channels_and_ports((tmp_path / "song.mid").read_bytes())

    assert places[3] == (0, 9)
    others = places[:3] + places[4:]
    assert len(set(others)) == 31
    assert all(channel != 9 for _, channel in others)
    assert [one.program for one in symusic.Score(tmp_path / "song.mid").tracks if not one.is_drum] == list(range(31))


def test_notes_that_groove_over_the_last_bar_line_are_released_there(score: Score, tmp_path: Path) -> None:
    end = 20 * 3840
    late = Track("pad", "pad", "x", (), 89, False, (Note(end - 960, 1000, 60, 90), Note(end - 240, 240, 62, 80, 5)))
    write_midi(replace(score, tracks=(late,)), tmp_path / "song.mid")

    assert midi_notes(tmp_path / "song.mid")["pad"] == (Note(end - 960, 960, 60, 90), Note(end - 235, 235, 62, 80))


@pytest.mark.parametrize(
    ("note", "bars"),
    [
        (Note(19 * 3840, 3840, 60, 90), 20),
        (Note(19 * 3840, 3840, 60, 90, offset_ticks=30), 20),
        (Note(20 * 3840, 240, 60, 90), 21),
        (Note(19 * 3840, 6000, 60, 90), 21),
        (Note(20 * 3840, 5644, 60, 90, offset_ticks=-12), 22),
    ],
)
def test_an_ending_gets_the_bars_that_it_rings(score: Score, note: Note, bars: int) -> None:
    ending = Track("pad", "pad", "pad", (), 89, False, (note,))

    assert last_bar_line_ticks(replace(score, tracks=(ending,))) == bars * 3840


def test_a_loop_ends_with_its_last_bar_whatever_rings(score: Score, tmp_path: Path) -> None:
    end = 20 * 3840
    loop = score.plan.model_copy(update={"tail_s": 0.0})
    ringing = Track("pad", "pad", "pad", (), 89, False, (Note(end - 960, 9600, 60, 90), Note(end - 1, 960, 62, 80, 5)))
    looped = replace(score, plan=loop, tracks=(ringing,))
    write_midi(looped, tmp_path / "song.mid")

    assert last_bar_line_ticks(looped) == end
    assert midi_notes(tmp_path / "song.mid") == {"pad": (Note(end - 960, 960, 60, 90),)}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("C major", (0, 0)),
        ("A minor", (0, 1)),
        ("F# minor", (3, 1)),
        ("Eb major", (-3, 0)),
        ("D dorian", (-1, 1)),
        ("G mixolydian", (1, 0)),
        ("G# major", (-4, 0)),
        ("Fb minor", (1, 1)),
    ],
)
def test_key_signature_keeps_the_tonic(key: str, expected: tuple[int, int]) -> None:
    assert key_signature(Key.parse(key)) == expected


def test_the_same_score_gives_the_same_bytes(score: Score, tmp_path: Path) -> None:
    write_midi(score, tmp_path / "a.mid")
    write_midi(score, tmp_path / "b.mid")

    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.mid", "b.mid"]


def test_a_missing_folder_is_said_plainly(score: Score, tmp_path: Path) -> None:
    with pytest.raises(UnwritableOutput, match="choose another folder"):
        write_midi(score, tmp_path / "nowhere" / "song.mid")


def channels_and_ports(midi: bytes) -> list[tuple[int, int]]:
    """(port, channel) of each track after the conductor's: the port event leads, the program change has the channel."""
    places = []
    for body in track_chunks(midi)[1:]:
        assert body[:4] == b"\x00\xff\x21\x01"
        at, channel = 5, None
        while channel is None:
            at += 1  # every delta before the program change is 0
            if body[at] == 0xFF:
                at += 3 + body[at + 2]
            else:
                assert body[at] >> 4 == 0xC
                channel = body[at] & 15
        places.append((body[4], channel))
    return places


def track_chunks(midi: bytes) -> list[bytes]:
    chunks, position = [], 14
    for _ in range(struct.unpack_from(">H", midi, 10)[0]):
        (length,) = struct.unpack_from(">I", midi, position + 4)
        chunks.append(midi[position + 8 : position + 8 + length])
        position += 8 + length
    return chunks
