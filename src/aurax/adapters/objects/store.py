"""Audio and documents by the hash of their content, in a folder or in any store that obstore reaches.

Keys are `audio/<sha256>.flac`, `documents/<sha256>.json` and, for what a person gets, `songs/<song id>/…`.
Writing is atomic and may be repeated; every function may be called from several threads and processes at once.
Content is checked against its hash whenever it is read or copied. A damaged object counts as absent: reading it fails
with `DamagedObject`, and storing the same content again heals it.
"""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from obstore.exceptions import BaseError

from aurax.adapters.objects.backend import Backend, StoredObject
from aurax.adapters.objects.cache import ObjectCache
from aurax.adapters.objects.connection import Patience
from aurax.adapters.objects.content import hash_file
from aurax.adapters.objects.failures import damaged, translating_errors
from aurax.adapters.objects.folder import FolderBackend
from aurax.adapters.objects.places import place
from aurax.adapters.objects.remote import RemoteBackend
from aurax.adapters.objects.waveforms import RecentWaveforms, as_stored
from aurax.audio.files import read_audio, write_audio
from aurax.audio.reference import AudioRef, ObjectRef
from aurax.audio.waveform import Waveform
from aurax.errors import CorruptData, InvalidOption, is_disk_full

Announce = Callable[[ObjectRef], None]
"""Gets the reference of an object just before it is stored, so that a crash cannot leave one that nobody knows."""

CACHE_BYTES = 10 * 1024**3
"""Room for copies of remote objects where nothing else is said."""

_LONGEST_LINK_S = 7 * 24 * 3600.0
"""Of Signature Version 4."""
_RECENT_BYTES = 150 * 1024**2


class ObjectStore:
    """A store of immutable objects.

    Args:
        location: a folder's path, or a URL such as `s3://bucket/folder` (credentials come from the environment).
        work_dir: room on this machine for copies of remote objects; unused by a local store.
        recent_bytes: memory for the waveforms stored or read last, so that the next stage need not decode them.
        cache_bytes: room for those copies.
        patience: how long a remote store may take.

    Raises:
        InvalidOption: the location cannot be understood.
        StorageFull: no room to create the folder.
    """

    def __init__(
        self,
        location: str,
        work_dir: Path,
        *,
        recent_bytes: int = _RECENT_BYTES,
        cache_bytes: int = CACHE_BYTES,
        patience: Patience | None = None,
    ) -> None:
        self.location = location
        self._recent = RecentWaveforms(recent_bytes)
        self._backend: Backend
        with translating_errors(location):
            try:
                if is_remote(location):
                    self._root = work_dir
                    cache = ObjectCache(work_dir, cache_bytes)
                    self._backend = RemoteBackend(location, cache, patience or Patience())
                else:
                    self._root = Path(location.removeprefix("file://")).absolute()
                    self._backend = FolderBackend(self._root)
            except (BaseError, ValueError, OSError) as error:
                if is_disk_full(error):
                    raise
                raise InvalidOption(
                    "AURAX_OBJECTS_URL to be a folder that can be written or a URL such as s3://bucket",
                    f"{location!r} ({str(error).splitlines()[0]})",
                    "correct or unset it",
                ) from error

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
        with translating_errors(ref.key):
            # Moving a good file over what is there costs less than reading what is there.
            if move or not self._backend.holds(ref):
                self._backend.put(path, ref, move=move)
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
        place(self._root, key)
        ref = ObjectRef(key=key, sha256=digest, bytes=size)
        with translating_errors(key):
            self._backend.put(path, ref, move=move)
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
        with translating_errors(ref.key):
            if not self._backend.holds(ref):
                with self._staged(".json") as path:
                    path.write_bytes(content)
                    self._backend.put(path, ref, move=True)
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
        with translating_errors(f"audio of {waveform.duration_s:.0f} s"), self._staged(".flac") as path:
            write_audio(path, waveform, tags)
            ref = self.put_file(path, "audio", move=True, announce=announce)
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
        with self.hold(ref) as path:
            content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != ref.sha256:
            raise damaged(ref, "other content")
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
                with self.hold(ref) as path:
                    waveform = read_audio(path)
            except CorruptData as error:
                raise damaged(ref, error.found) from error
            if (waveform.frames, waveform.channels, waveform.sample_rate) != (
                ref.frames,
                ref.channels,
                ref.sample_rate,
            ):
                raise damaged(ref, f"{waveform.frames} frames of {waveform.channels} channels")
            if keep:
                self._recent.put(ref.sha256, waveform)
        return waveform

    def forget_audio(self, refs: Iterable[AudioRef]) -> None:
        """Keep audio in the store alone, no longer in memory."""
        self._recent.forget(ref.sha256 for ref in refs)

    @contextlib.contextmanager
    def hold(self, ref: ObjectRef) -> Iterator[Path]:
        """A file on this machine with the object's content, which stays there until the block ends; never change it.

        Args:
            ref: the object.

        Raises:
            DamagedObject: the object is gone, or not what was stored.
        """
        with self._backend.hold(ref) as path:
            yield path

    def get_path(self, ref: ObjectRef) -> Path:
        """Where the object's content is on this machine; a copy of a remote object stays there only inside `hold`.

        Args:
            ref: the object.

        Raises:
            DamagedObject: the object is gone, or not what was stored.
        """
        with self.hold(ref) as path:
            return path

    def forget_copy(self, ref: ObjectRef) -> None:
        """Let go of the copy of a remote object that nobody will ask for again; the object stays.

        Args:
            ref: the object.
        """
        self._backend.forget_copy(ref)

    def copy_to(self, ref: ObjectRef, target: Path) -> None:
        """Copy an object's content into a file of one's own, and check what was copied.

        Args:
            ref: the object.
            target: the file, replaced if it is there; its folder exists.

        Raises:
            DamagedObject: the object is gone, or not what was stored; nothing is left at `target`.
            OSError: the file cannot be written.
        """
        try:
            self._backend.copy_to(ref, target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def link(self, key: str, expires_s: float, filename: str = "") -> str | None:
        """An address under which anybody can download an object for a while, without keys.

        Args:
            key: of the object; whether it is there is not looked at.
            expires_s: how long, at most seven days.
            filename: what a browser should save it as; left out, the last part of the key.

        Returns:
            The address; None where the store has none, as a folder.

        Raises:
            InvalidOption: the time is none that can be signed.
        """
        if not 1 <= expires_s <= _LONGEST_LINK_S:
            raise InvalidOption("a link that lasts from 1 s to 7 days", f"{expires_s:g} s", "ask for such a time")
        place(self._root, key)
        return self._backend.link(key, expires_s, filename)

    def damaged(self, refs: Iterable[ObjectRef]) -> tuple[ObjectRef, ...]:
        """Those objects that are gone or not what was stored."""
        return tuple(ref for ref in refs if self._backend.fault(ref) is not None)

    def exists(self, key: str) -> bool:
        """Whether there is an object of that key."""
        with translating_errors(key):
            return self._backend.size(key) is not None

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects, and their copies on this machine; those that are gone already do no harm."""
        self._backend.delete(keys)

    def keys(self, prefix: str = "") -> tuple[str, ...]:
        """Keys of the stored objects, in rising order.

        Args:
            prefix: whole folders, such as `songs/<song id>`; empty for all.
        """
        return tuple(sorted(one.key for page in self.pages(prefix) for one in page))

    def pages(self, prefix: str = "") -> Iterator[Sequence[StoredObject]]:
        """The stored objects as they are listed, so that memory holds no more than a page; notes are none.

        Args:
            prefix: whole folders, such as `audio`; empty for all.
        """
        with translating_errors(prefix or self.location):
            yield from self._backend.pages(prefix)

    def read_note(self, key: str) -> bytes | None:
        """The content of a small object that may change, such as whose this store is; None if there is none.

        Args:
            key: a plain name, in no folder.
        """
        place(self._root, key)
        with translating_errors(key):
            return self._backend.read_note(key)

    def write_note(self, key: str, content: bytes, *, replace: bool = False) -> bool:
        """Store a small object that may change.

        Args:
            key: a plain name, in no folder.
            content: what to store.
            replace: whether to replace what is there.

        Returns:
            Whether it was stored.
        """
        place(self._root, key)
        with translating_errors(key):
            return self._backend.write_note(key, content, replace=replace)

    @contextlib.contextmanager
    def _staged(self, suffix: str) -> Iterator[Path]:
        """The name of a half-made file, which is gone when the block ends."""
        path = self._backend.staging / f"{uuid.uuid4().hex}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


def is_remote(location: str) -> bool:
    """Whether objects are elsewhere than in a folder of this machine.

    Args:
        location: a folder's path or a URL.
    """
    return "://" in location and not location.startswith("file://")
