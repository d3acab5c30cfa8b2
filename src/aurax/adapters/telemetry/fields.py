"""Which song, session, take and stage something belongs to, known to everything that is logged meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Field = str | int | float | bool
"""A value of a log line."""

_FIELDS: ContextVar[dict[str, Field]] = ContextVar("aurax_log_fields")


def current_fields() -> dict[str, Field]:
    """What is bound now."""
    return _FIELDS.get({})


@contextmanager
def bound(**fields: Field | None) -> Iterator[None]:
    """Add fields to every line that is logged within the block, in threads that carry the context too.

    Args:
        fields: by name; None means "not known".
    """
    known = {name: value for name, value in fields.items() if value is not None}
    token = _FIELDS.set({**current_fields(), **known})
    try:
        yield
    finally:
        _FIELDS.reset(token)
