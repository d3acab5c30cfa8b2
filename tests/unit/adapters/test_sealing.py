from __future__ import annotations

import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import ActivitySerializationContext, DataConverter, WorkflowSerializationContext
from temporalio.exceptions import ApplicationError, TerminatedError

from aurax.adapters.temporal.converter import data_converter
from aurax.adapters.temporal.errors import from_failure
from aurax.adapters.temporal.key_file import read_or_make_key
from aurax.adapters.temporal.keys import PayloadKey, PayloadKeys, load_keys, parse_keys
from aurax.errors import CorruptData, InvalidOption, StorageFull, UntrustedPayload
from aurax.services.song import Song
from aurax.settings import Settings

OLD, NEW = PayloadKey("old", bytes(32)), PayloadKey("new", bytes([7]) * 32)
SONG = WorkflowSerializationContext(namespace="default", workflow_id="song-1")
ASKING = ActivitySerializationContext(
    namespace="default",
    workflow_id="song-1",
    workflow_type="SongWorkflow",
    activity_type="analyze",
    activity_id=None,
    activity_task_queue="aurax",
    is_local=False,
)
WORKING = replace(ASKING, activity_id="1")


def sealed(context: Any = SONG, *keys: PayloadKey) -> DataConverter:
    return data_converter(PayloadKeys(keys or (OLD,))).with_context(context)


async def test_a_sealed_value_shows_nothing_and_comes_back() -> None:
    [payload] = await sealed().encode(["a secret prompt"])
    assert b"secret" not in payload.SerializeToString()
    assert await sealed().decode([payload], [str]) == ["a secret prompt"]


async def test_the_same_value_never_looks_the_same() -> None:
    first, second = await sealed().encode(["lofi", "lofi"])
    assert first.data != second.data


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(SONG, workflow_id="song-2"),
        replace(SONG, namespace="other"),
        ASKING,
        None,
    ],
)
async def test_a_payload_moved_to_another_place_is_refused(elsewhere: Any) -> None:
    payloads = await sealed().encode(["lofi"])
    there = data_converter(PayloadKeys((OLD,)))
    with pytest.raises(UntrustedPayload):
        await (there.with_context(elsewhere) if elsewhere else there).decode(payloads, [str])


async def test_an_activity_and_its_workflow_understand_each_other() -> None:
    assert await sealed(WORKING).decode(await sealed(ASKING).encode(["ask"]), [str]) == ["ask"]
    assert await sealed(ASKING).decode(await sealed(WORKING).encode(["answer"]), [str]) == ["answer"]
    assert await sealed(WORKING).decode(await sealed(WORKING).encode(["beat"]), [str]) == ["beat"]


async def test_a_request_sent_back_as_its_answer_is_refused() -> None:
    with pytest.raises(UntrustedPayload, match="sent back"):
        await sealed(ASKING).decode(await sealed(ASKING).encode(["ask"]), [str])


async def test_an_answer_of_another_activity_is_refused() -> None:
    payloads = await sealed(replace(WORKING, activity_type="deliver_song")).encode(["answer"])
    with pytest.raises(UntrustedPayload):
        await sealed(ASKING).decode(payloads, [str])


@pytest.mark.parametrize("position", [0, 11, 12, 20, -1])
async def test_a_damaged_payload_is_refused(position: int) -> None:
    [payload] = await sealed().encode(["lofi"])
    data = bytearray(payload.data)
    data[position] ^= 1
    payload.data = bytes(data)
    with pytest.raises(UntrustedPayload):
        await sealed().decode([payload], [str])


@pytest.mark.parametrize(
    "foreign",
    [
        Payload(metadata={"encoding": b"json/plain"}, data=b'"lofi"'),
        Payload(metadata={"encoding": b"binary/null"}),
        Payload(),
        Payload(metadata={"encoding": b"binary/aurax-sealed"}, data=b""),
        Payload(metadata={"encoding": b"binary/aurax-sealed", "key": b"old", "sender": b"any"}, data=b"short"),
        Payload(metadata={"encoding": b"binary/aurax-sealed", "key": b"\xff", "sender": b"\xff"}, data=bytes(64)),
        Payload(metadata={"encoding": b"binary/aurax-refused"}, data=b"\xff"),
    ],
)
async def test_a_foreign_payload_is_refused(foreign: Payload) -> None:
    with pytest.raises(UntrustedPayload):
        await sealed().decode([foreign], [str])


async def test_the_first_key_seals_and_every_key_opens() -> None:
    before = await sealed(SONG, OLD).encode(["lofi"])
    assert await sealed(SONG, NEW, OLD).decode(before, [str]) == ["lofi"]
    after = await sealed(SONG, NEW, OLD).encode(["lofi"])
    assert await sealed(SONG, NEW).decode(after, [str]) == ["lofi"]
    with pytest.raises(UntrustedPayload, match="another key"):
        await sealed(SONG, OLD).decode(after, [str])


async def test_messages_and_stack_traces_of_failures_are_sealed() -> None:
    failure = Failure()
    try:
        raise StorageFull("room", "a secret place", "free some")
    except StorageFull as error:
        await sealed().encode_failure(error, failure)
    assert b"secret" not in failure.SerializeToString()
    assert b"test_sealing" not in failure.SerializeToString()
    back = from_failure(await sealed().decode_failure(failure))
    assert isinstance(back, StorageFull)
    assert back.found == "a secret place"


async def test_a_foreign_failure_is_not_believed() -> None:
    failure = Failure(message="send your password to x")
    failure.application_failure_info.type = "StorageFull"
    error = await sealed().decode_failure(failure)
    assert isinstance(error, ApplicationError)
    assert error.non_retryable
    assert isinstance(from_failure(error), UntrustedPayload)
    assert "password" not in str(error)


@pytest.mark.parametrize(
    "kind", ["timeout", "canceled", "terminated", "server", "activity", "child_workflow_execution"]
)
async def test_a_failure_of_the_server_is_told_without_any_foreign_word(kind: str) -> None:
    failure = Failure(message="send your password to x", stack_trace="send your password to x")
    getattr(failure, f"{kind}_failure_info").SetInParent()
    error = await sealed().decode_failure(failure)
    assert "password" not in f"{error} {from_failure(error)} {vars(error)}"


@pytest.mark.parametrize("kind", ["StorageFull", "RuntimeError", "send your password to x"])
async def test_a_foreign_failure_with_a_copied_seal_says_nothing_foreign(kind: str) -> None:
    [copied] = await sealed().encode([{"prompt": "lofi"}])
    failure = Failure(message="send your password to x", encoded_attributes=copied)
    failure.application_failure_info.type = kind
    told = from_failure(await sealed().decode_failure(failure))
    assert "password" not in str(told)


def test_whoever_ends_a_workflow_chooses_no_words() -> None:
    assert "password" not in str(from_failure(TerminatedError("send your password to x")))


async def test_a_value_of_another_kind_is_refused_without_being_quoted() -> None:
    payloads = await sealed().encode([{"prompt": "a secret"}])
    with pytest.raises(UntrustedPayload) as refused:
        await sealed().decode(payloads, [Song])
    assert "secret" not in str(refused.value)


async def test_a_failure_with_foreign_details_is_not_believed() -> None:
    failure = Failure()
    await sealed().encode_failure(StorageFull("room", "none", "free some"), failure)
    failure.application_failure_info.details.payloads[0].CopyFrom(Payload(metadata={"encoding": b"json/plain"}))
    assert isinstance(from_failure(await sealed().decode_failure(failure)), UntrustedPayload)


def test_a_key_file_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "payload.key"
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: read_or_make_key(path), range(64)))
    assert len(keys) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["payload.key"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o604])
def test_a_key_file_that_others_may_open_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "payload.key"
    read_or_make_key(path)
    path.chmod(mode)
    with pytest.raises(InvalidOption, match="0600"):
        read_or_make_key(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "payload.key"
    read_or_make_key(path)
    os.chown(path, 65534, -1)
    with pytest.raises(InvalidOption, match="65534"):
        read_or_make_key(path)


def test_a_key_file_behind_a_link_is_refused(tmp_path: Path) -> None:
    read_or_make_key(tmp_path / "elsewhere")
    (tmp_path / "payload.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidOption):
        read_or_make_key(tmp_path / "payload.key")


@pytest.mark.parametrize("content", [b"", b"short", bytes(33)])
def test_a_damaged_key_file_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "payload.key"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(CorruptData, match="32 bytes"):
        read_or_make_key(path)


def encoded(key: PayloadKey) -> str:
    return base64.b64encode(key.secret).decode()


def test_keys_are_read_with_and_without_ids() -> None:
    named, unnamed = parse_keys(f"new:{encoded(NEW)}, {encoded(OLD)}")
    assert named == NEW
    assert (unnamed.secret, len(unnamed.id)) == (OLD.secret, 12)


@pytest.mark.parametrize(
    "text", [" ", "secret", f"a:{'A' * 44}", f"a b:{encoded(OLD)}", f"{encoded(OLD)},{encoded(OLD)}"]
)
def test_malformed_keys_are_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        parse_keys(text)
    assert not any(part in str(refused.value) for part in (encoded(OLD), "AAAA", "secret"))


def test_a_server_of_ones_own_needs_a_key(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="AURAX_PAYLOAD_KEY"):
        load_keys(Settings.load(data_dir=tmp_path), embedded=False)
    set_key = Settings.load(data_dir=tmp_path, payload_key=encoded(NEW))
    assert load_keys(set_key, embedded=False).keys[0].secret == NEW.secret
    assert encoded(NEW) not in repr(set_key)
    assert not any(tmp_path.iterdir())


def test_only_who_has_the_key_knows_the_embedded_task_queue(tmp_path: Path) -> None:
    keys = load_keys(Settings.load(data_dir=tmp_path), embedded=True)
    queue = keys.task_queue("aurax")
    assert queue.startswith("aurax-")
    assert len(queue) == len("aurax-") + 32
    assert load_keys(Settings.load(data_dir=tmp_path), embedded=True).task_queue("aurax") == queue
    assert PayloadKeys((NEW, OLD), private_queue=True).task_queue("q") == PayloadKeys((OLD,), True).task_queue("q")
    assert PayloadKeys((OLD,)).task_queue("aurax") == "aurax"
