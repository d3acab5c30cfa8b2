"""Deleting what no song needs from a store that several machines share.

A row is written before its object is stored, so an object without a row belongs to nobody: its song was forgotten and a
process died before it deleted the object, or it was a message between machines. Young objects are spared all the same.
Several may collect at once, and while songs are made: whatever is deleted twice does no harm, and what a running song
misses counts as damaged and is made again.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aurax.adapters.objects.backend import StoredObject
from aurax.adapters.objects.store import ObjectStore
from aurax.audio.reference import FOLDERS

GRACE = timedelta(days=1)
"""Objects younger than this are spared."""

_EXAMPLES = 20

Needed = Callable[[Collection[str]], Awaitable[frozenset[str]]]
"""Tells which of some keys are needed."""


@dataclass(frozen=True)
class Garbage:
    """What was deleted, or would be.

    Args:
        objects: how many.
        bytes: of all of them.
        examples: some of their keys.
    """

    objects: int
    bytes: int
    examples: tuple[str, ...]


async def collect_garbage(
    objects: ObjectStore, needed: Needed, *, grace: timedelta = GRACE, dry_run: bool = False
) -> Garbage:
    """Delete objects that nobody needs, page by page.

    Args:
        objects: a store that belongs to the database behind `needed`.
        needed: asked about a page of keys right before they are deleted.
        grace: younger objects are spared; by the store's own clock.
        dry_run: only tell.
    """
    count = size_bytes = 0
    examples: list[str] = []
    before = await asyncio.to_thread(_now, objects) - grace
    for folder in sorted(FOLDERS):
        pages = objects.pages(folder)
        while (page := await asyncio.to_thread(_next, pages)) is not None:
            old = {one.key: one for one in page if one.modified_at < before}
            if not old:
                continue
            garbage = [old[key] for key in old.keys() - await needed(tuple(old))]
            if not dry_run:
                await asyncio.to_thread(objects.delete, [one.key for one in garbage])
            count += len(garbage)
            size_bytes += sum(one.bytes for one in garbage)
            examples += sorted(one.key for one in garbage)[: _EXAMPLES - len(examples)]
    return Garbage(count, size_bytes, tuple(examples))


def _next(pages: Iterator[Sequence[StoredObject]]) -> Sequence[StoredObject] | None:
    return next(pages, None)


def _now(objects: ObjectStore) -> datetime:
    """The time by the store's clock, which dates its objects: this machine's may be wrong."""
    folder = f"wire/clock-{uuid.uuid4().hex}"
    key = f"{folder}/now.txt"
    objects.write_note(key, b"now")
    try:
        return next(one.modified_at for page in objects.pages(folder) for one in page)
    finally:
        objects.delete([key])
