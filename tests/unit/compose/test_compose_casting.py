import pytest
from builders.casts import INSTRUMENTS

from aurax.compose.arrangement import assign_parts
from aurax.compose.casting import cast_parts
from aurax.compose.palette import PartSpec
from aurax.compose.style_registry import load_styles
from aurax.compose.transitions import FxStyle
from aurax.errors import UnknownPlugin
from aurax.score.role import DRUM_ROLES

PALETTE = (
    PartSpec("kick", ("kit-lofi",), 4.0),
    PartSpec("snare", ("kit-lofi",), 4.0),
    PartSpec("hat", ("kit-lofi",), 4.0),
    PartSpec("bass", ("sub-bass",), 4.0),
    PartSpec("chords", ("electric-piano", "piano"), 0.0),
    PartSpec("lead", ("soft-lead",), 6.0),
    PartSpec("counter", ("bell",), 6.0, first_pass=1),
    PartSpec("texture", ("vinyl",), 0.0, chance=0.0, moods=("dusty",)),
)


def cast(**wishes):
    parts, _ = cast_parts(PALETTE, INSTRUMENTS, 1, **wishes)
    return {one.spec.part_name: one.instrument.name for one in parts}


def test_the_palette_is_cast_with_one_kit_for_all_drums():
    assert cast() == {
        "kick": "kit-lofi", "snare": "kit-lofi", "hat": "kit-lofi", "bass": "sub-bass",
        "chords": cast()["chords"], "lead": "soft-lead", "counter": "bell",
    }  # fmt: skip


def test_a_mood_makes_a_rare_part_certain():
    assert cast(moods=("dusty",))["texture"] == "vinyl"


@pytest.mark.parametrize("word", ["drums", "beat", "percussion", "drumless"])
def test_no_drums_means_no_drum_role(word):
    assert not {"kick", "snare", "hat", "perc"} & set(cast(unwanted=(word,)))


def test_a_refused_role_is_left_out():
    assert "bass" not in cast(unwanted=("bass",))


def test_a_refused_instrument_is_replaced_by_another_of_its_role():
    assert cast(unwanted=("electric piano",))["chords"] == "piano"
    assert cast(unwanted=("keys",))["chords"] in ("pluck", "supersaw")


def test_a_wished_family_takes_over_the_part_that_fits():
    assert cast(wanted=("guitar",))["counter"] == "pluck"
    assert cast(wanted=("organ",))["chords"] == "organ"


def test_two_wishes_for_one_part_both_come_true():
    wished = cast(wanted=("organ", "piano"))

    assert {"organ", "piano"} <= set(wished.values())
    assert len(wished) == len(set(wished))


def test_wished_drums_come_to_a_palette_without_them():
    parts, _ = cast_parts(PALETTE[4:], INSTRUMENTS, 1, wanted=("drums",))

    assert {"kick", "snare", "hat"} <= {one.spec.role for one in parts}


def test_only_the_wished_may_play():
    assert cast(wanted=("piano",), only_wanted=True) == {"chords": "piano", "lead": "piano"}
    assert set(cast(wanted=("electric piano", "bass", "drums"), only_wanted=True)) == {
        "kick", "snare", "hat", "bass", "chords", "lead",
    }  # fmt: skip


def test_a_lone_instrument_gets_the_roles_that_fill_its_bars():
    assert cast(wanted=("music box",), only_wanted=True) == {"arp": "bell", "lead": "bell"}
    assert cast(wanted=("flute-like",), only_wanted=True) == {"lead": "soft-lead", "counter": "soft-lead"}


STYLES = load_styles()
ONLY = (
    ("bass", "drums"), ("drums",), ("kick",), ("hat", "bass"), ("pad",), ("lead",), ("chords",), ("arp",), ("bass",),
    ("piano",), ("piano", "rain"), ("vinyl",), ("riser", "pad"), ("electric piano", "bass", "drums"), ("organ",),
    ("texture", "chords"),
)  # fmt: skip
"""What a prompt may allow alone."""
REFUSED = ((), ("chords",), ("lead", "counter"), ("drums",), ("counter", "arp", "pad"))


def plays(one, word):
    drums = one.spec.role in DRUM_ROLES or one.instrument.is_kit
    return drums if word == "drums" else word in (one.spec.role, one.instrument.name, *one.instrument.families)


@pytest.mark.parametrize("wanted", ONLY, ids=" and ".join)
@pytest.mark.parametrize("style", sorted(STYLES))
def test_nothing_but_what_was_allowed_is_cast_and_all_of_it(style, wanted):
    for seed in range(12):
        parts, _ = cast_parts(STYLES[style].palette, INSTRUMENTS, seed, wanted=wanted, only_wanted=True)
        assert parts
        for one in parts:
            assert any(plays(one, word) for word in wanted), (seed, one)
        for word in wanted:
            assert any(plays(one, word) for one in parts), (seed, word)


@pytest.mark.parametrize("unwanted", REFUSED, ids=" ".join)
@pytest.mark.parametrize("style", sorted(STYLES))
def test_a_solo_piano_plays_no_hand_that_was_refused(style, unwanted):
    for seed in range(12):
        parts, _ = cast_parts(
            STYLES[style].palette, INSTRUMENTS, seed, wanted=("piano",), unwanted=unwanted, only_wanted=True
        )
        assert {one.instrument.name for one in parts} == {"piano"}
        assert not {one.spec.role for one in parts} & set(unwanted)


@pytest.mark.parametrize("unwanted", REFUSED[1:], ids=" ".join)
@pytest.mark.parametrize("style", sorted(STYLES))
def test_no_wish_brings_back_a_refused_role(style, unwanted):
    for seed in range(12):
        parts, _ = cast_parts(
            STYLES[style].palette, INSTRUMENTS, seed, wanted=("organ", "bell", "piano"), unwanted=unwanted
        )
        assert not any(plays(one, word) for one in parts for word in unwanted if word != "drums")


def test_a_lone_part_gets_no_second_hand_of_another_part():
    assert set(cast(wanted=("chords",), only_wanted=True)) == {"chords"}
    assert set(cast(wanted=("lead",), only_wanted=True)) == {"lead"}


def test_unlucky_dice_still_leave_three_pitched_parts():
    shy = [PartSpec(role, ("piano",), 0.0, chance=0.01) for role in ("chords", "lead", "counter", "pad")]
    parts, _ = cast_parts(shy, INSTRUMENTS, 1)

    assert len(parts) == 3


def test_a_song_is_never_empty_and_says_so():
    roles = ("drums", "bass", "chords", "lead", "counter", "pad", "arp", "texture")
    parts, remarks = cast_parts(PALETTE, INSTRUMENTS, 1, unwanted=roles)

    assert len(parts) == 1
    assert "excluded" in remarks[0]


def test_a_wish_that_nothing_can_play_is_remarked():
    _, remarks = cast_parts(PALETTE, INSTRUMENTS, 1, wanted=("theremin",))

    assert "theremin" in remarks[0]


def test_without_any_instrument_nothing_can_be_cast():
    with pytest.raises(UnknownPlugin):
        cast_parts(PALETTE, {}, 1)


def sections(*drafts, density=0.0, **wishes):
    parts, _ = cast_parts(PALETTE, INSTRUMENTS, 1, **wishes)
    return [section.parts for section in assign_parts(drafts, parts, density, FxStyle(), 1)]


def test_parts_join_with_energy():
    assert sections(("intro", 4, 3.0), ("verse", 8, 5.0), ("chorus", 8, 8.0)) == [
        ("chords",), ("kick", "snare", "hat", "bass", "chords"), ("kick", "snare", "hat", "bass", "chords", "lead"),
    ]  # fmt: skip


def test_a_part_may_wait_for_the_return_of_its_section():
    played = sections(("chorus", 8, 8.0), ("chorus", 8, 8.0))

    assert ["counter" in parts for parts in played] == [False, True]


def test_a_sparse_song_has_fewer_parts():
    drafts = (("verse", 8, 5.0), ("chorus", 8, 8.0))

    assert len(sections(*drafts, density=-40.0)[0]) < len(sections(*drafts)[0])


def test_the_softest_song_still_has_three_pitched_parts_at_its_fullest():
    assert max(len(parts) for parts in sections(("verse", 8, 1.0), ("chorus", 8, 1.5), density=-60.0)) >= 3


def test_no_return_has_the_same_parts_where_one_may_rest():
    palette = (*PALETTE[4:], PartSpec("pad", ("soft-pad",), 0.0), PartSpec("arp", ("pluck",), 0.0))
    parts, _ = cast_parts(palette, INSTRUMENTS, 1)
    first, second = assign_parts([("verse", 8, 5.0), ("verse", 8, 5.0)], parts, 0.0, FxStyle(), 1)

    assert set(second.parts) < set(first.parts)


def test_a_wished_part_is_heard_in_most_of_the_song():
    played = sections(("intro", 4, 3.0), ("verse", 16, 5.0), ("chorus", 8, 8.0), ("outro", 4, 3.0), wanted=("lead",))

    assert sum(bars for bars, parts in zip((4, 16, 8, 4), played, strict=True) if "lead" in parts) >= 16


@pytest.mark.parametrize("style", sorted(load_styles()))
def test_density_follows_energy_in_every_style(style):
    palette = load_styles()[style].palette
    shapes = load_styles()[style].form.shapes
    parts, _ = cast_parts(palette, INSTRUMENTS, 3)
    drafts = [(name, 8, shapes[name].energy) for name in ("intro", "verse", "chorus", "outro")]
    intro, verse, chorus, outro = assign_parts(drafts, parts, 0.0, FxStyle(), 1)

    assert len(intro.parts) <= len(verse.parts) <= len(chorus.parts)
    assert len(outro.parts) <= len(verse.parts)
