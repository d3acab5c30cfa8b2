"""Songs over HTTP: asked for, followed, heard, steered, taken back, by the one person of a machine."""

from __future__ import annotations

import collections
import hashlib
import json
import re
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from builders.web import Web
from command import Command
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from aurax.deliver.record import SongRecord

pytestmark = pytest.mark.integration

PROMPT = {"prompt": "lofi, 90 bpm, 5 seconds, no fade out"}
SECRET = "zanzibar"


@pytest.fixture(scope="module")
def web(served: Command) -> Web:
    served.wait_until(lambda: served.runtime().get("web_address"), "the web interface is up")
    return Web(served.runtime()["web_address"], served.run("web", "token").stdout.strip())


@pytest.fixture(scope="module")
def delivered(web: Web) -> dict[str, Any]:
    """A delivered song, and the events by which it was followed."""
    events = list(web.events("/songs", "POST", PROMPT | {"seed": 3}))
    return {**json.loads(events[0]["data"]), "followed": events}


def until(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 90
    while not (found := what()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)
    return found


def test_one_request_makes_a_song_and_follows_it_to_its_end(web: Web, delivered: dict[str, Any]) -> None:
    kinds = [event["event"] for event in delivered["followed"]]
    assert kinds[:2] == ["song.accepted", "intent.started"]
    assert kinds[-1] == "song.delivered"
    song = web.get(f"/songs/{delivered['song_id']}").json
    assert (song["status"], song["seed"], song["session_id"]) == ("delivered", 3, delivered["session_id"])
    assert song["duration_s"] == 5.0


def test_events_go_on_after_the_last_that_was_seen(web: Web, delivered: dict[str, Any]) -> None:
    path = f"/songs/{delivered['song_id']}/events"
    followed = [event for event in delivered["followed"] if "id" in event]
    middle = len(followed) // 2
    rest = [event["id"] for event in web.events(path, last_event_id=followed[middle]["id"])]
    assert rest == [event["id"] for event in followed[middle + 1 :]]
    assert [str(event["id"]) for event in web.get(path).json] == [event["id"] for event in followed]
    assert [str(one["id"]) for one in web.get(f"{path}?after_id={followed[-2]['id']}").json] == [followed[-1]["id"]]


def test_files_are_downloaded_whole_in_ranges_and_on_conditions(web: Web, delivered: dict[str, Any]) -> None:
    files = {file["path"]: file for file in web.get(f"/songs/{delivered['song_id']}/files").json}
    master = files["master.flac"]
    path = master["url"].removeprefix("/api/v1")
    whole = web.get(path)
    assert hashlib.sha256(whole.body).hexdigest() == master["sha256"]
    assert (whole.headers["content-type"], whole.headers["etag"]) == ("audio/flac", f'"{master["sha256"]}"')
    part = web.get(path, range="bytes=1000-1999")
    assert (part.status, part.headers["content-range"]) == (206, f"bytes 1000-1999/{len(whole.body)}")
    assert part.body == whole.body[1000:2000]
    assert web.get(path, range="bytes=1000-1999", if_range='"another"').status == 200
    assert web.get(path, range=f"bytes={len(whole.body)}-").status == 416
    assert web.get(path, if_none_match=whole.headers["etag"]).status == 304
    head = web.ask("HEAD", path)
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(whole.body)))


def test_a_project_comes_with_its_stems_and_the_report_can_reach_nothing(web: Web, delivered: dict[str, Any]) -> None:
    song = f"/songs/{delivered['song_id']}"
    with zipfile.ZipFile(BytesIO(web.get(f"{song}/files/song.dawproject").body)) as project:
        names = project.namelist()
    assert "project.xml" in names
    assert any(name.startswith("audio/") for name in names)
    report = web.get(f"{song}/files/report.html")
    assert report.headers["content-security-policy"].startswith("sandbox")


def test_what_a_studio_draws_agrees_with_the_record(web: Web, delivered: dict[str, Any]) -> None:
    song = f"/songs/{delivered['song_id']}"
    record = SongRecord.model_validate_json(web.get(f"{song}/record").body)
    peaks = web.get(f"{song}/peaks?points=50").json
    assert len(peaks["lowest"]) == len(peaks["highest"]) == 50
    assert peaks["duration_s"] == pytest.approx(record.master.duration_s)
    assert all(low <= high for low, high in zip(peaks["lowest"], peaks["highest"], strict=True))
    loudness = web.get(f"{song}/loudness").json
    assert max(loudness["lufs"]) == pytest.approx(record.master.integrated_lufs, abs=3.0)
    spectrum = web.get(f"{song}/spectrum").json
    assert len(spectrum["frequencies_hz"]) == len(spectrum["level_db"]) == len(spectrum["target_db"])
    assert web.get(f"{song}/score").json["plan"]["style"] == record.plan.style
    takes = web.get(f"{song}/takes").json
    assert [take["accepted"] for take in takes].count(True) == 1
    assert web.get(f"{song}/peaks?path=song.mid").status == 422


def test_a_repeated_request_makes_one_song_and_another_under_its_key_is_refused(web: Web) -> None:
    first = web.post("/songs", PROMPT, idempotency_key="once")
    again = web.post("/songs", PROMPT, idempotency_key="once")
    assert (first.status, again.status) == (201, 201)
    assert first.json["song_id"] == again.json["song_id"]
    assert first.headers["location"] == f"/api/v1/songs/{first.json['song_id']}"
    other = web.post("/songs", PROMPT | {"takes": 1}, idempotency_key="once")
    assert other.status == 422
    assert "Idempotency-Key" in other.json["expected"]
    assert len(web.get(f"/songs?session_id={first.json['session_id']}").json["items"]) == 1
    cancelled = web.post(f"/songs/{first.json['song_id']}/cancel")
    assert cancelled.status in (200, 422), cancelled.body  # it may have been faster


def test_songs_are_listed_in_pages(web: Web, delivered: dict[str, Any]) -> None:
    whole = [song["id"] for song in web.get("/songs?limit=100").json["items"]]
    assert delivered["song_id"] in whole
    found: list[str] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        page = web.get("/songs?limit=1" + (f"&after={page['next']}" if page["next"] else "")).json
        found += [song["id"] for song in page["items"]]
    assert found == whole
    assert web.get("/songs?after=nonsense").status == 422


def test_a_session_is_steered_named_rated_undone_closed_and_opened_again(web: Web, delivered: dict[str, Any]) -> None:
    session = f"/sessions/{delivered['session_id']}"
    before = web.get(session).json
    assert web.post(f"{session}/notes/preview", {"note": "brighter"}).json["layer"] in ("mix", "master")
    assert web.post(f"{session}/notes/preview", {"note": "in major"}).json["layer"] in ("plan", "score")
    unknown = web.post(f"{session}/notes/preview", {"note": "qwertz uiop"}).json
    assert unknown["layer"] is None
    assert web.get(session).json == before
    steered = web.post(f"{session}/notes", {"note": "brighter"}, idempotency_key="note-1").json
    assert steered["done"] == "version"
    assert web.post(f"{session}/notes", {"note": "brighter"}, idempotency_key="note-1").json == steered
    until(lambda: web.get(f"/songs/{steered['song_id']}").json.get("status") == "delivered")
    assert web.ask("PATCH", f"{session}/versions/{steered['version']}", {"name": "bright"}).json["version"] == "bright"
    assert web.ask("PUT", f"{session}/versions/bright/rating", {"stars": 4}).status == 200
    assert web.ask("PUT", f"/songs/{delivered['song_id']}/rating", {"stars": 2, "words": "dull"}).json["rating"] == 2
    assert web.post(f"{session}/undo").json["current"] == "v1"
    assert web.post(f"{session}/select", {"version": "bright"}).json["current"] == "bright"
    assert web.post(f"{session}/close").json["done"] == "closed"
    closed = until(lambda: (state := web.get(session).json)["closed_at"] and state)
    assert [(one["name"], one["parent"]) for one in closed["versions"]] == [("v1", None), ("bright", "v1")]
    assert web.post(f"{session}/notes", {"note": "slower"}).status == 422
    assert web.post(f"{session}/open").json["current"] == "bright"
    assert delivered["session_id"] in [one["id"] for one in web.get("/sessions").json]


def test_a_socket_tells_states_and_events_and_takes_requests(web: Web) -> None:
    opened = web.post("/sessions", {"title": "by socket"}).json
    address = web.address.replace("http", "ws") + f"/api/v1/sessions/{opened['session_id']}/socket"
    with connect(address, additional_headers={"Authorization": f"Bearer {web.key}"}) as socket:
        first = json.loads(socket.recv(timeout=20))
        assert (first["type"], first["state"]["title"]) == ("state", "by socket")
        socket.send('{"type": "undo", "request_id": "u1"}')
        refused = json.loads(socket.recv(timeout=20))
        assert (refused["type"], refused["request_id"]) == ("problem", "u1")
        web.post(f"/sessions/{opened['session_id']}/songs", PROMPT | {"seed": 5})
        heard: list[dict[str, Any]] = []
        asked = False
        while not any(one.get("event", {}).get("kind") == "song.delivered" for one in heard):
            heard.append(json.loads(socket.recv(timeout=60)))
            if heard[-1]["type"] == "event" and not asked:
                asked = True
                socket.send('{"type": "steer", "request_id": "s1", "note": "brighter"}')
        answers = [one["answer"] for one in heard if one["type"] == "answer"]
        assert [answer["request_id"] for answer in answers] == ["s1"]
        assert answers[0]["done"] in ("steered", "version")
        for nonsense in ("", "[", "{}", '{"type": "fly", "request_id": "x"}', '{"type": "steer", "request_id": "x"}'):
            socket.send(nonsense)
            told = json.loads(socket.recv(timeout=20))
            while told["type"] != "problem":
                told = json.loads(socket.recv(timeout=20))
            assert told["problem"]["status"] == 422
        socket.send("x" * 100_000)
        with pytest.raises(ConnectionClosed):
            collections.deque(iter(lambda: socket.recv(timeout=20), None), maxlen=0)
    assert web.get("//healthz").json == {"alive": True}


def test_a_prompt_is_understood_without_a_song(web: Web) -> None:
    before = len(web.get("/songs?limit=200").json["items"])
    intent = web.post("/intent", {"prompt": "deep house, 124 bpm, no kick", "duration_s": "1:30"}).json
    assert (intent["style"], intent["tempo_bpm"], intent["duration_s"]) == ("deep-house", 124.0, 90.0)
    assert any(wish["words"] == "124 bpm" for wish in intent["wishes"])
    assert web.post("/intent", {"prompt": " "}).status == 422
    assert len(web.get("/songs?limit=200").json["items"]) == before


def test_what_is_installed_and_what_a_song_costs_can_be_read(web: Web) -> None:
    assert "lofi" in [style["name"] for style in web.get("/styles").json]
    assert len(web.get("/instruments").json) > 10
    assert {"name", "description", "remedy"} <= web.get("/criteria").json[0].keys()
    assert any(engine["lacks"] for engine in web.get("/engines").json)
    estimate = web.post("/estimates", PROMPT).json
    assert estimate["duration_s"] == 5.0
    assert estimate["warm"]["seconds"]["typical"] > 0
    assert web.get("/ledger?month=2026-11").json == []
    assert web.get("/me").json["user_id"] == "local"
    assert web.get("//readyz").json == {"ready": True, "checks": {"database": "ok", "temporal": "ok"}}


def test_a_project_gathers_songs(web: Web, delivered: dict[str, Any]) -> None:
    project = web.post("/projects", {"title": "Night"}).json
    put = web.post(f"/projects/{project['id']}/songs", {"song_ids": [delivered["song_id"]]})
    assert put.json["songs"] == 1
    listed = web.get(f"/songs?project_id={project['id']}").json["items"]
    assert [song["id"] for song in listed] == [delivered["song_id"]]
    assert web.post(f"/projects/{project['id']}/archive").json["archived_at"] is not None
    assert web.ask("PATCH", f"/projects/{project['id']}", {"title": ""}).status == 422


@pytest.mark.parametrize(
    "path",
    [
        "/songs/00000000000000000000000000000000",
        "/songs/..%2f..%2fetc%2fpasswd",
        "/sessions/00000000000000000000000000000000",
        "/sessions/..%2f..",
        "/projects/0000000000000000",
        "/nothing",
    ],
)
def test_what_is_not_there_is_not_found(web: Web, path: str) -> None:
    reply = web.get(path)
    assert reply.status == 404, reply.body
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["status"] == 404
    assert reply.json["request_id"] == reply.headers["x-request-id"]


@pytest.mark.parametrize(
    "name", ["..%2f..%2faurax.db", "../../../aurax.db", "%2e%2e/song.json", "/etc/passwd", "master.flac%00.txt", ""]
)
def test_names_of_files_lead_nowhere_else(web: Web, delivered: dict[str, Any], name: str) -> None:
    assert web.get(f"/songs/{delivered['song_id']}/files/{name}").status in (400, 404)


def test_a_link_lets_anybody_hear_the_master_and_nothing_else(web: Web, delivered: dict[str, Any]) -> None:
    made = web.post(f"/songs/{delivered['song_id']}/shares", {"expires_in_s": 60})
    assert made.status == 201
    stranger, path = Web(web.address), made.json["url"].removeprefix("/api/v1")
    shown = stranger.get(path).json
    assert [file["path"] for file in shown["files"]] == ["master.flac"]
    heard = stranger.get(shown["files"][0]["url"].removeprefix("/api/v1"), range="bytes=0-3")
    assert (heard.status, heard.body) == (206, b"fLaC")
    assert stranger.get(f"{path}/mix.flac").status == 404
    assert stranger.get(f"{path[:-1]}{'A' if path[-1] != 'A' else 'B'}x").status == 404
    assert stranger.get(f"/songs/{delivered['song_id']}").status == 401
    assert web.post(f"/songs/{delivered['song_id']}/shares", {"expires_in_s": 1e9}).status == 422


def test_a_browser_enters_once_with_the_token_and_then_has_a_cookie_that_scripts_cannot_read(web: Web) -> None:
    stranger = Web(web.address)
    entered = stranger.get(f"//enter?token={web.key}")
    assert (entered.status, entered.headers["location"]) == (303, "/")
    cookie = entered.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
    assert stranger.get("/songs", cookie=cookie.split(";")[0]).status == 200
    assert stranger.get("/songs").status == 401
    assert "set-cookie" not in stranger.get("//enter?token=guess").headers
    assert b"AURA-X" in stranger.get("//").body


def test_a_prompt_and_a_token_are_in_no_log(served: Command, web: Web) -> None:
    web.post("/intent", {"prompt": f"lofi with {SECRET}"})
    web.post("/songs", {"prompt": f"{SECRET}, 0 seconds"})
    logs = "".join(log.read_text() for log in (served.data / "logs").glob("*.log"))
    assert SECRET not in logs
    assert web.key not in logs
    assert re.search(r"http://127\.0\.0\.1:\d+", logs), "the web server told where it is"
