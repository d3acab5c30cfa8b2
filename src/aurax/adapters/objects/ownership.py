"""Whose an object store is: it carries the id of the database that knows its objects.

Only that database may say which objects nobody needs. Another one would take all of them for rubbish.
"""

from __future__ import annotations

import json
from typing import Literal

from aurax.adapters.objects.store import ObjectStore
from aurax.errors import CorruptData, InvalidOption

NOTE = "deployment.json"
"""Where the mark is, beside the folders of objects."""

Claim = Literal["ours", "unmarked"]


def owner(objects: ObjectStore) -> str | None:
    """The id of the database to which a store belongs; None if it is not marked.

    Args:
        objects: the store.

    Raises:
        CorruptData: the mark cannot be read.
        ServiceUnavailable: the store does not answer.
        StorageRefused: the store refuses.
    """
    content = objects.read_note(NOTE)
    if content is None:
        return None
    try:
        found = json.loads(content)["deployment"]
    except (ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, str) or not found:
        raise CorruptData(
            f"{NOTE} in {objects.location} to name a deployment", "something else", "run 'aurax gc --claim' to mark it"
        )
    return found


def claim(objects: ObjectStore, deployment: str) -> Claim:
    """See that a store belongs to a database; an empty one is marked as its own.

    Args:
        objects: the store.
        deployment: the database's id.

    Returns:
        `ours`, or `unmarked`: it holds objects from a time before stores were marked.

    Raises:
        InvalidOption: it belongs to another database.
    """
    found = owner(objects)
    if found is None:
        if any(page for page in objects.pages()):
            return "unmarked"
        # Where two claim at once, the store decides, and both read who won.
        objects.write_note(NOTE, _mark(deployment))
        found = owner(objects)
    if found != deployment:
        raise InvalidOption(
            f"the object store at {objects.location} to belong to this database",
            "the mark of another one",
            "give each database a folder of its own in AURAX_OBJECTS_URL; if the other one is gone for good,"
            " run 'aurax gc --claim'",
        )
    return "ours"


def take_over(objects: ObjectStore, deployment: str) -> None:
    """Mark a store as a database's own, whatever it was before.

    Args:
        objects: the store.
        deployment: the database's id.
    """
    objects.write_note(NOTE, _mark(deployment), replace=True)


def _mark(deployment: str) -> bytes:
    about = "Objects in this folder belong to the AURA-X database of this id; see 'aurax gc --help'."
    return json.dumps({"deployment": deployment, "about": about}, indent=2).encode()
