"""What stands before every handler: host, origin, size, pace, and the headers of every answer."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

from aurax.adapters.http.problems import Problem, answer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_BODY_WITHIN_S: Final = 30.0
_CALLERS_REMEMBERED: Final = 10_000
_POLICY_VIOLATED: Final = 1008

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""Of every answer that does not say otherwise itself."""


@dataclass(frozen=True)
class GuardRules:
    """What is let through.

    Args:
        hosts: names that the `Host` header may have, without port; empty for any.
        origins: besides the server's own, of pages that may change something here.
        body_bytes: the largest body.
        requests_per_s: of one caller, in the long run.
        burst: requests of one caller at once.
    """

    hosts: Collection[str] = LOOPBACK_NAMES
    origins: Collection[str] = ()
    body_bytes: int = 1_000_000
    requests_per_s: float = 50.0
    burst: int = 200


class Guard:
    """ASGI middleware that refuses what no handler should see.

    Args:
        app: what it stands before.
        rules: what is let through.
    """

    def __init__(self, app: App, rules: GuardRules) -> None:
        self._app = app
        self._rules = rules
        self._pace = Pace(rules.requests_per_s, rules.burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = headers.get("x-request-id", "")
        if not _REQUEST_ID.fullmatch(request_id):
            request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        send = _with_headers(send, request_id)
        refusal = self._refusal(scope, headers)
        if refusal is None:
            await self._let_through(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _POLICY_VIOLATED, "reason": refusal.title})
        else:
            retry = {"Retry-After": "1"} if refusal.status == HTTPStatus.TOO_MANY_REQUESTS else {}
            await _respond(answer(refusal, retry), scope, receive, send)

    async def _let_through(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._rules.body_bytes)
        try:
            await self._app(scope, body.receive, send)
        except _BodyRefused as refused:
            if not body.answered:
                await _respond(answer(_problem(refused.status, refused.found, scope)), scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Problem | None:
        host = headers.get("host", "")
        name = re.sub(r":\d+$", "", host).lower()
        if self._rules.hosts and name not in self._rules.hosts:
            return _problem(HTTPStatus.MISDIRECTED_REQUEST, f"the host {name[:80]!r}", scope)
        origin = headers.get("origin")
        changes = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        if origin is not None and changes and not self._is_own(origin, host):
            return _problem(HTTPStatus.FORBIDDEN, f"a page of {origin[:80]!r}", scope)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._rules.body_bytes:
            return _problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body of {length[:20]} bytes", scope)
        if not self._pace.allows(_caller(scope, headers)):
            return _problem(HTTPStatus.TOO_MANY_REQUESTS, "too many requests at once", scope)
        return None

    def _is_own(self, origin: str, host: str) -> bool:
        return origin in (f"http://{host}", f"https://{host}") or origin in self._rules.origins


class Pace:
    """A bucket of tokens for each caller.

    Args:
        per_s: tokens that are added each second.
        burst: the most that a bucket holds.
        now_s: a clock in seconds that never goes back.
    """

    def __init__(self, per_s: float, burst: int, now_s: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = float(burst)
        self._now_s = now_s
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, caller: str) -> bool:
        """Whether the caller may go on; takes one token if so."""
        now_s = self._now_s()
        tokens, seen_s = self._buckets.pop(caller, (self._burst, now_s))
        tokens = min(self._burst, tokens + (now_s - seen_s) * self._per_s)
        allowed = tokens >= 1.0
        self._buckets[caller] = (tokens - 1.0 if allowed else tokens, now_s)
        while len(self._buckets) > _CALLERS_REMEMBERED:
            self._buckets.popitem(last=False)
        return allowed


class _BodyRefused(Exception):
    def __init__(self, status: HTTPStatus, found: str) -> None:
        self.status = status
        self.found = found
        super().__init__(found)


class _Body:
    """The body as it comes, neither larger nor slower than allowed."""

    def __init__(self, receive: Receive, most_bytes: int) -> None:
        self._receive = receive
        self._most_bytes = most_bytes
        self._bytes = 0
        self._whole = False
        self.answered = False

    async def receive(self) -> MutableMapping[str, Any]:
        if self._whole:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), _BODY_WITHIN_S)
        except TimeoutError:
            raise _BodyRefused(HTTPStatus.REQUEST_TIMEOUT, f"no more of it within {_BODY_WITHIN_S:g} s") from None
        self._bytes += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._bytes > self._most_bytes:
            raise _BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {self._most_bytes} bytes")
        return message


async def _respond(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    await response(scope, receive, send)


def _with_headers(send: Send, request_id: str) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = request_id
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


def _caller(scope: Scope, headers: Headers) -> str:
    """Whose bucket it is: a key's, or an address's."""
    shown = headers.get("authorization") or headers.get("cookie")
    if shown:
        return sha256(shown.encode()).hexdigest()
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


_WORDS: Final[Mapping[HTTPStatus, tuple[str, str]]] = {
    HTTPStatus.MISDIRECTED_REQUEST: ("a host that this server answers for", "use its own address, or AURAX_WEB_HOSTS"),
    HTTPStatus.FORBIDDEN: ("a page of this server", "open the studio at its own address, or set AURAX_WEB_ORIGINS"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("a smaller request", "send less"),
    HTTPStatus.TOO_MANY_REQUESTS: ("fewer requests in a second", "wait a moment"),
    HTTPStatus.REQUEST_TIMEOUT: ("the whole request", "send it at once"),
}


def _problem(status: HTTPStatus, found: str, scope: Scope) -> Problem:
    expected, fix = _WORDS[status]
    return Problem(
        type=f"/problems/{status.phrase.lower().replace(' ', '-')}",
        title=status.phrase,
        status=status.value,
        detail=f"expected {expected}; found {found}; {fix}",
        expected=expected,
        found=found,
        fix=fix,
        retryable=status == HTTPStatus.TOO_MANY_REQUESTS,
        request_id=str(scope.get("state", {}).get("request_id", "")),
    )
