"""`aurax codec-server`: shows sealed payloads to Temporal's web page and its command."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from aurax.adapters.cli.console import stderr
from aurax.settings import Settings


def codec_server(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for any free one.")] = 8081,
    host: Annotated[str, typer.Option(help="Address to listen on; another than 127.0.0.1 needs AURAX_CODEC_TOKEN.")] = (
        "127.0.0.1"
    ),
    origin: Annotated[str, typer.Option(help="Where Temporal's web page is served; no other page is answered.")] = (
        "http://localhost:8233"
    ),
) -> None:
    """Open sealed payloads for Temporal's web page and command, until Ctrl-C."""
    from aurax.adapters.local.runtime_folder import external_temporal_address
    from aurax.adapters.temporal.codec_server import CodecOptions, serve_codec
    from aurax.adapters.temporal.keys import load_keys

    settings = Settings.load()
    token = settings.codec_token.get_secret_value() if settings.codec_token is not None else None
    options = CodecOptions(host, port, origin.rstrip("/"), token)
    keys = load_keys(settings, embedded=external_temporal_address() is None)

    async def serve() -> None:
        stop = asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        async with serve_codec(keys, options) as taken:
            whom = "whoever has AURAX_CODEC_TOKEN" if token else "every user and program of this machine; it only opens"
            stderr().print(f"aurax codec-server: http://{host}:{taken} answers {whom}", markup=False)
            await stop.wait()

    asyncio.run(serve())
