"""The live display of a song that is being made: one line a stage, with the time it takes."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from aurax.adapters.local.waiting_event import WAITING
from aurax.deliver.outcome import expected_line
from aurax.deliver.record import SongRecord
from aurax.intent.intent import Intent
from aurax.judge.verdict import PartVerdict
from aurax.judge.wording import failure_words
from aurax.produce.stages import Mode, stages_of
from aurax.text import one_line


class Progress:
    """What a person sees while a song is made; silent when not visible.

    Args:
        console: where to draw.
        visible: whether a person watches.
        mode: which stages there are.
    """

    def __init__(self, console: Console, *, visible: bool, mode: Mode = "symbolic") -> None:
        self._shown = {stage.name: stage.shown for stage in stages_of(mode)}
        self._console = console
        self._visible = visible
        self._mode = mode
        self._started = time.monotonic()
        self._began: dict[str, float] = {}
        self._took: dict[str, float] = {}
        self._detail: dict[str, str] = {}
        self._take = 1
        self._waiting = ""
        self._said: set[str] = set()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._visible:
            self._live = Live(get_renderable=self._draw, console=self._console, refresh_per_second=12, transient=False)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def explain(self, intent: Intent, seed: int) -> None:
        """Say how the prompt was understood."""
        if not self._visible:
            return
        known = [
            intent.style,
            f"{intent.tempo_bpm:g} bpm" if intent.tempo_bpm else "",
            " ".join(part for part in (intent.tonic, intent.mode) if part),
            str(intent.meter) if intent.meter else "",
            _length(intent),
            *(f"with {name}" for name in intent.wanted),
            *(f"no {name}" for name in intent.unwanted),
        ]
        self._console.print(
            f"[bold]{escape(intent.title)}[/]  {escape(', '.join(part for part in known if part))}, seed {seed}"
        )
        for sentence in intent.assumptions:
            self._console.print(f"  [dim]assumed: {escape(sentence)}[/]")
        expected = expected_line(intent, style=intent.style, mode=self._mode)
        if expected:
            self._console.print(f"  [dim]to expect: {escape(one_line(expected))}[/]")

    def on_event(self, kind: str, data: dict[str, Any]) -> None:
        """Take note of one event of the song, or of what it waits for; where nobody watches, waiting is said once."""
        if kind == WAITING:
            self._wait(str(data.get("reason", "")))
            return
        self._take = int(data.get("take", self._take))
        stage, _, happened = kind.partition(".")
        if stage not in self._shown:
            return
        if happened == "started":
            self._began[stage] = time.monotonic()
            self._took.pop(stage, None)
        elif happened == "finished":
            self._took[stage] = float(data.get("seconds", 0.0))
        self._detail[stage] = str(data.get("detail", self._detail.get(stage, "")))

    def _wait(self, reason: str) -> None:
        self._waiting = reason
        if reason and not self._visible and reason not in self._said:
            self._said.add(reason)
            self._console.print(f"waiting: {escape(reason)}")

    def summarize(self, console: Console, record: SongRecord) -> None:
        """Say what came out, and plainly what still fails."""
        verdict = record.verdict
        console.print(
            f"  {record.plan.style}, {record.plan.key} {record.plan.mode}, {record.plan.tempo_bpm:g} bpm, "
            f"{record.master.duration_s:.1f} s, {record.master.integrated_lufs:.1f} LUFS, "
            f"{record.master.true_peak_dbtp:.1f} dBTP"
        )
        console.print(
            f"  asked for: {_state(verdict.fidelity)}; made well: {_state(verdict.quality)}; "
            f"score {verdict.score:.0f} of 100; {len(record.takes)} take(s), "
            f"{len(record.stems)} stems, {record.timings_s['total']:.1f} s"
        )
        required = [check for check in verdict.failures if check.required]
        for check in required:
            console.print(f"    {escape(failure_words(check))}")
        if len(required) < len(verdict.failures):
            console.print("  [dim]below the aim, though not required:[/]")
        for check in verdict.failures:
            if not check.required:
                console.print(f"    {escape(failure_words(check))}")

    def _draw(self) -> Group:
        now = time.monotonic()
        table = Table.grid(padding=(0, 2))
        mark: Text | Spinner
        for stage, word in self._shown.items():
            if stage in self._took:
                mark, took = Text("✓", style="green"), f"{self._took[stage]:6.2f} s"
            elif stage in self._began:
                mark, took = Spinner("dots"), f"{now - self._began[stage]:6.2f} s"
            else:
                mark, took = Text("·", style="dim"), ""
            table.add_row("", mark, word, took, Text(one_line(self._detail.get(stage, "")), style="dim"))
        if not self._began and not self._took:
            table.add_row("", Spinner("dots"), "start", f"{now - self._started:6.2f} s", Text("servers", style="dim"))
        foot = Text(f"  take {self._take}, {now - self._started:.1f} s", style="dim")
        if not self._waiting:
            return Group(table, foot)
        return Group(table, foot, Text(f"  waiting: {one_line(self._waiting)}", style="yellow"))


def _state(part: PartVerdict) -> str:
    return f"{'[green]passed[/]' if part.passed else '[bold red]fails[/]'}, {part.score:.0f} of 100"


def _length(intent: Intent) -> str:
    if intent.bars is None:
        return f"{intent.duration_s:g} s"
    bars = "1 bar" if intent.bars == 1 else f"{intent.bars} bars"
    return f"a loop of {bars}" if intent.loop else bars
