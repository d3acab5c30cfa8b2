"""A real S3 server on loopback: rclone's, over a folder. It can be stopped, killed and started again on its port.

It differs from Amazon's: it ignores `If-None-Match`, answers range reads with 200, and forgets unfinished multipart
uploads when it ends. Several servers may serve the same folder. On Linux it also ends with the thread that started it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from aurax.adapters.local.parent_watchdog import ending_with_us
from builders.postgres_server import free_port

_READY_S = 30.0
_ENDED_S = 10.0


@dataclass
class S3Server:
    """An S3 server over a folder; each folder inside it is a bucket.

    Args:
        folder: holds the buckets; created if missing.
        buckets: made when the server starts.
        access_key: who may sign requests.
        secret_key: what they sign with.
        port: where it listens, before and after a restart.
        read_only: refuse all writing (rclone answers it with an internal error, not with AccessDenied).
    """

    folder: Path
    buckets: tuple[str, ...] = ("bucket",)
    access_key: str = "test-access-key"
    secret_key: str = "test-secret-key"
    port: int = field(default_factory=free_port)
    read_only: bool = False
    _process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the running server."""
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def environment(self, endpoint: str | None = None) -> dict[str, str]:
        """Variables that take obstore, and so AURA-X, to this server.

        Args:
            endpoint: of a proxy in front of it.
        """
        return {
            "AWS_ENDPOINT_URL": endpoint or self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": "us-east-1",
        }

    def start(self) -> Self:
        """Start it and wait until it answers."""
        for bucket in self.buckets:
            (self.folder / bucket).mkdir(parents=True, exist_ok=True)
        program = str(Path(sys.executable).parent / "rclone")
        command = [program, "serve", "s3", str(self.folder), "--addr", f"127.0.0.1:{self.port}", "--config", ""]
        command += ["--dir-cache-time", "10ms", "--log-level", "ERROR"]
        command += ["--read-only"] if self.read_only else []
        keys = {"RCLONE_AUTH_KEY": f'"{self.access_key},{self.secret_key}"'}
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                ending_with_us(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_quiet(keys)
            )
        deadline = time.monotonic() + _READY_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the S3 server did not start: {self.log()}")
            time.sleep(0.02)
        return self

    def stop(self) -> None:
        """End it in order; harmless when it has ended."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does; harmless when it has ended."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Kill it, and start it on the same port and folder."""
        self.kill()
        self.start()

    def log(self) -> str:
        """What it wrote."""
        return self._log_path.read_text(errors="replace")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def _log_path(self) -> Path:
        # Next to the folder: inside it would be a bucket's neighbour that the server lists.
        return self.folder.with_name(f"{self.folder.name}-{self.port}.log")

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return connection.recv(5) == b"HTTP/"
        return False

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(_ENDED_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def s3_server(folder: Path, *, read_only: bool = False) -> Iterator[S3Server]:
    """A running server with one bucket, `bucket`.

    Args:
        folder: holds the bucket.
        read_only: refuse all writing.
    """
    with S3Server(folder, read_only=read_only) as server:
        yield server


def _quiet(more: Mapping[str, str]) -> dict[str, str]:
    """The environment without other settings of rclone, AWS or a web proxy."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RCLONE_", "AWS_"))}
    return {**kept, **more}
