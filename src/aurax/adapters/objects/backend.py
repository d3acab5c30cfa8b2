"""What the object store needs of the place where objects are: a folder of this machine, or a remote store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from aurax.audio.reference import ObjectRef


@dataclass(frozen=True)
class StoredObject:
    """One object as a listing tells it.

    Args:
        key: where it is.
        bytes: its size.
        modified_at: when it was stored last, in UTC.
    """

    key: str
    bytes: int
    modified_at: datetime


class Backend(Protocol):
    """A place for objects. Everything is atomic, may be repeated, and may be called from several threads at once."""

    staging: Path
    """A folder for half-made files, from where moving a file into place costs nothing."""

    def put(self, path: Path, ref: ObjectRef, *, move: bool) -> None:
        """Store a file under a key; with `move`, it may be taken away."""

    def holds(self, ref: ObjectRef) -> bool:
        """Whether this very content is known to be stored, so that it need not be stored again."""

    def hold(self, ref: ObjectRef) -> AbstractContextManager[Path]:
        """A checked file of this machine, which stays until the block ends."""

    def copy_to(self, ref: ObjectRef, target: Path) -> None:
        """Copy the content and check it on its way."""

    def fault(self, ref: ObjectRef) -> str | None:
        """What is wrong with the stored object; None if nothing is."""

    def size(self, key: str) -> int | None:
        """Bytes of an object; None if there is none."""

    def pages(self, prefix: str) -> Iterator[Sequence[StoredObject]]:
        """All objects of a folder, in pages."""

    def read_note(self, key: str) -> bytes | None:
        """The content of a small object as it is now; None if there is none."""

    def write_note(self, key: str, content: bytes, *, replace: bool) -> bool:
        """Store a small object; without `replace`, only where there is none. Whether it was stored."""

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; those that are gone already do no harm."""

    def forget_copy(self, ref: ObjectRef) -> None:
        """Let go of a local copy of a remote object."""

    def link(self, key: str, expires_s: float, filename: str) -> str | None:
        """An address that gives the object to whoever has it; None where the place cannot make one."""
