"""The files by which processes on one machine find each other: locks, ports and the runtime record.

The supervisor holds an exclusive lock while it lives; every client holds a shared lock while it needs the servers.
The kernel drops both when a process dies, however it dies, so nothing here can go stale.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from aurax.adapters.local.disk_space import storage_error
from aurax.adapters.local.worker_report import Complaint
from aurax.errors import AuraxError, InvalidOption


class Runtime(BaseModel):
    """What a running supervisor publishes for its clients.

    Args:
        supervisor_pid: its process id.
        temporal_address: host and port.
        ui_address: of Temporal's web page.
        child_pids: process ids of the servers by name.
        web_address: of the web interface, such as `http://127.0.0.1:8420`; None while it is not served.
        trouble: what is being mended now, in words; empty when all is well.
    """

    model_config = ConfigDict(frozen=True)

    supervisor_pid: int
    temporal_address: str
    ui_address: str | None
    child_pids: dict[str, int]
    web_address: str | None = None
    trouble: str = ""


class RuntimeFolder:
    """The `run` folder inside the data folder.

    Args:
        folder: where locks and records live; made if missing.

    Raises:
        InvalidOption: the folder cannot be written.
        StorageFull: no room for it.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(error, folder) from error
        self._folder = folder
        self._record = folder / "runtime.json"
        self._failure = folder / "failure.json"
        self._sign = folder / "alive"
        self._supervisor_lock = folder / "supervisor.lock"
        self._clients_lock = folder / "clients.lock"
        self._workers_lock = folder / "workers.lock"

    @contextmanager
    def supervising(self) -> Iterator[bool]:
        """Try to become the supervisor; yields whether this process is the only one."""
        with _open_lock(self._supervisor_lock) as descriptor:
            alone = _try_lock(descriptor, fcntl.LOCK_EX)
            if alone:
                with contextlib.suppress(OSError):
                    os.ftruncate(descriptor, 0)
                    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
            yield alone

    def supervisor_pid(self) -> int | None:
        """Process id of the supervisor that lives now; None when there is none or it is not known."""
        try:
            pid = int(self._supervisor_lock.read_text())
        except (OSError, ValueError):
            return None
        return pid if pid > 1 and self.is_supervised() else None

    def is_supervised(self) -> bool:
        """Whether a supervisor lives now."""
        with _open_lock(self._supervisor_lock) as descriptor:
            return not _try_lock(descriptor, fcntl.LOCK_EX)

    @contextmanager
    def using(self) -> Iterator[None]:
        """Keep the servers alive while inside; waits if a supervisor is just about to stop."""
        with _open_lock(self._clients_lock) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            yield

    def has_clients(self) -> bool:
        """Whether any process needs the servers now."""
        with _open_lock(self._clients_lock) as descriptor:
            return not _try_lock(descriptor, fcntl.LOCK_EX)

    @contextmanager
    def working(self, alone: Callable[[], None]) -> Iterator[None]:
        """Be one of the workers on this data folder while inside.

        Args:
            alone: called first when there is no other worker, so that what dead ones left can be removed.
        """
        with _open_lock(self._workers_lock) as descriptor:
            if _try_lock(descriptor, fcntl.LOCK_EX):
                alone()
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            yield

    def retire_if_unused(self) -> bool:
        """Withdraw the runtime record if no client is left; returns whether it was withdrawn."""
        with _open_lock(self._clients_lock) as descriptor:
            if not _try_lock(descriptor, fcntl.LOCK_EX):
                return False
            self.withdraw()
            return True

    def publish(self, runtime: Runtime) -> None:
        """Tell clients where the servers are."""
        _write_whole(self._record, runtime.model_dump_json())

    def withdraw(self) -> None:
        """Tell clients that the servers are going away."""
        with contextlib.suppress(OSError):
            self._record.unlink(missing_ok=True)

    def read(self) -> Runtime | None:
        """The running supervisor's record; None when there is none or it is not up yet."""
        try:
            runtime = Runtime.model_validate_json(self._record.read_text())
        except (OSError, ValidationError, ValueError):
            return None
        # A supervisor that was killed leaves its record to the one that takes its place.
        return runtime if self.supervisor_pid() == runtime.supervisor_pid else None

    def note_failure(self, error: AuraxError) -> None:
        """Leave word of why the supervisor ends; does nothing where no file can be written."""
        with contextlib.suppress(OSError):
            _write_whole(self._failure, Complaint.of(error).model_dump_json())

    def forget_failure(self) -> None:
        """Take back the word of an earlier supervisor."""
        self._failure.unlink(missing_ok=True)

    def failure(self) -> AuraxError | None:
        """Why the last supervisor ended; None when it left no word, or one runs."""
        try:
            complaint = Complaint.model_validate_json(self._failure.read_text())
        except (OSError, ValueError):
            return None
        return None if self.is_supervised() else complaint.error()

    def show_sign(self) -> None:
        """Let clients see that the supervisor is at work."""
        with contextlib.suppress(OSError):
            self._sign.touch()

    def last_sign(self) -> int:
        """When the supervisor was last at work, in nanoseconds of the file system's clock; 0 for never."""
        try:
            return self._sign.stat().st_mtime_ns
        except OSError:
            return 0

    def choose_port(self, name: str, wanted: int | None = None, avoid: Collection[int] = ()) -> int:
        """A free TCP port on the loopback interface, the same as last time where possible.

        Args:
            name: what it is for.
            wanted: a port that must be used.
            avoid: ports that turned out to be taken.

        Raises:
            InvalidOption: the wanted port is taken.
        """
        if wanted is not None:
            if not _is_free(wanted):
                raise InvalidOption(
                    f"port {wanted} to be free for {name}",
                    "another program listening there",
                    "stop that program or choose another port",
                )
            return wanted
        remembered = self._folder / f"{name}.port"
        try:
            last = int(remembered.read_text())
        except (OSError, ValueError):
            last = 0
        port = last if 1024 <= last <= 65535 and last not in avoid and _is_free(last) else 0
        while not port or port in avoid:
            port = _any_port()
        with contextlib.suppress(OSError):  # a port that is not remembered is no harm
            _write_whole(remembered, str(port))
        return port


def external_temporal_address() -> str | None:
    """Temporal's address where the environment names a server of its own; None where the embedded one is meant."""
    if os.environ.get("TEMPORAL_ADDRESS"):
        return os.environ["TEMPORAL_ADDRESS"]
    profile = os.environ.get("TEMPORAL_PROFILE")
    return f"profile {profile}" if profile else None


@contextmanager
def _open_lock(path: Path) -> Iterator[int]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise storage_error(error, path.parent) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_whole(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text)
    temporary.replace(path)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
