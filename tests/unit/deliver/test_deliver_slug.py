from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurax.deliver.slug import MAX_LENGTH, slug


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Neon Rain, 120 BPM!", "neon-rain-120-bpm"),
        ("Café déjà vu", "cafe-deja-vu"),
        ("don't stop", "dont-stop"),
        ("../../etc/passwd", "etc-passwd"),
        ("🎹🌧", "song"),
        ("夜の雨", "yenoyu"),
        ("Fußgängerzone", "fussgangerzone"),
        ("Çılgın Işık", "cilgin-isik"),
        ("Øresund Łódź Đorđe", "oresund-lodz-dorde"),
        ("Æther cœur Þór ŋħſə", "aether-coeur-thor-nghse"),
        ("Tiếng Việt", "tieng-viet"),
        ("e\u0301te\u0301", "ete"),
        ("ночной дождь", "nochnoy-dozhd"),
        ("Νύχτα", "nychta"),
        ("ليلة ممطرة", "lylh-mmtrh"),
        ("비 오는 밤", "bi-oneun-bam"),
        ("हिन्दी", "hindi"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full-width"),
        ("don’t—stop…now", "dont-stop-now"),
        ("-rf ~", "rf"),
        (".hidden", "hidden"),
        ("ＮＵＬ", "nul-song"),
        ("com¹", "com1-song"),
        ("", "song"),
        ("NUL", "nul-song"),
        ("com1", "com1-song"),
    ],
)
def test_slug_makes_readable_folder_names(text: str, name: str) -> None:
    assert slug(text) == name


def test_slug_cuts_long_names_between_words() -> None:
    name = slug("a slow and hazy afternoon with tape hiss rhodes chords and a distant trumpet")

    assert name == "a-slow-and-hazy-afternoon-with-tape-hiss-rhodes-chords-and-a"


def test_a_short_word_before_a_very_long_one_does_not_become_the_whole_name() -> None:
    assert slug("a " + "夜" * 80) == "a-" + "ye" * 29


@given(st.text(max_size=300))
def test_slug_is_always_a_safe_folder_name(text: str) -> None:
    name = slug(text)

    assert 1 <= len(name.encode()) <= MAX_LENGTH
    assert name not in ("con", "prn", "aux", "nul", "com1", "lpt9")
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert name[0] != "-"
    assert name[-1] != "-"
