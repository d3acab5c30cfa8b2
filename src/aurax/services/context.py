"""What the use cases work with: the installed plug-ins, the renderer, the stores, the event log and the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from aurax.audio.reference import ObjectRef
from aurax.engines.engine import EngineSpec
from aurax.engines.runtime import EngineRuntime
from aurax.errors import UnknownPlugin
from aurax.intent.intent import Intent
from aurax.produce.cost.prices import Prices
from aurax.score.instrument import InstrumentInfo
from aurax.score.score import Score
from aurax.services.memory_budget import MemoryBudget
from aurax.services.people.admit_song import Admissions
from aurax.services.ports import Announce, EventLog, InThread, Ledger, Objects, Renderer, Sessions, Songs
from aurax.services.recent_documents import RecentDocuments
from aurax.settings import Settings

if TYPE_CHECKING:
    from aurax.compose.style import Style
    from aurax.judge.criterion import Criterion
    from aurax.render.instrument import Instrument

T = TypeVar("T")


@dataclass(frozen=True)
class WorkerContext:
    """Everything that the use cases need, put together in `aurax.wiring`.

    Args:
        settings: what the environment decided.
        styles: by name.
        instruments: by name.
        criteria: all of them.
        pool: the renderer, with its processes started.
        objects: where audio and documents are stored.
        songs: the database's songs.
        admissions: accepts songs in people's names.
        sessions: the database's sessions.
        events: the database's events.
        engines: by name.
        runtime: where engines run.
        ledger: the database's ledger.
        prices: what calls cost.
        in_thread: runs blocking work.
        memory: for steps that hold whole songs.
    """

    settings: Settings
    styles: Mapping[str, Style]
    instruments: Mapping[str, Instrument]
    criteria: tuple[Criterion, ...]
    pool: Renderer
    objects: Objects
    songs: Songs
    admissions: Admissions
    sessions: Sessions
    events: EventLog
    engines: Mapping[str, EngineSpec]
    runtime: EngineRuntime
    ledger: Ledger
    prices: Prices
    in_thread: InThread
    memory: MemoryBudget = field(default_factory=MemoryBudget)
    _documents: RecentDocuments = field(default_factory=RecentDocuments)

    @cached_property
    def instrument_infos(self) -> dict[str, InstrumentInfo]:
        """Descriptions of the instruments by name."""
        return {name: instrument.info for name, instrument in self.instruments.items()}

    @cached_property
    def required_criteria(self) -> frozenset[str]:
        """Criteria whose failure fails a take: those of the contract and the required ones."""
        return frozenset(one.name for one in self.criteria if one.required or one.kind == "contract")

    def style(self, name: str) -> Style:
        """An installed style.

        Raises:
            UnknownPlugin: this worker does not have it.
        """
        try:
            return self.styles[name]
        except KeyError:
            raise UnknownPlugin(
                f"a style among {', '.join(self.styles)}", repr(name), "install it or choose another"
            ) from None

    def put_score(self, score: Score, announce: Announce) -> ObjectRef:
        """Store a score; `announce` gets the reference before."""
        return self._put(score.to_json(), score, announce)

    def score(self, ref: ObjectRef) -> Score:
        """A stored score.

        Raises:
            CorruptData: it is gone or no score.
        """
        return self._document(ref, Score.from_json)

    def put_intent(self, intent: Intent, announce: Announce) -> ObjectRef:
        """Store an intent; `announce` gets the reference before."""
        return self._put(intent.model_dump_json().encode(), intent, announce)

    def intent(self, ref: ObjectRef) -> Intent:
        """A stored intent.

        Raises:
            CorruptData: it is gone or no intent.
        """
        return self._document(ref, Intent.model_validate_json)

    def _put(self, content: bytes, value: Any, announce: Announce) -> ObjectRef:
        ref = self.objects.put_bytes(content, announce=announce)
        self._documents.put(ref.key, value)
        return ref

    def _document(self, ref: ObjectRef, read: Callable[[bytes], T]) -> T:
        value: T = self._documents.get(ref.key, lambda: read(self.objects.read_bytes(ref)))
        return value
