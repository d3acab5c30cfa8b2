import itertools

import pytest
from builders.plans import plan

from aurax.compose.automation import (
    HIGHEST_FADER_DB,
    OPEN_HZ,
    SILENT_DB,
    AutomationStyle,
    section_levels_db,
    write_lanes,
)
from aurax.score.plan import Part
from aurax.score.role import Role

FORM = (("intro", 4, 3), ("verse", 8, 5), ("build", 4, 6), ("chorus", 8, 8), ("break", 4, 2), ("outro", 4, 3))
STYLE = AutomationStyle(
    filter_in_roles=("chords",),
    filter_in_hz=400.0,
    break_lowpass_hz=1000.0,
    build_highpass_hz=200.0,
    chorus_width_percent=20.0,
    throw_db=6.0,
    swell_db=2.0,
)


def lanes(role: Role, *, ending: str = "ring", style: AutomationStyle = STYLE):
    song = plan(FORM).model_copy(update={"ending": ending})
    song = song.model_copy(
        update={"sections": tuple(one.model_copy(update={"parts": (role,)}) for one in song.sections)}
    )
    written = write_lanes(song, Part(name=role, role=role, instrument="any"), style)
    return {lane.parameter: lane.points for lane in written}


def value_at(points, tick):
    for (start, low), (end, high) in itertools.pairwise(points):
        if start <= tick <= end:
            return low + (high - low) * (tick - start) / (end - start)
    return points[0][1] if tick < points[0][0] else points[-1][1]


@pytest.mark.parametrize("role", ["kick", "bass", "chords", "pad", "lead", "arp", "fx", "texture"])
@pytest.mark.parametrize("ending", ["ring", "fade"])
def test_points_rise_strictly_in_time(role, ending):
    for points in lanes(role, ending=ending).values():
        assert all(first[0] < second[0] for first, second in itertools.pairwise(points))


def test_choruses_are_louder_than_verses():
    level = lanes("chords")["level_db"]

    assert value_at(level, 18 * 3840) - value_at(level, 6 * 3840) == pytest.approx(3 * 0.35, abs=0.01)


def test_chords_open_their_filter_over_the_intro_and_close_it_in_the_break():
    lowpass = lanes("chords")["lowpass_hz"]

    assert lowpass[0] == (0, 400.0)
    assert value_at(lowpass, 18 * 3840) == OPEN_HZ
    assert value_at(lowpass, 25 * 3840) == 1000.0


def test_the_bass_thins_out_in_the_build_and_returns_with_the_chorus():
    highpass = lanes("bass")["highpass_hz"]

    assert value_at(highpass, 16 * 3840 - 240) == 200.0
    assert value_at(highpass, 16 * 3840) == 20.0


def test_pads_widen_in_the_chorus_only():
    width = lanes("pad")["width_percent"]

    assert value_at(width, 18 * 3840) == 120.0
    assert value_at(width, 6 * 3840) == 100.0


def test_the_lead_throws_its_phrase_ends_into_the_delay():
    throws = lanes("lead")["delay_send_db"]

    assert value_at(throws, 12 * 3840 - 960) == 6.0
    assert value_at(throws, 10 * 3840) == 0.0


def test_a_pad_swells_within_every_four_bars():
    level = lanes("pad")["level_db"]

    assert value_at(level, 4 * 3840) < value_at(level, 6.4 * 3840)


def test_a_fade_ends_in_silence_and_a_ring_does_not():
    assert lanes("chords", ending="fade")["level_db"][-1][1] < SILENT_DB + 1.0
    assert lanes("chords", ending="ring")["level_db"][-1][1] > -6.0


def test_a_fade_ends_when_the_song_does():
    song = plan(FORM)

    assert lanes("kick", ending="fade")["level_db"][-1][0] == song.grid.s_to_ticks(song.duration_s)


def test_a_style_that_moves_nothing_writes_no_lane():
    flat = AutomationStyle(level_per_energy_db=0.0)

    assert "level_db" not in lanes("chords", style=flat)
    assert "lowpass_hz" not in lanes("chords", style=flat)


def test_a_verse_with_fewer_parts_is_lifted_to_the_loudness_of_its_energy():
    song = plan(FORM)
    parts = tuple(Part(name=role, role=role, instrument="any") for role in ("kick", "bass", "chords", "lead"))
    thin = {"verse": ("chords",), "chorus": ("kick", "bass", "chords", "lead")}
    song = song.model_copy(
        update={
            "parts": parts,
            "sections": tuple(
                one.model_copy(update={"parts": thin.get(one.name, ("kick", "bass", "chords"))})
                for one in song.sections
            ),
        }
    )
    levels = dict(zip((one.name for one in song.sections), section_levels_db(song, STYLE), strict=True))

    assert levels["chorus"] == 0.0
    assert 0.0 < levels["verse"] <= HIGHEST_FADER_DB
    assert levels["build"] < levels["verse"]
