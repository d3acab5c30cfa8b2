"""Misreadings that were found by trying, each with others of its kind: numbers, tempo, key, length and form."""

import pytest


def fields(intent, field):
    return [wish for wish in intent.wishes if wish.field == field]


def words_of(intent, field):
    return [wish.words.lower() for wish in fields(intent, field)]


@pytest.mark.parametrize(
    ("prompt", "bpm"),
    [
        ("Detroit techno, 909, analog chords, 128 bpm", 128),
        ("electro, 808, vocoder, 115 bpm", 115),
        ("acid house, 303, 707, 126 BPM", 126),
        ("synthwave with a 106 and a DX7, 96 bpm", 96),
        ("lofi ~128", 128),
        ("house, one hundred and ten bpm", 110),
        ("lofi, seventy-eight bpm", 78),
        ("lofi between 60 and 70 bpm", 65),
        ("between 60 and 70 beats a minute, ambient", 65),
        ("lofi between 85 and 95 bpm", 90),
        ("lofi, 90~95", 92.5),
        ("lofi ♩ = 92", 92),
        ("lofi @ 84", 84),
        ("lofi 84 beats/min", 84),
        ("house 120-ish", 120),
        ("house, 95ish bpm", 95),
        ("techno 130 bmp", 130),
    ],
)
def test_only_a_number_that_is_a_tempo_is_one(read, prompt, bpm):
    assert read(prompt).tempo_bpm == pytest.approx(bpm)


@pytest.mark.parametrize(
    "prompt", ["techno, 909", "house, 808, 707", "EBM with a 101", "retro RPG, 16-bit", "dub, 45 rpm"]
)
def test_a_machine_s_number_is_no_tempo(read, prompt):
    assert not [wish for wish in fields(read(prompt), "tempo") if any(char.isdigit() for char in wish.words)]


@pytest.mark.parametrize(
    ("prompt", "low_bpm", "high_bpm"),
    [
        ("fast bebop", 180, 300),
        ("salsa, fast", 95, 260),
        ("fast punk", 170, 240),
        ("slow doom metal", 40, 75),
        ("slow blues", 45, 80),
        ("breakneck bluegrass", 130, 240),
    ],
)
def test_tempo_words_count_from_the_genre_that_was_named(read, prompt, low_bpm, high_bpm):
    assert low_bpm <= read(prompt).tempo_bpm <= high_bpm


@pytest.mark.parametrize(
    "prompt", ["industrial EBM", "EBM, body music", "EDM drop", "a EBM track at 125", "GM drums", "CMI samples"]
)
def test_names_in_capitals_are_no_keys(read, prompt):
    assert read(prompt).tonic is None


@pytest.mark.parametrize(
    ("prompt", "tonic", "mode"),
    [
        ("lofi, A min, 85 bpm", "A", "minor"),
        ("lofi in C# min", "C#", "minor"),
        ("lofi, ré mineur", "D", "minor"),
        ("lofi, la menor", "A", "minor"),
        ("lofi, sol mayor", "G", "major"),
        ("lofi en la mineur", "A", "minor"),
        ("lofi, si bémol majeur", "Bb", "major"),
        ("lofi in the dorian mode on D", "D", "dorian"),
        ("harp piece in G flat major", "Gb", "major"),
        ("Key Gm, dark", "G", "minor"),
    ],
)
def test_keys_in_letters_and_in_sung_notes(read, prompt, tonic, mode):
    assert (read(prompt).tonic, read(prompt).mode) == (tonic, mode)


@pytest.mark.parametrize(
    "prompt", ["lofi, A min, 85 bpm", "retrowave, outrun, 80s, analog synths", "French house, filtered disco loop"]
)
def test_what_is_no_length_leaves_the_style_s_own(read, prompt):
    intent = read(prompt)
    assert fields(intent, "length") == []
    assert intent.duration_s >= 60


@pytest.mark.parametrize("prompt", ["60 and 70 beats a minute, ambient", "ambient at 62 beats a minute"])
def test_beats_a_minute_are_no_length(read, prompt):
    assert fields(read(prompt), "length") == []


@pytest.mark.parametrize(
    ("prompt", "seconds"),
    [
        ("lofi, a minute", 60),
        ("twenty-five seconds lofi", 25),
        ("lofi, forty five seconds", 45),
        ("lofi, ninety seconds", 90),
        ("lofi, one hundred and twenty seconds", 120),
        ("lofi 20s, fade in 3 seconds", 20),
        ("lofi duration=20", 20),
        ("lofi 1'30\"", 90),
        ("lofi, 1 min 15 sec, button ending", 75),
        ("4ish minutes of lofi", 240),
        ("Ten minutes would be too long; give me four", 240),
        ("Ten minutes is way too much, three is fine. ambient", 180),
        ("ambient. An hour is far too long, make it 20 minutes", 1200),
        ("not five minutes, two minutes is plenty, lofi", 120),
    ],
)
def test_lengths_in_words_and_answers_to_lengths_that_were_refused(read, prompt, seconds):
    assert read(prompt).duration_s == pytest.approx(seconds)


@pytest.mark.parametrize(
    "prompt",
    [
        "house with a short spoken sample",
        "lofi, a short synth riff",
        "rock with a short guitar solo",
        "techno with short stabs",
    ],
)
def test_a_short_part_makes_no_short_song(read, prompt):
    assert fields(read(prompt), "length") == []


@pytest.mark.parametrize("prompt", ["a short song, lofi", "lofi, short", "a short happy ukulele song"])
def test_a_short_song_is_short(read, prompt):
    assert read(prompt).duration_s == 45


@pytest.mark.parametrize(
    ("prompt", "bars"),
    [
        ("intro 4 bars, drop 8 bars, outro 4 bars, house 122 bpm", 16),
        ("Intro - 8 bars, verse - 16 bars, chorus - 8 bars; house 122", 32),
        ("house, intro: 4 bars, break: 8 bars, outro: 4 bars", 16),
        ("8-bar loop at 120 bpm, lofi", 8),
        ("a loop of four bars, techno", 4),
    ],
)
def test_bars_of_sections_add_up_and_loops_have_theirs(read, prompt, bars):
    assert read(prompt).bars == bars


def test_an_eight_bar_loop_has_exactly_its_bars_and_no_ending(read):
    intent = read("8-bar loop at 120 bpm, lofi")
    assert (intent.loop, intent.duration_s, intent.ending) == (True, 16.0, "style")


@pytest.mark.parametrize(
    "prompt", ["French house, filtered disco loop", "hip hop with a chopped soul loop", "over a guitar loop, lofi"]
)
def test_a_loop_as_material_is_no_loop(read, prompt):
    assert not read(prompt).loop


@pytest.mark.parametrize(
    "prompt", ["ambient 20s, no fade out", "ambient without a fade-out", "lofi, don't fade out at the end"]
)
def test_a_fade_that_is_refused_is_refused(read, prompt):
    assert "fade" in read(prompt).refused_endings
    assert read(prompt).ending != "fade"


@pytest.mark.parametrize(
    "prompt",
    [
        "tempo changes from 90 to 120 bpm",
        "klezmer that gets faster and faster",
        "starts at 80 bpm and speeds up to 140",
    ],
)
def test_a_tempo_that_changes_is_said_not_to_be_done(read, prompt):
    assert [wish for wish in fields(read(prompt), "structure") if wish.fate == "not_done"]


@pytest.mark.parametrize(
    ("prompt", "decade"),
    [
        ("retrowave, 80s, analog", "1980s"),
        ("boom bap from 1994", "1990s"),
        ("1950s doo-wop", "1950s"),
        ("surf rock, 1962", "1960s"),
        ("dubstep circa 2010", "2010s"),
        ("jazz of the roaring twenties", "1920s"),
        ("early 2000s trance", "2000s"),
    ],
)
def test_decades_and_years_are_eras(read, prompt, decade):
    assert [wish.value for wish in fields(read(prompt), "era")] == [decade]


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("pop, chorus, AABA form", "letter form"),
        ("pop with a key change", "key change"),
        ("rock, sudden silence before the chorus", "sudden silence"),
        ("strings enter one by one", "parts that come in one by one"),
        ("slow fade in, ambient", "fade in"),
    ],
)
def test_wishes_for_the_form_that_cannot_be_had_are_said(read, prompt, kind):
    assert [wish.fate for wish in fields(read(prompt), "structure") if wish.value == kind] == ["not_done"]


def test_a_number_makes_a_word_for_the_length_more_precise(read):
    assert {wish.fate for wish in fields(read("pop jingle, 15 seconds"), "length")} == {"exact"}


def test_a_word_for_the_length_that_contradicts_the_number_is_not_done(read):
    assert "not_done" in {wish.fate for wish in fields(read("jingle, five minutes"), "length")}
