"""Prompts in other languages: scripts, inflection, compounds, and small words that mean something elsewhere."""

from collections.abc import Callable

import pytest

from aurax.intent.intent import Intent
from aurax.intent.text import fold

Read = Callable[..., Intent]


def wishes_of(intent: Intent, field: str) -> list[tuple[str, bool]]:
    """What was read of one kind, with whether it is refused."""
    return [(one.value, one.refused) for one in intent.wishes if one.field == field]


def values(intent: Intent, *fields: str) -> set[str]:
    """What is wanted of some kinds."""
    return {one.value for one in intent.wishes if one.field in fields and not one.refused}


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("輕快的爵士鋼琴", "轻快的爵士钢琴"),
        ("憂鬱的後搖滾", "忧郁的后摇滚"),
        ("溫暖的民謠", "温暖的民谣"),
        ("突然結束", "突然结束"),
    ],
)
def test_traditional_characters_are_read_like_simplified_ones(read: Read, traditional: str, simplified: str) -> None:
    def told(prompt: str) -> list[tuple[str, str]]:
        return [(one.field, one.value) for one in read(prompt).wishes]

    assert told(traditional) == told(simplified)
    assert "unknown" not in {field for field, _ in told(traditional)}


def test_voiced_kana_are_letters_of_their_own() -> None:
    assert fold("ハープ") != fold("ハーフ") != fold("ハーブ")


def test_half_width_katakana_are_read_like_full_width_ones(read: Read) -> None:
    assert values(read("静かなﾋﾟｱﾉ、ｷﾞﾀｰ"), "instrument") == {"piano", "guitar"}


@pytest.mark.parametrize(
    ("prompt", "values_of_moods"),
    [
        ("halbes Tempo, hallig, klare Gitarre", {"half-time", "reverb"}),
        ("guitare, son lumineux, langoureux", {"bright", "romantic"}),
        ("chitarra, suono rotondo, commovente, rock", {"warm", "emotional"}),
        ("violão, intimista, som gordo", {"romantic", "heavy"}),
        ("piano, sofisticado, conmovedor", {"elegant", "emotional"}),
        ("ピアノ、透明感、軽快", {"airy", "carefree"}),
    ],
)
def test_adjectives_of_sound_are_read_in_every_language(read: Read, prompt: str, values_of_moods: set[str]) -> None:
    assert values_of_moods <= values(read(prompt), "mood", "production")


@pytest.mark.parametrize(
    ("prompt", "ending"),
    [
        ("Rock, endet abrupt", "hit"),
        ("pop, fondu à la fin", "fade"),
        ("pop, finale sfumato", "fade"),
        ("rock, se desvanece", "fade"),
        ("rock, termina de repente", "hit"),
        ("摇滚,淡出结尾", "fade"),
    ],
)
def test_endings_are_read_in_every_language(read: Read, prompt: str, ending: str) -> None:
    assert read(prompt).ending == ending


@pytest.mark.parametrize(
    ("prompt", "read_as"),
    [
        ("Klavierballade", {"piano", "ballad"}),
        ("Jazzballade", {"jazz", "ballad"}),
        ("Gitarrenpop", {"guitar", "pop"}),
        ("Trompetensolo, Gitarrenriff", {"trumpet", "guitar"}),
        ("Technobeat, Partystimmung", {"techno", "party"}),
        ("Rockmusik im Herbst", {"rock", "autumn"}),
    ],
)
def test_german_compounds_are_read_by_their_parts(read: Read, prompt: str, read_as: set[str]) -> None:
    assert read_as <= values(read(prompt), "instrument", "genre", "mood")


@pytest.mark.parametrize("prompt", ["ブロックチェーン", "クロックの音", "ベルリンの夜", "爱沙尼亚的音乐"])
def test_a_piece_of_an_unknown_word_is_not_read(read: Read, prompt: str) -> None:
    assert not values(read(prompt), "genre", "instrument") | (values(read(prompt), "mood") & {"romantic"})


@pytest.mark.parametrize("prompt", ["ギターロック", "シンセポップ", "夜の海", "ピアノソロ"])
def test_words_that_stand_side_by_side_are_each_read(read: Read, prompt: str) -> None:
    assert not values(read(prompt), "unknown")


def test_a_small_chinese_word_is_parted_from_the_next(read: Read) -> None:
    assert values(read("钢琴和弦乐"), "instrument") == {"piano", "strings"}


@pytest.mark.parametrize(
    ("prompt", "instrument"),
    [("sin city drums, noir", "drums"), ("mai tai ukulele lounge", "ukulele"), ("flat tire blues guitar", "guitar")],
)
def test_english_words_that_refuse_in_another_language_refuse_nothing(read: Read, prompt: str, instrument: str) -> None:
    assert (instrument, False) in wishes_of(read(prompt), "instrument")


@pytest.mark.parametrize(
    "prompt", ["rock sin batería", "rock sin grandes baterías", "rock sin la batería", "sin batería"]
)
def test_spanish_sin_refuses_what_stands_after_it(read: Read, prompt: str) -> None:
    assert ("drums", True) in wishes_of(read(prompt), "instrument")


@pytest.mark.parametrize(
    ("prompt", "only"), [("só piano", True), ("só um piano", True), ("it's so sad piano music", False)]
)
def test_so_excludes_others_in_portuguese_alone(read: Read, prompt: str, only: bool) -> None:
    assert read(prompt).only_wanted is only


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("Klavier im Geiste von Hans Zimmer", "Hans Zimmer"),
        ("house dans l'esprit de Justice", "Justice"),
        ("pop na pegada de Anitta", "Anitta"),
        ("pianoforte sullo stile di Ludovico Einaudi", "Ludovico Einaudi"),
    ],
)
def test_likenesses_are_introduced_in_every_language(read: Read, prompt: str, name: str) -> None:
    assert values(read(prompt), "likeness") == {name}


@pytest.mark.parametrize(
    "prompt", ["senza parole", "ohne Worte", "sin letra", "sem letra", "sans paroles", "歌詞なし", "没有歌词"]
)
def test_a_song_without_words_has_no_voice(read: Read, prompt: str) -> None:
    assert ("vocals", True) in wishes_of(read(f"piano, {prompt}"), "vocals")


@pytest.mark.parametrize("prompt", ["ビートなし", "リズムなし", "ドラム抜き、ビートなし"])
def test_a_beat_is_refused_by_what_follows_it(read: Read, prompt: str) -> None:
    assert {refused for _, refused in wishes_of(read(prompt), "instrument")} == {True}


@pytest.mark.parametrize("prompt", ["二胡独奏", "大提琴独奏", "チェロ独奏"])
def test_a_solo_piece_has_one_instrument(read: Read, prompt: str) -> None:
    assert read(prompt).only_wanted


@pytest.mark.parametrize("prompt", ["un quarto d'ora", "un quart d'heure", "un cuarto de hora", "um quarto de hora"])
def test_a_quarter_of_an_hour_is_900_s(read: Read, prompt: str) -> None:
    assert read(f"ambient, {prompt}").duration_s == 900


@pytest.mark.parametrize(
    "prompt", ["pop anni duemila", "pop, años dos mil", "pop dos anos dois mil", "pop, années deux mille"]
)
def test_the_two_thousands_are_read_in_words(read: Read, prompt: str) -> None:
    assert values(read(prompt), "era") == {"2000s"}


@pytest.mark.parametrize("prompt", ["没有节奏", "不要节奏", "沒有節奏"])
def test_a_chinese_refusal_is_parted_from_what_it_refuses(read: Read, prompt: str) -> None:
    assert wishes_of(read(prompt), "instrument") == [("rhythm", True)]
