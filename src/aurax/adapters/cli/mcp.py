"""`aurax mcp`: AURA-X as tools of other agents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aurax.settings import Settings


def mcp(
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Of the web interface; AURAX_WEB_URL, or 'aurax up' on this data folder."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where downloaded files go.")] = Path("out"),
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Let the key travel without TLS to another machine.")
    ] = False,
) -> None:
    """Serve tools to an agent on standard input and output (Model Context Protocol; extra 'mcp')."""
    from aurax.adapters.mcp.server import serve
    from aurax.adapters.web_client.finding import find_client

    settings = Settings.load(web_url=url)
    serve(lambda: find_client(settings, allow_http=allow_http), out)
