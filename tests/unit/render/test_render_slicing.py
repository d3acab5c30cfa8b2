from collections.abc import Callable
from dataclasses import replace

import pytest

from aurax.errors import RenderFailed
from aurax.render.clip import Clip, ClipNote
from aurax.render.instrument import Instrument
from aurax.render.slicing import SINGLE_NOTES, PlacedClip, cut_cost_s, slice_track
from aurax.score.score import Note, Score

BAR = 3840
BAR_FRAMES = 96_000


def layout(placed: tuple[PlacedClip, ...]) -> list[tuple[int, list[tuple[int, int, int, int]]]]:
    return [(item.start_frame, [tuple(note) for note in item.clip.notes]) for item in placed]


def cut(score: Score, instrument: Instrument, span_bars: int | None) -> tuple[PlacedClip, ...]:
    return slice_track(score.tracks[0], score, instrument, span_bars=span_bars)


def test_a_clip_starts_with_its_first_note(sine: Instrument, make_score: Callable[..., Score]) -> None:
    score = make_score([Note(BAR + 960, 480, 60, 100), Note(BAR + 1920, 960, 64, 90)])
    assert layout(cut(score, sine, 1)) == [(BAR_FRAMES + 24_000, [(0, 12_000, 60, 100), (24_000, 24_000, 64, 90)])]


def test_equal_bars_give_equal_clips(sine: Instrument, make_score: Callable[..., Score]) -> None:
    score = make_score([Note(bar * BAR + 100, 480, 60, 100, 7) for bar in range(8)])
    placed = cut(score, sine, 1)
    assert len(placed) == 8
    assert len({item.clip.key for item in placed}) == 1
    assert [item.start_frame - placed[0].start_frame for item in placed] == [bar * BAR_FRAMES for bar in range(8)]


def test_a_note_played_before_the_bar_line_stays_in_its_bar(sine: Instrument, make_score: Callable[..., Score]) -> None:
    score = make_score([Note(BAR - 960, 480, 62, 100), Note(BAR, 480, 60, 100, -40), Note(BAR + 960, 480, 64, 100)])
    assert layout(cut(score, sine, 1)) == [
        (72_000, [(0, 12_000, 62, 100)]),
        (95_000, [(0, 12_000, 60, 100), (25_000, 12_000, 64, 100)]),
    ]


def test_spans_are_counted_again_from_each_section(sine: Instrument, make_score: Callable[..., Score]) -> None:
    score = make_score([Note(bar * BAR, 480, 60, 100) for bar in range(7)], section_bars=(3, 4))
    starts = [item.start_frame // BAR_FRAMES for item in cut(score, sine, 2)]
    assert starts == [0, 2, 3, 5]


def test_single_notes_become_clips_that_repeat(sine: Instrument, make_score: Callable[..., Score]) -> None:
    score = make_score([Note(960 * beat, 240, 60, 100, beat % 3) for beat in range(32)])
    placed = cut(score, sine, SINGLE_NOTES)
    assert len(placed) == 32
    assert len({item.clip.key for item in placed}) == 1
    assert [item.start_frame for item in placed[:4]] == [0, 24_025, 48_050, 72_000]


def test_drums_are_cut_voice_by_voice(kit: Instrument, make_score: Callable[..., Score]) -> None:
    notes = [Note(0, 240, 36, 100), Note(960, 240, 38, 100), Note(1920, 240, 36, 100)]
    score = make_score(notes, instrument="kit", role="kick", is_drums=True)
    placed = cut(score, kit, 1)
    assert [(item.clip.voice.name, item.start_frame, len(item.clip.notes)) for item in placed] == [
        ("kick", 0, 2),
        ("snare", 24_000, 1),
    ]
    assert placed[0].clip.parameters == (("level", 0.5),)
    assert placed[1].clip.parameters == ()


def test_a_loop_is_cut_where_it_repeats(sine: Instrument, make_score: Callable[..., Score]) -> None:
    riff = [Note(480 * step, 480, 60 + (5 * step) % 24, 60 + (step * 17) % 60) for step in range(16)]
    score = make_score(
        [replace(note, start_ticks=note.start_ticks + 2 * BAR * turn) for turn in range(8) for note in riff],
        section_bars=(16,),
    )
    placed = cut(score, sine, None)
    assert len({item.clip.key for item in placed}) == 1
    assert [item.start_frame for item in placed] == [2 * BAR_FRAMES * turn for turn in range(8)]


def test_humanised_hits_are_cut_into_single_notes(kit: Instrument, make_score: Callable[..., Score]) -> None:
    notes = [Note(960 * beat, 240, 36, 90 + beat * beat % 5, beat * 7 % 11) for beat in range(64)]
    placed = cut(make_score(notes, (16,), instrument="kit", role="kick", is_drums=True), kit, None)
    assert len(placed) == 64
    assert len({item.clip.key for item in placed}) <= 5


def test_equal_clips_cost_their_rendering_once() -> None:
    one = (ClipNote(0, 48_000, 60, 100),)
    other = (ClipNote(0, 48_000, 61, 100),)
    alone = cut_cost_s([(0, one)], 0.5, 48_000)
    again = cut_cost_s([(0, one), (96_000, one)], 0.5, 48_000)
    different = cut_cost_s([(0, one), (96_000, other)], 0.5, 48_000)
    assert alone < again < 1.2 * alone
    assert different == pytest.approx(2 * alone)


def test_notes_that_cannot_be_played_are_refused(sine: Instrument, make_score: Callable[..., Score]) -> None:
    with pytest.raises(RenderFailed, match="found pitch 90"):
        cut(make_score([Note(0, 480, 90, 100)]), sine, None)
    with pytest.raises(RenderFailed, match="velocities from 1 to 127 in track lead"):
        cut(make_score([Note(0, 480, 60, 0)]), sine, None)
    with pytest.raises(RenderFailed, match="found 'cutoff'"):
        cut(make_score([Note(0, 480, 60, 90)], parameters={"cutoff": 1.0}), sine, None)


def test_a_track_without_notes_has_no_clips(sine: Instrument, make_score: Callable[..., Score]) -> None:
    assert cut(make_score([]), sine, None) == ()


def test_a_clips_key_follows_what_decides_its_sound(sine: Instrument) -> None:
    voice = sine.voices[0]
    note = ClipNote(0, 4800, 60, 100)
    clip = Clip("sine", voice, (note,), (("level", 0.5),))
    assert clip.key == Clip("renamed", voice, (note,), (("level", 0.5),)).key
    assert clip.frames == 4800 + 24_000
    changed = [
        Clip("sine", voice, (note._replace(velocity=101),), (("level", 0.5),)),
        Clip("sine", voice, (note,), (("level", 0.6),)),
        Clip("sine", voice, (note,), (("level", 0.5),), 44_100),
        Clip("sine", replace(voice, source=voice.source + " "), (note,), (("level", 0.5),)),
        Clip("sine", replace(voice, tail_s=0.6), (note,), (("level", 0.5),)),
        Clip("sine", replace(voice, parameters={"level": 0.1}), (note,), (("level", 0.5),)),
        Clip("sine", replace(voice, frequency_pitch=50), (note,), (("level", 0.5),)),
    ]
    assert len({clip.key, *(other.key for other in changed)}) == 1 + len(changed)
