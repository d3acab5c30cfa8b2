"""A plain HTTP client for tests: it knows nothing of what it asks."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Reply:
    """What came back.

    Args:
        status: of HTTP.
        headers: names in lower case.
        body: the bytes.
    """

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as data."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Web:
    """A server, asked with one key.

    Args:
        address: such as `http://127.0.0.1:8420`.
        key: shown with every request; none when empty.
        headers: sent besides.
    """

    address: str
    key: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Send a request and wait for the whole answer.

        Args:
            method: of HTTP.
            path: with its query; `/api/v1` is put before it unless it begins with two slashes.
            body: sent as JSON; bytes as they are.
            headers: underscores stand for hyphens.
        """
        connection = self._connection()
        try:
            self._send(connection, method, path, body, headers)
            answer = connection.getresponse()
            return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Reply:
        """Ask for something."""
        return self.ask("GET", path, None, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        """Send something."""
        return self.ask("POST", path, {} if body is None else body, **headers)

    def events(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> Iterator[dict[str, str]]:
        """The fields of each server-sent event, as they come."""
        connection = self._connection()
        try:
            self._send(connection, method, path, body, {**headers, "accept": "text/event-stream"})
            answer = connection.getresponse()
            assert answer.status in (200, 201), answer.read()
            fields: dict[str, str] = {}
            for line in answer:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                elif "data" in fields:
                    yield fields
                    fields = {}
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        place = urlsplit(self.address)
        return http.client.HTTPConnection(place.hostname or "", place.port, timeout=120)

    def _send(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> None:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.key:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        content = None
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
        where = path.removeprefix("/") if path.startswith("//") else f"/api/v1{path}"
        connection.request(method, where, content, sent)
