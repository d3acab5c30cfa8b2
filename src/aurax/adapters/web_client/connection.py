"""Requests to a web interface, sent again where that can help."""

from __future__ import annotations

import socket
import ssl
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from pydantic import BaseModel, TypeAdapter, ValidationError

from aurax.adapters.web_client.failures import error_of, unreachable
from aurax.errors import AuraxError, InvalidOption, VersionMismatch
from aurax.version import __version__

T = TypeVar("T")

PREFIX: Final = "/api/v1"
"""Before every path of the interface."""
_TRIES: Final = 3
_PAUSE_S: Final = 0.5
_LOOPBACKS: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_CHUNK_BYTES: Final = 256 * 1024


class Incoming:
    """An answer whose body has not been read yet.

    Args:
        address: of the server.
        response: the answer.
        stream: what it comes through.
    """

    def __init__(self, address: str, response: HTTPResponse, stream: socket.socket) -> None:
        self._address = address
        self._response = response
        self._stream = stream
        self.status = response.status

    def chunks(self) -> Iterator[bytes]:
        """The body in pieces.

        Raises:
            ServiceUnavailable: it ended too soon.
        """
        try:
            while chunk := self._response.read1(_CHUNK_BYTES):
                yield chunk
        except (OSError, HTTPException) as error:
            raise unreachable(self._address, error) from error
        if self._response.length:
            raise unreachable(self._address, "the connection ended in the middle of an answer")

    def lines(self, until_s: float | None = None, silence_s: float = 45.0) -> Iterator[bytes]:
        """The body line by line as it comes.

        Args:
            until_s: when to stop, on the monotonic clock; None for its end.
            silence_s: the longest time without a line.

        Raises:
            ServiceUnavailable: the connection was lost, or nothing came for too long.
        """
        while True:
            left_s = silence_s if until_s is None else min(silence_s, until_s - time.monotonic())
            if left_s <= 0:
                return
            try:
                self._stream.settimeout(left_s)
                line = self._response.readline()
            except (OSError, HTTPException) as error:
                if until_s is not None and time.monotonic() >= until_s:
                    return
                raise unreachable(self._address, error) from error
            if not line:
                return
            yield line


class Connection:
    """The way to one web interface. Threads may share it; every request has a connection of its own.

    Args:
        address: such as `http://127.0.0.1:8420` or `https://music.example.org`.
        key: the launch token, or an API key.
        timeout_s: how long the server may keep silent.
        allow_http: whether the key may travel without TLS to another machine.

    Raises:
        InvalidOption: the address or the key cannot be one.
    """

    def __init__(self, address: str, key: str, *, timeout_s: float = 30.0, allow_http: bool = False) -> None:
        self.address = address.strip().rstrip("/")
        self._host, self._port, self._secure, self._folder = _place(self.address, allow_http)
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise InvalidOption("an API key or a launch token", "none, or one that cannot be valid", "look at the key")
        self._key = key
        self._timeout_s = timeout_s

    def get(self, kind: type[T], path: str, **query: str | int | None) -> T:
        """Read something.

        Args:
            kind: of the answer.
            path: below the interface's prefix.
            query: what is asked besides; None leaves a name out.

        Raises:
            AuraxError: of the kind that the server says; `ServiceUnavailable` if it does not answer.
        """
        asked = urlencode({name: value for name, value in query.items() if value is not None})
        return self._json(kind, "GET", f"{path}?{asked}" if asked else path)

    def send(
        self,
        kind: type[T],
        method: str,
        path: str,
        body: BaseModel | Mapping[str, Any] | None = None,
        *,
        request_id: str | None = None,
    ) -> T:
        """Ask for something to be done; it is done once, however often the request has to be sent.

        Args:
            kind: of the answer.
            method: of HTTP.
            path: below the interface's prefix.
            body: what is asked for.
            request_id: names the request; one is made up where None.

        Raises:
            AuraxError: of the kind that the server says; `ServiceUnavailable` if it does not answer.
        """
        values = body.model_dump(mode="json", exclude_unset=True) if isinstance(body, BaseModel) else body
        headers = {"Content-Type": "application/json", "Idempotency-Key": request_id or uuid.uuid4().hex}
        return self._json(kind, method, path, TypeAdapter(Any).dump_json(values or {}), headers)

    @contextmanager
    def opened(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Iterator[Incoming]:
        """Send one request, once, and read its answer inside.

        Raises:
            AuraxError: of the kind that the server says; `ServiceUnavailable` if it does not answer.
        """
        kind = HTTPSConnection if self._secure else HTTPConnection
        connection = kind(self._host, self._port, timeout=self._timeout_s)
        sent = {"Authorization": f"Bearer {self._key}", "User-Agent": f"aurax/{__version__}", **(headers or {})}
        try:
            try:
                connection.request(method, f"{self._folder}{PREFIX}{path}", body, sent)
                stream = connection.sock
                response = connection.getresponse()
                refusal = response.read() if response.status >= 300 else b""
            except ssl.SSLCertVerificationError as error:
                raise InvalidOption(
                    f"a certificate of {self._host} that this machine trusts",
                    error.verify_message,
                    "use the server's own name, or set SSL_CERT_FILE",
                ) from error
            except (OSError, HTTPException) as error:
                raise unreachable(self.address, error) from error
            if _is_cut(response):
                raise unreachable(self.address, "the connection ended in the head of an answer")
            if response.status >= 300:
                raise error_of(response.status, refusal)
            yield Incoming(self.address, response, stream)
        finally:
            connection.close()

    def _json(
        self, kind: type[T], method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> T:
        def once() -> bytes:
            with self.opened(method, path, body, headers) as incoming:
                return b"".join(incoming.chunks())

        answer = repeating(once)
        try:
            return TypeAdapter(kind).validate_json(answer)
        except ValidationError as error:
            raise VersionMismatch(
                f"an answer as AURA-X {__version__} gives it",
                f"{method} {path} answered by {self.address} with something else",
                "use the same version on both sides, or check the address",
            ) from error


def repeating(work: Callable[[], T]) -> T:
    """Do something again, three times at most, while its error says that this may help.

    Args:
        work: what is done; doing it twice must do no more than doing it once.

    Raises:
        AuraxError: as `work` did at last.
    """
    for attempt in range(1, _TRIES):
        try:
            return work()
        except AuraxError as error:
            if not error.retryable:
                raise
        time.sleep(_PAUSE_S * 2**attempt)
    return work()


def quoted(*parts: str) -> str:
    """Parts of a path, safe for an address; a slash within a part stays one.

    Args:
        parts: between which slashes are put.
    """
    return "".join(f"/{quote(part)}" for part in parts)


def _is_cut(response: HTTPResponse) -> bool:
    """Whether a head ended too soon, which `http.client` takes for its end: it tells no way by which the body ends."""
    closes = "close" in response.getheader("Connection", "").lower()
    return response.version == 11 and response.length is None and not response.chunked and not closes


def _place(address: str, allow_http: bool) -> tuple[str, int | None, bool, str]:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None or parts.scheme not in ("http", "https") or parts.query or parts.fragment or "@" in parts.netloc:
        raise InvalidOption(
            "the address of a web interface, such as https://music.example.org", repr(address[:100]), "correct it"
        )
    if parts.scheme == "http" and host not in _LOOPBACKS and not allow_http:
        raise InvalidOption("an address with https", repr(address[:100]), "use https, so that nobody reads the key")
    return host, port, parts.scheme == "https", parts.path
