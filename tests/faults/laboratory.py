"""A data folder, the processes that work on it, and what is left there afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from backends import Backend, FolderBackend

AURAX = [sys.executable, "-m", "aurax"]
PROMPT = "lofi, 90 bpm, 10 seconds, no fade out"
SEED = "7"
GENERATED = ("deep house, 120 bpm, 8 seconds", "--seed", SEED, "--engine", "debug")
"""A song whose audio an engine generates, so that there are calls in the ledger."""
SONG_WITHIN_S = 150.0
GONE_WITHIN_S = 40.0

Kind = Literal["client", "person", "supervisor", "worker", "render", "temporal"]
KINDS: tuple[Kind, ...] = ("worker", "render", "temporal", "supervisor", "client")


@dataclass(frozen=True)
class Process:
    """A process that works on the data folder.

    Args:
        pid: its id.
        kind: what it does.
    """

    pid: int
    kind: Kind


@dataclass
class Pace:
    """How far a song or a session has come, so that faults befall it on its way however fast the machine is just now.

    Args:
        wall_s: how long it took when nothing happened; 0 when that is not known.
        events: how many there were at its end.
        clients: those that wait for it.
        late: whether it had ended when something was to be done to it.
    """

    wall_s: float = 0.0
    events: int = 0
    clients: list[subprocess.Popen[str]] = field(default_factory=list)
    late: bool = False

    def check(self) -> None:
        """Note whether it has ended already; a client that was killed itself has not."""
        self.late = self.late or all(client.poll() not in (None, -signal.SIGKILL) for client in self.clients)


@dataclass
class Laboratory:
    """One data folder and one folder for songs; processes are found by their environment (Linux).

    Args:
        folder: room for both.
        environment: variables of every command started here, besides this process's own and the backend's.
        given_backend: where rows and objects are; None for the data folder.
        wish: of the song of these trials, with its options.
        pace: how far it has come.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    given_backend: Backend | None = None
    wish: Sequence[str] = (PROMPT, "--seed", SEED)
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        self.data = self.folder / "data"
        self.songs = self.folder / "songs"
        self.songs.mkdir(parents=True, exist_ok=True)
        self.backend: Backend = self.given_backend or FolderBackend(self.data)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of `aurax` in the folder of songs."""
        return subprocess.Popen(
            [*AURAX, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment(),
            cwd=self.songs,
        )

    def make(self, out: str | Path, *options: str) -> subprocess.Popen[str]:
        """Start making the song of these trials, into the folder of songs unless the path is absolute."""
        process = self.start("make", *self.wish, "--out", str(self.songs / out), "--json", *options)
        self.pace.clients.append(process)
        return process

    def until(self, moment_s: float) -> None:
        """Wait for a moment of the undisturbed song, by the clock or by its events, whichever comes first."""
        deadline = time.monotonic() + moment_s
        share = moment_s / self.pace.wall_s if self.pace.wall_s else math.inf
        while time.monotonic() < deadline:
            if self.pace.events and share < math.inf:
                (recorded,) = next(iter(self.backend.rows("SELECT count(*) FROM events")), (0,))
                if recorded >= max(1.0, share * self.pace.events):
                    break
            time.sleep(min(0.15, max(0.0, deadline - time.monotonic())))
        self.pace.check()

    def person(self, script: str) -> subprocess.Popen[str]:
        """Start the client of a session, as another program of AURA-X's would be."""
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("person.py")), script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment(),
            cwd=self.songs,
        )
        self.pace.clients.append(process)
        return process

    def run(self, *arguments: str, timeout_s: float = SONG_WITHIN_S) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        process = self.start(*arguments)
        try:
            output, complaints = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            output, complaints = process.communicate()
            complaints += f"\nno end within {timeout_s:g} s"
        return subprocess.CompletedProcess(process.args, process.returncode, output, complaints)

    def processes(self) -> list[Process]:
        """Everything that works on the data folder now."""
        mark = b"AURAX_DATA_DIR=" + os.fsencode(self.data) + b"\0"
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                pid = int(place.name)
                if pid == os.getpid() or mark not in (place / "environ").read_bytes():
                    continue
                words = (place / "cmdline").read_bytes().split(b"\0")
                if not words[0] or (place / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
                    continue
            except OSError:
                continue
            kind = _kind(words)
            if kind is not None:
                found.append(Process(pid, kind))
        return found

    def kill(self, kind: Kind, number: int = signal.SIGKILL) -> bool:
        """Send a signal to one process of a kind; false when there is none."""
        for process in self.processes():
            if process.kind == kind:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, number)
                    return True
        return False

    def kill_everything(self) -> None:
        """End a trial that went wrong."""
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)

    def wait_until(self, what: Callable[[], object], within_s: float) -> bool:
        """Whether something became true in time."""
        deadline = time.monotonic() + within_s
        while not what():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def known_songs(self) -> list[dict[str, Any]]:
        """What `aurax songs` says, newest first."""
        listed = self.run("songs", "--json", timeout_s=60)
        return list(json.loads(listed.stdout)) if listed.returncode == 0 else []

    def leftovers(self) -> list[str]:
        """What nobody needs any more: partial files and folders, and objects that no song refers to."""
        litter = [
            str(path.relative_to(self.folder))
            for place in (self.songs, self.data / "clips", self.data / "staging", self.data / "objects")
            for path in sorted(place.rglob("*"))
            if (path.name.startswith(".") and path.name != ".staging") or path.name.endswith(".part")
        ]
        litter += [str(path.relative_to(self.folder)) for path in sorted((self.data / "staging").glob("*"))]
        litter += [f"{path.name}: an empty folder" for path in self.songs.iterdir() if _is_empty(path)]
        return litter + self.orphan_objects()

    def orphan_objects(self) -> list[str]:
        """Objects in the store that no row of the database names."""
        return sorted(self.backend.keys() - {key for (key,) in self.backend.rows("SELECT key FROM assets")})

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
        return {**kept, "AURAX_DATA_DIR": str(self.data), **self.backend.environment, **self.environment}


def sha256(path: Path) -> str:
    """Hash of a file; `absent` where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "absent"


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _kind(words: list[bytes]) -> Kind | None:
    line = b" ".join(words)
    if b"start-dev" in line and b"parent_watchdog" not in line:
        return "temporal"
    if b"aurax.render.worker" in words:
        return "render"
    if any(word.endswith(b"person.py") for word in words):
        return "person"
    if b"aurax" not in line:
        return None
    arguments = set(words)
    if b"worker" in arguments:
        return "worker"
    if b"up" in arguments:
        return "supervisor"
    return "client" if arguments & {b"make", b"resume"} else None
