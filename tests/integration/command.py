"""The `aurax` command in processes of its own, on a data folder of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from builders.postgres_server import fetch_rows
from places import place_of

SECONDS_TO_WAIT = 150
COMMAND = [sys.executable, "-m", "aurax"]


@dataclass(frozen=True)
class Command:
    """Runs `aurax` on one data folder.

    Args:
        data: the data folder.
        environment: variables beside those of the tests.
    """

    data: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def with_environment(self, **variables: str) -> Command:
        """The same with more variables."""
        return replace(self, environment={**self.environment, **variables})

    def start(self, *arguments: str, told: str = "") -> subprocess.Popen[str]:
        """Start a command, and tell it something on its standard input."""
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.PIPE if told else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment_of_processes(),
            # Tests that run in the background of a shell inherit an ignored SIGINT, and the command would too.
            preexec_fn=_hear_interrupts,
        )
        if process.stdin is not None:
            process.stdin.write(told)
            process.stdin.close()
            process.stdin = None
        return process

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; where it has none, everything that runs is asked where it is."""
        process = self.start(*arguments)
        try:
            output, complaints = process.communicate(timeout=SECONDS_TO_WAIT)
        except subprocess.TimeoutExpired:
            for pid in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGABRT)
            output, complaints = process.communicate()
            logs = [f"{log.name}:\n{log.read_text()[-4000:]}" for log in sorted((self.data / "logs").glob("*.log"))]
            pytest.fail("\n".join([f"no end within {SECONDS_TO_WAIT} s", output, complaints, *logs]))
        return subprocess.CompletedProcess(process.args, process.returncode, output, complaints)

    def make(self, prompt: str, out: Path, *options: str) -> dict[str, Any]:
        """Make a song and return what `--json` prints."""
        done = self.run("make", prompt, "--out", str(out), "--json", *options)
        assert done.returncode == 0, done.stdout + done.stderr
        song: dict[str, Any] = json.loads(done.stdout)
        return song

    def events(self, song_id: str = "") -> list[str]:
        """Kinds of the events in the database, in order; read directly, so that a test can look often.

        Args:
            song_id: whose; of all songs when empty.
        """
        return [
            kind for (kind,) in self._rows(f"SELECT kind FROM events WHERE '{song_id}' IN ('', song_id) ORDER BY id")
        ]

    def runtime(self) -> dict[str, Any]:
        """The supervisor's record; empty when there is none."""
        try:
            record: dict[str, Any] = json.loads((self.data / "run" / "runtime.json").read_text())
        except (OSError, ValueError):
            return {}
        return record

    def wait_until(self, what: Callable[[], object], why: str) -> None:
        """Wait for something to become true."""
        deadline = time.monotonic() + SECONDS_TO_WAIT
        while not what():
            if time.monotonic() > deadline:
                pytest.fail(f"waited too long until {why}")
            time.sleep(0.05)

    def processes(self) -> list[int]:
        """Processes that still work on the data folder (Linux; empty elsewhere)."""
        mark = f"AURAX_DATA_DIR={self.data}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if int(process.name) != os.getpid() and mark in (process / "environ").read_bytes():
                    found.append(int(process.name))
            except OSError:
                continue
        return found

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        if address := self.environment_of_processes().get("AURAX_DATABASE_URL"):
            try:
                return [tuple(row) for row in fetch_rows(address, query)]
            except OSError:
                return []  # it was killed
        try:
            with contextlib.closing(sqlite3.connect(f"file:{self.data / 'aurax.db'}?mode=ro", uri=True)) as database:
                return list(database.execute(query))
        except sqlite3.OperationalError:
            return []

    def environment_of_processes(self) -> dict[str, str]:
        """The variables that they get."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
        return {
            **kept,
            "PYTHONFAULTHANDLER": "1",
            "AURAX_DATA_DIR": str(self.data),
            **place_of(self.data),
            **self.environment,
        }


def _hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
