"""Serving the application until the process is told to stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from aurax.adapters.http.access import launch_token
from aurax.adapters.http.app import build_app
from aurax.adapters.http.installation import open_installation
from aurax.adapters.local.data_folder import open_data_folder
from aurax.errors import InvalidOption
from aurax.settings import Settings

_REQUEST_WITHIN_S = 10.0
_KEEP_ALIVE_S = 30
_STOP_WITHIN_S = 5
_MOST_CONNECTIONS = 1000
_LARGEST_FRAME_BYTES = 65_536


class PromptH11(H11Protocol):
    """HTTP/1.1 that lets nobody hold a connection by a request that does not come, or comes byte by byte."""

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._waiting: asyncio.TimerHandle | None = None
        self._await_request()

    def data_received(self, data: bytes) -> None:
        """Wait no longer once a request is whole; begin to wait where one has begun."""
        super().data_received(data)
        if self._is_answering():
            self._stop_waiting()
        elif self._waiting is None:
            self._await_request()

    def handle_websocket_upgrade(self, event: Any) -> None:
        """The request has come, and the connection is another protocol's from here on."""
        self._stop_waiting()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _await_request(self) -> None:
        self._waiting = self.loop.call_later(_REQUEST_WITHIN_S, self._give_up)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        self._waiting = None
        # Between two requests the library's own time limit runs.
        if not self._is_answering() and self.timeout_keep_alive_task is None and not self.transport.is_closing():
            self.transport.close()


def serve(
    settings: Settings,
    *,
    studio: Path | None = None,
    on_up: Callable[[str], None],
    beat: Callable[[], Awaitable[None]],
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        settings: where to listen and who may come in.
        studio: folder of the exported studio.
        on_up: called with the address once requests are answered.
        beat: run beside it, to show that the event loop turns.

    Raises:
        InvalidOption: the address is taken, or is none of this machine.
        AuraxError: the data folder, the database or the store cannot be used.
    """
    open_data_folder(settings)
    token = launch_token(settings.run_dir) if settings.web_access == "local" else ""
    app = build_app(settings, partial(open_installation, settings), token=token, studio=studio)
    listening = _listen(settings)
    config = uvicorn.Config(
        app,
        http=PromptH11,
        ws_max_size=_LARGEST_FRAME_BYTES,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        lifespan="on",
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_STOP_WITHIN_S,
        limit_concurrency=_MOST_CONNECTIONS,
        h11_max_incomplete_event_size=65_536,
    )
    asyncio.run(_serve(_Server(config), listening, on_up, beat))


class _Server(uvicorn.Server):
    """Says when it is up."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self.is_up.set()

    is_up: asyncio.Event


async def _serve(
    server: _Server, listening: socket.socket, on_up: Callable[[str], None], beat: Callable[[], Awaitable[None]]
) -> None:
    server.is_up = asyncio.Event()
    beating = asyncio.ensure_future(beat())
    serving = asyncio.create_task(server.serve([listening]))
    up = asyncio.create_task(server.is_up.wait())
    await asyncio.wait({serving, up}, return_when=asyncio.FIRST_COMPLETED)
    up.cancel()
    if server.started:
        host, port = listening.getsockname()[:2]
        on_up(f"http://{f'[{host}]' if ':' in host else host}:{port}")
    await serving
    beating.cancel()


def _listen(settings: Settings) -> socket.socket:
    """The wanted address; where none was named and the usual one is taken, any free port."""
    host, port = settings.web_endpoint
    try:
        return _bound(host, port)
    except InvalidOption:
        if settings.web_address is not None:
            raise
        return _bound(host, 0)


def _bound(host: str, port: int) -> socket.socket:
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(kind, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise InvalidOption(
            "an address to listen on that is free",
            f"{host}:{port}, {error.strerror or error}",
            "set AURAX_WEB_ADDRESS to another, or stop what listens there",
        ) from error
    return listening
