"""How long work takes on which device: dated figures with their sources."""

from __future__ import annotations

from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aurax.engines.requests import Kind
from aurax.errors import CorruptData, InvalidOption
from aurax.produce.cost.span import Span
from aurax.produce.cost.tables import built_in_table, host_tables, own_table

DeviceClass = Literal["cpu", "gpu"]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Speed(_Row):
    """How fast engines of a pattern are."""

    engine: str
    """A name, or a pattern with `*`."""
    kind: Kind
    devices: tuple[DeviceClass, ...]
    s_per_audio_s: Span
    """Time on the device for each second of audio, loading excluded."""
    share_of_batch: float = Field(default=1.0, ge=0, le=1)
    """What each further candidate of a batch adds, as a share of the first."""
    source: str
    measured: date
    guess: bool = False


class Place(_Row):
    """Which device of a host runs engines of a pattern."""

    runtime: str = "*"
    """The host; `*` for any."""

    engine: str
    kind: Kind
    device: str
    idle_s: Span
    """How long the container waits for another call until it is shut down."""


class Start(_Row):
    """What a cold call waits for."""

    runtime: str
    """The host; `*` for any without figures of its own."""
    devices: tuple[DeviceClass, ...]
    load_s: Span
    source: str
    measured: date
    guess: bool = False


class WorkerSpeed(_Row):
    """What the worker does itself, in seconds for each second of the song."""

    start_s: Span
    """Until the servers are up, once."""
    compose_and_render: Span
    arrange: Span
    mix: Span
    master: Span
    source: str
    measured: date


class LineHabits(_Row):
    """How often things are done for a song."""

    rounds: Span
    """Of candidates in a take."""
    symbolic_passes: float = Field(gt=0, le=1)
    """Share of takes that pass."""
    neural_passes: float = Field(gt=0, le=1)
    """Share of takes that pass."""
    actions_per_take: Span
    gb_per_song: Span
    writes_per_song: Span


class Throughput(BaseModel):
    """The table of figures."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    speed: tuple[Speed, ...]
    place: tuple[Place, ...] = ()
    start: tuple[Start, ...]
    worker: WorkerSpeed
    line: LineHabits

    @classmethod
    def load(cls, own: Path | None = None) -> Self:
        """Read the table that comes with AURA-X and those of the installed hosts.

        Args:
            own: a TOML file whose rows are tried first and whose sections replace those of the table; it may be the
                one that holds prices.

        Raises:
            InvalidOption: the file does not exist or cannot be read.
            CorruptData: the file is not of that form.
        """
        table = built_in_table("throughput.toml")
        more = [rows for _, rows in host_tables()]
        if own is not None:
            more.append(own_table(own))
        for rows_by_name in more:
            for name, rows in rows_by_name.items():
                table[name] = [*rows, *table.get(name, [])] if isinstance(rows, list) else rows
        try:
            return cls.model_validate(table)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            found = repr(first["input"])
            where = "the installed hosts' figures" if own is None else own
            raise CorruptData(f"a valid {place} in {where} ({first['msg']})", found, "correct it") from None

    def speed_of(self, engine: str, kind: Kind, device: str) -> Speed:
        """The first row that fits; for every kind there is one that fits every engine."""
        wanted = device_class(device)
        return next(
            row
            for row in self.speed
            if row.kind == kind and wanted in row.devices and fnmatchcase(engine.lower(), row.engine)
        )

    def place_of(self, runtime: str, engine: str, kind: Kind) -> Place:
        """Where a host runs an engine.

        Args:
            runtime: the host.
            engine: its name.
            kind: of the engine.

        Raises:
            InvalidOption: no row says so.
        """
        for row in self.place:
            if row.runtime in (runtime, "*") and row.kind == kind and fnmatchcase(engine.lower(), row.engine):
                return row
        raise InvalidOption(
            f"a row that says which device of {runtime} runs a {kind}",
            f"none for {engine}",
            "add a [[place]] to a file of prices and name that in AURAX_PRICES",
        )

    def start_of(self, runtime: str, device: str) -> Start:
        """What a cold call waits for; for runtimes without figures, what is usual."""
        wanted = device_class(device)
        fitting = [row for row in self.start if wanted in row.devices and row.runtime in (runtime, "*")]
        return next((row for row in fitting if row.runtime == runtime), fitting[0])

    def takes_expected(self, most: int, *, neural: bool) -> Span:
        """How many takes a song needs when at most so many are made and each passes with the same probability."""
        passes = self.line.neural_passes if neural else self.line.symbolic_passes
        expected = sum((1 - passes) ** number for number in range(most))
        return Span(low=1.0, typical=max(1.0, min(expected, most)), high=float(most))


def device_class(device: str) -> DeviceClass:
    """Whether a device is a CPU; everything else is a GPU."""
    return "cpu" if device == "cpu" else "gpu"
