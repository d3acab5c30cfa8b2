"""The lexicon's files about sound: instruments, moods, voices, eras and everyday words."""

from __future__ import annotations

import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, get_args

import pytest

from aurax.intent.text import clean_prompt
from aurax.render.instrument_registry import load_instruments
from aurax.score.character import Character
from aurax.score.role import Role

FAMILIES = {
    "piano", "electric piano", "keyboard", "organ", "guitar", "bass", "bowed strings", "plucked strings", "brass",
    "saxophone", "flute", "reed", "free reed", "mallets", "bells", "drums", "hand percussion", "orchestral percussion",
    "synthesizer", "voice-like", "texture", "effect", "part", "ensemble",
}  # fmt: skip
VOICE_KINDS = {"sung", "rapped", "spoken", "choir", "chanted", "hummed", "screamed", "processed"}
UNPLAYED = {"texture", "effect", "ensemble"}
"""Families of which some kinds have no instrument that comes near."""


def table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("aurax.lexicon").joinpath(f"{name}.toml").read_text(encoding="utf-8"))


INSTRUMENTS: list[dict[str, Any]] = table("instruments")["instrument"]
MOOD_ROWS: list[dict[str, Any]] = table("moods")["mood"]
VOICES: list[dict[str, Any]] = table("voices")["voice"]
NO_VOICES: list[str] = table("voices")["instrumental"]["words"]
ERAS: list[dict[str, Any]] = table("eras")["era"]
FILLER: list[str] = table("filler")["words"]
BY_NAME = {row["name"]: row for row in INSTRUMENTS}
INFOS = {name: instrument.info for name, instrument in load_instruments().items()}


def squash(word: str) -> str:
    """As the reader compares words: folded, without spaces and hyphens."""
    return clean_prompt(word).folded.replace(" ", "").replace("-", "")


def all_words() -> Iterator[tuple[str, str]]:
    for place, rows in (("instruments", INSTRUMENTS), ("moods", MOOD_ROWS), ("voices", VOICES)):
        for row in rows:
            for word in row["words"]:
                yield f"{place}: {row['name']}", word
    yield from (("voices: none", word) for word in NO_VOICES)
    yield from (("filler", word) for word in FILLER)


@pytest.mark.parametrize("rows", [INSTRUMENTS, MOOD_ROWS, VOICES], ids=["instruments", "moods", "voices"])
def test_each_word_has_one_meaning_within_its_file(rows: list[dict[str, Any]]) -> None:
    counts = Counter(squash(word) for row in rows for word in row["words"])
    assert [word for word, count in counts.items() if count > 1] == []


def test_a_word_of_two_files_is_one_that_people_sing() -> None:
    sung = {squash(word) for row in INSTRUMENTS if row.get("voice") for word in row["words"]}
    counts = Counter(squash(word) for _, word in all_words())
    assert [word for word, count in counts.items() if count > 1 and word not in sung] == []


def test_latin_words_are_folded() -> None:
    plain = [
        (place, word)
        for place, word in all_words()
        if word != word.lower().strip()
        or any(unicodedata.decomposition(char) for char in word if unicodedata.name(char, "").startswith("LATIN"))
    ]
    assert plain == []


@pytest.mark.parametrize("rows", [INSTRUMENTS, MOOD_ROWS, VOICES, ERAS], ids=["instruments", "moods", "voices", "eras"])
def test_names_are_unique(rows: list[dict[str, Any]]) -> None:
    key = "decade" if "decade" in rows[0] else "name"
    assert [name for name, count in Counter(row[key] for row in rows).items() if count > 1] == []


def test_the_lexicon_is_as_wide_as_prompts_are() -> None:
    assert len(INSTRUMENTS) >= 200
    assert len(MOOD_ROWS) >= 130
    assert sum(len(row["words"]) for row in MOOD_ROWS) >= 900


def test_instruments_belong_to_known_families() -> None:
    assert {row["family"] for row in INSTRUMENTS} == FAMILIES


def test_every_instrument_goes_by_its_own_name() -> None:
    assert [row["name"] for row in INSTRUMENTS if row["name"] not in row["words"]] == []


def test_roles_of_parts_exist() -> None:
    assert {row["role"] for row in INSTRUMENTS if "role" in row} <= set(get_args(Role))


@pytest.mark.parametrize("key", ["kind_of", "parts_of"])
def test_wider_names_exist_and_lead_to_an_end(key: str) -> None:
    for row in INSTRUMENTS:
        seen = [row["name"]]
        while key in BY_NAME[seen[-1]]:
            seen.append(BY_NAME[seen[-1]][key])
            assert seen[-1] in BY_NAME
            assert len(seen) == len(set(seen))


def test_what_is_refused_too_exists() -> None:
    assert {name for row in INSTRUMENTS for name in row.get("refuses_too", ())} <= set(BY_NAME)


def test_what_an_instrument_word_says_besides_is_a_mood() -> None:
    words = {word for row in MOOD_ROWS for word in (row["name"], *row["words"])}
    assert {name for row in INSTRUMENTS for name in row.get("says", ())} <= words


@pytest.mark.parametrize("name", sorted(INFOS))
def test_built_in_instruments_stand_in_for_instruments_of_the_lexicon(name: str) -> None:
    assert set(INFOS[name].stands_in_for) <= set(BY_NAME)
    assert all(0.0 < nearness < 1.0 for nearness in INFOS[name].stands_in_for.values())


@pytest.mark.parametrize("name", sorted(INFOS))
def test_built_in_instruments_are_instruments_of_the_lexicon(name: str) -> None:
    assert set(INFOS[name].families) & set(BY_NAME)
    assert set(INFOS[name].families) <= set(BY_NAME)


def test_something_plays_the_part_of_nearly_every_instrument() -> None:
    covered = {name for info in INFOS.values() for name in (*info.families, *info.stands_in_for)}
    left = [row for row in INSTRUMENTS if row["name"] not in covered and "role" not in row and not row.get("weak")]
    assert {row["family"] for row in left} <= UNPLAYED


@pytest.mark.parametrize(
    ("words", "instrument"),
    [
        ("double bass drums", "double kick"),
        ("double bass", "upright bass"),
        ("bass drum", "kick"),
        ("bass clarinet", "bass clarinet"),
        ("steel drums", "steel drum"),
        ("singing bowls", "singing bowl"),
        ("brass band", "brass band"),
        ("music box", "music box"),
        ("synth brass", "synth brass"),
        ("synth strings", "synth strings"),
        ("french horn", "french horn"),
        ("soprano sax", "soprano saxophone"),
        ("baritone guitar", "baritone guitar"),
        ("808s", "808 bass"),
        ("log drum", "log drum"),
        ("ピアノ", "piano"),
        ("大提琴", "cello"),
        ("violao", "nylon guitar"),
    ],
)
def test_longer_words_protect_shorter_ones(words: str, instrument: str) -> None:
    assert words in BY_NAME[instrument]["words"] or words.removesuffix("s") in BY_NAME[instrument]["words"]


@pytest.mark.parametrize("word", ["vibes", "wind", "tune", "male lead", "drum and bass", "ride", "band"])
def test_words_that_mostly_mean_something_else_are_no_instruments(word: str) -> None:
    assert [row["name"] for row in INSTRUMENTS if word in row["words"]] == []


def test_only_e_piano_must_keep_its_hyphen() -> None:
    assert {row["name"]: row["hyphenated"] for row in INSTRUMENTS if "hyphenated" in row} == {
        "electric piano": ["e-piano"]
    }


def test_moods_are_feelings_or_qualities_of_sound() -> None:
    assert {row["kind"] for row in MOOD_ROWS} == {"mood", "production"}


def test_moods_change_what_a_character_has() -> None:
    changed = {name for row in (*MOOD_ROWS, *ERAS) for name in row.get("change", {})}
    assert changed <= set(Character.model_fields)


def test_a_mood_changes_something_or_says_why_not() -> None:
    does = {"change", "mode", "tempo_bpm", "shape"}
    assert [row["name"] for row in MOOD_ROWS if bool(does & set(row)) == ("not_done" in row)] == []


def test_shapes_of_moods_are_known() -> None:
    assert {row["shape"] for row in MOOD_ROWS if "shape" in row} <= {"builds", "fades", "flat"}


@pytest.mark.parametrize("word", ["cool", "good", "nice", "great", "real", "new", "hell", "sec", "estate", "fort"])
def test_words_of_praise_and_of_other_languages_are_no_moods(word: str) -> None:
    assert [row["name"] for row in MOOD_ROWS if word in row["words"]] == []


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("mellow", "mood"), ("groovy", "mood"), ("groove", "mood"), ("funky", "mood"), ("smoky club", "mood"),
        ("neon", "mood"), ("festival", "mood"), ("anthemic", "mood"), ("sunrise", "mood"), ("dystopian", "mood"),
        ("切ない", "mood"), ("温暖", "mood"), ("雨の夜", "mood"), ("激烈", "mood"), ("fröhlich", "mood"),
        ("romántica", "mood"), ("soulful", "production"), ("gentle", "production"), ("heavy", "production"),
        ("warm", "production"), ("rubato", "production"), ("metallic", "production"), ("live", "production"),
        ("spring reverb", "production"), ("pitched up", "production"), ("big reverb", "production"),
    ],
)  # fmt: skip
def test_feelings_and_qualities_are_told_apart(word: str, kind: str) -> None:
    folded = clean_prompt(word).folded if word.isascii() or word[0] < "\u0250" else word
    assert [row["kind"] for row in MOOD_ROWS if folded in row["words"]] == [kind]


@pytest.mark.parametrize(
    ("emoji", "mood"), [("🌧", "rainy"), ("🔥", "energetic"), ("😢", "sad"), ("🎄", "christmas"), ("☕", "sunrise")]
)
def test_emoji_are_words_of_moods(emoji: str, mood: str) -> None:
    assert [row["name"] for row in MOOD_ROWS if emoji in row["words"]] == [mood]


def test_voices_are_of_known_kinds() -> None:
    assert {row["kind"] for row in VOICES} == VOICE_KINDS


def test_instruments_that_people_sing_have_a_row_among_the_voices() -> None:
    assert {row["name"] for row in INSTRUMENTS if row.get("voice")} == {"choir", "beatboxing"}
    assert "choir" in {row["name"] for row in VOICES}


def test_eras_are_the_decades_of_recorded_music() -> None:
    assert [row["decade"] for row in ERAS] == [f"{year}s" for year in range(1920, 2030, 10)]


@pytest.mark.parametrize("word", ["live", "solo", "real", "seamless", "instrumental", "long", "short", "loop", "fast"])
def test_words_that_can_be_wishes_are_no_filler(word: str) -> None:
    assert word not in FILLER
