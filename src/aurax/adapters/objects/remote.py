"""Objects in a remote store, with copies on this machine."""

from __future__ import annotations

import contextlib
import hashlib
import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import AzureStore, GCSStore, S3Store

from aurax import observing
from aurax.adapters.objects.backend import StoredObject
from aurax.adapters.objects.cache import Lease, ObjectCache
from aurax.adapters.objects.connection import Patience, connect
from aurax.adapters.objects.content import copy_hashing
from aurax.adapters.objects.content_types import content_type
from aurax.adapters.objects.failures import damaged, is_missing_object, translating_errors
from aurax.adapters.objects.places import place, sweep
from aurax.adapters.objects.presigned import with_filename
from aurax.audio.reference import ObjectRef
from aurax.errors import DamagedObject, ServiceUnavailable

if TYPE_CHECKING:
    from obstore import Attributes

_PART_BYTES = 8 * 1024 * 1024
"""Of a multipart upload: at most 10,000 parts make an object, and R2 wants all of one size."""
_PARTS_AT_ONCE = 4
_BLOCK_BYTES = 1024 * 1024
_PAGE = 1000
"""Objects of one listing or one bulk delete; S3 takes no more."""
_LONGEST_PAUSE_S = 8.0

T = TypeVar("T")


class RemoteBackend:
    """Objects in a store that obstore reaches.

    Args:
        location: a URL such as `s3://bucket/folder`.
        cache: for copies on this machine.
        patience: how long the store may take.

    Raises:
        InvalidOption: the address or the endpoint is not allowed.
        ValueError: the address is none.
        obstore.exceptions.BaseError: likewise.
    """

    def __init__(self, location: str, cache: ObjectCache, patience: Patience) -> None:
        self._store = connect(location, patience)
        self._cache = cache
        self._patience = patience
        self.staging = cache.staging
        sweep(self.staging)

    def put(self, path: Path, ref: ObjectRef, *, move: bool) -> None:
        """Upload a file, in parts when it is large; what may be taken away becomes the copy on this machine."""

        def upload() -> None:
            obstore.put(
                self._store,
                ref.key,
                path,
                attributes=self._attributes(ref.key),
                chunk_size=_PART_BYTES,
                max_concurrency=_PARTS_AT_ONCE,
            )
            # Each request's body is signed and so checked; that all of them came together is not.
            if ref.bytes > _PART_BYTES and (size := self.size(ref.key)) != ref.bytes:
                raise ServiceUnavailable(f"{ref.bytes} bytes of {ref.key} stored", f"{size}", "try again")

        self._patiently(ref.key, upload)
        if move and self._cache.takes(ref.bytes):
            # Without room here, or from another disk, there is just no copy.
            with contextlib.suppress(OSError):
                self._cache.adopt(path, ref).release()

    def holds(self, ref: ObjectRef) -> bool:  # noqa: ARG002
        """Never known: storing again costs no more than reading, and heals what is damaged."""
        return False

    @contextlib.contextmanager
    def hold(self, ref: ObjectRef) -> Iterator[Path]:
        """The copy on this machine, fetched if need be, kept until the block ends."""
        lease = self._cache.lease(ref)
        observing.count("object_reads", outcome="miss" if lease is None else "hit")
        if lease is None:
            with self._cache.fetching(ref.key):
                # Another thread or process may have fetched it while this one waited.
                lease = self._cache.lease(ref) or self._fetch(ref)
        with lease:
            yield lease.path
        if not self._cache.takes(ref.bytes):
            self._cache.forget(ref.key)

    def copy_to(self, ref: ObjectRef, target: Path) -> None:
        """Copy the content, and check what was copied."""
        with self.hold(ref) as path, path.open("rb") as source, target.open("wb") as file:
            if copy_hashing(source, file) != ref.sha256:
                raise damaged(ref, "other content")

    def fault(self, ref: ObjectRef) -> str | None:
        """What is wrong with the remote object."""
        size = self.size(ref.key)
        if size is None:
            return "nothing"
        if size != ref.bytes:
            return f"{size} bytes"
        try:
            with self.hold(ref):
                return None
        except DamagedObject as error:
            return error.found

    def size(self, key: str) -> int | None:
        """Bytes of an object."""
        try:
            with translating_errors(key):
                return obstore.head(self._store, key)["size"]
        except FileNotFoundError:
            return None

    def pages(self, prefix: str) -> Iterator[Sequence[StoredObject]]:
        """All objects of a folder, in pages as the store sends them."""
        with translating_errors(prefix or "the list of objects"):
            for page in obstore.list(self._store, prefix or None, chunk_size=_PAGE):
                yield [
                    StoredObject(one["path"], one["size"], one["last_modified"].astimezone(UTC))
                    for one in page
                    if "/" in one["path"]
                ]

    def read_note(self, key: str) -> bytes | None:
        """The content of a small object, past all copies."""
        try:
            return self._patiently(key, lambda: bytes(obstore.get(self._store, key).bytes()))
        except FileNotFoundError:
            return None

    def write_note(self, key: str, content: bytes, *, replace: bool) -> bool:
        """Upload a small object; a store that knows no conditions replaces what is there."""
        if not replace and self.size(key) is not None:
            return False

        def write() -> bool:
            try:
                obstore.put(
                    self._store,
                    key,
                    content,
                    attributes=self._attributes(key),
                    mode="overwrite" if replace else "create",
                )
            except AlreadyExistsError:
                return False
            return True

        return self._patiently(key, write)

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects, many with one request, and their copies on this machine."""
        wanted = list(dict.fromkeys(keys))
        for key in wanted:
            place(self._cache.staging.parent, key)
        for first in range(0, len(wanted), _PAGE):
            batch = wanted[first : first + _PAGE]
            self._patiently(batch[0], lambda batch=batch: self._delete(batch))  # type: ignore[misc]
            for key in batch:
                self._cache.forget(key)

    def forget_copy(self, ref: ObjectRef) -> None:
        """Let go of the copy on this machine."""
        self._cache.forget(ref.key)

    def link(self, key: str, expires_s: float, filename: str) -> str | None:
        """A presigned address."""
        if not isinstance(self._store, S3Store | GCSStore | AzureStore):
            return None
        with translating_errors(key):
            url = obstore.sign(self._store, "GET", key, timedelta(seconds=expires_s))
        if filename and isinstance(self._store, S3Store):
            return with_filename(url, filename)
        return url

    def _attributes(self, key: str) -> Attributes | None:
        return {"Content-Type": content_type(key)} if isinstance(self._store, S3Store | GCSStore | AzureStore) else None

    def _delete(self, keys: Sequence[str]) -> None:
        try:
            obstore.delete(self._store, keys)
        except FileNotFoundError as error:
            if not is_missing_object(error):
                raise
            # Stores without bulk deletion stop at the first one that is gone.
            for key in keys:
                with contextlib.suppress(FileNotFoundError):
                    obstore.delete(self._store, key)

    def _fetch(self, ref: ObjectRef) -> Lease:
        self._cache.make_room(ref.bytes)
        partial = self.staging / f"{uuid.uuid4().hex}{Path(ref.key).suffix}"
        try:
            self._patiently(ref.key, lambda: self._download(ref, partial))
            with translating_errors(ref.key):
                return self._cache.adopt(partial, ref)
        except FileNotFoundError as error:
            raise damaged(ref, "nothing") from error
        finally:
            partial.unlink(missing_ok=True)

    def _download(self, ref: ObjectRef, partial: Path) -> None:
        digest = hashlib.sha256()
        self.staging.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            for block in obstore.get(self._store, ref.key).stream(_BLOCK_BYTES):
                digest.update(block)
                file.write(block)
        if digest.hexdigest() != ref.sha256:
            raise damaged(ref, "other content")

    def _patiently(self, what: str, work: Callable[[], T]) -> T:
        """Do a whole piece of work again when it broke off in the middle, which single requests cannot mend."""
        started_s, pause_s = time.monotonic(), 0.2
        while True:
            try:
                with translating_errors(what):
                    return work()
            except ServiceUnavailable:
                if time.monotonic() - started_s + pause_s > self._patience.retry_s:
                    raise
            time.sleep(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
