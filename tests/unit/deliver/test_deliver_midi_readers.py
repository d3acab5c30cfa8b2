"""The MIDI file as programs read it that nobody here wrote: mido, pretty_midi, music21 and partitura."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import mido
import pytest

from aurax.deliver.midi import write_midi
from aurax.score.chord import Chord, ChordSpan
from aurax.score.score import Note, Score, Track
from aurax.score.time import Meter

BARS = 20
METERS = ["4/4", "3/4", "6/8", "7/8", "5/4", "12/8"]


@pytest.fixture(params=METERS)
def meter(request: pytest.FixtureRequest) -> Meter:
    return Meter.parse(request.param)


@pytest.fixture
def written(score: Score, meter: Meter) -> Score:
    """A song in that meter, with groove before the first and over the last bar line."""
    bar = meter.ticks_per_bar
    chord = Chord("Dm", "i", 2, (0, 3, 7), 2)
    plan = score.plan.model_copy(
        update={"meter": meter, "tempo_bpm": 92.5, "chords": tuple(ChordSpan(i * bar, bar, chord) for i in range(BARS))}
    )
    kick = tuple(Note(n * bar, 240, 36, 100, offset_ticks=-8 if n == 0 else 6) for n in range(BARS))
    bass = tuple(Note(n * bar, bar - 60, 38, 90, offset_ticks=70 if n == BARS - 1 else 12) for n in range(2, BARS))
    keys = tuple(Note(n * bar, bar, pitch, 70) for n in range(BARS) for pitch in (62, 65, 69))
    return replace(
        score,
        plan=plan,
        tracks=(
            Track("kick", "kick", "kit-lofi", (), 0, True, kick),
            Track("bass", "bass", "sub-bass", (), 38, False, bass),
            Track("keys", "chords", "electric-piano", (), 4, False, keys),
        ),
    )


@pytest.fixture
def path(written: Score, tmp_path: Path) -> Path:
    write_midi(written, tmp_path / "song.mid")
    return tmp_path / "song.mid"


def test_mido_finds_the_songs_data_in_the_first_track_and_only_there(path: Path) -> None:
    conductor, *parts = mido.MidiFile(path).tracks
    song_data = {"set_tempo", "time_signature", "key_signature", "marker"}

    assert conductor.name == "Rain & Tape"
    assert {event.type for event in conductor} == {"track_name", "end_of_track", *song_data}
    assert [part.name for part in parts] == ["kick", "bass", "keys"]
    assert all(song_data.isdisjoint(event.type for event in part) for part in parts)


def test_mido_finds_every_end_at_the_last_bar_line(path: Path, meter: Meter) -> None:
    tracks = mido.MidiFile(path).tracks

    assert [sum(event.time for event in track) for track in tracks] == [BARS * meter.ticks_per_bar] * len(tracks)


def test_mido_hears_each_note_end_before_it_is_struck_again(path: Path) -> None:
    for track in mido.MidiFile(path).tracks[1:]:
        sounding: set[int] = set()
        for event in track:
            if event.type == "note_on":
                assert event.note not in sounding
                sounding.add(event.note)
            elif event.type == "note_off":
                sounding.remove(event.note)
        assert sounding == set()


def test_pretty_midi_reads_meter_tempo_key_and_notes(path: Path, meter: Meter, written: Score) -> None:
    import pretty_midi

    midi = pretty_midi.PrettyMIDI(str(path))

    assert [(one.numerator, one.denominator) for one in midi.time_signature_changes] == [
        (meter.numerator, meter.denominator)
    ]
    assert midi.get_tempo_changes()[1] == pytest.approx([92.5], abs=1e-3)
    assert [pretty_midi.key_number_to_key_name(one.key_number) for one in midi.key_signature_changes] == ["D minor"]
    assert midi.get_downbeats()[1] == pytest.approx(written.plan.grid.bar_s, abs=1e-4)
    assert [(one.name, one.program, one.is_drum, len(one.notes)) for one in midi.instruments] == [
        ("kick", 0, True, BARS),
        ("bass", 38, False, BARS - 2),
        ("keys", 4, False, 3 * BARS),
    ]
    assert midi.get_end_time() == pytest.approx(BARS * written.plan.grid.bar_s, abs=1e-3)


def test_music21_reads_the_meter_and_key_in_every_part(path: Path, meter: Meter) -> None:
    from music21 import converter

    parts = converter.parse(str(path), forceSource=True).parts

    assert [part.partName for part in parts] == ["kick", "bass", "keys"]
    for part in parts:
        assert [one.ratioString for one in part.recurse().getElementsByClass("TimeSignature")] == [str(meter)]
        assert [str(one) for one in part.recurse().getElementsByClass("KeySignature")] == ["d minor"]
        assert [one.number for one in part.recurse().getElementsByClass("MetronomeMark")] == [
            pytest.approx(92.5, abs=0.01)
        ]
    bar_quarters = 4 * meter.numerator / meter.denominator
    assert parts[2].highestTime == pytest.approx(BARS * bar_quarters)
    assert len(parts[2].getElementsByClass("Measure")) == BARS


def test_partitura_reads_the_meter_and_key_in_every_part(path: Path, meter: Meter) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import partitura

        parts = partitura.load_score_midi(str(path)).parts

    assert [part.part_name for part in parts] == ["kick", "bass", "keys"]
    for part in parts:
        meters = [(one.beats, one.beat_type) for one in part.iter_all(partitura.score.TimeSignature)]
        assert meters == [(meter.numerator, meter.denominator)]
        assert [one.name for one in part.iter_all(partitura.score.KeySignature)] == ["Dm"]
