"""Audio and documents by the hash of their content, in a folder or in any store that obstore reaches.

Keys are `audio/<sha256>.flac`, `documents/<sha256>.json` and, for what a person gets, `songs/<song id>/…`.
Writing is atomic and may be repeated; every function may be called from several threads and processes at once.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from aurax.adapters.objects.waveforms import RecentWaveforms, as_stored
from aurax.audio.files import read_audio, write_audio
from aurax.audio.reference import AudioRef, ObjectRef
from aurax.audio.waveform import Waveform
from aurax.errors import CorruptData, InvalidOption, ServiceUnavailable, StorageFull

_BLOCK_BYTES = 1024 * 1024
_ABANDONED_S = 24 * 3600.0
"""A file that has been in the making for this long belongs to a process that died."""

Announce = Callable[[ObjectRef], None]
"""Told the reference of an object just before it is stored, so that a crash cannot leave one that nobody knows."""


class ObjectStore:
    """A store of immutable objects.

    Args:
        location: a folder's path, or a URL such as `s3://bucket/folder` (credentials come from the environment).
        work_dir: room on this machine for copies of remote objects; unused by a local store.
        recent_bytes: memory for the waveforms stored or read last, so that the next stage need not decode them.

    Raises:
        InvalidOption: the location cannot be understood.
        StorageFull: no room to create the folder.
    """

    def __init__(self, location: str, work_dir: Path, *, recent_bytes: int = 150 * 1024**2) -> None:
        self.location = location
        self._root: Path | None = None
        with _translating_errors(location):
            if "://" in location and not location.startswith("file://"):
                try:
                    self._store = from_url(location)
                except (BaseError, ValueError) as error:
                    raise InvalidOption(
                        "AURAX_OBJECTS_URL to be a folder or a URL such as s3://bucket",
                        f"{location!r} ({str(error).splitlines()[0]})",
                        "correct or unset it",
                    ) from error
                self._cache = work_dir
                self._staging = work_dir / "staging"
            else:
                self._root = Path(location.removeprefix("file://")).absolute()
                self._store = LocalStore(str(self._root), mkdir=True)
                # Inside the store's own folder, so that moving a finished file to its key stays on one disk.
                self._staging = self._root / ".staging"
            self._staging.mkdir(parents=True, exist_ok=True)
            self._sweep()
        self._recent = RecentWaveforms(recent_bytes)

    def put_file(
        self, path: Path, folder: str = "documents", *, move: bool = False, announce: Announce | None = None
    ) -> ObjectRef:
        """Store a file under the hash of its content.

        Args:
            path: the file; its suffix becomes the key's.
            folder: first part of the key.
            move: whether the file may be taken away instead of copied.
            announce: told the reference before anything is stored.

        Raises:
            StorageFull: no room is left.
        """
        digest, size = _hash(path)
        ref = ObjectRef(key=f"{folder}/{digest}{path.suffix}", sha256=digest, bytes=size)
        if announce is not None:
            announce(ref)
        with _translating_errors(ref.key):
            if self._size(ref.key) != size:
                self._put(path, ref.key, move=move)
        return ref

    def put_at(self, key: str, path: Path, *, move: bool = False) -> ObjectRef:
        """Store a file under a given key, such as `songs/<song id>/report.html`; replaces what was there.

        Args:
            key: where.
            path: the file.
            move: whether the file may be taken away instead of copied.

        Raises:
            StorageFull: no room is left.
        """
        digest, size = _hash(path)
        with _translating_errors(key):
            self._put(path, key, move=move)
        return ObjectRef(key=key, sha256=digest, bytes=size)

    def put_bytes(self, content: bytes, *, announce: Announce | None = None) -> ObjectRef:
        """Store a small JSON document under the hash of its content.

        Args:
            content: the document.
            announce: told the reference before anything is stored.
        """
        digest = hashlib.sha256(content).hexdigest()
        ref = ObjectRef(key=f"documents/{digest}.json", sha256=digest, bytes=len(content))
        if announce is not None:
            announce(ref)
        with _translating_errors(ref.key):
            if self._size(ref.key) != ref.bytes:
                obstore.put(self._store, ref.key, content)
        return ref

    def put_audio(
        self,
        waveform: Waveform,
        tags: Mapping[str, str] | None = None,
        *,
        keep: bool = False,
        announce: Announce | None = None,
    ) -> AudioRef:
        """Store audio as 24-bit FLAC.

        Args:
            waveform: full scale ±1.0.
            tags: text inside the file, such as `TITLE`; part of its content and so of its key.
            keep: whether the next stage will ask for it, so that memory should keep it.
            announce: told the reference before anything is stored.

        Raises:
            StorageFull: no room is left.
        """
        path = self._staging / f"{uuid.uuid4().hex}.flac"
        with _translating_errors(str(path)):
            try:
                write_audio(path, waveform, tags)
                ref = self.put_file(path, "audio", move=True, announce=announce)
            finally:
                path.unlink(missing_ok=True)
        if keep:
            self._recent.put(ref.sha256, as_stored(waveform))
        return AudioRef(
            **ref.model_dump(), sample_rate=waveform.sample_rate, channels=waveform.channels, frames=waveform.frames
        )

    def read_bytes(self, ref: ObjectRef) -> bytes:
        """The content of an object.

        Raises:
            CorruptData: it is gone, or not what was stored.
        """
        content = self.get_path(ref).read_bytes()
        if hashlib.sha256(content).hexdigest() != ref.sha256:
            raise _corrupt(ref, "other content")
        return content

    def read_audio(self, ref: AudioRef, *, keep: bool = False) -> Waveform:
        """Decode stored audio; the same to the bit whether it was still in memory or not.

        Args:
            ref: what `put_audio` returned.
            keep: whether it will be asked for again soon.

        Raises:
            CorruptData: it is gone, or not what was stored.
        """
        waveform = self._recent.get(ref.sha256)
        if waveform is None:
            waveform = read_audio(self.get_path(ref))
            if (waveform.frames, waveform.channels, waveform.sample_rate) != (
                ref.frames,
                ref.channels,
                ref.sample_rate,
            ):
                raise _corrupt(ref, f"{waveform.frames} frames of {waveform.channels} channels")
            if keep:
                self._recent.put(ref.sha256, waveform)
        return waveform

    def get_path(self, ref: ObjectRef) -> Path:
        """A file on this machine with the object's content; never change it.

        Raises:
            CorruptData: the object is gone, or has another size than was stored.
        """
        path = (self._root or self._cache) / ref.key
        if self._root is None and not (path.is_file() and path.stat().st_size == ref.bytes):
            self._download(ref, path)
        if not path.is_file():
            raise _corrupt(ref, "nothing")
        if path.stat().st_size != ref.bytes:
            raise _corrupt(ref, f"{path.stat().st_size} bytes")
        return path

    def exists(self, key: str) -> bool:
        """Whether there is an object of that key."""
        with _translating_errors(key):
            return self._size(key) is not None

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; those that are gone already do no harm."""
        for key in keys:
            with _translating_errors(key):
                try:
                    obstore.delete(self._store, key)
                except FileNotFoundError:
                    continue

    def keys(self, prefix: str = "") -> tuple[str, ...]:
        """Keys of the stored objects, in rising order.

        Args:
            prefix: whole folders, such as `songs/<song id>`; empty for all.
        """
        with _translating_errors(prefix or self.location):
            found = [one["path"] for batch in obstore.list(self._store, prefix or None) for one in batch]
        return tuple(sorted(key for key in found if not key.startswith(".staging/")))

    def _sweep(self) -> None:
        oldest = time.time() - _ABANDONED_S
        for path in self._staging.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def _put(self, path: Path, key: str, *, move: bool) -> None:
        if move and self._root is not None:
            target = self._root / key
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.replace(target)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
            else:
                return
        obstore.put(self._store, key, path)

    def _size(self, key: str) -> int | None:
        try:
            return obstore.head(self._store, key)["size"]
        except FileNotFoundError:
            return None

    def _download(self, ref: ObjectRef, path: Path) -> None:
        partial = self._staging / f"{uuid.uuid4().hex}{path.suffix}"
        with _translating_errors(ref.key):
            try:
                digest = hashlib.sha256()
                with partial.open("wb") as file:
                    for block in obstore.get(self._store, ref.key).stream(_BLOCK_BYTES):
                        digest.update(block)
                        file.write(block)
                if digest.hexdigest() != ref.sha256:
                    raise _corrupt(ref, "other content")
                path.parent.mkdir(parents=True, exist_ok=True)
                partial.replace(path)
            except FileNotFoundError as error:
                raise _corrupt(ref, "nothing") from error
            finally:
                partial.unlink(missing_ok=True)


def _hash(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, os.fstat(file.fileno()).st_size


def _corrupt(ref: ObjectRef, found: str) -> CorruptData:
    return CorruptData(f"object {ref.key} of {ref.bytes} bytes", found, "make the song again; it will be stored anew")


@contextlib.contextmanager
def _translating_errors(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT) or "no space left" in str(error).lower():
            raise StorageFull(f"room for {what}", str(error), "free some disk space and try again") from error
        raise
    except BaseError as error:
        first_line = str(error).splitlines()[0]
        if "no space left" in str(error).lower() or "quota" in first_line.lower():
            raise StorageFull(f"room for {what}", first_line, "free some disk space and try again") from error
        raise ServiceUnavailable(
            f"the object store to take or give {what}", first_line, "check AURAX_OBJECTS_URL and its credentials"
        ) from error
