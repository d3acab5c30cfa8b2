"""`aurax temporal setup`: what a Temporal server of your own needs once."""

from __future__ import annotations

import asyncio

import typer

from aurax.adapters.cli.console import stdout
from aurax.errors import InvalidOption
from aurax.settings import Settings

app = typer.Typer(name="temporal", help="Your own Temporal server.", no_args_is_help=True)


@app.callback()
def _temporal() -> None:
    """Your own Temporal server."""


@app.command("setup")
def setup() -> None:
    """Register the search attributes by which songs are found; again does no harm."""
    from aurax.adapters.local.runtime_folder import external_temporal_address
    from aurax.adapters.temporal.client import connect
    from aurax.adapters.temporal.search import register_attributes

    if external_temporal_address() is None:
        raise InvalidOption(
            "a Temporal server of your own", "the embedded one, which needs nothing", "set TEMPORAL_ADDRESS"
        )

    async def register() -> tuple[str, ...]:
        return await register_attributes(await connect(Settings.load()))

    names = asyncio.run(register())
    stdout().print(f"Registered {', '.join(names)}." if names else "Everything is registered.", markup=False)
