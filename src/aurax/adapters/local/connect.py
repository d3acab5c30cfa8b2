"""How a client finds the servers, and starts them if nobody has."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aurax.adapters.local.runtime import RuntimeFolder, external_temporal_address
from aurax.errors import ServiceUnavailable
from aurax.settings import Settings

_UP_WITHIN_S = 45.0


@asynccontextmanager
async def running_services(settings: Settings) -> AsyncIterator[str | None]:
    """Keep the servers up while inside; yields Temporal's address.

    Where the environment names a Temporal of its own, nothing is started here (its workers run elsewhere), and None
    is yielded: Temporal's own configuration says how to connect.

    Uses the supervisor that runs on the data folder, else starts one in the background that ends by itself when its
    last client has gone.

    Raises:
        ServiceUnavailable: the servers do not come up; the message quotes the supervisor's log.
    """
    if external_temporal_address() is not None:
        yield None
        return
    folder = RuntimeFolder(settings.run_dir)
    with folder.using():
        yield await ensure_services(settings)


async def ensure_services(settings: Settings) -> str:
    """Start a supervisor in the background if none runs, and return Temporal's address.

    Raises:
        ServiceUnavailable: the servers do not come up in time.
    """
    folder = RuntimeFolder(settings.run_dir)
    log = settings.logs_dir / "supervisor.log"
    deadline = time.monotonic() + _UP_WITHIN_S
    background: subprocess.Popen[bytes] | None = None
    while time.monotonic() < deadline:
        runtime = folder.read()
        if runtime is not None:
            return runtime.temporal_address
        if not folder.is_supervised():
            if background is not None and background.poll() not in (None, 0):
                break
            if background is None or background.poll() is not None:
                log.parent.mkdir(parents=True, exist_ok=True)
                with log.open("wb") as output:
                    background = subprocess.Popen(
                        [sys.executable, "-m", "aurax.adapters.cli.main", "up", "--until-idle"],
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=output,
                        start_new_session=True,
                    )
        await asyncio.sleep(0.02)
    words = log.read_text(errors="replace").strip() if log.exists() else ""
    raise ServiceUnavailable(
        "the Temporal server and the worker to come up",
        words[-600:] or "no answer in time",
        f"see the logs in {settings.logs_dir}, or run 'aurax up' to watch them start",
    )
