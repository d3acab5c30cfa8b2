"""Lengths, limits, moments and bars, and what is none of them."""

import pytest

from aurax.errors import InvalidPrompt
from aurax.intent.readers.lengths import (
    read_bars,
    read_length_bounds,
    read_length_words,
    read_lengths,
    read_refused_lengths,
)
from aurax.intent.readers.moments import bars_of_sections, read_moments
from aurax.intent.text import clean_prompt


def lengths(prompt):
    return [one.value for one in read_lengths(clean_prompt(prompt))]


@pytest.mark.parametrize(
    ("prompt", "seconds"),
    [
        ("lofi 20s, fade in 3 seconds", 20), ("Ten minutes would be too long; give me four", 240),
        ("I don't need 5 minutes, three will do", 180), ("10 minutes is too much, make it 3", 180),
        ("2 minutes instead of 5 minutes", 120), ("I want 3 minutes, not 5 minutes", 180),
        ("zehn Minuten wären zu lang, nimm vier", 240), ("dix minutes c'est trop long, fais quatre", 240),
        ("十分钟太长,给我四分钟", 240), ("between 2 and 3 minutes", 150), ("duration=20", 20), ("length: 90", 90),
        ("house with the drop at 0:45 and a break at 1:30, total 3:00", 180), ("total 3:00, first drop at 0:45", 180),
        ("30-second intro for my podcast", 30), ("2 minutes ending with a bang", 120),
        ("45 second solo piano piece", 45),
        ("a drone that evolves over 10 minutes", 600), ("no fade out 20 seconds", 20),
        ("long groove of 8 minutes", 480),
        ("lofi 20s, 3 seconds", 20), ("exactly two minutes", 120), ("a minute or two", 90), ("30\" spot", 30),
        ("a :30 spot", 30), ("a 1 minute 20 track", 80), ("30-60s", 45), ("three quarters of a minute", 45),
        ("the song should last 2 minutes", 120),
        ("it ends after 2 minutes", 120), ("deux minutes trente", 150), ("eine Minute dreißig", 90),
        ("one hundred and twenty seconds", 120),
        ("3分", 180), ("明るい曲、3分でお願いします", 180), ("música calma, um minuto", 60),
        ("悲伤的钢琴曲,两分钟", 120),
    ],
)  # fmt: skip
def test_the_length_that_counts_stands_last(prompt, seconds):
    assert lengths(prompt)[-1] == seconds


@pytest.mark.parametrize(
    "prompt",
    [
        "fade in 3 seconds", "a drop at 0:45", "leave the last two seconds empty", "a 10 second outro",
        "drop 30 seconds in",
        "5 minutes would be too much", "at most 90 seconds", "A min, 85 bpm", "beat comes in at 0:20", "3:30 pm mood",
        "30-second fade out", "filtered disco loop", "from 0:30 to 1:00 drums only", "intro under 10 seconds",
        "start with 5 seconds of rain",
        "like Thirty Seconds to Mars", "5 Seconds of Summer type pop punk", "3 seconds of silence", "808s",
    ],
)  # fmt: skip
def test_moments_limits_and_refused_lengths_are_no_length(prompt):
    assert lengths(prompt) == []


@pytest.mark.parametrize("prompt", ["4 seconds", "0 seconds of lofi", "21 minutes", "3 hours of rain", "90:00 ambient"])
def test_a_sure_length_that_cannot_be_made_is_refused(prompt):
    with pytest.raises(InvalidPrompt, match="5 seconds to 20 minutes"):
        lengths(prompt)


@pytest.mark.parametrize(
    ("prompt", "kind", "seconds"),
    [
        ("at most 90 seconds", "at most", 90), ("2 minutes max", "at most", 120),
        ("no longer than 3 minutes", "at most", 180),
        ("less than two minutes", "less than", 120), ("under 2 minutes", "less than", 120),
        ("at least 3 minutes", "at least", 180),
        ("no less than 4 minutes", "at least", 240), ("over 3 minutes", "more than", 180),
        ("höchstens 2 Minuten", "at most", 120),
        ("au moins 2 minutes", "at least", 120), ("menos de dos minutos", "less than", 120),
        ("3分以内", "at most", 180),
        ("不超过两分钟", "at most", 120),
    ],
)  # fmt: skip
def test_limits_are_read_as_limits(prompt, kind, seconds):
    text = clean_prompt(prompt)
    (bound,) = read_length_bounds(text)
    assert (bound.value.kind, bound.value.seconds) == (kind, seconds)
    assert read_lengths(text) == []


def test_a_limit_is_kept_by_the_length_of_the_style(read):
    assert read("lofi, at most 90 seconds").duration_s == 90
    assert read("lofi, less than two minutes").duration_s < 120
    assert read("lofi, at least 4 minutes").duration_s == 240
    assert read("lofi, at most 10 minutes").duration_s == 150


def test_a_refused_length_is_told_apart():
    text = clean_prompt("Ten minutes would be too long; give me four")
    assert [one.value for one in read_refused_lengths(text)] == [600]
    assert [one.quote for one in read_lengths(text)] == ["four"]


@pytest.mark.parametrize(
    ("prompt", "noun", "amount", "unit", "place"),
    [
        ("fade in 3 seconds", "fade in", 3, "s", "length"), ("drop at 0:45", "chorus", 45, "s", "at"),
        ("intro 4 bars", "intro", 4, "bars", "length"), ("8 bar intro", "intro", 8, "bars", "length"),
        ("4 bars of intro", "intro", 4, "bars", "length"), ("the last two seconds", "", 2, "s", "edge"),
        ("3 bar guitar solo", "solo", 3, "bars", "length"), ("chords change every 2 bars", "", 2, "bars", "every"),
        ("drums enter after 8 bars", "", 8, "bars", "at"),
        ("fade out over ten seconds", "fade out", 10, "s", "length"),
        ("イントロ4小節", "intro", 4, "bars", "length"), ("8小節のイントロ", "intro", 8, "bars", "length"),
        ("前奏8小节", "intro", 8, "bars", "length"), ("Intro 8 Takte", "intro", 8, "bars", "length"),
        ("ein Intro von 8 Takten", "intro", 8, "bars", "length"),
        ("estribillo de 8 compases", "chorus", 8, "bars", "length"),
        ("twelve bar blues", "phrase", 12, "bars", "length"), ("8-bar phrases", "phrase", 8, "bars", "length"),
    ],
)  # fmt: skip
def test_amounts_belong_to_the_noun_beside_them(prompt, noun, amount, unit, place):
    (moment,) = read_moments(clean_prompt(prompt))
    assert (moment.value.noun, moment.value.amount, moment.value.unit, moment.value.place) == (
        noun,
        amount,
        unit,
        place,
    )
    assert read_bars(clean_prompt(prompt)) is None


def test_the_bars_of_all_sections_add_up_to_the_song(read):
    prompt = "intro 4 bars, drop 8 bars, outro 4 bars, house 122 bpm"
    summed = bars_of_sections(read_moments(clean_prompt(prompt)))
    assert summed is not None
    assert summed.value == 16
    intent = read(prompt)
    assert (intent.bars, intent.sections) == (16, ("intro", "chorus", "outro"))


@pytest.mark.parametrize(
    ("prompt", "bars"),
    [
        ("16-bar loop", 16),
        ("8 bars of lofi", 8),
        ("sixteen bars", 16),
        ("8-taktige Schleife", 8),
        ("8小节循环", 8),
        ("8-bar groove", 8),
    ],
)
def test_the_bars_of_the_song_are_read(prompt, bars):
    found = read_bars(clean_prompt(prompt))
    assert found is not None
    assert found.value == bars


@pytest.mark.parametrize(
    ("prompt", "seconds"),
    [
        ("a short track", [45]),
        ("short film music", []),
        ("a jingle", [10]),
        ("extended mix", [330]),
        ("kurzes Stück", [45]),
        ("短い曲", [45]),
    ],
)
def test_lengths_in_words(prompt, seconds):
    assert [one.value for one in read_length_words(clean_prompt(prompt))] == seconds
