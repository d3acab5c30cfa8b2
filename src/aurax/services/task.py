"""A song as the pipeline gets it: the request, what was understood of it, and an id."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from aurax.audio.reference import ObjectRef, SongId
from aurax.intent.intent import Intent
from aurax.intent.revision import Revision
from aurax.services.lineage import Lineage
from aurax.services.request import SYMBOLIC, SongRequest


class EngineChoice(BaseModel):
    """Which engine makes sound for a song, and within what bounds."""

    model_config = ConfigDict(frozen=True)

    mode: Literal["neural", "dual"]
    engine: str
    commercial: bool = False
    budget_usd: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_any_version(cls, values: Any) -> Any:
        return _with_mode(values)


class SongTask(BaseModel):
    """A song to be made."""

    model_config = ConfigDict(frozen=True)

    song_id: SongId
    request: SongRequest
    intent: Intent | None = None
    """The prompt as it was understood when the song was asked for; None in what earlier versions asked for, where the
    worker reads it."""
    repair: str = Field(default="", max_length=32)
    """Names a run that makes a delivered song once more because its files were damaged; empty for the first run."""
    lineage: Lineage = Lineage()
    """Whose it is, in which session, and which version of what."""
    base: ObjectRef | None = None
    """The kept layers of the version before (`SongLayers`); None for a song of its own."""
    earlier: tuple[Revision, ...] = ()
    """Notes that led to the version before, from the first one on; they are carried out again where it is gone."""
    revisions: tuple[Revision, ...] = ()
    """Notes that lead from the version before to this one."""
    keep_layers: bool = False
    """Whether its layers are kept, so that a next version can start from them."""

    @model_validator(mode="before")
    @classmethod
    def _of_any_version(cls, values: Any) -> Any:
        """Earlier versions wrote everything on one level, and the mode instead of `dual`."""
        if not isinstance(values, dict) or "request" in values or "prompt" not in values:
            return values
        request = _with_mode(values)
        task = {name: request.pop(name) for name in ("song_id", "repair") if name in request}
        mode = request.pop("mode", SYMBOLIC)
        request |= {"dual": mode == "dual", "engine": None if mode == SYMBOLIC else request.get("engine")}
        return {**task, "request": request}

    @property
    def engines(self) -> EngineChoice | None:
        """What its mode needs of engines; None where only notes are played."""
        request = self.request
        if request.engine is None or request.mode == SYMBOLIC:
            return None
        return EngineChoice(
            mode="dual" if request.dual else "neural",
            engine=request.engine,
            commercial=request.commercial,
            budget_usd=request.budget_usd,
        )

    def stored(self) -> dict[str, Any]:
        """What the database keeps of it, by which the song can be made again."""
        return self.model_dump(mode="json", exclude={"intent"})


def _with_mode(values: Any) -> Any:
    """Earlier versions called the mode `road`."""
    if isinstance(values, dict) and "road" in values:
        return {"mode" if name == "road" else name: value for name, value in values.items()}
    return dict(values) if isinstance(values, dict) else values
