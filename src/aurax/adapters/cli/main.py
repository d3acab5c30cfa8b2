"""The `aurax` command."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated, cast

import typer

from aurax.adapters.cli import (
    api_keys,
    backup,
    codec,
    console,
    cost,
    database,
    deployment,
    doctor,
    estimate,
    fetch,
    installed,
    keeping,
    library,
    make,
    mcp,
    personal_data,
    projects,
    servers,
    session,
    temporal,
    users,
    web,
)
from aurax.adapters.cli.request_options import PromptCommand
from aurax.adapters.cli.servers import ContextBuilder
from aurax.adapters.local.private import keep_files_private
from aurax.engines.runtime_registry import load_runtimes
from aurax.errors import AuraxError, InvalidOption
from aurax.version import __version__

app = typer.Typer(
    name="aurax",
    help="AURA-X, an autonomous music producer: a sentence becomes a mastered song.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("make", cls=PromptCommand)(make.make)
app.command("resume")(make.resume)
app.command("styles")(installed.styles)
app.command("instruments")(installed.instruments)
app.command("engines")(installed.engines)
app.command("fetch")(fetch.fetch)
app.command("estimate", cls=PromptCommand)(estimate.estimate)
app.command("cost")(cost.cost)
app.command("songs")(library.songs)
app.command("show")(library.show)
app.command("rm")(keeping.rm)
app.command("gc")(keeping.gc)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("doctor")(doctor.doctor)
app.command("worker")(servers.worker)
app.command("codec-server")(codec.codec_server)
app.command("up")(servers.up)
app.command("mcp")(mcp.mcp)
app.add_typer(database.database, name="db")
users.users.command("export")(personal_data.export)
users.users.command("delete")(personal_data.delete)
app.add_typer(session.sessions, name="session")
app.add_typer(web.web, name="web")
app.add_typer(users.users, name="users")
app.add_typer(api_keys.keys, name="keys")
app.add_typer(projects.projects, name="projects")
app.add_typer(deployment.app)
app.add_typer(temporal.app)
for _runtime in load_runtimes().values():
    if _runtime.commands is not None:
        app.add_typer(cast(typer.Typer, _runtime.commands()), name=_runtime.name)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"aurax {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options that come before the command."""


def main(build_context: ContextBuilder) -> None:
    """Run the command line; errors made on purpose are shown in three lines, without a traceback.

    Args:
        build_context: opens what a worker works with; given from outside, because commands do not wire parts.
    """
    keep_files_private()
    for stream in (sys.stdout, sys.stderr):
        # What cannot be written in the terminal's encoding is shown escaped.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        _check_arguments(sys.argv[1:])
        app(obj=build_context)
    except AuraxError as error:
        try:
            console.fail(error)
        except typer.Exit as ended:
            raise SystemExit(ended.exit_code) from None


def _check_arguments(arguments: list[str]) -> None:
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise InvalidOption(
                "arguments in UTF-8", repr(argument[:100]), "write it in UTF-8, or set the terminal to UTF-8"
            ) from None
