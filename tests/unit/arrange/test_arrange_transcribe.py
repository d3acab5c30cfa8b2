from __future__ import annotations

import numpy as np
import pytest
from builders.pieces import make_piece, put, tone

from aurax.arrange.drum_hits import HAT, KICK, SNARE, find_hits
from aurax.arrange.grid import align_to_grid
from aurax.arrange.hearing import hear
from aurax.arrange.onsets import find_onsets
from aurax.arrange.pitch import find_notes
from aurax.arrange.transcribe import transcribe
from aurax.audio.waveform import SAMPLE_RATE
from aurax.score.time import Meter, TimeGrid

GRID = TimeGrid(120.0, Meter())


def test_drum_hits_are_distinguished() -> None:
    drums = make_piece(120.0, 2).stems["drums"].samples[0]
    hits = find_hits(find_onsets(drums, SAMPLE_RATE))

    def beats(pitch: int) -> list[float]:
        return [round(hit.time_s * 4.0) / 2.0 for hit in hits if hit.pitch == pitch]

    assert beats(KICK) == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert beats(SNARE) == [1.0, 3.0, 5.0, 7.0]
    assert {0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5} <= set(beats(HAT))


def test_hits_are_within_ten_milliseconds() -> None:
    drums = make_piece(120.0, 2, lead_in_s=0.2).stems["drums"].samples[0]
    kicks = [hit.time_s - 0.2 for hit in find_hits(find_onsets(drums, SAMPLE_RATE)) if hit.pitch == KICK]

    assert kicks == pytest.approx(np.arange(8) * 0.5, abs=0.01)


def test_bass_notes_are_written_down() -> None:
    sound = np.zeros(4 * SAMPLE_RATE, np.float32)
    pitches = [33, 36, 40, 40, 45, 31]
    for index, pitch in enumerate(pitches):
        put(sound, tone(pitch, 0.45, 0.4, 4), 0.1 + index * 0.5)

    notes = find_notes(sound, SAMPLE_RATE, 30.0, 260.0)

    assert [note.pitch for note in notes] == pitches
    assert [note.start_s for note in notes] == pytest.approx([0.1 + index * 0.5 for index in range(6)], abs=0.04)


def test_silence_has_no_notes() -> None:
    assert find_notes(np.zeros(SAMPLE_RATE, np.float32), SAMPLE_RATE, 30.0, 260.0) == ()
    assert find_hits(find_onsets(np.zeros(SAMPLE_RATE, np.float32), SAMPLE_RATE)) == ()


def test_notes_are_on_sixteenths_and_keep_their_groove() -> None:
    piece = make_piece(120.0, 4)
    aligned = align_to_grid(piece.stems, hear(piece.mix, tempo_hint_bpm=120.0), 120.0)
    bars = transcribe(piece.stems["drums"].samples, SAMPLE_RATE, "drums", aligned, GRID, (), [-10.0] * 4)

    kicks = [note for note in bars[2] if note.pitch == KICK]
    assert [note.start_ticks for note in kicks] == [0, 960, 1920, 2880]
    assert all(abs(note.offset_ticks) < 30 for note in kicks)


def test_harmony_becomes_the_chord_of_its_bar() -> None:
    piece = make_piece(120.0, 4)
    heard = hear(piece.mix, tempo_hint_bpm=120.0)
    aligned = align_to_grid(piece.stems, heard, 120.0)
    bars = transcribe(
        piece.stems["other"].samples, SAMPLE_RATE, "chords", aligned, GRID, heard.chords_by_bar, [-20.0] * 3 + [-90.0]
    )

    assert {note.pitch % 12 for note in bars[0]} == {9, 0, 4}
    assert bars[3] == ()
