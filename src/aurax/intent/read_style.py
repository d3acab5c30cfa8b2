"""Which style a prompt asks for."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from aurax.errors import UnknownPlugin
from aurax.intent.intent import StyleInfo
from aurax.intent.phrases import PhraseBook
from aurax.intent.readers.negation import refusal_before
from aurax.intent.text import PromptText
from aurax.intent.vocabulary.genres import GENRES, OWN_NAMES, Genre

_MIDDLING_BPM = 88.0
"""Where a song without any hint of style is looked for."""
_WEAK = re.compile(
    r"[\s\-]+(?:chords?|harmon\w+|changes|piano|guitars?|bass(?:line)?|drums?|feel|flavou?r|touch|influences?|elements?|kick)"
    r"(?!\w)"
)
"""After these a genre only colours something: "jazz chords" are no jazz."""
_MEETS = re.compile(r"\s*(?:meets|x|crossed with|with a touch of|with elements of|mit|influenced by|inspired by)\s+")


@dataclass(frozen=True, slots=True)
class StyleChoice:
    """The chosen style and why.

    Args:
        style: what the song will be.
        genre: the genre that was named where the style is only its neighbour.
        quote: the words that decided; empty for a default.
        notes: sentences for the record.
        spans: where style words stand.
    """

    style: StyleInfo
    genre: Genre | None
    quote: str
    notes: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    name_spans: tuple[tuple[int, int], ...]
    """Where styles stand by their own names, whose words are no adjectives ("deep" in "deep house")."""


@dataclass(frozen=True, slots=True)
class _Named:
    style: StyleInfo
    own: bool
    genre: Genre | None
    start: int
    end: int
    quote: str
    weak: bool


def choose_style(
    text: PromptText, styles: Sequence[StyleInfo], asked: str | None, tempo_bpm: float | None, energy: float
) -> StyleChoice:
    """Choose by name, then by neighbourhood, then by mood, then by tempo and energy.

    Args:
        text: the prompt.
        styles: what is installed; at least one.
        asked: a style named outside the prompt, which overrides it.
        tempo_bpm: an asked-for tempo, for prompts that name no genre.
        energy: the adjectives' sum, for prompts that name nothing else.

    Raises:
        UnknownPlugin: no such style, or none installed.
    """
    if not styles:
        raise UnknownPlugin("at least one installed style", "none", "reinstall aurax")
    named = _named(text, styles)
    spans = tuple((one.start, one.end) for one in named)
    own = tuple((one.start, one.end) for one in named if one.own)
    if asked is not None:
        return StyleChoice(_by_name(asked, styles), None, "", (), spans, own)
    wanted = [one for one in named if refusal_before(text.folded, 0, one.start) is None]
    refused = {one.style.name for one in named if one not in wanted and one.own}
    if wanted:
        best = _decide(text, wanted)
        notes = [] if best.own else [f"there is no {best.quote} style yet; {best.style.title} is the nearest"]
        others = dict.fromkeys(one.quote for one in wanted if one.style.name != best.style.name)
        notes += [f"one style leads a song: {best.style.title}; {other!r} only lends its mood" for other in others]
        return StyleChoice(best.style, None if best.own else best.genre, best.quote, tuple(notes), spans, own)
    left = [style for style in styles if style.name not in refused] or list(styles)
    scores = {style.name: _mood_hits(text, style) for style in left}
    best_style = max(left, key=lambda style: len(scores[style.name]))
    if scores[best_style.name]:
        hits = scores[best_style.name]
        note = f"no genre is named; {best_style.title} suits {', '.join(repr(hit) for hit in hits)}"
        return StyleChoice(best_style, None, hits[0], (note,), spans, own)
    fallback = _by_feel(left, tempo_bpm, energy)
    return StyleChoice(fallback, None, "", (f"no genre is named; {fallback.title} was chosen",), spans, own)


def _by_name(asked: str, styles: Sequence[StyleInfo]) -> StyleInfo:
    wanted = _squash(asked)
    for style in styles:
        if wanted in (_squash(style.name), _squash(style.title)):
            return style
    names = [style.name for style in styles]
    near = difflib.get_close_matches(asked.lower(), names, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else "choose one of these"
    raise UnknownPlugin(f"a style among {', '.join(names)}", repr(asked), hint)


def _named(text: PromptText, styles: Sequence[StyleInfo]) -> list[_Named]:
    """Every style and genre word, in the prompt's order."""
    meanings: dict[str, tuple[StyleInfo, bool, Genre | None]] = {}
    installed = {style.name: style for style in styles}
    for genre in GENRES:
        near = next((installed[name] for name in genre.nearest if name in installed), styles[0])
        meanings |= {word.strip(): (near, False, genre) for word in genre.words.split(",")}
    genres = {word: meaning[2] for word, meaning in meanings.items()}
    for style in styles:
        own = {style.name, style.title.lower(), *OWN_NAMES.get(style.name, ())}
        squashed = {_squash(name) for name in own}
        for alias in dict.fromkeys((*own, *style.aliases)):
            is_own = any(name in _squash(alias) for name in squashed)
            if is_own or not meanings.get(alias, (style, False, None))[1]:
                meanings[alias.lower()] = (style, is_own, genres.get(alias))
    found = []
    for hit in PhraseBook(meanings).find(text):
        style, is_own, named_genre = hit.value
        weak = _WEAK.match(text.folded, hit.end) is not None
        found.append(_Named(style, is_own, named_genre, hit.start, hit.end, hit.quote, weak))
    return found


def _decide(text: PromptText, wanted: list[_Named]) -> _Named:
    """The first of "A meets B"; else a style's own name before a neighbour's, and the last of those."""
    for first, second in pairwise(wanted):
        if _MEETS.fullmatch(text.folded, first.end, second.start):
            return first
    return max(wanted, key=lambda one: (one.own and not one.weak, not one.weak, one.start))


def _mood_hits(text: PromptText, style: StyleInfo) -> list[str]:
    return [hit.quote for hit in PhraseBook({mood.lower(): mood for mood in style.moods}).find(text)]


def _by_feel(styles: Sequence[StyleInfo], tempo_bpm: float | None, energy: float) -> StyleInfo:
    """The style whose usual tempo is nearest to the asked-for one, or to a middling one bent by the energy."""
    aim_bpm = tempo_bpm or _MIDDLING_BPM * 2.0 ** (energy / 6.0)
    return min(styles, key=lambda style: (abs(math.log2(style.typical_tempo_bpm / aim_bpm)), style.name))


def _squash(name: str) -> str:
    return re.sub(r"[\s\-]+", "", name.lower())
