"""What follow-up notes ask to be done to finished notes, done: also to notes that are composed anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aurax.compose.edits.parts import silence_parts
from aurax.compose.edits.transpose import shift_octaves
from aurax.intent.intent import NoteEdit
from aurax.score.instrument import InstrumentInfo
from aurax.score.plan import Section
from aurax.score.score import Score


def with_edits(score: Score, edits: Sequence[NoteEdit], instruments: Mapping[str, InstrumentInfo]) -> Score:
    """Do edits one after the other; what the score does not have is passed over.

    Args:
        score: the song.
        edits: of the intent.
        instruments: installed instruments by name.
    """
    for edit in edits:
        names = {track.name for word in edit.played_by for track in score.named(word)}
        if edit.kind == "octaves":
            score = shift_octaves(score, names, edit.octaves, instruments)
        elif names:
            score = silence_parts(score, names, rest_places(edit, score.plan.sections))
    return score


def rest_places(edit: NoteEdit, sections: Sequence[Section]) -> list[int]:
    """Indices of the sections in which an edit has parts rest; none where the song has no section that it names."""
    named = {place for section in edit.sections for place in places_of(section, sections)}
    if not named:
        return []
    return [place for place in range(len(sections)) if (place in named) != edit.elsewhere]


def places_of(name: str, sections: Sequence[Section]) -> list[int]:
    """Indices of the sections that a name means.

    Args:
        name: a form word, with a number where one of several is meant: `verse 2`, `chorus -1` for the last one.
        sections: of the song.
    """
    word, _, number = name.partition(" ")
    places = [place for place, section in enumerate(sections) if section.name == word]
    if not number:
        return places
    nth = int(number)
    return [places[nth - 1 if nth > 0 else nth]] if len(places) >= abs(nth) else []
