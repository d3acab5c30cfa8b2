"""The client of the web interface, on the real one, over connections that break."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from builders.fault_proxy import Fault, FaultProxy, fault_proxy
from command import Command

from aurax.adapters.http.access import launch_token
from aurax.client import AuraxClient
from aurax.errors import InvalidOption, InvalidPrompt, NotAllowed, NotFound, ServiceUnavailable
from aurax.services.request import SongRequest

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

MASTER = "GET /api/v1/songs/{}/files/master.flac"
SONG = SongRequest.of(prompt="lofi, 90 bpm, 5 seconds", seed=5)


@pytest.fixture(scope="module")
def proxy(served: Command) -> Iterator[FaultProxy]:
    """In front of the web interface."""
    served.wait_until(lambda: served.runtime().get("web_address"), "the web interface is up")
    port = urlsplit(served.runtime()["web_address"]).port
    assert port is not None
    with fault_proxy(port) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def studio(served: Command, proxy: FaultProxy) -> AuraxClient:
    """A client of it, through that proxy."""
    return AuraxClient(proxy.url, launch_token(served.data / "run"))


@pytest.fixture(scope="module")
def song_id(studio: AuraxClient, proxy: FaultProxy) -> str:
    """A song, delivered."""
    asked = studio.make_song(SONG, request_id="one-song")
    assert studio.wait(asked.song_id).status == "delivered"
    return asked.song_id


def test_a_song_is_followed_over_lost_connections_without_a_gap(studio: AuraxClient, proxy: FaultProxy) -> None:
    asked = studio.make_song(SONG.model_copy(update={"seed": 6}))
    following = studio.follow(asked.song_id)
    followed = list(islice(following, 2))
    proxy.cut_all()
    followed += following
    assert followed == list(studio.events(asked.song_id))
    assert followed[-1].kind == "song.delivered"
    streams = [head for head in proxy.heads if f"{asked.song_id}/events" in head and "event-stream" in head]
    assert any(f"Last-Event-ID: {event.id}\r\n" in f"{streams[-1]}\r\n" for event in followed[1:-1])
    song = studio.song(asked.song_id)
    assert (song.status, song.prompt, song.seed) == ("delivered", SONG.prompt, 6)
    assert [take.accepted for take in studio.takes(song.id)].count(True) == 1
    assert song.id in [one.id for one in studio.songs().items]


def test_a_request_that_is_sent_again_makes_no_second_song(
    studio: AuraxClient, proxy: FaultProxy, song_id: str
) -> None:
    proxy.fail(Fault(cut_received_after_bytes=20, times=1, methods=("POST",)))
    assert studio.make_song(SONG, request_id="one-song").song_id == song_id
    assert [line for line in proxy.requests if line.startswith("POST")][-2:] == ["POST /api/v1/songs"] * 2
    with pytest.raises(InvalidOption, match="Idempotency-Key"):
        studio.make_song("deep house", request_id="one-song")


def test_a_download_over_a_lost_connection_is_whole(
    studio: AuraxClient, proxy: FaultProxy, song_id: str, tmp_path: Path
) -> None:
    proxy.fail(Fault(cut_received_after_bytes=300_000, times=1, containing="/files/master.flac"))
    master = studio.download(song_id, "master.flac", tmp_path)
    listed = {file.path: file for file in studio.files(song_id)}
    assert hashlib.sha256(master.read_bytes()).hexdigest() == listed["master.flac"].sha256
    assert [path.name for path in tmp_path.iterdir()] == ["master.flac"]
    asked = proxy.requests.count(MASTER.format(song_id))
    studio.download(song_id, "master.flac", tmp_path)
    assert proxy.requests.count(MASTER.format(song_id)) == asked == 2  # it was here already
    project = studio.download(song_id, "song.dawproject", tmp_path / "new" / "mine.dawproject")
    assert zipfile.ZipFile(project).testzip() is None


def test_a_part_of_a_file_is_continued_and_a_damaged_one_replaced(
    studio: AuraxClient, proxy: FaultProxy, song_id: str, tmp_path: Path
) -> None:
    master = studio.download(song_id, "master.flac", tmp_path)
    content = master.read_bytes()
    part = tmp_path / f".master.flac.{hashlib.sha256(content).hexdigest()[:16]}.part"
    for beginning, ranges in ((content[:100_000], ["bytes=100000-"]), (b"not music", ["bytes=9-", ""])):
        master.unlink()
        part.write_bytes(beginning)
        already = len(proxy.heads)
        assert studio.download(song_id, "master.flac", tmp_path).read_bytes() == content
        heads = [head for head in proxy.heads[already:] if head.startswith(MASTER.format(song_id))]
        assert [head.partition("Range: ")[2].partition("\r\n")[0] for head in heads] == ranges


def test_a_session_is_steered_undone_rated_and_closed(studio: AuraxClient, song_id: str) -> None:
    session_id = studio.song(song_id).session_id
    assert session_id is not None
    session = studio.session(session_id)
    brighter = session.steer("brighter")
    assert (brighter.done, brighter.version) == ("version", "v2")
    assert brighter.song_id is not None
    delivered = studio.wait(brighter.song_id)
    assert (delivered.status, delivered.parent_id, delivered.note) == ("delivered", song_id, "brighter")
    assert session.undo().current == "v1"
    assert session.select("v2").current == "v2"
    session.rate("v2", 4, "lovely")
    session.name("v2", "best one")
    session.close()
    state = session.state()
    assert state.closed_at is not None
    assert [(one.name, one.rating) for one in state.versions] == [("v1", None), ("best one", 4)]
    assert session.session_id in [one.id for one in studio.sessions()]


def test_what_is_installed_and_what_a_prompt_means_is_told(studio: AuraxClient) -> None:
    assert studio.understand("trap, no drums", duration_s="1:30").duration_s == 90
    assert studio.estimate(SONG).warm.seconds.typical > 0
    assert "lofi" in [style.name for style in studio.styles()]
    assert studio.instruments()
    assert studio.criteria()
    assert "debug" in [engine.info.name for engine in studio.engines()]
    empty = studio.open_session("an idea")
    assert (empty.state().title, empty.state().versions) == ("an idea", ())
    empty.close()


def test_errors_of_the_server_are_errors_here(studio: AuraxClient, proxy: FaultProxy, song_id: str) -> None:
    with pytest.raises(NotFound):
        studio.song("f" * 32)
    with pytest.raises(InvalidPrompt):
        studio.make_song(" ")
    with pytest.raises(NotFound, match=r"master\.flac"):
        studio.download(song_id, "../master.flac", Path())
    with pytest.raises(NotAllowed):
        AuraxClient(proxy.url, "another").songs()
    proxy.fail(Fault(status=503, times=1))
    assert studio.songs(limit=1).items  # it was asked again
    proxy.fail(Fault(cut_sent_after_bytes=1))
    with pytest.raises(ServiceUnavailable, match="start 'aurax up'"):
        studio.songs()
    proxy.heal()
