"""Changes with a number and a unit: "10 bpm faster", "by 3 dB", "2 minutes", "up a tone"."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.intent.notes.marks import Mark
from aurax.intent.notes.quantities import Quantity
from aurax.intent.notes.stretch import Stretch, about_of, is_part, part_name, unknown


def read_quantified(stretch: Stretch) -> None:
    """Every number with its unit, and the words that say of what and which way."""
    for mark in stretch.marks:
        if isinstance(mark.value, Quantity):
            stretch.use(mark)
            _quantity(stretch, mark, mark.value)


def _quantity(stretch: Stretch, mark: Mark, one: Quantity) -> None:
    near = [other for other in stretch.marks if stretch.is_free(other)]
    words = [other for other in near if other.does("compared", "plain", "fault", "noun")]
    moves = [other for other in near if other.does("up", "down", "more", "less", "remove", "add", "too")]
    word = min(words, key=lambda other: abs(other.start - mark.start), default=None)
    about = about_of(word) if word is not None else ""
    sign = stretch.sign_of(word, moves)
    parts = tuple(part_name(other) for other in near if is_part(other))
    part_marks = [other for other in near if is_part(other)]
    if one.unit == "lufs":
        stretch.use(*words, *moves)
        stretch.found.append(stretch.change("loudness", [mark], amount=one.value, unit="lufs", relative=False))
    elif one.unit == "semitones":
        stretch.use(*words, *moves, *part_marks)
        if sign == 0 and not one.signed and one.value > 0:
            stretch.found.append(unknown(stretch.marked, [mark], "it does not say whether up or down"))
            return
        amount = one.value if sign == 0 or one.value < 0 else sign * one.value
        stretch.found.append(
            stretch.change(
                "key", [mark, *moves, *part_marks], amount=amount, unit="semitones", scope=stretch.scope(parts)
            )
        )
    elif one.unit == "bpm":
        stretch.use(*words, *moves)
        if one.by and sign == 0 and not one.signed:
            stretch.found.append(unknown(stretch.marked, [mark], "it does not say which way"))
            return
        relative = one.signed or one.by or (sign != 0 and not one.to and (word is None or mark.end <= word.start))
        amount = one.value if not relative or sign == 0 or one.value < 0 else sign * abs(one.value)
        stretch.found.append(
            stretch.change("tempo", [mark, *_some(word)], amount=amount, unit="bpm", relative=relative)
        )
    elif one.unit in ("s", "bars"):
        stretch.use(*(other for other in words if about_of(other) == "length"), *moves)
        sign = stretch.sign_of(word if about == "length" else None, moves)
        relative = (
            one.signed
            or (one.by and sign != 0)
            or (sign != 0 and not one.to and (word is None or about != "length" or mark.end <= word.start))
        )
        amount = sign * abs(one.value) if relative and sign and one.value > 0 else one.value
        stretch.found.append(
            stretch.change(
                "length",
                [mark, *_some(word if about == "length" else None)],
                amount=amount,
                unit="s" if one.unit == "s" else "bars",
                relative=relative,
                scope=stretch.scope(()),
            )
        )
    else:
        stretch.use(*words, *moves, *part_marks)
        _ratio(stretch, mark, one, about, sign, parts, [*_some(word), *moves, *part_marks])


def _ratio(
    stretch: Stretch, mark: Mark, one: Quantity, about: str, sign: int, parts: tuple[str, ...], around: Sequence[Mark]
) -> None:
    """Percent, decibels and "1.5 times" need a word that says of what."""
    if not about and parts:
        about = "level"
    if not about and one.unit == "times":
        about = "tempo"
    if about == "level" and not parts:
        about = "loudness"
    value, unit = one.value, one.unit
    if unit == "times":
        value, unit = (value - 1.0) * 100.0, "percent"
        sign = 1 if sign >= 0 else -1
        value = value if sign > 0 else (1.0 / one.value - 1.0) * 100.0 if one.value else 0.0
        sign = 1
    elif unit == "percent" and one.to and about in ("tempo", "length"):
        value, sign = value - 100.0, 1
    if not about or (sign == 0 and not one.signed):
        stretch.found.append(unknown(stretch.marked, [mark, *around], "it does not say of what, or which way"))
        return
    amount = value if value < 0 or sign == 0 else sign * value
    stretch.found.append(
        stretch.change(
            about, [mark, *around], amount=amount, unit="percent" if unit == "percent" else "db",  # type: ignore[arg-type]
            scope=stretch.scope(parts),
        )
    )  # fmt: skip


def _some(mark: Mark | None) -> list[Mark]:
    return [] if mark is None else [mark]
