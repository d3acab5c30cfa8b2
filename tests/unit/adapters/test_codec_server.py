from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import ActivitySerializationContext, WorkflowSerializationContext

from aurax.adapters.temporal.codec_server import CodecOptions, serve_codec
from aurax.adapters.temporal.converter import data_converter
from aurax.adapters.temporal.keys import PayloadKey, PayloadKeys
from aurax.errors import InvalidOption, StorageFull

KEYS = PayloadKeys((PayloadKey("new", bytes([7]) * 32), PayloadKey("old", bytes(32))))
UI = "http://localhost:8233"
TOKEN = "a token that is long enough"
SONG = WorkflowSerializationContext(namespace="default", workflow_id="song-1")
STEP = ActivitySerializationContext("default", "1", "analyze", "song-1", "SongWorkflow", "aurax", False)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def values(self) -> list[Any]:
        return [json.loads(ParseDict(one, Payload()).data) for one in self.body["payloads"]]


@asynccontextmanager
async def server(token: str | None = None, keys: PayloadKeys = KEYS) -> AsyncIterator[int]:
    async with serve_codec(keys, CodecOptions(port=0, origin=UI, token=token)) as port:
        yield port


async def ask(
    port: int,
    payloads: list[Payload],
    path: str = "/decode",
    method: str = "POST",
    raw: bytes | None = None,
    **more: str,
) -> Answer:
    body = raw if raw is not None else json.dumps({"payloads": [MessageToDict(one) for one in payloads]}).encode()
    headers = {"Host": f"127.0.0.1:{port}", "Content-Type": "application/json", "Content-Length": str(len(body))}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    writer.write("\r\n".join(lines).encode() + body)
    head, _, text = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    first, *told = head.decode().split("\r\n")
    pairs = dict(line.split(": ", 1) for line in told)
    return Answer(int(first.split()[1]), pairs, json.loads(text) if text else None)


async def sealed(value: Any, context: Any = SONG, keys: PayloadKeys = KEYS) -> Payload:
    [payload] = await data_converter(keys).with_context(context).encode([value])
    return payload


async def test_what_temporals_page_asks_for_is_shown() -> None:
    payloads = [await sealed("lofi"), await sealed({"seed": 7}, STEP)]
    async with server() as port:
        answer = await ask(port, payloads, Origin=UI, X_Namespace="default")
    assert answer.values == ["lofi", {"seed": 7}]
    assert answer.headers["Access-Control-Allow-Origin"] == UI


async def test_messages_of_failures_are_shown() -> None:
    failure = Failure()
    await data_converter(KEYS).with_context(SONG).encode_failure(StorageFull("room", "none", "free some"), failure)
    async with server() as port:
        [shown] = (await ask(port, [failure.encoded_attributes])).values
    assert shown["message"] == "expected room; found none; free some"


async def test_old_keys_open_and_what_cannot_be_opened_says_why() -> None:
    old = PayloadKeys((KEYS.keys[1],))
    foreign = PayloadKeys((PayloadKey("foreign", bytes([9]) * 32),))
    damaged = await sealed("lofi")
    damaged.data = damaged.data[:-1] + b"x"
    placeless = await sealed("lofi")
    del placeless.metadata["place"]
    async with server() as port:
        asked = [await sealed("kept", keys=old), await sealed("lofi", keys=foreign), damaged, placeless]
        kept, unknown, broken, without = (await ask(port, asked)).values
    assert kept == "kept"
    assert "another key" in unknown
    assert "damaged" in broken
    assert "does not say where it belongs" in without


async def test_a_payload_of_another_namespace_is_not_shown() -> None:
    async with server() as port:
        [shown] = (await ask(port, [await sealed("lofi")], X_Namespace="other")).values
    assert "another namespace" in shown


async def test_what_is_not_sealed_stays_as_it_is() -> None:
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b'"clear"')
    async with server() as port:
        assert (await ask(port, [plain])).values == ["clear"]


async def test_a_sealed_payload_is_made_for_one_workflow_and_opens_there_alone() -> None:
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b'"lofi"')
    who = {"Authorization": f"Bearer {TOKEN}", "X_Namespace": "default"}
    async with server(TOKEN) as port:
        answer = await ask(port, [plain], "/encode", X_Workflow_Id="song-1", **who)
        refused = await ask(port, [plain], "/encode", **who)
    [payload] = [ParseDict(one, Payload()) for one in answer.body["payloads"]]
    assert await data_converter(KEYS).with_context(SONG).decode([payload], [str]) == ["lofi"]
    assert (refused.status, "X-Workflow-Id" in refused.body["error"]) == (400, True)


async def test_without_a_token_nothing_is_sealed() -> None:
    async with server() as port:
        answer = await ask(port, [], "/encode", X_Namespace="default", X_Workflow_Id="song-1")
    assert (answer.status, "AURAX_CODEC_TOKEN" in answer.body["error"]) == (403, True)


@pytest.mark.parametrize("given", [None, "Bearer another token of that size", f"Basic {TOKEN}", "Bearer "])
async def test_without_the_right_token_nothing_is_opened(given: str | None) -> None:
    payload = await sealed("lofi")
    async with server(TOKEN) as port:
        answer = await ask(port, [payload], **({} if given is None else {"Authorization": given}))
    assert answer.status == 401
    assert "payloads" not in answer.body


async def test_the_right_token_opens() -> None:
    async with server(TOKEN) as port:
        answer = await ask(port, [await sealed("lofi")], Authorization=f"Bearer {TOKEN}", Host="codec.example:443")
    assert answer.values == ["lofi"]


@pytest.mark.parametrize(
    "told", [{"Origin": "https://evil.example"}, {"Host": "evil.example:8081"}, {"Origin": "null"}]
)
async def test_another_page_gets_nothing(told: dict[str, str]) -> None:
    async with server() as port:
        answer = await ask(port, [await sealed("lofi")], **told)
    assert (answer.status, "Access-Control-Allow-Origin" in answer.headers) == (403, False)


async def test_a_browser_may_ask_first_whether_it_may_ask() -> None:
    async with server(TOKEN) as port:
        answer = await ask(port, [], method="OPTIONS", raw=b"", Origin=UI)
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, UI)
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (400, {"raw": b"{"}),
        (400, {"raw": b"[" * 100_000}),
        (400, {"raw": b'{"payloads": 7}'}),
        (404, {"path": "/"}),
        (405, {"method": "GET"}),
        (411, {"Content_Length": "-1"}),
        (413, {"Content_Length": "99999999999"}),
        (415, {"Content_Type": "text/plain"}),
    ],
)
async def test_a_request_that_is_none_is_told_what_is_wanted(status: int, request_: dict[str, Any]) -> None:
    async with server() as port:
        answer = await ask(port, [], **request_)
    assert answer.status == status
    assert answer.body["error"]


async def test_other_machines_need_a_token_of_some_length() -> None:
    with pytest.raises(InvalidOption, match="AURAX_CODEC_TOKEN"):
        CodecOptions(host="0.0.0.0").checked()
    with pytest.raises(InvalidOption, match="16 characters"):
        CodecOptions(host="0.0.0.0", token="short").checked()
    assert CodecOptions(host="0.0.0.0", token=TOKEN).checked().token == TOKEN


async def test_the_written_place_opens_nothing_for_a_worker() -> None:
    moved = await sealed("lofi", WorkflowSerializationContext(namespace="default", workflow_id="song-2"))
    moved.metadata["place"] = json.dumps(["workflow", "default", "song-1"]).encode()
    with pytest.raises(Exception, match="belongs elsewhere"):
        await data_converter(KEYS).with_context(SONG).decode([moved], [str])
