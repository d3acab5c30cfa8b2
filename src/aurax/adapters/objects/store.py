"""Audio and documents by the hash of their content, in a folder or in any store that obstore reaches.

Keys are `audio/<sha256>.flac`, `documents/<sha256>.json` and, for what a person gets, `songs/<song id>/…`.
Writing is atomic and may be repeated; every function may be called from several threads and processes at once.
Content is checked against its hash whenever it is read or copied. A damaged object counts as absent: reading it fails
with `DamagedObject`, and storing the same content again heals it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from aurax.adapters.objects.content import KnownContent, copy_hashing, hash_file
from aurax.adapters.objects.waveforms import RecentWaveforms, as_stored
from aurax.audio.files import read_audio, write_audio
from aurax.audio.reference import AudioRef, ObjectRef
from aurax.audio.waveform import Waveform
from aurax.errors import CorruptData, DamagedObject, InvalidOption, ServiceUnavailable, StorageFull, is_disk_full
from aurax.text import is_safe_path

_BLOCK_BYTES = 1024 * 1024
_ABANDONED_S = 24 * 3600.0
"""A file that has been half-made for this long belongs to a process that died."""

Announce = Callable[[ObjectRef], None]
"""Gets the reference of an object just before it is stored, so that a crash cannot leave one that nobody knows."""


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
            try:
                if "://" in location and not location.startswith("file://"):
                    self._store = from_url(location)
                    self._cache = work_dir
                    self._staging = work_dir / "staging"
                else:
                    self._root = Path(location.removeprefix("file://")).absolute()
                    self._store = LocalStore(str(self._root), mkdir=True)
                    # Inside the store's own folder, so that moving a finished file to its key stays on one disk.
                    self._staging = self._root / ".staging"
                self._staging.mkdir(parents=True, exist_ok=True)
                self._sweep()
            except (BaseError, ValueError, OSError) as error:
                if is_disk_full(error):
                    raise
                raise InvalidOption(
                    "AURAX_OBJECTS_URL to be a folder that can be written or a URL such as s3://bucket",
                    f"{location!r} ({str(error).splitlines()[0]})",
                    "correct or unset it",
                ) from error
        self._recent = RecentWaveforms(recent_bytes)
        self._content = KnownContent()

    def put_file(
        self, path: Path, folder: str = "documents", *, move: bool = False, announce: Announce | None = None
    ) -> ObjectRef:
        """Store a file under the hash of its content.

        Args:
            path: the file; its suffix becomes the key's.
            folder: first part of the key.
            move: whether the file may be taken away instead of copied.
            announce: gets the reference before anything is stored.

        Raises:
            StorageFull: no room is left.
        """
        digest, size = hash_file(path)
        ref = ObjectRef(key=f"{folder}/{digest}{path.suffix}", sha256=digest, bytes=size)
        if announce is not None:
            announce(ref)
        with _translating_errors(ref.key):
            # Moving a good file over what is there costs less than reading what is there.
            if move or not self._holds(ref):
                self._put(path, ref, move=move)
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
        digest, size = hash_file(path)
        self._place(key)
        ref = ObjectRef(key=key, sha256=digest, bytes=size)
        with _translating_errors(key):
            self._put(path, ref, move=move)
        return ref

    def put_bytes(self, content: bytes, *, announce: Announce | None = None) -> ObjectRef:
        """Store a small JSON document under the hash of its content.

        Args:
            content: the document.
            announce: gets the reference before anything is stored.
        """
        digest = hashlib.sha256(content).hexdigest()
        ref = ObjectRef(key=f"documents/{digest}.json", sha256=digest, bytes=len(content))
        if announce is not None:
            announce(ref)
        with _translating_errors(ref.key):
            if not self._holds(ref):
                self._make_way(ref)
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
            announce: gets the reference before anything is stored.

        Raises:
            StorageFull: no room is left.
        """
        path = self._staging / f"{uuid.uuid4().hex}.flac"
        with _translating_errors(str(path)):
            self._staging.mkdir(parents=True, exist_ok=True)
            try:
                write_audio(path, waveform, tags)
                ref = self.put_file(path, "audio", move=True, announce=announce)
            finally:
                path.unlink(missing_ok=True)
        if keep and self._recent.takes(waveform):
            self._recent.put(ref.sha256, as_stored(waveform))
        return AudioRef(
            **ref.model_dump(), sample_rate=waveform.sample_rate, channels=waveform.channels, frames=waveform.frames
        )

    def read_bytes(self, ref: ObjectRef) -> bytes:
        """The content of an object.

        Raises:
            DamagedObject: it is gone, or not what was stored.
        """
        content = self.get_path(ref).read_bytes()
        if hashlib.sha256(content).hexdigest() != ref.sha256:
            raise _damaged(ref, "other content")
        return content

    def read_audio(self, ref: AudioRef, *, keep: bool = False) -> Waveform:
        """Decode stored audio; the same to the bit whether it was still in memory or not.

        Args:
            ref: what `put_audio` returned.
            keep: whether it will be asked for again soon.

        Raises:
            DamagedObject: it is gone, or not what was stored.
        """
        waveform = self._recent.get(ref.sha256)
        if waveform is None:
            try:
                waveform = read_audio(self.get_path(ref))
            except CorruptData as error:
                raise _damaged(ref, error.found) from error
            if (waveform.frames, waveform.channels, waveform.sample_rate) != (
                ref.frames,
                ref.channels,
                ref.sample_rate,
            ):
                raise _damaged(ref, f"{waveform.frames} frames of {waveform.channels} channels")
            if keep:
                self._recent.put(ref.sha256, waveform)
        return waveform

    def forget_audio(self, refs: Iterable[AudioRef]) -> None:
        """Keep audio in the store alone, no longer in memory."""
        self._recent.forget(ref.sha256 for ref in refs)

    def get_path(self, ref: ObjectRef) -> Path:
        """A file on this machine with the object's content; never change it.

        Raises:
            DamagedObject: the object is gone, or not what was stored.
        """
        path = self._place(ref.key)
        found = self._fault(path, ref)
        if found is not None and self._root is None:
            self._download(ref, path)
            found = self._fault(path, ref)
        if found is not None:
            raise _damaged(ref, found)
        return path

    def copy_to(self, ref: ObjectRef, target: Path) -> None:
        """Copy an object's content into a file of one's own, and check what was copied.

        Args:
            ref: the object.
            target: the file, replaced if it is there; its folder exists.

        Raises:
            DamagedObject: the object is gone, or not what was stored; nothing is left at `target`.
            OSError: the file cannot be written.
        """
        path = self._place(ref.key)
        if self._root is None:
            path = self.get_path(ref)
        try:
            source = path.open("rb")
        except OSError as error:
            raise _damaged(ref, "nothing that can be read") from error
        try:
            with source, target.open("wb") as file:
                status = os.fstat(source.fileno())
                digest = copy_hashing(source, file)
            self._content.remember(path, digest, status)
            if digest != ref.sha256:
                raise _damaged(ref, "other content")
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def damaged(self, refs: Iterable[ObjectRef]) -> tuple[ObjectRef, ...]:
        """Those objects that are gone or not what was stored."""
        found = []
        for ref in refs:
            try:
                self.get_path(ref)
            except DamagedObject:
                found.append(ref)
        return tuple(found)

    def exists(self, key: str) -> bool:
        """Whether there is an object of that key."""
        with _translating_errors(key):
            return self._size(key) is not None

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; those that are gone already do no harm."""
        for key in keys:
            place = self._place(key)
            with _translating_errors(key):
                try:
                    obstore.delete(self._store, key)
                except FileNotFoundError:
                    continue
                finally:
                    self._content.forget(place)

    def keys(self, prefix: str = "") -> tuple[str, ...]:
        """Keys of the stored objects, in rising order.

        Args:
            prefix: whole folders, such as `songs/<song id>`; empty for all.
        """
        with _translating_errors(prefix or self.location):
            found = [one["path"] for batch in obstore.list(self._store, prefix or None) for one in batch]
        return tuple(sorted(key for key in found if not key.startswith(".staging/")))

    def _place(self, key: str) -> Path:
        """The file of a key on this machine, inside the store whatever the key or a link in the way says."""
        root = self._root or self._cache
        path = root / key
        if not is_safe_path(key) or not path.resolve().is_relative_to(root.resolve()):
            raise CorruptData(f"a key inside the store at {root}", repr(key), "delete what names it")
        return path

    def _sweep(self) -> None:
        oldest = time.time() - _ABANDONED_S
        for path in self._staging.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def _put(self, path: Path, ref: ObjectRef, *, move: bool) -> None:
        if self._root is None:
            obstore.put(self._store, ref.key, path)
            return
        target = self._place(ref.key)
        self._make_way(ref)
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

    def _make_way(self, ref: ObjectRef) -> None:
        if self._root is not None and (self._place(ref.key)).is_dir():
            shutil.rmtree(self._place(ref.key))

    def _holds(self, ref: ObjectRef) -> bool:
        """Whether the very content is stored; a remote store is written again, which costs no more than reading it."""
        return self._root is not None and self._fault(self._place(ref.key), ref) is None

    def _fault(self, path: Path, ref: ObjectRef) -> str | None:
        """What is wrong with the file of an object; none if nothing is."""
        try:
            size = path.stat().st_size
            if size != ref.bytes:
                return f"{size} bytes"
            return None if self._content.sha256(path) == ref.sha256 else "other content"
        except FileNotFoundError:
            return "nothing"
        except OSError as error:
            return error.strerror or str(error)

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
                    raise _damaged(ref, "other content")
                path.parent.mkdir(parents=True, exist_ok=True)
                partial.replace(path)
                self._content.remember(path, ref.sha256)
            except FileNotFoundError as error:
                raise _damaged(ref, "nothing") from error
            finally:
                partial.unlink(missing_ok=True)


def _damaged(ref: ObjectRef, found: str) -> DamagedObject:
    return DamagedObject(
        f"object {ref.key} of {ref.bytes} bytes", found, "make the song again; it will be stored again"
    )


@contextlib.contextmanager
def _translating_errors(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise StorageFull(f"room for {what}", str(error), "free some disk space and try again") from error
        raise
    except BaseError as error:
        first_line = str(error).splitlines()[0]
        if is_disk_full(error) or "quota" in first_line.lower():
            raise StorageFull(f"room for {what}", first_line, "free some disk space and try again") from error
        raise ServiceUnavailable(
            f"the object store to take or give {what}", first_line, "check AURAX_OBJECTS_URL and its credentials"
        ) from error
