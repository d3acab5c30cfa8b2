"""`aurax web`: the web interface, and the token that opens it on one person's machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aurax.adapters.cli.console import fail, stderr, stdout
from aurax.errors import AuraxError, InvalidOption
from aurax.settings import Settings

web = typer.Typer(help="Serve the web interface; 'aurax up' does so too.", invoke_without_command=True)


@web.callback()
def serve_web(
    context: typer.Context,
    studio: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the exported studio.", exists=True, file_okay=False)
    ] = None,
    report_to: Annotated[int | None, typer.Option(hidden=True, help="Open file descriptor of the supervisor.")] = None,
) -> None:
    """Serve the web interface until Ctrl-C."""
    if context.invoked_subcommand is not None:
        return
    from aurax.adapters.local.worker_report import Reporter

    reporter = Reporter(report_to)

    def announce(address: str) -> None:
        reporter.ready(address)
        stderr().print(f"aurax web: {address}", markup=False, soft_wrap=True)

    try:
        reporter.step("loading its parts")
        from aurax.adapters.http.serving import serve

        serve(Settings.load(), studio=studio, on_up=announce, beat=reporter.beat)
    except Exception as error:
        reporter.failed(error)
        raise


@web.command("token")
def token() -> None:
    """Print the launch token of this data folder."""
    from aurax.adapters.http.access import launch_token
    from aurax.adapters.local.data_folder import open_data_folder

    try:
        settings = Settings.load()
        if settings.web_access != "local":
            raise InvalidOption("local access (AURAX_WEB_ACCESS)", "keys", "make a key with 'aurax keys add'")
        open_data_folder(settings)
        stdout().print(launch_token(settings.run_dir), markup=False, soft_wrap=True)
    except AuraxError as error:
        fail(error)
