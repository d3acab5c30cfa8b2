"""Changes of the whole song in words: "slower", "too bright", "more reverb", "muddy low end"."""

from __future__ import annotations

from aurax.intent.notes.marks import Mark
from aurax.intent.notes.stretch import Stretch, about_of, is_part, part_name, sign_of_word

_STRONGLY = 2.0
"""What taking something out says of how much less is meant."""


def read_adjectives(stretch: Stretch) -> None:
    """Adjectives that do not speak of how loud a part is: "slower", "too bright", "plus court"."""
    for mark in stretch.marks:
        if not stretch.is_free(mark) or not mark.does("compared", "plain", "fault"):
            continue
        about = about_of(mark)
        blamed = _blamed(stretch, mark)
        if blamed is not None:
            stretch.use(mark, blamed)
            sign = -sign_of_word(mark) if about_of(blamed) == about else -sign_of_word(blamed)
            stretch.found.append(
                stretch.change(about_of(blamed), [mark, blamed], amount=float(sign), unit="steps")  # type: ignore[arg-type]
            )
            continue
        if about == "level" and (stretch.has_parts or stretch.sentence.waiting or stretch.sentence.carried):
            continue
        sign, factor, grades = stretch.graded(mark)
        parts = [one for one in stretch.marks if is_part(one) and stretch.is_free(one)]
        if about in ("tempo", "length"):
            parts = []
        stretch.use(mark, *grades, *parts)
        kind = "loudness" if about == "level" else about
        stretch.found.append(
            stretch.change(
                kind, [mark, *grades, *parts], amount=sign * factor, unit="steps",  # type: ignore[arg-type]
                scope=stretch.scope(tuple(part_name(one) for one in parts)),
            )
        )  # fmt: skip


def read_nouns(stretch: Stretch) -> None:
    """Nouns with a grade or a direction: "more reverb", "turn the treble down", "less compression"."""
    for mark in stretch.marks:
        if not stretch.is_free(mark) or not mark.does("noun"):
            continue
        about = about_of(mark)
        sign, factor, grades = stretch.graded(mark)
        parts = [one for one in stretch.marks if is_part(one) and stretch.is_free(one)]
        if not any(one.does("more", "less", "too", "not_so", "up", "down", "remove", "add") for one in grades):
            moves = [one for one in stretch.marks if stretch.is_free(one) and one.does("up", "down", "remove", "add")]
            if not moves:
                continue
            sign = sign_of_word(mark) * (-1 if moves[0].does("down", "remove") else 1)
            factor *= _STRONGLY if moves[0].does("remove") else 1.0
            grades = [*grades, *moves]
        stretch.use(mark, *grades, *parts)
        kind = about if about != "level" or parts else "loudness"
        stretch.found.append(
            stretch.change(
                kind, [mark, *grades, *parts], amount=sign * factor, unit="steps",  # type: ignore[arg-type]
                scope=stretch.scope(tuple(part_name(one) for one in parts)),
            )
        )  # fmt: skip


def _blamed(stretch: Stretch, mark: Mark) -> Mark | None:
    """The noun whose fault is named right before it ("muddy low end"), if any."""
    after = stretch.marks[stretch.marks.index(mark) + 1 :][:1]
    return after[0] if mark.does("fault") and after and after[0].does("noun") and stretch.is_free(after[0]) else None
