"""What the use cases need from the outside, as types: stores, the event log, the ledger, the renderer, a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from aurax.audio.reference import AudioRef, ObjectRef
from aurax.services.lineage import Lineage

if TYPE_CHECKING:
    # Clients need only the small types of this module, and start faster without the rooms behind the others.
    from aurax.audio.waveform import Waveform
    from aurax.engines.runtime import Usage
    from aurax.produce.cost.ledger_line import LedgerLine
    from aurax.produce.stages import Charge
    from aurax.produce.take import TakeResult
    from aurax.render.stem import ClipStem
    from aurax.score.score import Score, Track
    from aurax.services.clock import Moment
    from aurax.services.session import KeepRequest

T = TypeVar("T")

OnEvent = Callable[[str, dict[str, Any]], None]
"""Called with kind and data of every event of a song."""

Announce = Callable[[ObjectRef], None]
"""Called with the reference of an object before it is stored, so that nothing unregistered is ever stored."""

SongStatus = Literal["making", "delivered", "failed", "cancelled"]
"""Where a song stands; all but `making` are final."""


class Asset(BaseModel):
    """One object that belongs to a song."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    name: str
    key: str
    sha256: str
    bytes: int
    delivered: bool = False

    @classmethod
    def of(cls, name: str, ref: ObjectRef, *, delivered: bool = False) -> Asset:
        """Name a stored object.

        Args:
            name: path among the deliverables, or what it is within a take, such as `take 1/stem/bass`.
            ref: the object.
            delivered: whether it is part of what the person gets.
        """
        return cls(name=name, key=ref.key, sha256=ref.sha256, bytes=ref.bytes, delivered=delivered)


@dataclass(frozen=True)
class Reservation:
    """The right to make one paid call.

    Args:
        id: of this attempt.
        key: of the call.
        song_id: the song.
        stage: what it is for.
        what: the call, in a few words.
        estimate_usd: what is reserved.
        at: when.
    """

    id: str
    key: str
    song_id: str | None
    stage: Charge
    what: str
    estimate_usd: float
    at: datetime


class Objects(Protocol):
    """Audio and documents, by content. What is damaged raises `DamagedObject` wherever it is read."""

    location: str
    """A folder's path or a URL, for messages."""

    def put_bytes(self, content: bytes, *, announce: Announce | None = None) -> ObjectRef:
        """Store a document."""

    def put_audio(
        self,
        waveform: Waveform,
        tags: Mapping[str, str] | None = None,
        *,
        keep: bool = False,
        announce: Announce | None = None,
    ) -> AudioRef:
        """Store audio; with `keep`, memory keeps it for the next stage."""

    def put_at(self, key: str, path: Path, *, move: bool = False) -> ObjectRef:
        """Store a file under a key of its own."""

    def read_bytes(self, ref: ObjectRef) -> bytes:
        """A document."""

    def read_audio(self, ref: AudioRef, *, keep: bool = False) -> Waveform:
        """Audio."""

    def forget_audio(self, refs: Iterable[AudioRef]) -> None:
        """Let memory go of audio."""

    def hold(self, ref: ObjectRef) -> AbstractContextManager[Path]:
        """A checked file on this machine, which stays until the block ends."""

    def link(self, key: str, expires_s: float, filename: str = "") -> str | None:
        """An address under which anybody can download an object for a while; None where there are none."""

    def damaged(self, refs: Iterable[ObjectRef]) -> tuple[ObjectRef, ...]:
        """Those that are gone or not what was stored."""

    def exists(self, key: str) -> bool:
        """Whether there is an object of that key."""

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; keys of none are passed over."""

    def keys(self, prefix: str = "") -> tuple[str, ...]:
        """Keys in a folder."""


class Songs(Protocol):
    """Songs, their takes and their objects. Every function may be repeated without harm."""

    async def create_song(
        self,
        song_id: str,
        prompt: str,
        seed: int,
        *,
        request: dict[str, Any] | None = None,
        lineage: Lineage | None = None,
        **details: Any,
    ) -> None:
        """Record that a song is wanted."""

    async def set_song_status(self, song_id: str, status: SongStatus, **known: Any) -> None:
        """Change where a song stands; a final status stays."""

    async def result(self, song_id: str) -> dict[str, Any] | None:
        """The files that were made; None while there are none."""

    async def rate_song(self, song_id: str, stars: int, words: str) -> None:
        """Note what a person thinks of a song."""

    async def save_take(self, song_id: str, take: TakeResult) -> None:
        """Record a judged take."""

    async def accept_take(self, song_id: str, number: int) -> None:
        """Mark the take that became the song."""

    async def save_assets(self, song_id: str, assets: Collection[Asset]) -> None:
        """Record that objects belong to a song."""

    async def assets(self, song_id: str) -> Sequence[Asset]:
        """The objects of a song, by name."""

    async def release_assets(self, song_id: str, prefix: str = "", *, keep: Collection[str] = ()) -> tuple[str, ...]:
        """Forget objects of a song; returns the keys that no song needs now."""


class Sessions(Protocol):
    """Sessions, as they were written down last."""

    async def keep(self, request: KeepRequest) -> None:
        """Write down what changed in a session; may be repeated."""


class RecordedEvent(Protocol):
    """One event of a song."""

    @property
    def kind(self) -> str:
        """Such as `mix.finished`."""

    @property
    def data(self) -> dict[str, Any]:
        """Small JSON values."""

    @property
    def moment(self) -> Moment:
        """When it happened."""


class EventLog(Protocol):
    """The append-only events of songs."""

    async def append_event(self, song_id: str, kind: str, data: dict[str, Any], *, once: str = "") -> None:
        """Add an event, unless this very one was recorded before."""

    async def events(self, song_id: str, after_id: int = 0) -> Sequence[RecordedEvent]:
        """The events of a song, in order."""


class Ledger(Protocol):
    """Money: reserved before a paid call, settled or released after it."""

    async def reserve(
        self,
        song_id: str | None,
        stage: Charge,
        what: str,
        estimate_usd: float,
        *,
        key: str,
        budget_usd: float | None = None,
        monthly_cap_usd: float | None = None,
    ) -> Reservation:
        """Reserve money for a call, or raise `BudgetExceeded`."""

    async def settle(
        self, reservation: Reservation, usage: Usage | None, usd: float, *, priced_on: date | None = None
    ) -> None:
        """Write what a finished call cost."""

    async def release(
        self, reservation: Reservation, usage: Usage | None = None, usd: float = 0.0, *, priced_on: date | None = None
    ) -> None:
        """Give back what a failed call did not use."""

    async def song_lines(self, song_id: str) -> tuple[LedgerLine, ...]:
        """The lines of a song, in order."""


class Renderer(Protocol):
    """Plays tracks, clip by clip."""

    def prepare(self, instrument_names: Iterable[str]) -> None:
        """Compile instruments in the background."""

    def render_track(self, track: Track, score: Score, *, cancelled: threading.Event | None = None) -> ClipStem:
        """Render a track into cached clips."""

    def assemble(self, stem: ClipStem) -> Waveform:
        """Add up a stem's clips, or raise `CorruptData` where the cache has lost one."""


class InThread(Protocol):
    """Runs blocking work in a thread. Whatever runs the use case decides how it shows that the work is alive."""

    async def __call__(self, work: Callable[[threading.Event], T]) -> T:
        """Wait for the work; its event is set when it should stop soon, by raising anything."""
