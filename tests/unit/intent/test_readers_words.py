"""Loops, refusals, degrees and "only", and the files of words behind them."""

import pytest

from aurax.intent.readers.language import LANGUAGES, any_of, language, phrases
from aurax.intent.readers.loops import read_loop
from aurax.intent.readers.negation import degree_before, only_after, only_before, refusal_after, refusal_before
from aurax.intent.text import clean_prompt, fold


@pytest.mark.parametrize(
    "prompt",
    [
        "16 bar loop", "loopable", "seamless loop", "150 BPM, loop", "lofi loop", "4 bar house loop 124 bpm",
        "lofi, short loop",
        "a beat that loops", "drum loop, 2 bars", "lofi, 8-taktige Schleife", "boucle de 8 mesures",
        "lofi, loop de 8 compassos",
        "シームレスループ", "ループ lofi", "无缝循环", "8小节循环", "loops forever", "lofi, make it loop",
    ],
)  # fmt: skip
def test_a_song_that_is_a_loop(prompt):
    assert read_loop(clean_prompt(prompt)) is not None


@pytest.mark.parametrize(
    "prompt",
    [
        "French house, filtered disco loop, sidechain", "loop pedal folk", "ambient with loop pedal",
        "with drum loops",
        "looping arpeggios", "not a loop", "no loop please", "house built on a vocal loop", "techno, drum loop",
        "looped vocals",
        "loop-based hip hop", "ループなし", "breakbeat, amen loop, 160 bpm", "techno, one-shot loop pack",
        "ohne Schleife",
    ],
)  # fmt: skip
def test_material_devices_and_refusals_are_no_loop(prompt):
    assert read_loop(clean_prompt(prompt)) is None


@pytest.mark.parametrize(
    ("prompt", "word", "kind"),
    [
        ("w/o drums", "drums", "listing"), ("exclude drums", "drums", "listing"),
        ("without drums", "drums", "listing"),
        ("no need for drums", "drums", "plain"), ("hold the drums", "drums", "plain"),
        ("no big heavy drums", "drums", "plain"),
        ("rather not have drums", "drums", "plain"), ("guitar instead of piano", "piano", "plain"),
        ("ohne Schlagzeug", "schlagzeug", "listing"), ("kein Klavier", "klavier", "plain"),
        ("sans batterie", "batterie", "listing"), ("pas de batterie", "batterie", "plain"),
        ("sin batería", "bateria", "listing"), ("nada de batería", "bateria", "plain"),
        ("sem bateria", "bateria", "listing"),
        ("senza batteria", "batteria", "listing"), ("niente batteria", "batteria", "plain"),
        ("没有鼓", "鼓", "listing"), ("不要钢琴", "钢琴", "listing"), ("无人声", "人声", "listing"),
        ("不带任何鼓", "鼓", "listing"),
        ("w/out drums", "drums", "listing"), ("shouldn't have drums", "drums", "plain"),
        ("不是爵士", "爵士", "plain"),
        ("no more than two guitars", "guitars", None), ("if not drums then piano", "drums", None),
        ("not only drums", "drums", None), ("without piano but drums", "drums", None), ("with drums", "drums", None),
        ("无缝循环", "循环", None), ("piano, drums", "drums", None),
    ],
)  # fmt: skip
def test_words_before_refuse(prompt, word, kind):
    folded = clean_prompt(prompt).folded
    assert refusal_before(folded, 0, folded.index(word)) == kind


@pytest.mark.parametrize(
    ("prompt", "word", "is_refused"),
    [
        ("drums (none)", "drums", True), ("drums: 0", "drums", True), ("drums: 0.5", "drums", False),
        ("drums: none", "drums", True), ("drums: no", "drums", True), ("drums none", "drums", True),
        ("drum-free", "drum", True),
        ("drumless", "drum", True), ("schlagzeuglos", "schlagzeug", True), ("ドラムなし", "ドラム", True),
        ("ドラム抜き", "ドラム", True),
        ("ボーカルはいらない", "ボーカル", True), ("人声不要", "人声", True), ("drums only", "drums", False),
        ("drums, no bass", "drums", False),
        ("drums no bass", "drums", False), ("drums: brushed", "drums", False), ("ドラムとベース", "ドラム", False),
        ("drums, free jazz", "drums", False),
    ],
)  # fmt: skip
def test_words_after_refuse(prompt, word, is_refused):
    folded, word = clean_prompt(prompt).folded, fold(word)
    assert (refusal_after(folded, folded.index(word) + len(word)) is not None) == is_refused


@pytest.mark.parametrize(
    ("prompt", "word", "factor"),
    [
        ("slow", "slow", 1.0), ("very slow", "slow", 1.5), ("a bit slow", "slow", 0.5),
        ("not too fast", "fast", -0.5),
        ("less fast", "fast", -1.0), ("sehr langsam", "langsam", 1.5), ("un peu lent", "lent", 0.5),
        ("muy lento", "lento", 1.5),
        ("não muito rápido", "rapido", -0.5), ("molto lento", "lento", 1.5), ("とても速い", "速い", 1.5),
        ("不太快", "快", -0.5),
        ("有点慢", "慢", 0.5),
    ],
)  # fmt: skip
def test_degrees_scale_a_word(prompt, word, factor):
    folded = clean_prompt(prompt).folded
    assert degree_before(folded, folded.index(word))[0] == factor


@pytest.mark.parametrize(
    ("prompt", "word", "is_before", "is_after"),
    [
        ("only piano", "piano", True, False), ("just a piano", "piano", True, False),
        ("piano only", "piano", False, True),
        ("nur Klavier", "klavier", True, False), ("solo piano", "piano", True, False),
        ("piano seul", "piano", False, True),
        ("ピアノだけ", "ピアノ", False, True), ("只有钢琴", "钢琴", True, False), ("钢琴独奏", "钢琴", False, True),
        ("piano and bass", "piano", False, False), ("not only piano", "piano", False, False),
    ],
)  # fmt: skip
def test_only_is_seen_on_both_sides(prompt, word, is_before, is_after):
    folded, word = clean_prompt(prompt).folded, fold(word)
    start = folded.index(word)
    assert (only_before(folded, start) is not None, only_after(folded, start + len(word)) is not None) == (
        is_before,
        is_after,
    )


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_language_names_units_parts_and_refusals(name):
    words = language(name)
    for section in (
        "ranges",
        "units",
        "tempo",
        "length",
        "parts",
        "key",
        "meter",
        "loop",
        "era",
        "negation",
        "only",
        "degrees",
    ):
        assert section in words
    assert all(words["units"][unit] for unit in ("minute", "second", "bar", "bpm"))


def test_a_list_that_no_language_has_is_a_mistake():
    with pytest.raises(KeyError, match=r"units\.fortnight"):
        phrases("units", "fortnight")


def test_no_words_make_a_pattern_that_matches_nothing():
    assert any_of(()) == "(?!)"


@pytest.mark.parametrize("words", ["ß ½ ワルツ １２８ ♯ Ä é ガ", "İstanbul", "ﬁne"])
def test_folding_keeps_every_place(words):
    assert len(fold(words)) == len(words)
