import sys
from pathlib import Path

import pytest

from aurax import errors
from aurax.adapters.http.app import PREFIX as SERVED_UNDER
from aurax.adapters.http.problems import answer, problem_of
from aurax.adapters.web_client.connection import PREFIX, Connection, quoted
from aurax.adapters.web_client.failures import error_of
from aurax.adapters.web_client.finding import find_client
from aurax.adapters.web_client.server_sent import ServerSentEvent, read_events
from aurax.errors import AuraxError, InvalidOption, MissingExtra, NotAllowed, NotFound, ServiceUnavailable
from aurax.settings import Settings

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, AuraxError)]


def test_events_are_read_as_the_standard_says() -> None:
    lines = [b": events\n", b"\n", b"id: 7\n", b"event: mix.finished\r\n", b"data: {\n", b"data:}\n", b"\n"]
    lines += [b"data: later\n", b"\n", b"id: 8\n", b"event: cut.off\n", b"data: half\n"]
    assert list(read_events(lines)) == [
        ServerSentEvent("7", "mix.finished", "{\n}"),
        ServerSentEvent("7", "message", "later"),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_of_the_server_is_the_same_error_at_the_client(kind: type[AuraxError]) -> None:
    error = kind("a song", "none", "make one")
    problem = problem_of(error)
    got = error_of(problem.status, bytes(answer(problem).body))
    assert (type(got), str(got), got.retryable) == (kind, str(error), error.retryable)


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotFound), (403, NotAllowed), (413, InvalidOption), (502, ServiceUnavailable)]
)
def test_an_answer_of_a_proxy_is_told_by_its_status(status: int, kind: type[AuraxError]) -> None:
    got = error_of(status, b"<html>")
    assert type(got) is kind
    assert str(status) in got.found


@pytest.mark.parametrize(
    "address", ["music.example.org", "ftp://music.example.org", "http://music.example.org", "https://key@host", ""]
)
def test_an_address_that_is_none_or_would_show_the_key_is_refused(address: str) -> None:
    with pytest.raises(InvalidOption):
        Connection(address, "key")


@pytest.mark.parametrize("key", ["", "two words", "line\r\nHost: elsewhere", "schlüssel"])
def test_a_key_that_cannot_be_one_is_refused_without_being_told(key: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        Connection("https://music.example.org", key)
    assert not key or key not in str(refused.value)


def test_paths_are_under_the_server_s_prefix_and_safe() -> None:
    assert PREFIX == SERVED_UNDER
    assert quoted("songs", "a b?c", "files", "stems/01-kick.flac") == "/songs/a%20b%3Fc/files/stems/01-kick.flac"


def test_without_a_server_the_way_to_start_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(ServiceUnavailable, match="start 'aurax up'"):
        find_client(Settings(data_dir=tmp_path, web_url=None, api_key=None))
    with pytest.raises(NotAllowed, match="AURAX_API_KEY"):
        find_client(Settings(data_dir=tmp_path, web_url="https://music.example.org", api_key=None))


def test_without_the_extra_the_way_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    monkeypatch.delitem(sys.modules, "aurax.adapters.mcp.server", raising=False)
    with pytest.raises(MissingExtra, match=r"aurax\[mcp\]"):
        import aurax.adapters.mcp.server  # noqa: F401
