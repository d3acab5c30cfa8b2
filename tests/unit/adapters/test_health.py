"""Whether a worker lives and can work, and what its small HTTP server answers."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from aurax.adapters.telemetry.health import Health
from aurax.adapters.telemetry.health_server import serve_health
from aurax.errors import InvalidOption, ServiceUnavailable
from aurax.settings import Settings


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(clock)


async def answers() -> None:
    return


async def refuses() -> None:
    raise ServiceUnavailable("the database at secret-host to answer", "nothing", "start it")


async def test_a_worker_is_ready_when_it_polls_and_everything_answered(health: Health) -> None:
    health.watch("database", answers)
    before = health.ready
    health.polls()
    await health.ask()
    assert (before, health.ready) == (False, True)


async def test_what_refuses_is_named_without_its_words(health: Health) -> None:
    health.watch("database", refuses)
    health.polls()
    await health.ask()
    assert health.states() == {"polling": "ok", "database": "ServiceUnavailable"}


async def test_an_old_answer_does_not_count(health: Health, clock: Clock) -> None:
    health.watch("store", answers)
    health.polls()
    await health.ask()
    clock.now_s += 60
    assert health.states()["store"] == "last answered 60 s ago"


async def test_a_question_without_an_answer_ends(health: Health, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aurax.adapters.telemetry.health._PROBE_WITHIN_S", 0.01)
    health.watch("store", asyncio.Event().wait)
    await health.ask()
    assert health.states()["store"].startswith("no answer within")


async def test_a_worker_that_stops_is_alive_but_not_ready(health: Health) -> None:
    health.polls()
    health.stops()
    assert (health.alive, health.ready, health.states()["polling"]) == (True, False, "stopping")


def test_a_worker_whose_event_loop_stands_still_is_not_alive(health: Health, clock: Clock) -> None:
    clock.now_s += 60
    still = health.alive
    health.beat()
    assert (still, health.alive) == (False, True)


async def scrape() -> tuple[str, bytes]:
    return "text/plain; version=0.0.4", b"aurax_songs_total 1\n"


@pytest_asyncio.fixture
async def port(health: Health) -> AsyncIterator[int]:
    async with serve_health(("127.0.0.1", 0), health, scrape) as port:
        yield port


async def ask(port: int, request: bytes) -> tuple[int, str]:
    """Status and body of what is answered; 0 when nothing is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]) if head else 0, body.decode()


async def get(port: int, path: str) -> tuple[int, str]:
    return await ask(port, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


async def test_probes_are_answered_with_what_is_wrong(port: int, health: Health) -> None:
    health.watch("database", refuses)
    await health.ask()
    status, body = await get(port, "/readyz?verbose")
    assert (status, json.loads(body)["checks"]["database"]) == (503, "ServiceUnavailable")
    assert (await get(port, "/healthz"))[0] == 200


async def test_scrapers_get_every_metric(port: int) -> None:
    assert await get(port, "/metrics") == (200, "aurax_songs_total 1\n")


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"POST /healthz HTTP/1.1\r\n\r\n", 405),
        (b"GET /../etc/passwd HTTP/1.1\r\n\r\n", 404),
        (b"GET /healthz\r\n\r\n", 400),
        (b"\x16\x03\x01 nonsense\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 0),
    ],
)
async def test_anything_else_is_refused(port: int, request_text: bytes, status: int) -> None:
    assert (await ask(port, request_text))[0] == status


async def test_whoever_asks_too_slowly_is_not_waited_for(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aurax.adapters.telemetry.health_server._REQUEST_WITHIN_S", 0.05)
    assert await ask(port, b"GET /healthz HTTP/1.1\r\n") == (0, "")


async def test_without_the_extra_a_scraper_is_told_what_to_install(health: Health) -> None:
    async with serve_health(("127.0.0.1", 0), health, None) as port:
        assert (await get(port, "/metrics")) == (501, "run: pip install 'aurax[telemetry]'\n")


async def test_a_taken_port_is_said(port: int, health: Health) -> None:
    with pytest.raises(InvalidOption, match="AURAX_HEALTH_ADDRESS"):
        async with serve_health(("127.0.0.1", port), health, None):
            pass


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("9464", ("127.0.0.1", 9464)),
        ("0.0.0.0:9464", ("0.0.0.0", 9464)),
        ("[::1]:9464", ("::1", 9464)),
        (None, None),
    ],
)
def test_a_port_alone_is_one_of_the_loopback_interface(address: str | None, endpoint: tuple[str, int] | None) -> None:
    assert Settings.load(health_address=address).health_endpoint == endpoint


@pytest.mark.parametrize("address", ["host", "host:", ":9464", "host:70000", "host:-1"])
def test_an_address_without_a_port_is_refused(address: str) -> None:
    with pytest.raises(InvalidOption, match="AURAX_HEALTH_ADDRESS"):
        Settings.load(health_address=address)
