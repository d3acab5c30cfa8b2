"""Wishes for human voices, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.intent.contract import Requirement
from aurax.intent.draft import Draft
from aurax.intent.entries import Genre, VoiceWord
from aurax.intent.readers.word import Word

NOBODY_SINGS = "nobody sings or raps here yet"


def sung_genre_drafts(genres: Sequence[Word[Genre]], voices: Sequence[Word[VoiceWord]]) -> list[Draft]:
    """Genres that are sung by their nature ask for voices, even where the prompt does not say so."""
    if voices:
        return []
    return [
        Draft(
            word.start,
            word.end,
            "vocals",
            "vocals",
            fate="not_done",
            reason=NOBODY_SINGS,
            requirements=(Requirement(criterion="vocals", target="vocals"),),
        )
        for word in genres
        if word.entry.sung and not word.refused
    ][:1]


def voice_drafts(voices: Sequence[Word[VoiceWord]]) -> list[Draft]:
    """What becomes of voices: none can be had yet, so refusing them is exact and asking for them is not done."""
    drafts = []
    for word in voices:
        refused = word.refused != (word.entry.kind == "none")
        value = "vocals" if word.entry.kind == "none" else word.entry.name
        drafts.append(
            Draft(
                word.first,
                word.end,
                "vocals",
                value,
                refused=refused,
                fate="exact" if refused else "not_done",
                reason="" if refused else NOBODY_SINGS,
                requirements=(Requirement(criterion="vocals", target=value),),
            )
        )
    return drafts
