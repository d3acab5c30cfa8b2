"""Drafts of wishes: what a reader found, what becomes of it, and what the contract must hold for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aurax.intent.contract import Requirement
from aurax.intent.spelling import Spelling
from aurax.intent.text import PromptText
from aurax.intent.wish import Fate, Wish, WishField


@dataclass(frozen=True)
class Draft:
    """A wish whose place still counts in the corrected prompt.

    Args:
        start: first character.
        end: first character after it.
        field: what it is about.
        value: what was understood.
        refused: whether it must not be.
        fate: what becomes of it.
        substitute: what is done in its place.
        nearness: how near that comes; by default 1 for `exact` and 0 for all others.
        reason: why it is not done exactly.
        requirements: what the contract holds for it; left empty, that its fate is `exact`.
    """

    start: int
    end: int
    field: WishField
    value: str
    refused: bool = False
    fate: Fate = "exact"
    substitute: str = ""
    nearness: float | None = None
    reason: str = ""
    requirements: tuple[Requirement, ...] = ()

    def wish(self, spelling: Spelling) -> Wish:
        """The wish, with its place in the prompt as it was typed."""
        start, end = spelling.typed_span(self.start, self.end)
        return Wish(
            words=spelling.typed[start:end],
            start=start,
            end=end,
            field=self.field,
            value=self.value,
            refused=self.refused,
            fate=self.fate,
            substitute=self.substitute,
            nearness=(1.0 if self.fate == "exact" else 0.0) if self.nearness is None else self.nearness,
            reason=self.reason,
            corrected=", ".join(one.meant for one in spelling.inside(self.start, self.end)),
        )


def trimmed(text: PromptText, start: int, end: int) -> tuple[int, int]:
    """A span without spaces and punctuation at its ends."""
    while start < end and not (text.original[start].isalnum() or text.original[start] in "#'[♩"):
        start += 1
    while end > start and not (text.original[end - 1].isalnum() or text.original[end - 1] in "'\"%]+#"):
        end -= 1
    return start, end


def settled_wishes(drafts: Sequence[Draft], spelling: Spelling) -> tuple[tuple[Wish, ...], tuple[Requirement, ...]]:
    """All wishes in the prompt's order, and their requirements, which point to them."""
    order = sorted(range(len(drafts)), key=lambda place: (drafts[place].start, drafts[place].end, place))
    wishes = tuple(drafts[place].wish(spelling) for place in order)
    requirements = tuple(
        requirement.model_copy(update={"wish": index, "quote": wishes[index].words})
        for index, place in enumerate(order)
        for requirement in drafts[place].requirements
    )
    return wishes, requirements
