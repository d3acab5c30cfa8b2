from __future__ import annotations

import itertools

import pytest
from builders.plans import context, kit, plan

from aurax.compose.drum_grid import DrumStyle, fit_row, personalise
from aurax.compose.drums import drop_out_ticks, write_drums
from aurax.compose.styles import ambient, deep_house, lofi, synthwave
from aurax.errors import InvalidOption
from aurax.score.character import Character
from aurax.score.role import Role
from aurax.score.time import Meter

STYLES = {"lofi": lofi, "deep-house": deep_house, "synthwave": synthwave, "ambient": ambient}
DRUM_ROLES: tuple[Role, ...] = ("kick", "snare", "hat", "perc")

PLAIN = DrumStyle(
    base={"kick": "9.......9.......", "snare": "....8..2....8...", "closed-hat": "6.6.6.6.6.6.6.6."},
    low={"kick": "9...............", "snare": "........8......."},
    variation_a={"kick": "9..5....9......."},
    variation_b={"kick": "9.....5.9......."},
    fills=({"kick": "9...............", "snare": "....8...4.4.6789"},),
    lane_energy={"closed-hat": 2.0},
)


def rows(song, index, role, style=PLAIN, drums=None):
    """Each bar of a section as text: the velocity's tens where the role strikes."""
    here = context(song, index)
    steps = song.meter.sixteenths_per_bar
    text = [["."] * steps for _ in range(here.section.bars)]
    for note in write_drums(here, style, role, drums or kit()):
        bar, step = divmod((note.start_ticks - here.start_ticks) // 240, steps)
        text[bar][step] = "x"
    return ["".join(row) for row in text]


def kick_base(bars):
    return [row for place, row in enumerate(bars) if place % 8 not in (3, 7)]


def test_eight_bars_follow_base_a_base_and_fill():
    song = plan((("verse", 16, 6), ("chorus", 8, 8)))
    bars = rows(song, 0, "kick")
    assert len(set(kick_base(bars))) == 1
    assert bars[3] != bars[0]
    assert bars[7] not in (bars[0], bars[3])
    assert bars[15] == "x..............."


def test_no_fill_before_the_end_of_the_song():
    song = plan((("verse", 8, 6),))
    assert rows(song, 0, "snare")[7] != "....x...x.x.xxxx"


def test_fill_is_in_the_last_bar_before_a_new_section_only():
    song = plan((("verse", 16, 6), ("chorus", 8, 8)))
    fill = "....x...x.x.xxxx"
    assert [place for place, row in enumerate(rows(song, 0, "snare")) if row == fill] == [15]


def test_low_energy_drums_half_time_without_hats():
    song = plan((("intro", 8, 1.5),))
    assert rows(song, 0, "snare")[0] == "........x......."
    assert rows(song, 0, "hat")[0] == "................"


@pytest.mark.parametrize("name", STYLES)
def test_more_energy_never_means_fewer_hits(name):
    counts = []
    for energy in range(1, 11):
        here = context(plan((("verse", 8, energy),)))
        counts.append(sum(len(write_drums(here, STYLES[name].DRUMS, role, kit())) for role in DRUM_ROLES))
    assert counts[0] <= counts[4] <= counts[9]
    assert counts == sorted(counts) or max(a - b for a, b in itertools.pairwise(counts)) <= 4


@pytest.mark.parametrize("name", STYLES)
def test_ghost_notes_stay_below_45_percent_of_the_backbeat(name):
    for seed in range(10):
        for index in range(6):
            here = context(plan(seed=seed), index)
            notes = write_drums(here, STYLES[name].DRUMS, "snare", kit("kick", "snare", "closed-hat"))
            bars = {note.start_ticks // 3840 for note in notes}
            for bar in bars:
                velocities = [note.velocity for note in notes if note.start_ticks // 3840 == bar]
                quiet = [one for one in velocities if one < 0.48 * max(velocities)]
                assert all(one <= 0.45 * max(velocities) for one in quiet)


def test_ghost_notes_need_energy():
    song = plan((("verse", 4, 4.5),))
    assert rows(song, 0, "snare")[0] == "....x.......x..."


def test_a_rise_in_energy_opens_with_a_crash():
    song = plan((("verse", 8, 5), ("chorus", 8, 8), ("chorus", 8, 8)))
    crashes = [n for i in range(3) for n in write_drums(context(song, i), PLAIN, "hat", kit()) if n.pitch == 49]
    assert [note.start_ticks // 3840 for note in crashes] == [8]


@pytest.mark.parametrize("name", STYLES)
def test_same_seed_same_drums(name):
    once, again = (
        [
            write_drums(context(plan(seed=3), i), STYLES[name].DRUMS, role, kit())
            for i in range(6)
            for role in DRUM_ROLES
        ]
        for _ in range(2)
    )
    assert once == again


@pytest.mark.parametrize("name", STYLES)
def test_seeds_give_songs_their_own_beat(name):
    beats = set()
    for seed in range(12):
        here = context(plan(seed=seed), 2)
        notes = [n for role in DRUM_ROLES for n in write_drums(here, STYLES[name].DRUMS, role, kit())]
        beats.add(tuple((n.start_ticks, n.pitch) for n in notes))
    assert len(beats) >= (3 if name == "ambient" else 6)


def test_sections_of_a_song_share_its_beat():
    song = plan((("verse", 8, 6), ("chorus", 8, 6)))
    assert rows(song, 0, "kick", lofi.DRUMS)[0] == rows(song, 1, "kick", lofi.DRUMS)[0]


def test_four_on_the_floor_stays_so_for_every_seed():
    for seed in range(20):
        song = plan((("drop", 8, 8),), seed=seed)
        assert rows(song, 0, "kick", deep_house.DRUMS)[0] == "x...x...x...x..."


def test_missing_drums_are_replaced_or_left_out():
    song = plan((("verse", 4, 6),))
    here = context(song)
    style = DrumStyle({"clap": "....8.......8...", "shaker": "2.2.2.2.2.2.2.2."}, {}, {}, {}, ({},))
    small = kit("kick", "snare")
    assert {note.pitch for note in write_drums(here, style, "snare", small)} == {38}
    assert write_drums(here, style, "hat", small) == ()


def test_a_voice_and_its_stand_in_never_strike_twice_at_once():
    style = DrumStyle({"clap": "....8.......8...", "snare": "....9.......9..."}, {}, {}, {}, ({},))
    notes = write_drums(context(plan((("verse", 2, 6),))), style, "snare", kit("snare"))
    assert len(notes) == len({note.start_ticks for note in notes})


@pytest.mark.parametrize(
    ("meter", "row"),
    [
        ("4/4", "9..5....8.....6."),
        ("3/4", "9..5......6."),
        ("6/8", "9..5.5......"),
        ("5/4", "9..5....8.....6...6."),
        ("2/4", "9..5..6."),
        ("7/8", "9..5....8...6."),
    ],
)
def test_rows_fit_the_meter(meter, row):
    fitted = fit_row("9..5....8.....6.", Meter.parse(meter))
    assert len(fitted) == Meter.parse(meter).sixteenths_per_bar
    assert fitted == row


def test_waltz_strikes_kick_on_one_and_snare_on_two_and_three():
    song = plan((("verse", 4, 4.5),), meter="3/4")
    assert rows(song, 0, "kick")[0][0] == "x"
    assert rows(song, 0, "snare")[0] == "....x...x..."


def test_drop_out_silences_the_end_before_a_chorus():
    style = DrumStyle(PLAIN.base, PLAIN.low, {}, {}, PLAIN.fills, drop_out_steps=4)
    song = plan((("verse", 8, 5), ("chorus", 8, 8), ("outro", 4, 3)))
    assert rows(song, 0, "snare", style)[7] == "....x...x.x....."
    assert drop_out_ticks(context(song, 0), style) == 8 * 3840 - 960
    assert drop_out_ticks(context(song, 1), style) is None


def test_build_rolls_from_quarters_to_sixteenths_and_drops_the_kick():
    song = plan((("build", 8, 6), ("drop", 8, 9)))
    style = DrumStyle(PLAIN.base, PLAIN.low, {}, {}, ({},), build_roll=True)
    snare, kick = rows(song, 0, "snare", style), rows(song, 0, "kick", style)
    assert [bar.count("x") for bar in snare] == [4, 4, 4, 4, 8, 8, 16, 16]
    assert kick[6].count("x") > 0
    assert kick[7] == "................"


def test_sparse_wish_thins_the_drums():
    def hits(character):
        here = context(plan((("verse", 8, 5),), character=character))
        return sum(len(write_drums(here, lofi.DRUMS, role, kit())) for role in DRUM_ROLES)

    assert hits(Character(density_percent=-40)) < hits(Character())


def test_silence_at_energy_zero():
    assert write_drums(context(plan((("break", 4, 0),))), PLAIN, "kick", kit()) == ()


def test_roles_and_instruments_that_cannot_drum_are_refused():
    here = context(plan())
    with pytest.raises(InvalidOption, match="drum role"):
        write_drums(here, PLAIN, "bass", kit())
    with pytest.raises(InvalidOption, match="drum kit"):
        write_drums(here, PLAIN, "kick", kit().model_copy(update={"drum_voices": ()}))


@pytest.mark.parametrize("row", ["9...", "9..............x", "9..............-", ""])
def test_malformed_rows_are_refused(row):
    with pytest.raises(InvalidOption, match="16 digits and dots"):
        DrumStyle({"kick": row}, {}, {}, {}, ({},))


def test_personalised_kick_keeps_the_style_s_own_hits():
    for seed in range(10):
        kick = personalise(lofi.DRUMS, plan(seed=seed)).base["kick"]
        assert all(own in (char, ".") for own, char in zip(lofi.DRUMS.base["kick"], kick, strict=True))
