"""Contradictions inside one note: what is asked for both ways is not done, and a number beats a word."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.intent.revision import Change

_GRADED = frozenset(
    {"tempo", "length", "level", "brightness", "bass", "warmth", "width", "space", "dynamics", "loudness", "swing"}
)  # fmt: skip


def settle_contradictions(changes: Sequence[Change]) -> list[Change]:
    """The changes, of which those that ask for one thing both ways are not done.

    Args:
        changes: of one note.
    """
    settled = _once(_numbers_over_words(changes))
    for place, change in enumerate(settled):
        for other in settled[:place]:
            why = _clash(other, change)
            if why:
                settled[place] = change.model_copy(update={"fate": "not_done", "substitute": "", "reason": why})
                at = settled.index(other)
                settled[at] = other.model_copy(update={"fate": "not_done", "substitute": "", "reason": why})
    return settled


def _numbers_over_words(changes: Sequence[Change]) -> list[Change]:
    """Leave out words that an exact number makes more precise: "faster, 130 bpm"."""
    exact = {(one.kind, one.scope) for one in changes if not one.relative and one.unit in ("bpm", "s", "bars", "lufs")}
    return [
        one
        for one in changes
        if not ((one.kind, one.scope) in exact and one.relative and one.unit == "steps" and one.is_done)
    ]


def _once(changes: Sequence[Change]) -> list[Change]:
    """Say once what a note says twice ("it drags, faster!"): as strongly as it was said at most."""
    kept: list[Change] = []
    for change in changes:
        place = next((place for place, one in enumerate(kept) if _is_same(one, change)), None)
        if place is None:
            kept.append(change)
        elif abs(change.amount or 0.0) > abs(kept[place].amount or 0.0):
            kept[place] = change
    return kept


def _is_same(one: Change, other: Change) -> bool:
    if (one.kind, one.scope, one.unit, one.relative, one.text, one.fate, one.reason) != (
        other.kind, other.scope, other.unit, other.relative, other.text, other.fate, other.reason,
    ):  # fmt: skip
        return False
    if one.kind == "unknown":
        return False
    return (one.unit == "steps" and (one.amount or 0.0) * (other.amount or 0.0) > 0.0) or one.amount == other.amount


def _clash(one: Change, other: Change) -> str:
    if not one.is_done or not other.is_done:
        return ""
    if one.kind == other.kind and one.scope == other.scope:
        if one.kind in _GRADED:
            if one.relative and other.relative and (one.amount or 0.0) * (other.amount or 0.0) < 0.0:
                return f"{one.words!r} and {other.words!r} contradict each other"
            if not one.relative and not other.relative and one.amount != other.amount:
                return f"{one.words!r} and {other.words!r} contradict each other"
        if one.kind in ("key", "mode") and not one.relative and not other.relative and one.text != other.text:
            return f"{one.words!r} and {other.words!r} contradict each other"
    if {one.kind, other.kind} == {"add", "remove"} and one.scope == other.scope:
        return f"{one.words!r} and {other.words!r} contradict each other"
    return ""
