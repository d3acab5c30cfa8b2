"""`aurax up` and `aurax worker`: the servers behind a song."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from aurax.adapters.cli.console import stderr
from aurax.settings import Settings

if TYPE_CHECKING:
    from aurax.adapters.temporal.studio import Studio

StudioBuilder = Callable[[Settings], AbstractAsyncContextManager["Studio"]]
"""Opens everything a worker needs."""


def up(
    until_idle: Annotated[bool, typer.Option("--until-idle", hidden=True, help="End when no client is left.")] = False,
    temporal_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the Temporal server; any free one by default.")
    ] = None,
    ui: Annotated[bool, typer.Option("--ui", help="Also serve Temporal's own web page.")] = False,
) -> None:
    """Run the Temporal server and a worker until Ctrl-C; songs start faster while they run."""
    from aurax.adapters.local.supervisor import Supervisor

    def announce(line: str) -> None:
        stderr().print(f"aurax up: {line}", markup=False)

    supervisor = Supervisor(
        Settings.load(), until_idle=until_idle, temporal_port=temporal_port, with_ui=ui, announce=announce
    )
    asyncio.run(supervisor.run())


def worker(context: typer.Context) -> None:
    """Run one worker against the configured Temporal server until it is told to stop."""
    from aurax.adapters.local.memory import keep_freed_memory
    from aurax.adapters.local.waiting import wait_asleep

    keep_freed_memory()
    wait_asleep()
    from aurax.adapters.temporal.worker import run_worker

    build_studio: StudioBuilder = context.obj

    async def work() -> None:
        async with build_studio(Settings.load()) as studio:
            await run_worker(studio)

    asyncio.run(work())
