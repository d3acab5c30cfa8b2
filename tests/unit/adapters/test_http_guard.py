"""What stands before every handler refuses what none should see, and every answer carries its headers."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from aurax.adapters.http import guard
from aurax.adapters.http.guard import SECURITY_HEADERS, Guard, GuardRules, Pace

Message = MutableMapping[str, Any]


async def application(scope: Message, receive: Any, send: Any) -> None:
    """Reads the whole body and says how long it was."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    length, more = 0, True
    while more:
        message = await receive()
        length, more = length + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": str(length).encode()})


def ask(
    standing: Guard,
    method: str = "GET",
    body: list[bytes] | None = None,
    *,
    kind: str = "http",
    unfinished: bool = False,
    **headers: str,
) -> list[Message]:
    parts = [b""] if body is None else body
    messages: list[Message] = [
        {"type": "http.request", "body": part, "more_body": unfinished or place + 1 < len(parts)}
        for place, part in enumerate(parts)
    ]
    if kind == "websocket":
        messages = [{"type": "websocket.connect"}]
    sent: list[Message] = []
    given = {"host": "127.0.0.1:8420", **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope: Message = {
        "type": kind,
        "method": method,
        "path": "/",
        "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }

    async def receive() -> Message:
        if not messages:
            await asyncio.sleep(3600)
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(standing(scope, receive, send))
    return sent


def status_of(sent: list[Message]) -> int:
    return int(sent[0]["status"])


def headers_of(sent: list[Message]) -> dict[str, str]:
    return {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}


def standing(**rules: Any) -> Guard:
    return Guard(application, GuardRules(**rules))


def test_every_answer_has_the_security_headers_and_the_requests_id() -> None:
    headers = headers_of(ask(standing(), x_request_id="mine-1"))
    assert headers["x-request-id"] == "mine-1"
    assert {name: headers[name.lower()] for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS)
    assert len(headers_of(ask(standing(), x_request_id="bad id\r\n"))["x-request-id"]) == 32


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8420", "", "localhost.evil.example"])
def test_a_name_that_was_pointed_at_this_machine_is_refused(host: str) -> None:
    assert status_of(ask(standing(), host=host)) == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9", "127.0.0.1", "[::1]:8420"])
def test_names_of_the_loopback_interface_are_answered(host: str) -> None:
    assert status_of(ask(standing(), host=host)) == 200


def test_a_foreign_page_can_read_nothing_and_change_nothing() -> None:
    foreign = {"origin": "https://evil.example"}
    assert status_of(ask(standing(), "POST", **foreign)) == 403
    closed = ask(standing(), kind="websocket", **foreign)
    assert [(one["type"], one.get("code")) for one in closed] == [("websocket.close", 1008)]
    assert "access-control-allow-origin" not in headers_of(ask(standing(), **foreign))
    assert status_of(ask(standing(), "POST", origin="http://127.0.0.1:8420")) == 200
    assert status_of(ask(standing(origins=("https://evil.example",)), "POST", **foreign)) == 200


def test_a_body_that_is_too_large_is_refused_before_and_while_it_comes() -> None:
    small = standing(body_bytes=10)
    assert status_of(ask(small, "POST", [b"x" * 5], content_length="11")) == 413
    assert status_of(ask(small, "POST", [b"x" * 5], content_length="many")) == 413
    assert status_of(ask(small, "POST", [b"x" * 6, b"x" * 6])) == 413
    assert status_of(ask(small, "POST", [b"x" * 5, b"x" * 5])) == 200


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_BODY_WITHIN_S", 0.05)

    assert status_of(ask(standing(), "POST", [b"x"], unfinished=True)) == 408


def test_a_caller_who_asks_too_fast_is_told_to_wait_and_nobody_else_is() -> None:
    busy = standing(requests_per_s=0.001, burst=3)
    assert [status_of(ask(busy, authorization="Bearer a")) for _ in range(5)] == [200, 200, 200, 429, 429]
    assert status_of(ask(busy, authorization="Bearer b")) == 200


def test_a_bucket_fills_again_and_no_further_than_its_rim() -> None:
    now = [0.0]
    pace = Pace(2.0, 3, lambda: now[0])
    assert [pace.allows("a") for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [pace.allows("a") for _ in range(2)] == [True, False]
    now[0] = 100.0
    assert [pace.allows("a") for _ in range(4)] == [True, True, True, False]
