"""The table of stages: what a song goes through, in which mode, how it is shown, and what it costs.

Everything that walks through the stages reads this table: the workflows' time limits, the progress display, the
timings in `song.json`, the ledger, the estimate and the cost report. A new stage is a new row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from aurax.engines.requests import Kind

Mode = Literal["symbolic", "neural", "dual"]
"""How a song comes to its sound: notes played by instruments; audio from a neural engine, separated and arranged; or
notes with a neural layer that follows them."""

StageName = Literal[
    "intent", "compose", "generate", "separate", "arrange", "render", "mix", "master", "judge", "deliver"
]  # fmt: skip
"""The stages whose time is measured."""

QueueName = Literal["workflows", "render", "gpu"]
"""Task queues: `workflows` for orchestration and light work, `render` for what computes on CPUs, `gpu` for what calls
engines."""

Charge = Literal[
    "generation", "discrimination", "separation", "mixing", "mastering", "language", "orchestration", "storage", "idle"
]
"""What money is spent on, as the ledger names it. `idle` is a GPU that waits for another call; it appears in estimates
only."""

_ALL: tuple[Mode, ...] = ("symbolic", "neural", "dual")
_NOTES: tuple[Mode, ...] = ("symbolic", "dual")
_AUDIO: tuple[Mode, ...] = ("neural", "dual")


@dataclass(frozen=True)
class Stage:
    """One row of the table.

    Args:
        name: in events, timings and files.
        shown: the word that people see.
        modes: in which modes a song goes through it.
        minutes: the longest that one piece of its work may take, after which it counts as hung.
        engines: kinds of engines that it calls.
        worker_time: field of `Throughput.worker` with the time that it takes the worker; empty where nobody estimates
            it, or where another row's time contains it.
        charge: what the ledger and the estimate count the worker's time as.
        queue: where its work is done.
        each_round: whether it is repeated in every round of candidates, rather than once in each take.
    """

    name: StageName
    shown: str
    modes: tuple[Mode, ...]
    minutes: float = 20
    engines: tuple[Kind, ...] = ()
    worker_time: str = ""
    charge: Charge = "mixing"
    queue: QueueName = "render"
    each_round: bool = False


STAGES: tuple[Stage, ...] = (
    Stage("intent", "understand", _ALL, minutes=0.5, queue="workflows"),
    Stage("compose", "compose", _NOTES, minutes=5, worker_time="compose_and_render", each_round=True),
    Stage(
        "generate", "generate", _AUDIO, minutes=60, engines=("generator", "discriminator"), queue="gpu", each_round=True
    ),
    Stage("separate", "separate", ("neural",), minutes=60, engines=("separator",), queue="gpu"),
    Stage("arrange", "arrange", ("neural",), worker_time="arrange"),
    Stage("render", "play", _NOTES),
    Stage("mix", "mix", _ALL, worker_time="mix"),
    Stage("master", "master", _ALL, minutes=10, worker_time="master", charge="mastering"),
    Stage("judge", "judge", _ALL, minutes=10),
    Stage("deliver", "deliver", _ALL),
)
"""Every stage, in the order of the work."""

ENGINE_CHARGES: dict[Kind, Charge] = {
    "generator": "generation",
    "separator": "separation",
    "discriminator": "discrimination",
    "masterer": "mastering",
}
"""What the call of an engine is counted as."""

COST_ROWS: dict[str, frozenset[Charge]] = {
    "generation": frozenset({"generation", "discrimination", "language"}),
    "separation": frozenset({"separation"}),
    "mixing and mastering": frozenset({"mixing", "mastering"}),
    "orchestration": frozenset({"orchestration", "storage"}),
    "waiting GPUs": frozenset({"idle"}),
}
"""Rows of the cost report and the charges that each sums up."""


def stages_of(mode: Mode) -> tuple[Stage, ...]:
    """The stages that a song of this mode goes through, in order."""
    return tuple(stage for stage in STAGES if mode in stage.modes)


def stage(name: StageName) -> Stage:
    """The row of a stage.

    Raises:
        KeyError: no such stage.
    """
    return _BY_NAME[name]


_BY_NAME: dict[str, Stage] = {one.name: one for one in STAGES}
