"""`aurax up` and `aurax worker`: the servers behind a song."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from aurax.adapters.cli.console import stderr
from aurax.settings import Settings

if TYPE_CHECKING:
    from aurax.adapters.local.worker_report import Reporter
    from aurax.produce.stages import QueueName
    from aurax.services.context import WorkerContext

ContextBuilder = Callable[[Settings], AbstractAsyncContextManager["WorkerContext"]]
"""Opens everything a worker needs."""


def up(
    until_idle: Annotated[bool, typer.Option("--until-idle", hidden=True, help="End when no client is left.")] = False,
    temporal_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the Temporal server; any free one by default.")
    ] = None,
    ui: Annotated[bool, typer.Option("--ui", help="Also serve Temporal's own web page.")] = False,
    web: Annotated[bool, typer.Option("--web/--no-web", help="Also serve the web interface.")] = True,
) -> None:
    """Run the Temporal server, a worker and the web interface until Ctrl-C; songs start faster while they run."""
    from aurax.adapters.local.local_worker import web_command
    from aurax.adapters.local.supervisor import Supervisor

    def announce(line: str) -> None:
        stderr().print(f"aurax up: {line}", markup=False)

    supervisor = Supervisor(
        Settings.load(),
        until_idle=until_idle,
        temporal_port=temporal_port,
        with_ui=ui,
        web=web_command() if web and not until_idle else (),
        announce=announce,
    )
    asyncio.run(supervisor.run())


def worker(
    context: typer.Context,
    report_to: Annotated[int | None, typer.Option(hidden=True, help="Open file descriptor of the supervisor.")] = None,
    make_current: Annotated[
        bool, typer.Option("--make-current", help="Send new work to this build once it is ready (AURAX_DEPLOYMENT).")
    ] = False,
    queues: Annotated[
        str, typer.Option(help="Task queues to work on: workflows, render, gpu; all by default.")
    ] = "workflows,render,gpu",
) -> None:
    """Run one worker against the configured Temporal server until it is stopped."""
    from aurax.adapters.local.worker_report import Reporter
    from aurax.adapters.temporal.queues import read_queues

    reporter = Reporter(report_to)
    try:
        _work(context.obj, reporter, read_queues(queues), make_current)
    except Exception as error:
        reporter.failed(error)
        raise


def _work(build_context: ContextBuilder, reporter: Reporter, queues: Sequence[QueueName], make_current: bool) -> None:
    from aurax.adapters.local.memory import keep_freed_memory
    from aurax.adapters.local.openmp import wait_asleep
    from aurax.adapters.local.runtime_folder import RuntimeFolder
    from aurax.adapters.local.tidying import sweep_half_made

    keep_freed_memory()
    wait_asleep()
    reporter.step("loading its parts")
    from aurax.adapters.objects.reaching import reach
    from aurax.adapters.telemetry.serving import Telemetry, telling
    from aurax.adapters.temporal.worker import run_worker

    async def work() -> None:
        beating = asyncio.create_task(reporter.beat())
        settings = Settings.load()
        reporter.step(f"opening the database, the object store at {settings.objects_location} and the plug-ins")
        try:
            async with telling(settings) as telemetry:
                with RuntimeFolder(settings.run_dir).working(partial(sweep_half_made, settings)):
                    await serve(settings, telemetry)
        finally:
            beating.cancel()

    async def serve(settings: Settings, telemetry: Telemetry) -> None:
        async with build_context(settings) as context:
            reporter.step(f"reaching the object store at {settings.objects_location}")
            await reach(context.objects)
            reporter.step("connecting to Temporal")
            telemetry.watch(context)
            await run_worker(
                context, on_ready=reporter.ready, health=telemetry.health, current=make_current, queues=queues
            )

    asyncio.run(work())
