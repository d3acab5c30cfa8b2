"""Tempo: numbers, words, terms, and changes that are named and not done."""

import pytest

from aurax.errors import InvalidPrompt
from aurax.intent.readers.tempo import read_tempo
from aurax.intent.text import clean_prompt


def tempo_of(prompt):
    return read_tempo(clean_prompt(prompt))


@pytest.mark.parametrize(
    ("prompt", "bpm"),
    [
        ("techno, 909, analog chords, 128 bpm", 128), ("60 and 70 beats a minute", 65), ("~128 bpm", 128),
        ("tempo ~128, tonality Gm", 128), ("≈ 128", 128), ("128ish", 128), ("deep house 120-ish", 120),
        ("circa 90", 90),
        ("♩ = 92", 92), ("@ 84", 84), ("84 beats/min", 84), ("90~95", 92.5), ("one hundred and ten bpm", 110),
        ("French house, filtered disco loop, sidechain, 124, funky slap bass", 124),
        ("dubstep, wobble bass, 140, half-time drums", 140), ("deep house 124", 124),
        ("trance at 138 with a lead", 138),
        ("double time feel at 85bpm", 85), ("70 bpm halftime", 70), ("tempo: 120-130", 125),
        ("from 90 to 120 bpm", 105),
        ("between 85 and 95 bpm", 90), ("tempo of one hundred twenty", 120), ("bpm=96", 96), ("lofi, 90", 90),
        ("150+ bpm", 150), ("trap 140/70 bpm", 140), ("tempo between 70 and 80", 75), ("mid 120s bpm", 124.5),
        ("one twenty eight bpm", 128), ("one forty bpm grime", 140),
        ("Tempo 90", 90), ("lofi - 78bpm - Dm - 2:30", 78), ("House um die 125 bpm", 125), ("BPM は 128 で", 128),
        ("128のテンポで", 128), ("bpm在90到100之间", 95), ("ein Beat mit hundertzehn BPM", 110),
        ("tempo de 110", 110), ("a 96 bpm", 96),
        ("cent dix bpm", 110), ("ciento diez bpm", 110), ("cento e dez bpm", 110), ("centoventi bpm", 120),
        ("切ないバラード、BPM72、ストリングス", 72), ("明るい、テンポ110、3分", 110), ("テンポは110", 110),
        ("BPM：１２８", 128),
        ("舞曲,128拍每分钟,D小调", 128), ("每分钟120拍", 120), ("速度120", 120), ("百二十BPM", 120),
        ("deep house,122 BPM,温暖", 122),
    ],
)  # fmt: skip
def test_a_number_with_its_unit_or_key_word_is_a_tempo(prompt, bpm):
    (number,) = tempo_of(prompt).numbers
    assert number.value.bpm == bpm


def test_a_range_is_kept():
    (number,) = tempo_of("something between 60 and 70 beats a minute").numbers
    assert (number.value.low_bpm, number.value.high_bpm, number.value.is_range) == (60, 70, True)
    assert number.quote == "between 60 and 70 beats a minute"


@pytest.mark.parametrize(
    "prompt",
    [
        "808, 909", "techno, 303, acid", "route 66", "blink 182", "studio 54, disco", "4 on the floor", "two guitars",
        "12-string", "24-bit", "7th chords", "around 100 people", "tempo 3/4", "at 90%", "16-bit", "area 51",
        "sum 41",
        "lofi, 45, warm", "opus 111", "808s", "punk like blink-182", "in 1962", "三拍子", "128kbps", "at 120 degrees",
    ],
)  # fmt: skip
def test_other_numbers_are_no_tempo(prompt):
    assert tempo_of(prompt).numbers == ()


@pytest.mark.parametrize("prompt", ["0 bpm", "at 5000 bpm", "-80 bpm", "tempo: 400", "301 beats per minute"])
def test_a_sure_tempo_out_of_range_is_refused(prompt):
    with pytest.raises(InvalidPrompt, match="30 to 300 BPM"):
        tempo_of(prompt)


@pytest.mark.parametrize(
    ("prompt", "percent", "place"),
    [
        ("slow", -20, 0.15), ("very slow", -30, 0.0), ("fast", 15, 0.85), ("fast-paced techno", 15, 0.85),
        ("brisk", 15, 0.85),
        ("medium tempo", 0, 0.5), ("midtempo", 0, 0.5), ("langsam", -20, 0.15), ("sehr schnell", 22.5, 1.0),
        ("valse lente", -20, 0.15), ("balada lenta", -20, 0.15), ("rápido", 15, 0.85), ("devagar", -20, 0.15),
        ("veloce", 15, 0.85), ("ゆっくり", -20, 0.15), ("アップテンポ", 15, 0.85), ("慢板", -20, 0.15),
        ("快节奏", 15, 0.85),
        ("忧伤的慢歌", -20, 0.15), ("中速", 0, 0.5),
    ],
)  # fmt: skip
def test_words_bend_the_tempo_or_place_it_in_a_range(prompt, percent, place):
    (word,) = tempo_of(prompt).words
    assert (word.value.percent, pytest.approx(word.value.place)) == (percent, place)


@pytest.mark.parametrize(
    "prompt",
    [
        "slow attack pads",
        "quick fade",
        "slow-moving pads",
        "a slow build",
        "高速道路の夜",
        "beyond the grave",
        "voix grave",
        "concierto en vivo",
        "スローモーション",
        "慢动作",
        "fast arpeggios",
    ],
)
def test_words_about_a_detail_or_something_else_are_not_about_the_song(prompt):
    wish = tempo_of(prompt)
    assert (wish.words, wish.terms) == ((), ())


def test_terms_have_their_usual_tempo():
    assert [one.value for one in tempo_of("adagio, then 快板").terms] == [70, 132]


@pytest.mark.parametrize(
    ("prompt", "kind", "from_bpm", "to_bpm"),
    [
        ("tempo changes from 90 to 120 bpm", "faster", 90, 120),
        ("start at 90 bpm and speed up to 140 by the end", "faster", 90, 140),
        ("starts at 140 bpm and slows down to 90", "slower", 140, 90),
        ("klezmer, accelerating", "faster", None, None), ("ritardando at the end", "slower", None, None),
        ("wird immer schneller", "faster", None, None), ("de plus en plus vite", "faster", None, None),
        ("cada vez más rápido", "faster", None, None), ("だんだん速くなる", "faster", None, None),
        ("越来越快", "faster", None, None),
    ],
)  # fmt: skip
def test_changes_on_the_way_are_told_apart_from_the_tempo(prompt, kind, from_bpm, to_bpm):
    wish = tempo_of(prompt)
    (change,) = wish.changes
    assert (change.value.kind, change.value.from_bpm, change.value.to_bpm) == (kind, from_bpm, to_bpm)
    assert [one.value.bpm for one in wish.numbers] == ([] if from_bpm is None else [from_bpm])
    assert wish.words == ()


def test_a_change_is_said_not_to_be_done(read):
    intent = read("lofi, tempo changes from 90 to 120 bpm")
    assert intent.tempo_bpm == 90
    change = next(one for one in intent.wishes if one.words == "tempo changes from 90 to 120 bpm")
    assert (change.field, change.fate, change.reason) == ("structure", "not_done", "a song keeps one tempo")
