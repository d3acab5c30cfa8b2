"""`aurax deployment`: which build of the workers gets new work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.table import Table

from aurax.adapters.cli.console import EXIT_FAILED, print_json, stdout
from aurax.errors import InvalidOption
from aurax.settings import Settings

if TYPE_CHECKING:
    from temporalio.client import Client

    from aurax.adapters.temporal.deployment import Deployment

T = TypeVar("T")

app = typer.Typer(name="deployment", help="Versions of the workers on your own Temporal server.", no_args_is_help=True)

_Name = Annotated[str | None, typer.Option("--name", help="The deployment; AURAX_DEPLOYMENT by default.")]
_BuildId = Annotated[str, typer.Argument(help="A build id, as 'aurax deployment show' lists them.")]
_Force = Annotated[bool, typer.Option("--force", help="Even if it lacks task queues that the current build works on.")]
_POLL_S = 1.0


@app.command("show")
def show(name: _Name = None, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the builds of the deployment, and what each is given."""
    from aurax.adapters.temporal.deployment import build_id, describe

    found = _ask(name, describe)
    own = build_id(Settings.load())
    if as_json:
        print_json(asdict(found) | {"own_build": own})
        return
    table = Table("build", "status", "new work", box=None)
    for build in found.builds:
        share = "all the rest" if build.build_id == found.current else f"{build.ramp_percent:g} %"
        here = " (this installation)" if build.build_id == own else ""
        table.add_row(f"{build.build_id}{here}", build.status, share)
    stdout().print(table)
    if found.current is None:
        stdout().print("No build is current, so versioned workers get no new work: 'aurax deployment current BUILD'.")


@app.command("current")
def current(build: _BuildId, name: _Name = None, force: _Force = False) -> None:
    """Send new songs, and the next steps of sessions, to a build; songs under way stay on theirs."""
    from aurax.adapters.temporal.deployment import make_current

    _ask(name, lambda client, deployment: make_current(client, deployment, build, force=force))
    stdout().print(f"New work goes to {build}.", markup=False)


@app.command("ramp")
def ramp(
    build: _BuildId,
    percent: Annotated[float, typer.Argument(min=0, max=100, help="Share of new work; 0 ends the ramp.")],
    name: _Name = None,
    force: _Force = False,
) -> None:
    """Send a share of new work to a build, to see how it does."""
    from aurax.adapters.temporal.deployment import ramp as set_ramp

    _ask(name, lambda client, deployment: set_ramp(client, deployment, build, percent, force=force))
    stdout().print(f"{percent:g} % of new work goes to {build}.", markup=False)


@app.command("drained")
def drained(
    build: _BuildId,
    name: _Name = None,
    wait: Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait for it.")] = 0.0,
) -> None:
    """Say whether a build has nothing left to do, so that its workers can be stopped; exits with 1 if not."""
    from aurax.adapters.temporal.deployment import describe

    deadline = time.monotonic() + wait
    while True:
        status = _status(_ask(name, describe), build)
        if status == "drained" or time.monotonic() >= deadline:
            break
        time.sleep(min(_POLL_S, max(0.0, deadline - time.monotonic())))
    stdout().print(f"{build} is {status}.", markup=False)
    if status != "drained":
        raise typer.Exit(EXIT_FAILED)


def _status(deployment: Deployment, build: str) -> str:
    for one in deployment.builds:
        if one.build_id == build:
            return one.status
    known = ", ".join(one.build_id for one in deployment.builds) or "none"
    raise InvalidOption(f"a build of deployment {deployment.name}", build, f"choose one of: {known}")


def _ask(name: str | None, question: Callable[[Client, str], Awaitable[T]]) -> T:
    from aurax.adapters.local.runtime_folder import external_temporal_address
    from aurax.adapters.temporal.client import connect
    from aurax.adapters.temporal.deployment import no_deployment

    settings = Settings.load()
    deployment = name or settings.deployment
    if deployment is None:
        raise no_deployment()
    if external_temporal_address() is None:
        raise InvalidOption(
            "a Temporal server of your own", "the embedded one, whose worker has no versions", "set TEMPORAL_ADDRESS"
        )

    async def ask() -> T:
        return await question(await connect(settings), deployment)

    return asyncio.run(ask())
