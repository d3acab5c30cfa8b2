"""What is asked changes: wishes of the Intent that no longer hold go, with their requirements, and new ones come."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aurax.intent.contract import Contract, Requirement
from aurax.intent.intent import Intent
from aurax.intent.revision import Change
from aurax.intent.wish import Wish, WishField


def without_wishes(intent: Intent, goes: Callable[[Wish], bool]) -> Intent:
    """The intent without some wishes and without what the contract held for them.

    Args:
        intent: what was asked.
        goes: whether a wish no longer holds.
    """
    places = {old: new for new, old in enumerate(place for place, wish in enumerate(intent.wishes) if not goes(wish))}
    if len(places) == len(intent.wishes):
        return intent
    requirements = tuple(
        one if one.wish is None else one.model_copy(update={"wish": places[one.wish]})
        for one in intent.contract.requirements
        if one.wish is None or one.wish in places
    )
    return intent.model_copy(
        update={
            "wishes": tuple(intent.wishes[place] for place in places),
            "contract": Contract(requirements=requirements),
        }
    )


def without_requirements(intent: Intent, criterion: str) -> Intent:
    """The intent without any promise of one kind, asked for or not."""
    kept = tuple(one for one in intent.contract.requirements if one.criterion != criterion)
    return intent.model_copy(update={"contract": Contract(requirements=kept)})


def with_wish(intent: Intent, wish: Wish, requirements: Sequence[Requirement] = ()) -> Intent:
    """The intent with one more wish, and what the contract holds for it.

    Args:
        intent: what was asked.
        wish: what is asked besides.
        requirements: of the wish.
    """
    place = len(intent.wishes)
    held = tuple(one.model_copy(update={"wish": place, "quote": wish.words}) for one in requirements)
    return intent.model_copy(
        update={
            "wishes": (*intent.wishes, wish),
            "contract": Contract(requirements=(*intent.contract.requirements, *held)),
        }
    )


def with_requirement(intent: Intent, requirement: Requirement) -> Intent:
    """The intent with one more promise that nobody asked for in words."""
    return intent.model_copy(update={"contract": Contract(requirements=(*intent.contract.requirements, requirement))})


def wish_of(change: Change, note: str, field: WishField, value: str, *, refused: bool = False) -> Wish:
    """A change as a wish.

    Args:
        change: of a note.
        note: as written.
        field: what it is about.
        value: what was understood.
        refused: whether it must not be there.
    """
    return Wish(
        words=change.words,
        start=change.start,
        end=change.end,
        field=field,
        value=value,
        refused=refused,
        note=note,
    )


def merged_wishes(intent: Intent, other: Intent, note: str, fields: Sequence[WishField]) -> Intent:
    """The intent with the wishes of another, which was read of a note.

    Args:
        intent: what was asked.
        other: what the note asks.
        note: as written.
        fields: which of its wishes are taken.
    """
    for place, wish in enumerate(other.wishes):
        if wish.field in fields:
            held = [one for one in other.contract.requirements if one.wish == place]
            intent = with_wish(intent, wish.model_copy(update={"note": note}), held)
    return intent
