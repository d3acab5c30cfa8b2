"""The lexicon is built from what is installed: plug-ins are asked for by name without a change anywhere else."""

import pytest

from aurax.intent.intent import StyleInfo
from aurax.intent.reader import analyze
from aurax.score.instrument import InstrumentInfo

TRAP = StyleInfo(
    name="trap",
    title="Trap",
    aliases=("trap",),
    tempo_range_bpm=(130, 150),
    typical_tempo_bpm=140,
    typical_keys=("F minor",),
    typical_duration_s=150,
)


def instrument(name, families, **fields):
    return InstrumentInfo(
        name=name,
        title=name.capitalize(),
        description="for a test",
        roles=("lead", "chords"),
        families=families,
        pitched=True,
        lowest_pitch=36,
        highest_pitch=84,
        polyphony=4,
        tail_s=1.0,
        gm_program=42,
        velocity_response="brighter",
        **fields,
    )


def wish_for(intent, field):
    return next(one for one in intent.wishes if one.field == field and one.value != "nothing else")


@pytest.mark.parametrize("prompt", ["solo cello", "Violoncello allein", "チェロ", "大提琴", "a sad violonchelo"])
def test_a_cello_that_is_installed_plays_what_asks_for_a_cello_in_any_language(styles, instruments, prompt):
    intent = analyze(prompt, styles, (*instruments, instrument("my-cello", ("cello",))))
    assert wish_for(intent, "instrument").fate == "exact"
    assert intent.wanted == ("cello",)


def test_without_one_the_same_words_get_a_stand_in(styles, instruments):
    assert wish_for(analyze("solo cello", styles, instruments), "instrument").fate == "substituted"


def test_an_instrument_brings_words_that_nobody_knew(styles, instruments):
    theirs = instrument("nyckelharpa", ("nyckelharpa",), words=("keyed fiddle",))
    intent = analyze("lofi with a keyed fiddle", styles, (*instruments, theirs))
    wish = wish_for(intent, "instrument")
    assert (wish.words, wish.value, wish.fate) == ("keyed fiddle", "nyckelharpa", "exact")


def test_the_nearest_stand_in_of_all_installed_ones_plays(styles, instruments):
    near = instrument("string-machine", ("strings synth",), stands_in_for={"cello": 0.6})
    wish = wish_for(analyze("cello", styles, (*instruments, near)), "instrument")
    assert (wish.substitute, wish.nearness) == ("string-machine", 0.6)


@pytest.mark.parametrize("prompt", ["dark trap beat, 140 bpm", "トラップ", "trap music with a piano"])
def test_a_style_that_takes_the_name_of_a_genre_takes_all_its_names(styles, instruments, prompt):
    intent = analyze(prompt, (*styles, TRAP), instruments)
    assert intent.style == "trap"
    assert wish_for(intent, "genre").fate == "exact"


def test_without_that_style_the_genre_is_substituted_and_says_by_what(styles, instruments):
    wish = wish_for(analyze("dark trap beat, 140 bpm", styles, instruments), "genre")
    assert (wish.fate, wish.substitute, wish.reason) == ("substituted", "lo-fi hip hop", "no trap here yet")
    assert 0.0 < wish.nearness < 0.5
