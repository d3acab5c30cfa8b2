"""Many people on one web interface: keys and what they allow, everybody's own songs, and what strangers try."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from builders.web import Web
from command import Command
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import connect

pytestmark = pytest.mark.integration

PROMPT = {"prompt": "lofi, 90 bpm, 5 seconds", "takes": 1, "candidates": 1}
KEYS = {"AURAX_WEB_ACCESS": "keys", "AURAX_WEB_HOSTS": "music.example.org, 127.0.0.1", "AURAX_LIMIT_SONGS_PER_DAY": "2"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """Servers for many people."""
    command = Command(tmp_path_factory.mktemp("people") / "data", KEYS)
    process = command.start("up")
    try:
        command.wait_until(command.runtime, "the servers are up")
        yield command
    finally:
        process.terminate()
        process.communicate(timeout=60)


def key_for(command: Command, name: str, scopes: str) -> str:
    person = json.loads(command.run("users", "add", name, "--json").stdout)["id"]
    made = command.run("keys", "add", person, "--name", name, "--scope", scopes, "--json")
    assert made.returncode == 0, made.stdout + made.stderr
    key: str = json.loads(made.stdout)["key"]
    return key


@pytest.fixture(scope="module")
def admin(shared: Command) -> Web:
    shared.wait_until(lambda: shared.runtime().get("web_address"), "the web interface is up")
    return Web(shared.runtime()["web_address"], key_for(shared, "Olga", "admin"))


def person(admin: Web, name: str, *scopes: str) -> Web:
    """Somebody new, with a key of these scopes, added over HTTP."""
    added = admin.post("/users", {"name": name}).json
    made = admin.post(f"/users/{added['id']}/keys", {"name": "test", "scopes": list(scopes)})
    assert made.status == 201, made.body
    return Web(admin.address, made.json["text"])


@pytest.fixture(scope="module")
def ann(admin: Web) -> Web:
    return person(admin, "Ann", "songs:write")


@pytest.fixture(scope="module")
def song(ann: Web) -> dict[str, Any]:
    """Ann's delivered song."""
    events = list(ann.events("/songs", "POST", PROMPT))
    assert events[-1]["event"] == "song.delivered"
    accepted: dict[str, Any] = json.loads(events[0]["data"])
    return accepted


@pytest.mark.parametrize("shown", ["", "nonsense", "Bearer", "Bearer ax_0_0", "Basic YTpi"])
def test_nobody_gets_in_without_a_valid_key(ann: Web, shown: str) -> None:
    stranger = Web(ann.address)
    reply = stranger.get("/songs", authorization=shown) if shown else stranger.get("/songs")
    assert (reply.status, reply.json["type"]) == (401, "/problems/not-known")
    assert reply.headers["www-authenticate"].startswith("Bearer")


def test_a_persons_songs_are_nobody_elses(admin: Web, ann: Web, song: dict[str, Any]) -> None:
    bob = person(admin, "Bob", "songs:write")
    own = (f"/songs/{song['song_id']}", f"/sessions/{song['session_id']}", f"/songs/{song['song_id']}/files")
    for path in (*own, f"/songs/{song['song_id']}/events", f"/songs/{song['song_id']}/files/master.flac"):
        assert ann.get(path).status == 200, path
        assert bob.get(path).status == 404, path
    assert bob.get("/songs").json["items"] == []
    assert bob.get("/sessions").json == []
    session = f"/sessions/{song['session_id']}"
    for path, body in (
        ("/notes", {"note": "slower"}),
        ("/undo", {}),
        ("/close", {}),
        ("/songs", PROMPT),
        ("/open", {}),
    ):
        assert bob.post(f"{session}{path}", body).status == 404, path
    assert bob.ask("PUT", f"/songs/{song['song_id']}/rating", {"stars": 1}).status == 404
    assert bob.post(f"/songs/{song['song_id']}/cancel").status == 404
    assert ann.get(f"/songs/{song['song_id']}").json["rating"] is None
    address = f"{bob.address.replace('http', 'ws')}/api/v1{session}/socket"
    with pytest.raises(InvalidStatus, match="403"), connect(address, subprotocols=[f"aurax.key.{bob.key}"]):  # type: ignore[list-item]
        pass


def test_the_same_idempotency_key_of_two_people_is_two_requests(admin: Web) -> None:
    two = [person(admin, name, "songs:write") for name in ("Cid", "Dee")]
    opened = [one.post("/sessions", {}, idempotency_key="same").json["session_id"] for one in two]
    assert len(set(opened)) == 2
    assert two[0].post("/sessions", {}, idempotency_key="same").json["session_id"] == opened[0]


def test_a_key_may_do_what_it_was_made_for_and_no_more(admin: Web) -> None:
    reader = person(admin, "Eve", "songs:read")
    assert reader.get("/songs").status == 200
    assert reader.post("/intent", {"prompt": "lofi"}).status == 200
    for reply in (reader.post("/songs", PROMPT), reader.get("/users"), reader.get("/ledger?month=2026-11")):
        assert (reply.status, reply.json["type"]) == (403, "/problems/not-allowed")


def test_a_revoked_key_and_a_disabled_person_open_nothing(admin: Web) -> None:
    gone = person(admin, "Fay", "songs:write")
    me = gone.get("/me").json["user_id"]
    assert gone.get("/songs").status == 200
    (key,) = admin.get(f"/users/{me}/keys").json
    assert "text" not in key
    assert admin.ask("DELETE", f"/keys/{key['id']}").json["revoked_at"] is not None
    assert gone.get("/songs").status == 401
    again = Web(gone.address, admin.post(f"/users/{me}/keys", {"name": "x", "scopes": ["songs:read"]}).json["text"])
    assert again.get("/songs").status == 200
    assert admin.post(f"/users/{me}/disable").status == 204
    assert again.get("/songs").status == 401


def test_a_limit_is_told_before_a_song_is_begun(admin: Web) -> None:
    keen = person(admin, "Gus", "songs:write")
    me = keen.get("/me").json
    assert me["limits"]["songs_per_day"] == 2
    assert admin.ask("PATCH", f"/users/{me['user_id']}/limits", {"songs_per_day": "0"}).status == 200
    reply = keen.post("/songs", PROMPT)
    assert (reply.status, reply.json["type"]) == (429, "/problems/limit-reached")
    assert "retry-after" in reply.headers
    assert keen.get("/sessions").json == []


def test_pages_of_other_places_and_other_names_are_refused(ann: Web, song: dict[str, Any]) -> None:
    assert ann.get("/songs", host="music.example.org").status == 200
    assert ann.get("/songs", host="evil.example").status == 421
    assert ann.post("/sessions", {}, origin="https://evil.example").status == 403
    address = f"{ann.address.replace('http', 'ws')}/api/v1/sessions/{song['session_id']}/socket"
    key = {"Authorization": f"Bearer {ann.key}"}
    with pytest.raises(WebSocketException), connect(address, additional_headers=key, origin="https://evil.example"):  # type: ignore[arg-type]
        pass


def test_bad_bodies_are_refused_in_words(ann: Web) -> None:
    for body in (b"", b"{", b"[]", b'{"prompt": 5}', b'{"prompt": "lofi", "fly": 1}', b"\xff\xfe", b'{"prompt": NaN}'):
        reply = ann.ask("POST", "/songs", body)
        assert reply.status == 422, body
        assert reply.json["fix"], body
    assert ann.post("/songs", {"prompt": "x" * 5000}).status == 422
    assert ann.ask("POST", "/songs", b" " * 2_000_000).status == 413
    assert ann.post("/songs", PROMPT, idempotency_key="bad key").status == 422


def test_connections_that_say_nothing_or_stop_in_the_middle_hold_nobody_up(ann: Web) -> None:
    place = urlsplit(ann.address)
    silent = [socket.create_connection((place.hostname or "", place.port or 0), timeout=30) for _ in range(20)]
    try:
        for one in silent[::2]:
            one.sendall(b"GET /api/v1/songs HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        for one in silent[::4]:  # a whole request, and then a second one that does not end
            one.sendall(b"\r\n")
            assert one.recv(10_000).startswith(b"HTTP/1.1 401")
            one.sendall(b"GET /api/v1/songs HTTP/1.1\r\nHost: 127")
        began_s = time.monotonic()
        assert ann.get("/songs").status == 200
        assert time.monotonic() - began_s < 8.0
        for one in silent:
            list(iter(lambda: one.recv(10_000), b""))  # noqa: B023 - the server closes it, or this times out
    finally:
        for one in silent:
            one.close()


def test_local_access_stays_on_the_loopback_interface(tmp_path: Path) -> None:
    command = Command(tmp_path / "data", {"AURAX_WEB_ADDRESS": "0.0.0.0:0"})
    refused = command.run("web")
    assert refused.returncode == 1
    assert "AURAX_WEB_ACCESS" in refused.stderr
