"""A very small HTTP server for probes and scrapers: GET of a few paths, nothing else, within bounds."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

from aurax.adapters.telemetry.health import Health
from aurax.errors import InvalidOption

Scrape = Callable[[], Awaitable[tuple[str, bytes]]]
"""The content type and the text of all metrics."""

_LONGEST_REQUEST_BYTES = 8192
_REQUEST_WITHIN_S = 5.0
_MOST_CONNECTIONS = 32
_JSON = "application/json"


@asynccontextmanager
async def serve_health(address: tuple[str, int], health: Health, scrape: Scrape | None) -> AsyncIterator[int]:
    """Answer `/healthz`, `/readyz` and `/metrics` until the block ends.

    Args:
        address: host and port; port 0 takes any free one.
        health: what `/healthz` and `/readyz` tell.
        scrape: what `/metrics` tells; None where nothing counts.

    Yields:
        The port.

    Raises:
        InvalidOption: the address cannot be listened on.
    """
    answering = _Answering(health, scrape)
    try:
        server = await asyncio.start_server(answering.connected, *address, limit=_LONGEST_REQUEST_BYTES)
    except (OSError, OverflowError) as error:
        raise InvalidOption(
            "AURAX_HEALTH_ADDRESS to be an address of this machine with a free port",
            f"{address[0]}:{address[1]} ({error})",
            "choose another, or unset it",
        ) from error
    async with server:
        yield int(server.sockets[0].getsockname()[1])
        server.close()


class _Answering:
    def __init__(self, health: Health, scrape: Scrape | None) -> None:
        self._health, self._scrape = health, scrape
        self._connections = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            if self._connections <= _MOST_CONNECTIONS:
                async with asyncio.timeout(_REQUEST_WITHIN_S):
                    head = await reader.readuntil(b"\r\n\r\n")
                    writer.write(await self._answer(head))
                    await writer.drain()
        except (TimeoutError, OSError, EOFError, asyncio.LimitOverrunError):
            pass  # whoever asks so gets no answer
        finally:
            self._connections -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, head: bytes) -> bytes:
        parts = head.partition(b"\r\n")[0].split(b" ")
        if len(parts) != 3 or not parts[2].startswith(b"HTTP/1."):
            return _response(HTTPStatus.BAD_REQUEST)
        if parts[0] not in (b"GET", b"HEAD"):
            return _response(HTTPStatus.METHOD_NOT_ALLOWED)
        status, kind, body = await self._page(parts[1].partition(b"?")[0])
        return _response(status, kind, body, with_body=parts[0] == b"GET")

    async def _page(self, path: bytes) -> tuple[HTTPStatus, str, bytes]:
        if path == b"/healthz":
            return _told(self._health.alive, {"alive": self._health.alive})
        if path == b"/readyz":
            ready = self._health.ready
            return _told(ready, {"ready": ready, "checks": self._health.states()})
        if path == b"/metrics":
            if self._scrape is None:
                return HTTPStatus.NOT_IMPLEMENTED, "text/plain", b"run: pip install 'aurax[telemetry]'\n"
            kind, text = await self._scrape()
            return HTTPStatus.OK, kind, text
        return HTTPStatus.NOT_FOUND, "text/plain", b"/healthz, /readyz, /metrics\n"


def _told(good: bool, what: object) -> tuple[HTTPStatus, str, bytes]:
    status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
    return status, _JSON, json.dumps(what).encode() + b"\n"


def _response(status: HTTPStatus, kind: str = "text/plain", body: bytes = b"", *, with_body: bool = True) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (body if with_body else b"")
