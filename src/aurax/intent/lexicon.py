"""The lexicon: every word the reader knows, from the TOML files of `aurax.lexicon` and from what is installed.

A style or an instrument brings its own words, so that a plug-in can be asked for by name without a change here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from aurax.intent.entries import (
    PRECEDENCE,
    Entry,
    Filler,
    Genre,
    InstrumentWord,
    Likeness,
    Mood,
    StructureWord,
    VoiceWord,
)
from aurax.intent.intent import StyleInfo
from aurax.intent.matching import Phrase, PhraseTable, squash
from aurax.intent.readers.language import LANGUAGES, language
from aurax.intent.text import fold
from aurax.score.instrument import InstrumentInfo

_PLURAL_IN_IES = re.compile(r"[a-z]{2}[^aeiou\W]y$")
_SINGLE = re.compile(r"[^\W\d_]+")
_ENDINGS: dict[type[Entry], str] = {
    Genre: "genre", InstrumentWord: "noun", VoiceWord: "noun", Mood: "adjective", StructureWord: "noun",
}  # fmt: skip


@dataclass(frozen=True)
class Lexicon:
    """All words that are understood.

    Args:
        phrases: every phrase with its meaning.
        genres: by name, installed styles included.
        moods: by name.
        instruments: by name.
    """

    phrases: tuple[Phrase[Entry], ...]
    genres: Mapping[str, Genre]
    moods: Mapping[str, Mood]
    instruments: Mapping[str, InstrumentWord]

    @cached_property
    def table(self) -> PhraseTable[Entry]:
        """Finds them in a prompt."""
        return PhraseTable(self.phrases)

    @cached_property
    def eras(self) -> Mapping[str, Mapping[str, float]]:
        """What a decade changes in the sound, by its name."""
        return {row["decade"]: row.get("change", {}) for row in _rows("eras", "era")}

    @cached_property
    def filler(self) -> frozenset[str]:
        """Words that carry no wish."""
        return frozenset(phrase.words for phrase in self.phrases if isinstance(phrase.value, Filler))

    @cached_property
    def meanings(self) -> Mapping[str, frozenset[int]]:
        """For every single word what it can mean by itself, as numbers that are equal for equal meanings."""
        found: dict[str, set[int]] = {}
        for phrase in self.phrases:
            if " " not in phrase.words and "-" not in phrase.words:
                found.setdefault(phrase.words, set()).add(id(phrase.value))
        return {word: frozenset(one) for word, one in found.items()}

    @cached_property
    def words(self) -> frozenset[str]:
        """Every single word that is known, for telling spelling mistakes from unknown words."""
        phrases = [phrase.words for phrase in self.phrases]
        return frozenset(word for phrase in (*phrases, *_small_words()) for word in _SINGLE.findall(phrase))


def build_lexicon(styles: Sequence[StyleInfo], instruments: Sequence[InstrumentInfo]) -> Lexicon:
    """Put the lexicon together from its files and from what is installed.

    Args:
        styles: installed styles.
        instruments: installed instruments.
    """
    return _build(
        tuple(
            (one.name, one.title, one.aliases, one.usual_tempo_range_bpm or one.tempo_range_bpm, one.typical_tempo_bpm)
            for one in styles
        ),
        tuple((one.name, one.title, one.families, one.words) for one in instruments),
    )


_StyleKey = tuple[str, str, tuple[str, ...], tuple[float, float], float]
_InstrumentKey = tuple[str, str, tuple[str, ...], tuple[str, ...]]


@lru_cache(maxsize=8)
def _build(styles: tuple[_StyleKey, ...], installed: tuple[_InstrumentKey, ...]) -> Lexicon:
    phrases: dict[tuple[str, type[Entry]], Phrase[Entry]] = {}

    def add(words: str, entry: Entry) -> None:
        kind, words = type(entry), fold(words)
        phrases.setdefault((words, kind), Phrase(words, entry, _ENDINGS.get(kind, ""), PRECEDENCE.index(kind)))
        if kind is not Filler and _PLURAL_IN_IES.search(words):
            add(words[:-1] + "ies", entry)

    genres: dict[str, Genre] = {}
    for name, title, aliases, tempo_bpm, typical_bpm in styles:
        genres[name] = Genre(title.lower(), "", tempo_bpm, typical_bpm, style=name)
        for alias in dict.fromkeys((name, title.lower(), *aliases)):
            if not _is_bent(alias.lower(), aliases):
                add(alias.lower(), genres[name])
    own = {squash(phrase.words): phrase.value for phrase in phrases.values()}
    for row in _rows("genres", "genre"):
        spelled = (row["name"], *row["words"])
        # A style that takes the name of a genre takes all its other names too.
        genre = next((own[squash(fold(words))] for words in spelled if squash(fold(words)) in own), None) or _genre(row)
        assert isinstance(genre, Genre)
        genres.setdefault(row["name"], genre)
        for words in spelled:
            add(words, genre)
    words_of = {row["name"]: row for row in _rows("instruments", "instrument")}
    kinds = {name: _instrument(row, words_of) for name, row in words_of.items()}
    for name, row in words_of.items():
        for words in (name, *row["words"]):
            add(words, kinds[name])
        for words in row.get("hyphenated", ()):
            phrases[words, InstrumentWord] = Phrase(
                words, kinds[name], "noun", PRECEDENCE.index(InstrumentWord), exact=True
            )
    for name, title, families, own_words in installed:
        for family in families:
            if family not in kinds:
                kinds[family] = InstrumentWord(family, "")
                add(family, kinds[family])
        named = kinds.get(families[0] if families else name) or InstrumentWord(name, "")
        kinds.setdefault(named.name, named)
        for words in (name, title.lower(), *own_words):
            add(words, named)
    moods = {}
    for row in _rows("moods", "mood"):
        mood = moods[row["name"]] = _mood(row)
        for words in row["words"]:
            for form in (words, *_compared(words)):
                add(form, mood)
    for row in _rows("voices", "voice"):
        for words in (row["name"], *row["words"]):
            add(words, VoiceWord(row["name"], row["kind"]))
    for words in table_of("voices")["instrumental"]["words"]:
        add(words, VoiceWord("instrumental", "none"))
    for row in _rows("likenesses", "likeness"):
        for words in row["words"]:
            add(words, _likeness(row))
    for kind in ("section", "ending", "shape", "other"):
        for row in _rows("structure", kind):
            for words in row["words"]:
                add(words, StructureWord(kind, row["name"], row.get("not_done", "")))
    for words in table_of("filler")["words"]:
        add(words, Filler())
    return Lexicon(tuple(phrases.values()), genres, moods, kinds)


def _compared(words: str) -> tuple[str, ...]:
    """Comparative and superlative of an English adjective whose stem they change: "happier", "saddest"."""
    if re.fullmatch(r"[a-z]{2,}[^aeiou\W]y", words):
        return words[:-1] + "ier", words[:-1] + "iest"
    if re.fullmatch(r"[^aeiou\W]{1,2}[aeiou][bdgmnpt]", words):
        return words + words[-1] + "er", words + words[-1] + "est"
    return ()


def _is_bent(alias: str, aliases: Sequence[str]) -> bool:
    """Whether a style's alias is another one with an adjective before it, which is read by itself: "dark ambient"."""
    return any(alias != other and alias.endswith((" " + other, "-" + other)) for other in aliases)


def _small_words() -> list[str]:
    """Every text in the files of units and of grammar, folded."""
    units = [language(name) for name in LANGUAGES]
    return [fold(text) for text in _texts([*units, dict(table_of("likeness_words"))])]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield str(key)
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def _genre(row: Mapping[str, Any]) -> Genre:
    low, high = row["tempo_bpm"]
    return Genre(
        row["name"],
        row["family"],
        (low, high),
        row["typical_bpm"],
        nearest=tuple((name, nearness) for name, nearness in row["nearest"]),
        not_before=tuple(row.get("not_before", ())),
        not_after=tuple(row.get("not_after", ())),
        sung=row.get("sung", False),
    )


def _instrument(row: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> InstrumentWord:
    wider: list[str] = []
    above = row.get("kind_of", "")
    while above and above not in wider:
        wider.append(above)
        above = rows.get(above, {}).get("kind_of", "")
    return InstrumentWord(
        row["name"],
        row["family"],
        row.get("role", ""),
        row.get("parts_of", ""),
        row.get("weak", False),
        tuple(wider),
        tuple(row.get("refuses_too", ())),
        tuple(row.get("says", ())),
    )


def _mood(row: Mapping[str, Any]) -> Mood:
    return Mood(
        row["name"],
        row["kind"],
        row.get("change", {}),
        row.get("mode"),
        row.get("tempo_bpm"),
        row.get("shape"),
        row.get("not_done", ""),
        tuple(row.get("scoped", ())),
        row.get("scene", False),
    )


def _likeness(row: Mapping[str, Any]) -> Likeness:
    return Likeness(
        row["name"],
        row.get("genre", ""),
        tuple(row.get("moods", ())),
        tuple(row.get("instruments", ())),
        row.get("tempo_bpm"),
        row.get("era", ""),
        row.get("needs_like", False),
    )


def _rows(name: str, kind: str) -> Iterator[Mapping[str, Any]]:
    rows: Sequence[Mapping[str, Any]] = table_of(name).get(kind, ())
    yield from rows


@lru_cache(maxsize=16)
def table_of(name: str) -> Mapping[str, Any]:
    """One file of the lexicon, by its name without the ending."""
    return tomllib.loads(files("aurax.lexicon").joinpath(f"{name}.toml").read_text(encoding="utf-8"))
