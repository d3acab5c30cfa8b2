"""Loops and asked-for bar counts, as they are composed."""

import pytest
from builders.casts import INSTRUMENTS
from builders.intents import wish

from aurax.compose.composer import compose
from aurax.compose.form import LONGEST_LOOP_SECTION_BARS
from aurax.compose.style_registry import load_styles
from aurax.score.role import DRUM_ROLES
from aurax.score.time import Meter

STYLES = load_styles()


def loop(style, bars, seed=1, **fields):
    return compose(wish(style, loop=True, bars=bars, energy_shape="flat", **fields), seed, STYLES, INSTRUMENTS)


@pytest.mark.parametrize("style", sorted(STYLES))
@pytest.mark.parametrize("bars", [1, 2, 3, 4, 8, 16, 40])
def test_a_loop_has_its_bars_no_tail_and_no_end(style, bars):
    plan = loop(style, bars).plan
    assert (plan.bars, plan.tail_s, plan.is_loop) == (bars, 0.0, True)
    assert not {"intro", "outro"} & {section.name for section in plan.sections}
    assert all(section.bars <= LONGEST_LOOP_SECTION_BARS for section in plan.sections)


def test_eight_bars_at_120_bpm_are_768_000_frames():
    plan = loop("lofi", 8, tempo_bpm=120.0).plan
    assert round(plan.duration_s * 48_000) == 768_000


@pytest.mark.parametrize("style", sorted(STYLES))
@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8"])
def test_every_note_of_a_loop_ends_within_it(style, meter):
    for seed in range(4):
        score = loop(style, 8, seed, meter=Meter.parse(meter))
        end = score.plan.grid.bars_to_ticks(8)
        assert all(0 <= note.start_ticks < note.end_ticks <= end for track in score.tracks for note in track.notes)


@pytest.mark.parametrize("style", sorted(set(STYLES) - {"ambient"}))
def test_the_beat_of_a_loop_goes_on_through_its_last_bar(style):
    for seed in range(4):
        score = loop(style, 8, seed)
        last = score.plan.grid.bars_to_ticks(7)
        drums = [note for track in score.tracks if track.role in DRUM_ROLES for note in track.notes]
        assert sum(note.start_ticks >= last for note in drums) >= 4


def test_all_parts_of_a_loop_play_from_its_first_bars():
    for seed in range(6):
        score = loop("deep-house", 8, seed)
        late = [
            track.name
            for track in score.tracks
            if min(note.start_ticks for note in track.notes) >= score.plan.grid.bars_to_ticks(4)
        ]
        assert late == []


@pytest.mark.parametrize("style", sorted(STYLES))
def test_no_lane_of_a_loop_fades(style):
    for seed in range(4):
        for track in loop(style, 4, seed).tracks:
            assert all(min(v for _, v in lane.points) > -20 for lane in track.lanes if lane.parameter == "level_db")


@pytest.mark.parametrize("style", sorted(STYLES))
@pytest.mark.parametrize("bars", [1, 4, 8, 16, 33])
def test_asked_bars_without_a_loop_are_followed_by_the_ending(style, bars):
    plan = compose(wish(style, bars=bars), 1, STYLES, INSTRUMENTS).plan
    assert (plan.bars, plan.tail_s, plan.is_loop) == (bars, STYLES[style].form.tail_s, False)
