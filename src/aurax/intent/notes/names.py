"""Genres, moods, likenesses and forms, with what grades or refuses them."""

from __future__ import annotations

from aurax.intent.entries import Genre, Likeness, Mood, StructureWord
from aurax.intent.notes.stretch import Stretch, is_section, unknown
from aurax.intent.revision import ChangeKind


def read_names(stretch: Stretch) -> None:
    """Genres, moods, likenesses and forms, with what grades or refuses them."""
    for mark in stretch.marks:
        if not stretch.is_free(mark):
            continue
        value = mark.value
        if isinstance(value, (Genre, Likeness, Mood)):
            sign, factor, grades = stretch.graded(mark)
            refusing = [
                one for one in stretch.marks if stretch.is_free(one) and one.does("remove") and one.end <= mark.start
            ]
            stretch.use(mark, *grades, *refusing, *(one for one in stretch.marks if one.does("add")))
            kind: ChangeKind = "mood" if isinstance(value, Mood) else "genre"
            sign = -1 if refusing or mark.refused else sign
            stretch.found.append(
                stretch.change(kind, [mark, *grades, *refusing], amount=sign * factor, unit="steps", text=value.name)
            )
        elif isinstance(value, StructureWord):
            removing = [one for one in stretch.marks if stretch.is_free(one) and one.does("remove")]
            adding = [one for one in stretch.marks if stretch.is_free(one) and one.does("add", "more")]
            stretch.use(mark, *removing, *adding)
            if is_section(mark) and not removing and not adding:
                stretch.found.append(
                    unknown(stretch.marked, [mark], f"it does not say what to do with the {value.name}")
                )
                continue
            stretch.found.append(
                stretch.change(
                    "form",
                    [mark, *removing, *adding],
                    amount=-1.0 if removing else 1.0,
                    unit="steps",
                    text=value.name,
                )
            )
