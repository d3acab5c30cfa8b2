"""The songs of a session while they are made: one line a song, or plain lines where nobody watches."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from aurax.produce.stages import STAGES
from aurax.services.session import Version
from aurax.text import one_line

_SHOWN = {stage.name: stage.shown for stage in STAGES}


@dataclass
class _Song:
    name: str
    began_s: float
    stage: str = "waits"
    detail: str = ""


class SessionDisplay:
    """Shows how far the songs in the making are; may be told things in any thread.

    Args:
        console: where to draw.
        visible: whether a person watches; otherwise the beginning of each stage is a line.
    """

    def __init__(self, console: Console, *, visible: bool) -> None:
        self._console = console
        self._visible = visible
        self._songs: dict[str, _Song] = {}
        self._lock = threading.Lock()

    def progress(self, version: Version, kind: str, data: dict[str, Any]) -> None:
        """Take note of one event of a version's song."""
        stage, _, happened = kind.partition(".")
        if stage not in _SHOWN:
            return
        with self._lock:
            song = self._songs.setdefault(version.song_id, _Song(version.name, time.monotonic()))
            song.name = version.name
            is_new = happened == "started" and song.stage != _SHOWN[stage]
            song.stage, song.detail = _SHOWN[stage], str(data.get("detail", ""))
        if is_new and not self._visible:
            self._console.print(f"{version.name}: {_SHOWN[stage]}", markup=False)

    def ended(self, version: Version) -> None:
        """Take a version's line away."""
        with self._lock:
            self._songs.pop(version.song_id, None)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Draw while inside, where a person watches."""
        if not self._visible:
            yield
            return
        with Live(get_renderable=self._draw, console=self._console, refresh_per_second=8, transient=True):
            yield

    def _draw(self) -> Table:
        table = Table.grid(padding=(0, 2))
        with self._lock:
            songs = list(self._songs.values())
        for song in songs:
            took = f"{time.monotonic() - song.began_s:6.1f} s"
            table.add_row(Spinner("dots"), song.name, song.stage, took, Text(one_line(song.detail), style="dim"))
        if not songs:
            table.add_row(Spinner("dots"), Text("waiting", style="dim"))
        return table
