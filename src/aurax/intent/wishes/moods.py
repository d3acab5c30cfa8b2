"""Wishes for moods and qualities of sound, and what becomes of each."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.intent.contract import Requirement
from aurax.intent.draft import Draft
from aurax.intent.entries import Mood
from aurax.intent.intent import StyleInfo
from aurax.intent.readers.word import Word


def mood_drafts(moods: Sequence[Word[Mood]], style: StyleInfo) -> list[Draft]:
    """What becomes of moods and qualities of sound: what changes the song is exact, all else is said not to be done."""
    drafts = []
    for word in moods:
        mood = word.entry
        own = _is_of_style(mood, style)
        done = mood.changes_something or own != word.refused
        drafts.append(
            Draft(
                word.first,
                word.end,
                mood.kind,
                mood.name,
                refused=word.refused,
                fate="exact" if done else "not_done",
                reason="" if done else _why_not(mood, style, refused=word.refused),
                requirements=(Requirement(criterion=mood.kind, target=mood.name),),
            )
        )
    return drafts


def _why_not(mood: Mood, style: StyleInfo, *, refused: bool) -> str:
    if refused:
        return f"{style.title.lower()} has it by its nature"
    return mood.not_done or f"nothing here changes for {mood.name!r} yet"


def _is_of_style(mood: Mood, style: StyleInfo) -> bool:
    """Whether the style itself is meant by such a word."""
    return mood.name in style.moods
