"""Wishes, made by hand."""

from aurax.intent.wish import Wish


def wish_for(field: str, value: str, fate: str = "exact", **fields: object) -> Wish:
    """A wish at the prompt's start."""
    return Wish.model_validate(
        {"words": value, "start": 0, "end": len(value), "field": field, "value": value, "fate": fate, **fields}
    )
