"""Genres, names of styles and likenesses: every row of the data is sound."""

import re
import tomllib
import unicodedata
from collections import Counter
from importlib import resources
from typing import Any

from aurax.compose.style_registry import load_styles
from aurax.intent.text import clean_prompt

STYLES = ("lofi", "deep-house", "synthwave", "ambient")
GENRE_KEYS = {"name", "family", "words", "tempo_bpm", "typical_bpm", "instruments", "nearest"}
GENRE_OPTIONS = {"not_after", "meter", "sung", "not_before"}
LIKENESS_KEYS = {"name", "words", "genre"}
LIKENESS_OPTIONS = {"moods", "instruments", "tempo_bpm", "era", "needs_like"}


def text_of(name: str) -> str:
    return resources.files("aurax.lexicon").joinpath(name).read_text(encoding="utf-8")


def load(name: str) -> dict[str, Any]:
    return tomllib.loads(text_of(name))


GENRES: list[dict[str, Any]] = load("genres.toml")["genre"]
STYLE_WORDS: dict[str, dict[str, Any]] = {
    style.info.name: {
        "words": [*style.info.aliases],
        "tempo_bpm": style.info.usual_tempo_range_bpm,
        "typical_bpm": style.info.typical_tempo_bpm,
    }
    for style in load_styles().values()
}
LIKENESSES: list[dict[str, Any]] = load("likenesses.toml")["likeness"]
GENRE_NAMES = {genre["name"] for genre in GENRES}


def families() -> set[str]:
    """The families that the file's own comment lists."""
    listed = re.search(r"# family +one of:\n((?:#   .*\n)+?)# words", text_of("genres.toml"))
    assert listed is not None
    return {one.strip() for one in listed[1].replace("#", "").replace("\n", " ").strip().rstrip(".").split(",")}


def squashed(word: str) -> str:
    """A word as phrase books compare it: folded, without spaces and hyphens."""
    return re.sub(r"[\s\-]+", "", clean_prompt(word).folded)


def unfolded(words: list[str]) -> list[str]:
    """Words that no folded prompt can hold: capitals, or Latin letters with accents."""
    return [
        word
        for word in words
        if word != word.strip()
        or word != word.lower()
        or any("LATIN" in unicodedata.name(char, "") and clean_prompt(char).folded != char for char in word)
    ]


def repeated(words: list[str]) -> list[str]:
    """Words that stand there more than once, however they are spaced."""
    counts = Counter(map(squashed, words))
    return [word for word in words if counts[squashed(word)] > 1]


def test_there_are_at_least_220_genres_and_200_likenesses():
    assert (len(GENRES) >= 220, len(LIKENESSES) >= 200) == (True, True)


def test_genres_and_likenesses_have_names_of_their_own():
    assert len(GENRE_NAMES) == len(GENRES)
    assert len({one["name"] for one in LIKENESSES}) == len(LIKENESSES)
    assert not GENRE_NAMES & set(STYLES)


def test_no_word_names_two_genres_or_styles():
    words = [word for row in (*GENRES, *STYLE_WORDS.values()) for word in row["words"]]
    assert repeated(words) == []


def test_no_word_names_two_likenesses_or_a_likeness_and_a_genre():
    words = [word for row in (*LIKENESSES, *GENRES, *STYLE_WORDS.values()) for word in row["words"]]
    assert repeated(words) == []


def test_the_names_of_the_installed_styles_are_given_for_all_of_them():
    assert set(STYLE_WORDS) == set(STYLES)
    for row in STYLE_WORDS.values():
        low_bpm, high_bpm = row["tempo_bpm"]
        assert low_bpm < row["typical_bpm"] < high_bpm
        assert row["words"]


def test_every_listed_family_has_a_genre_and_every_genre_a_listed_family():
    assert {genre["family"] for genre in GENRES} == families()


def test_words_are_written_as_folded_prompts_are():
    rows = [*GENRES, *STYLE_WORDS.values(), *LIKENESSES]
    assert [word for row in rows for word in unfolded(row["words"] + row.get("not_before", []))] == []


def test_every_genre_has_the_keys_of_a_genre_and_no_others():
    keys = {genre["name"]: set(genre) for genre in GENRES}
    assert [name for name, own in keys.items() if not GENRE_KEYS <= own <= GENRE_KEYS | GENRE_OPTIONS] == []


def test_every_genre_has_words_and_instruments():
    assert [genre["name"] for genre in GENRES if not (genre["words"] and genre["instruments"])] == []


def test_optional_traits_of_genres_are_written_only_where_they_say_something():
    assert {genre["sung"] for genre in GENRES if "sung" in genre} == {True}
    meters = {genre["meter"] for genre in GENRES if "meter" in genre}
    assert [meter for meter in meters if meter == "4/4" or not re.fullmatch(r"\d+/(?:2|4|8|16)", meter)] == []


def test_the_typical_tempo_of_a_genre_lies_within_its_range():
    tempos = {genre["name"]: (*genre["tempo_bpm"], genre["typical_bpm"]) for genre in GENRES}
    assert [name for name, (low, high, typical) in tempos.items() if not 20 <= low < typical < high <= 320] == []


def test_every_genre_tells_how_near_each_installed_style_is():
    near = {genre["name"]: genre["nearest"] for genre in GENRES}
    assert [name for name, pairs in near.items() if sorted(style for style, _ in pairs) != sorted(STYLES)] == []
    assert [name for name, pairs in near.items() if not all(0.0 < figure < 1.0 for _, figure in pairs)] == []


def test_the_nearest_style_comes_first():
    figures = {genre["name"]: [figure for _, figure in genre["nearest"]] for genre in GENRES}
    assert [name for name, own in figures.items() if own != sorted(own, reverse=True)] == []


def test_every_likeness_has_the_keys_of_a_likeness_and_no_others():
    keys = {one["name"]: set(one) for one in LIKENESSES}
    assert [name for name, own in keys.items() if not LIKENESS_KEYS <= own <= LIKENESS_KEYS | LIKENESS_OPTIONS] == []


def test_every_likeness_has_words_and_stands_for_a_known_genre():
    known = GENRE_NAMES | set(STYLES)
    assert [one["name"] for one in LIKENESSES if not one["words"] or one["genre"] not in known] == []


def test_the_attributes_of_likenesses_are_few_and_plain():
    assert [one["name"] for one in LIKENESSES if len(one.get("moods", [])) > 3] == []
    assert [one["name"] for one in LIKENESSES if not 20 <= one.get("tempo_bpm", 100) <= 320] == []
    assert [one["name"] for one in LIKENESSES if not re.fullmatch(r"\d{3}0s", one.get("era", "1980s"))] == []
    assert {one["needs_like"] for one in LIKENESSES if "needs_like" in one} == {True}
