"""Names of what a take stores before it is delivered, so that an attempt can be discarded as a whole."""

from __future__ import annotations


def take_prefix(take_number: int) -> str:
    """Beginning of the names of everything that a take stores."""
    return f"take {take_number}/"


def attempt_prefix(take_number: int, attempt: int) -> str:
    """Beginning of the names of what one attempt at mixing and mastering stores.

    Args:
        take_number: counted from 1.
        attempt: how often mastering had sent the mix back.
    """
    return f"{take_prefix(take_number)}mix {attempt}/"
