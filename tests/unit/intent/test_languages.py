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
