"""Wishes for moods and qualities of sound, and what becomes of each."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.intent.contract import Requirement
from aurax.intent.draft import Draft
from aurax.intent.entries import Mood
from aurax.intent.intent import StyleInfo
from aurax.intent.readers.words import Word


def mood_drafts(moods: Sequence[Word[Mood]], style: StyleInfo) -> list[Draft]:
    """What becomes of moods and qualities of sound: what changes the song is exact, all else is said not to be done."""
    drafts = []
    for word in moods:
        mood = word.entry
        done = word.refused or mood.changes_something or _is_of_style(mood, style)
        drafts.append(
            Draft(
                word.first,
                word.end,
                mood.kind,
                mood.name,
                refused=word.refused,
                fate="exact" if done else "not_done",
                reason="" if done else mood.not_done or f"nothing here changes for {mood.name!r} yet",
                requirements=(Requirement(criterion=mood.kind, target=mood.name),),
            )
        )
    return drafts


def _is_of_style(mood: Mood, style: StyleInfo) -> bool:
    """Whether the style itself is meant by such a word."""
    return mood.name in style.moods
