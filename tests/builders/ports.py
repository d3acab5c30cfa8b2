"""Ports of the use cases that keep everything in memory and record what they are asked for."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar, cast

from aurax.audio.reference import ObjectRef
from aurax.errors import DamagedObject
from aurax.score.score import Score
from aurax.services.clock import Moment
from aurax.services.context import WorkerContext
from aurax.services.ports import Announce, Asset
from aurax.settings import Settings

T = TypeVar("T")


@dataclass
class MemoryObjects:
    """Documents by key; `broken` names those that cannot be read."""

    documents: dict[str, bytes] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    location: str = "memory"

    def put_bytes(self, content: bytes, *, announce: Announce | None = None) -> ObjectRef:
        digest = hashlib.sha256(content).hexdigest()
        ref = ObjectRef(key=f"documents/{digest}.json", sha256=digest, bytes=len(content))
        if announce is not None:
            announce(ref)
        self.documents[ref.key] = content
        return ref

    def read_bytes(self, ref: ObjectRef) -> bytes:
        if ref.key in self.broken or ref.key not in self.documents:
            raise DamagedObject("an object", "other content", "make it again")
        return self.documents[ref.key]

    def damaged(self, refs: Iterable[ObjectRef]) -> tuple[ObjectRef, ...]:
        return tuple(ref for ref in refs if ref.key in self.broken or ref.key not in self.documents)

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.documents.pop(key, None)

    def keys(self, prefix: str = "") -> tuple[str, ...]:
        return tuple(sorted(key for key in self.documents if key.startswith(prefix)))


@dataclass
class MemorySongs:
    """Songs by id, and their assets by name."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    assets: dict[str, dict[str, Asset]] = field(default_factory=dict)

    async def create_song(self, song_id: str, prompt: str, seed: int, **known: Any) -> None:
        self.rows.setdefault(song_id, {"prompt": prompt, "seed": seed, "status": "making", **known})

    async def set_song_status(self, song_id: str, status: str, **known: Any) -> None:
        self.rows.setdefault(song_id, {}).update(status=status, **known)

    async def result(self, song_id: str) -> dict[str, Any] | None:
        return self.rows.get(song_id, {}).get("result")

    async def save_assets(self, song_id: str, assets: Collection[Asset]) -> None:
        self.assets.setdefault(song_id, {}).update({asset.name: asset for asset in assets})

    async def release_assets(self, song_id: str, prefix: str = "", *, keep: Collection[str] = ()) -> tuple[str, ...]:
        mine = self.assets.get(song_id, {})
        gone = [name for name in mine if name.startswith(prefix) and name not in keep]
        keys = {mine.pop(name).key for name in gone}
        return tuple(keys - {asset.key for assets in self.assets.values() for asset in assets.values()})


@dataclass
class MemoryEvents:
    """Every event once."""

    recorded: list[SimpleNamespace] = field(default_factory=list)
    _seen: set[tuple[str, str, str]] = field(default_factory=set)

    async def append_event(self, song_id: str, kind: str, data: dict[str, Any], *, once: str = "") -> None:
        if (song_id, kind, once) not in self._seen:
            self._seen.add((song_id, kind, once))
            number = float(len(self.recorded))
            self.recorded.append(SimpleNamespace(kind=kind, data=data, moment=Moment("clock", number, number)))

    async def events(self, song_id: str, after_id: int = 0) -> list[SimpleNamespace]:
        return [event for event in self.recorded if (song_id, event.kind) in {one[:2] for one in self._seen}]

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.recorded]


class StoppedRenderer:
    """A renderer whose processes were stopped."""

    def prepare(self, instrument_names: Iterable[str]) -> None:
        """Nothing to compile."""

    def render_track(self, track: Any, score: Score, *, cancelled: threading.Event | None = None) -> Any:
        from concurrent.futures import CancelledError

        raise CancelledError("the pool is closed")


async def in_thread(work: Callable[[threading.Event], T]) -> T:
    return await asyncio.to_thread(work, threading.Event())


def memory_context(**parts: Any) -> WorkerContext:
    """A context without servers, databases or files."""
    known: dict[str, Any] = {
        "settings": Settings.load(),
        "styles": {},
        "instruments": {},
        "criteria": (),
        "pool": StoppedRenderer(),
        "objects": MemoryObjects(),
        "songs": MemorySongs(),
        "admissions": cast("Any", None),
        "sessions": cast("Any", None),
        "events": MemoryEvents(),
        "engines": {},
        "runtime": cast("Any", None),
        "ledger": cast("Any", None),
        "prices": cast("Any", None),
        "in_thread": in_thread,
    }
    return WorkerContext(**(known | parts))
