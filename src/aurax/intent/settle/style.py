"""Which installed style makes the song, and what becomes of the genres that the prompt names."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from aurax.errors import UnknownPlugin
from aurax.intent.entries import Genre, Likeness
from aurax.intent.intent import StyleInfo
from aurax.intent.lexicon import Lexicon
from aurax.intent.matching import Phrase, PhraseTable, squash
from aurax.intent.readers.word import Word
from aurax.intent.text import PromptText

_MIDDLING_BPM = 88.0
"""Where a song without any hint of style is looked for."""
_UNRELATED = 0.1
"""How near a style comes to a genre that does not list it."""


@dataclass(frozen=True)
class StyleChoice:
    """The chosen style and why.

    Args:
        style: what the song will be.
        genre: the genre that counts, where one was named; the style's own where the style was named.
        notes: sentences for the record.
    """

    style: StyleInfo
    genre: Genre | None
    notes: tuple[str, ...] = ()


def choose_style(
    text: PromptText,
    genres: Sequence[Word[Genre]],
    likenesses: Sequence[Word[Likeness]],
    lexicon: Lexicon,
    styles: Sequence[StyleInfo],
    *,
    asked: str | None,
    tempo_bpm: float | None,
    energy: float,
) -> StyleChoice:
    """Choose by name, then by neighbourhood, then by likeness, by mood, by tempo and energy.

    Args:
        text: the prompt.
        genres: genre words, refused ones included.
        likenesses: whom the song should be like.
        lexicon: what is known.
        styles: what is installed; at least one.
        asked: a style named outside the prompt, which overrides it.
        tempo_bpm: an asked-for tempo, for prompts that name no genre.
        energy: the adjectives' sum, for prompts that name nothing else.

    Raises:
        UnknownPlugin: no such style, or none installed.
    """
    if not styles:
        raise UnknownPlugin("at least one installed style", "none", "reinstall aurax")
    wanted = [one.entry for one in genres if not one.refused]
    main = next((one for one in wanted if one.style), wanted[0] if wanted else None)
    if asked is not None:
        return StyleChoice(style_named(asked, styles), main)
    refused = {one.entry.style for one in genres if one.refused and one.entry.style}
    left = [one for one in styles if one.name not in refused] or list(styles)
    if main is not None:
        return StyleChoice(_nearest(main, left), main)
    for likeness in likenesses:
        genre = lexicon.genres.get(likeness.entry.genre)
        if genre is not None and not likeness.refused:
            style = _nearest(genre, left)
            note = f"no genre is named; {likeness.entry.name} stands for {genre.name}, and {style.title} is the nearest"
            return StyleChoice(style, None, (note,))
    hits = {one.name: _mood_hits(text, one) for one in left}
    best = max(left, key=lambda one: len(hits[one.name]))
    if hits[best.name]:
        told = ", ".join(repr(hit) for hit in hits[best.name])
        return StyleChoice(best, None, (f"no genre is named; {best.title} suits {told}",))
    feel = _by_feel(left, tempo_bpm, energy)
    return StyleChoice(feel, None, (f"no genre is named; {feel.title} was chosen",))


def nearness_of(genre: Genre, style: StyleInfo) -> float:
    """How near a style comes to a genre: 1 for its own, less for neighbours."""
    if genre.style:
        return 1.0 if genre.style == style.name else _UNRELATED
    return dict(genre.nearest).get(style.name, _UNRELATED)


def style_named(asked: str, styles: Sequence[StyleInfo]) -> StyleInfo:
    """The style of a name, in any spelling.

    Raises:
        UnknownPlugin: no such style is installed.
    """
    for style in styles:
        if squash(asked.lower()) in (squash(style.name), squash(style.title.lower())):
            return style
    names = [style.name for style in styles]
    near = difflib.get_close_matches(asked.lower(), names, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else "choose one of these"
    raise UnknownPlugin(f"a style among {', '.join(names)}", repr(asked), hint)


def _nearest(genre: Genre, styles: Sequence[StyleInfo]) -> StyleInfo:
    return max(styles, key=lambda one: nearness_of(genre, one))


def _mood_hits(text: PromptText, style: StyleInfo) -> list[str]:
    table = PhraseTable([Phrase(mood.lower(), mood, "adjective") for mood in style.moods])
    return [text.quote(hit.start, hit.end) for hit in table.find(text)]


def _by_feel(styles: Sequence[StyleInfo], tempo_bpm: float | None, energy: float) -> StyleInfo:
    """The style whose usual tempo is nearest to the asked-for one, or to a middling one bent by the energy."""
    aim_bpm = tempo_bpm or _MIDDLING_BPM * 2.0 ** (energy / 6.0)
    return min(styles, key=lambda style: (abs(math.log2(style.typical_tempo_bpm / aim_bpm)), style.name))
