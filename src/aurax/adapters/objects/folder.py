"""Objects in a folder of this machine."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore

from aurax.adapters.objects.backend import StoredObject
from aurax.adapters.objects.content import KnownContent, copy_hashing, fault_of
from aurax.adapters.objects.failures import damaged, translating_errors
from aurax.adapters.objects.places import place, sweep
from aurax.audio.reference import ObjectRef

_STAGING = ".staging"


class FolderBackend:
    """Objects as plain files.

    Args:
        root: the folder, created if missing.

    Raises:
        OSError: it cannot be written.
        obstore.exceptions.BaseError: likewise.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._store = LocalStore(str(root), mkdir=True)
        # Inside the store's own folder, so that moving a finished file to its key stays on one disk.
        self.staging = root / _STAGING
        self.staging.mkdir(parents=True, exist_ok=True)
        sweep(self.staging)
        self._content = KnownContent()

    def put(self, path: Path, ref: ObjectRef, *, move: bool) -> None:
        """Store a file under a key."""
        target = place(self._root, ref.key)
        if target.is_dir():
            shutil.rmtree(target)
        if move:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.replace(target)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
            else:
                self._content.remember(target, ref.sha256)
                return
        obstore.put(self._store, ref.key, path)

    def holds(self, ref: ObjectRef) -> bool:
        """Whether the very content is stored."""
        return self.fault(ref) is None

    @contextlib.contextmanager
    def hold(self, ref: ObjectRef) -> Iterator[Path]:
        """The object's own file."""
        found = self.fault(ref)
        if found is not None:
            raise damaged(ref, found)
        yield place(self._root, ref.key)

    def copy_to(self, ref: ObjectRef, target: Path) -> None:
        """Copy the content, hashing it on its way instead of beforehand."""
        path = place(self._root, ref.key)
        try:
            source = path.open("rb")
        except OSError as error:
            raise damaged(ref, "nothing that can be read") from error
        with source, target.open("wb") as file:
            status = os.fstat(source.fileno())
            digest = copy_hashing(source, file)
        self._content.remember(path, digest, status)
        if digest != ref.sha256:
            raise damaged(ref, "other content")

    def fault(self, ref: ObjectRef) -> str | None:
        """What is wrong with the object's file."""
        return fault_of(place(self._root, ref.key), ref, self._content)

    def size(self, key: str) -> int | None:
        """Bytes of an object."""
        try:
            return obstore.head(self._store, key)["size"]
        except FileNotFoundError:
            return None

    def pages(self, prefix: str) -> Iterator[Sequence[StoredObject]]:
        """Files below a folder; half-made ones are none."""
        for page in obstore.list(self._store, prefix or None, chunk_size=1000):
            yield [
                StoredObject(one["path"], one["size"], one["last_modified"].astimezone(UTC))
                for one in page
                if not one["path"].startswith(f"{_STAGING}/") and "/" in one["path"]
            ]

    def read_note(self, key: str) -> bytes | None:
        """The content of a small file."""
        try:
            return place(self._root, key).read_bytes()
        except FileNotFoundError:
            return None

    def write_note(self, key: str, content: bytes, *, replace: bool) -> bool:
        """Write a small file."""
        try:
            obstore.put(self._store, key, content, mode="overwrite" if replace else "create")
        except AlreadyExistsError:
            return False
        return True

    def delete(self, keys: Iterable[str]) -> None:
        """Delete files."""
        for key in keys:
            path = place(self._root, key)
            with translating_errors(key):
                try:
                    obstore.delete(self._store, key)
                except FileNotFoundError:
                    continue
                finally:
                    self._content.forget(path)

    def forget_copy(self, ref: ObjectRef) -> None:
        """There are no copies."""

    def link(self, key: str, expires_s: float, filename: str) -> str | None:  # noqa: ARG002
        """A folder has no addresses."""
        return None
