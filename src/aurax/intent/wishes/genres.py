"""Wishes for genre, likeness and era, and what becomes of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aurax.intent.contract import Requirement
from aurax.intent.draft import Draft
from aurax.intent.entries import Genre, InstrumentWord, Likeness
from aurax.intent.found import Found
from aurax.intent.intent import StyleInfo
from aurax.intent.lexicon import Lexicon
from aurax.intent.readers.eras import Era
from aurax.intent.readers.word import Word
from aurax.intent.settle.style import StyleChoice, nearness_of
from aurax.intent.settle.tempo import SLOW_KINDS

_SLOW_ONLY = 0.5
"""How near a slow tempo comes to a ballad or lullaby of another genre."""
_HINT_OF_ERA = 0.3
"""How near a decade's tone alone comes to its music."""


def genre_drafts(genres: Sequence[Word[Genre]], choice: StyleChoice, option: str | None) -> list[Draft]:
    """What becomes of every genre: the style's own name is exact, all others are made as that style."""
    drafts = []
    for word in genres:
        genre, style = word.entry, choice.style
        requirement = Requirement(criterion="genre", target=genre.name)
        if word.refused:
            made = genre.style == style.name
            drafts.append(
                Draft(
                    word.first,
                    word.end,
                    "genre",
                    genre.name,
                    refused=True,
                    fate="not_done" if made else "exact",
                    reason="no other style is installed" if made else "",
                    requirements=(requirement,),
                )
            )
        elif genre.style == style.name:
            drafts.append(Draft(word.first, word.end, "genre", genre.name, requirements=(requirement,)))
        else:
            slow = genre is not choice.genre and genre.name.endswith(SLOW_KINDS)
            drafts.append(
                Draft(
                    word.first,
                    word.end,
                    "genre",
                    genre.name,
                    fate="substituted",
                    substitute=style.title.lower(),
                    nearness=_SLOW_ONLY if slow else nearness_of(genre, style),
                    reason=f"{genre.name} only in its slow tempo" if slow else _why_not(genre, choice, option),
                    requirements=(requirement,),
                )
            )
    return drafts


def _why_not(genre: Genre, choice: StyleChoice, option: str | None) -> str:
    if option is not None:
        return f"the option asks for {choice.style.name}"
    if genre.style:
        return "one style leads a song"
    return f"no {genre.name} here yet"


def hint_drafts(hints: Sequence[Word[Genre]], instruments: Sequence[Word[InstrumentWord]]) -> list[Draft]:
    """Genres that should colour one part; within the name of an instrument they belong to that wish."""
    taken = [(word.start, word.end) for word in instruments]
    return [
        Draft(
            word.start,
            word.end,
            "production",
            f"a touch of {word.entry.name}",
            fate="not_done",
            reason="all parts keep the style of the song",
            requirements=(Requirement(criterion="production", target=f"a touch of {word.entry.name}"),),
        )
        for word in hints
        if not any(start <= word.start < end for start, end in taken)
    ]


def likeness_drafts(likenesses: Sequence[Word[Likeness]], choice: StyleChoice, lexicon: Lexicon) -> list[Draft]:
    """What becomes of "like X": known names lend attributes of style, unknown ones nothing."""
    drafts = []
    for word in likenesses:
        one = word.entry
        requirement = Requirement(criterion="likeness", target=one.name)
        moods = [lexicon.moods[name] for name in one.moods if name in lexicon.moods]
        if word.refused:
            drafts.append(Draft(word.first, word.end, "likeness", one.name, refused=True, requirements=(requirement,)))
        elif one.genre or moods:
            traits = ", ".join([one.genre, *(mood.name for mood in moods)] if one.genre else [m.name for m in moods])
            genre = lexicon.genres.get(one.genre)
            nearness = 0.5 * nearness_of(genre, choice.style) if genre else 0.1
            drafts.append(
                Draft(
                    word.first,
                    word.end,
                    "likeness",
                    one.name,
                    fate="substituted",
                    substitute=f"general traits ({traits})",
                    nearness=round(nearness, 2),
                    reason="nobody is copied; only general traits are taken",
                    requirements=(requirement,),
                )
            )
        else:
            drafts.append(
                Draft(
                    word.first,
                    word.end,
                    "likeness",
                    one.name,
                    fate="not_done",
                    reason=f"{one.name} is not known here",
                    requirements=(requirement,),
                )
            )
    return drafts


def era_draft(era: Found[Era], style: StyleInfo, changes: Mapping[str, Mapping[str, float]]) -> Draft:
    """What becomes of an era: exact where the style stems from it, else only a hint of its sound.

    Args:
        era: the decade that was named.
        style: what the song is.
        changes: what each decade changes in the sound.
    """
    decade = era.value.decade
    requirement = Requirement(criterion="era", target=decade)
    if decade in style.eras:
        return Draft(era.start, era.end, "era", decade, requirements=(requirement,))
    hint = bool(changes.get(decade))
    return Draft(
        era.start,
        era.end,
        "era",
        decade,
        fate="substituted" if hint else "not_done",
        substitute="a hint of its tone" if hint else "",
        nearness=_HINT_OF_ERA if hint else 0.0,
        reason=f"the playing is not that of the {decade}" if hint else f"nothing here sounds like the {decade} yet",
        requirements=(requirement,),
    )
