"""The servers and workers of one measurement, each a process of its own, and what they take of the machine."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

sys.path.append(str(Path(__file__).parents[2] / "tests"))  # for the servers that the tests start

from builders.fault_proxy import FaultProxy, fault_proxy
from builders.postgres_server import OwnServer, own_server
from builders.s3_server import S3Server, free_port

Where = Literal["folder", "shared"]
NAMES: dict[Where, str] = {"folder": "SQLite + folder", "shared": "PostgreSQL + S3"}
_READY_S = 60.0
_ENDED_S = 60.0
_LOOK_S = 2.0
_FAIRNESS = ("useNewMatcher", "enableFairness")
_POSTGRES = "PostgreSQL server"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Stand:
    """Everything that runs during one measurement.

    Args:
        where: what the workers store in.
        data: the data folder.
        environment: variables of clients and workers.
        proxy: counts requests to the object server; None where none is asked for.
    """

    where: Where
    data: Path
    environment: Mapping[str, str]
    proxy: FaultProxy | None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    reports: list[Path] = field(default_factory=list)

    def start_workers(self, count: int, render_processes: int) -> None:
        """Start workers and wait until each is ready.

        Args:
            count: how many.
            render_processes: of each.
        """
        for _ in range(count):
            report = self.data / f"worker-{len(self.reports)}.json"
            self.reports.append(report)
            reading, writing = os.pipe()
            command = [sys.executable, "-m", "benchmarks.load.counting_worker", str(report), str(writing)]
            with (self.data / "workers.log").open("ab") as log:
                process = subprocess.Popen(
                    command,
                    env={**self.environment, "AURAX_RENDER_WORKERS": str(render_processes)},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(writing,),
                )
            os.close(writing)
            self.workers.append(process)
            _wait_ready(reading, process, self.data / "workers.log")

    def stop_workers(self) -> dict[str, Any]:
        """Stop them in order, and tell what all of them together have counted."""
        for process in self.workers:
            process.send_signal(signal.SIGTERM)
        for process in self.workers:
            process.wait(_ENDED_S)
        self.workers.clear()
        total: dict[str, Any] = {"statements": Counter(), "store_calls": Counter(), "bytes_put": 0, "cpu_s": 0.0}
        for report in self.reports:
            counted = json.loads(report.read_text())
            for name in ("statements", "store_calls"):
                total[name] += Counter(counted[name])
            for name in ("bytes_put", "cpu_s"):
                total[name] += counted[name]
        self.reports.clear()
        return total

    def cpu_s(self) -> dict[str, float]:
        """Processor time so far of every kind of process that is there now, with that of their ended children."""
        return {kind: sum(_cpu_s(pid) for pid in pids) for kind, pids in self._processes().items()}

    @contextlib.contextmanager
    def memory(self) -> Iterator[dict[str, float]]:
        """Watch memory by kind of process; the values are peaks in megabytes, `all` of all together."""
        peaks: dict[str, float] = {}
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(_LOOK_S):
                now = {kind: sum(map(_proportional_mb, pids)) for kind, pids in self._processes().items()}
                now["all"] = sum(now.values())
                for kind, size_mb in now.items():
                    peaks[kind] = max(peaks.get(kind, 0.0), size_mb)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield peaks
        finally:
            ended.set()
            watcher.join()

    def _processes(self) -> dict[str, list[int]]:
        mark = f"AURAX_DATA_DIR={self.data}".encode()
        found: dict[str, list[int]] = {}
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if int(place.name) == os.getpid() or mark not in (place / "environ").read_bytes():
                    continue
                kind = _kind((place / "cmdline").read_bytes())
                found.setdefault(kind, []).append(int(place.name))
                if kind == _POSTGRES:  # its children write their titles over their environment
                    found[kind] += map(int, (place / "task" / place.name / "children").read_text().split())
        return {kind: sorted(set(pids)) for kind, pids in found.items()}


@contextlib.contextmanager
def stand(where: Where, folder: Path, *, fair: bool = True, count_requests: bool = False) -> Iterator[Stand]:
    """Servers for one measurement, until the block ends.

    Args:
        where: what is stored in.
        folder: room for everything.
        fair: whether the Temporal server gives owners equal turns; else whoever asks first is served first.
        count_requests: put a proxy in front of the object server, which counts its requests and slows them down.
    """
    data = folder / "data"
    data.mkdir(parents=True)
    os.environ["AURAX_DATA_DIR"] = str(data)  # by which the processes of this measurement are found again
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    with contextlib.ExitStack() as held:
        address = held.enter_context(_temporal(data, fair=fair))
        environment = {
            **_inherited(),
            "TEMPORAL_ADDRESS": address,
            "AURAX_PAYLOAD_KEY": key,
            "AURAX_LOG_LEVEL": "warning",
        }
        proxy: FaultProxy | None = None
        if where == "shared":
            postgres = held.enter_context(own_server())
            s3 = held.enter_context(S3Server(folder / "s3", buckets=("bucket",)))
            proxy = held.enter_context(fault_proxy(s3.port)) if count_requests else None
            environment |= _shared(postgres, s3, proxy)
        at_hand = Stand(where, data, environment, proxy)
        if where == "shared":
            subprocess.run(
                [sys.executable, "-m", "aurax", "db", "upgrade"], check=True, env=environment, capture_output=True
            )
        try:
            yield at_hand
        finally:
            for process in at_hand.workers:
                process.kill()
                process.wait()


def _shared(postgres: OwnServer, s3: S3Server, proxy: FaultProxy | None) -> dict[str, str]:
    return {
        **s3.environment(proxy.url if proxy is not None else None),
        "AURAX_DATABASE_URL": postgres.new_database(),
        "AURAX_OBJECTS_URL": "s3://bucket",
    }


@contextlib.contextmanager
def _temporal(data: Path, *, fair: bool) -> Iterator[str]:
    port = free_port()
    program = str(Path(sys.executable).parent / "temporal")
    command = [program, "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(port)]
    command += ["--db-filename", str(data / "temporal.db"), "--sqlite-pragma", "journal_mode=wal"]
    command += ["--log-level", "error"]
    command += [f"--dynamic-config-value=matching.{name}=true" for name in _FAIRNESS if fair]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(_ENDED_S)


def _inherited() -> dict[str, str]:
    dropped = ("AURAX_", "AWS_", "TEMPORAL_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {**kept, "AURAX_DATA_DIR": os.environ["AURAX_DATA_DIR"]}


def _wait_ready(reading: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a worker reports that it is ready."""
    from aurax.adapters.local.worker_report import read_report

    deadline = time.monotonic() + _READY_S
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        held = b""
        while time.monotonic() < deadline and process.poll() is None:
            held += os.read(pipe.fileno(), 65_536)
            *lines, held = held.split(b"\n")
            reports = [report for line in lines if (report := read_report(line)) is not None]
            if any(report.kind == "ready" for report in reports):
                threading.Thread(target=_drain, args=(os.dup(pipe.fileno()),), daemon=True).start()
                return
    raise RuntimeError(f"a worker did not get ready: {log.read_text()[-2000:]}")


def _drain(descriptor: int) -> None:
    # A worker whose reports nobody reads would be stopped by a full pipe.
    with os.fdopen(descriptor, "rb", buffering=0) as pipe:
        while pipe.read(65_536):
            pass


def _kind(command: bytes) -> str:
    if b"start-dev" in command:
        return "Temporal server"
    if b"postgres" in command:
        return _POSTGRES
    if b"rclone" in command:
        return "S3 server"
    return "workers" if b"counting_worker" in command or b"aurax.render" in command else "other"


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


def _proportional_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
