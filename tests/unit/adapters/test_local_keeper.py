"""Keeping servers up: fakes for the policy, small real processes for readiness and silence."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import pytest

from aurax.adapters.local import local_worker
from aurax.adapters.local.keeper import Keeper
from aurax.adapters.local.local_worker import LocalWorker
from aurax.adapters.local.patience import Patience
from aurax.errors import AuraxError, InvalidOption, MissingExtra, ServiceFailed, ServiceUnavailable
from aurax.settings import Settings

HASTE = Patience(
    silence_s=1.5, start_s=5.0, window_s=60.0, deaths=3, tries=4, first_delay_s=0.001, longest_delay_s=0.002
)


class FakeServer:
    """Fails to start as often as told, then ends at once whenever it is watched."""

    name = "fake"
    pid = 1

    def __init__(self, failures: list[AuraxError], deaths: int) -> None:
        self._failures = failures
        self._deaths = deaths
        self.log: list[str] = []

    async def launch(self, within_s: float) -> None:
        self.log.append("launch")
        if self._failures:
            raise self._failures.pop(0)

    async def watch(self) -> str:
        if self._deaths:
            self._deaths -= 1
            return "it was killed by SIGKILL"
        await asyncio.Event().wait()
        return ""

    async def stop(self, *, at_once: bool = False) -> None:
        self.log.append("stop at once" if at_once else "stop")


def kept(server: FakeServer, for_s: float = 0.2) -> tuple[AuraxError | None, list[str]]:
    """Keep a server for a while; returns what ended that, and what was told."""
    told: list[str] = []

    async def keep() -> None:
        keeper = Keeper(server, HASTE, lambda again: told.append("again" if again else "up"), told.append)
        await asyncio.wait_for(keeper.keep(), for_s)

    try:
        asyncio.run(keep())
    except TimeoutError:
        return None, told
    except AuraxError as error:
        return error, told
    raise AssertionError("a keeper never ends by itself")


def test_a_passing_error_is_tried_again() -> None:
    error, told = kept(FakeServer([ServiceUnavailable("it", "nothing", "wait")] * 2, deaths=0))
    assert error is None
    assert told == ["nothing", "nothing", "up"]


def test_a_lasting_error_ends_at_once_as_it_is() -> None:
    wrong = InvalidOption("a store", "no store", "correct it")
    server = FakeServer([wrong], deaths=0)
    assert kept(server) == (wrong, [])
    assert server.log == ["launch"]


def test_a_server_that_never_starts_is_given_up_with_its_last_words() -> None:
    error, _ = kept(FakeServer([ServiceUnavailable("a port", "no answer", "look there")] * 99, deaths=0))
    assert isinstance(error, ServiceFailed)
    assert error.expected == "a port"
    assert error.found.startswith("no answer (tries: 4, ")
    assert error.fix == "look there"


def test_a_server_that_dies_now_and_then_is_started_again() -> None:
    error, told = kept(FakeServer([], deaths=3))
    assert error is None
    assert told.count("again") == 3


def test_a_server_that_dies_again_and_again_is_given_up_with_the_reason() -> None:
    error, _ = kept(FakeServer([], deaths=99))
    assert isinstance(error, ServiceFailed)
    assert "ended 4 times" in error.found
    assert "SIGKILL" in error.found


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalWorker:
    """A worker whose program a test chooses with `script`."""
    return LocalWorker(Settings.load(data_dir=tmp_path), HASTE)


def script(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Let the worker be this program, in which `reporter` speaks to the supervisor."""
    head = (
        "import asyncio, sys, time",
        "from aurax.adapters.local.worker_report import Reporter",
        "from aurax.errors import InvalidOption",
        "reporter = Reporter(int(sys.argv[-1]))",
    )
    program = [sys.executable, "-c", "\n".join((*head, *lines))]
    monkeypatch.setattr(local_worker, "worker_command", lambda: program)


def launch(worker: LocalWorker, within_s: float = 20.0) -> AuraxError:
    async def run() -> AuraxError:
        try:
            await worker.launch(within_s)
        except AuraxError as error:
            return error
        finally:
            await worker.stop(at_once=True)
        raise AssertionError("it started")

    return asyncio.run(run())


def test_a_worker_s_own_error_arrives_whole(worker: LocalWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    script(monkeypatch, "reporter.failed(InvalidOption('a bucket', 'nosuch://', 'correct it'))", "sys.exit(1)")
    error = launch(worker)
    assert type(error) is InvalidOption
    assert (error.expected, error.found, error.fix) == ("a bucket", "nosuch://", "correct it")


def test_a_missing_package_is_told_by_its_name(worker: LocalWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    script(
        monkeypatch, "try:", "    import no_such_package", "except Exception as error:", "    reporter.failed(error)"
    )
    error = launch(worker)
    assert type(error) is MissingExtra
    assert "no_such_package" in error.found


def test_a_worker_that_ends_without_a_word_is_quoted_by_the_end_of_its_output(
    worker: LocalWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, "raise ValueError('the moon is full')")
    error = launch(worker)
    assert error.found == "ValueError: the moon is full"
    assert error.retryable


def test_a_worker_that_never_polls_is_told_with_what_it_was_busy_with(
    worker: LocalWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, "reporter.step('reaching the store')", "time.sleep(60)")
    began = time.monotonic()
    error = launch(worker, within_s=3.0)
    assert time.monotonic() - began < 10
    assert "reaching the store" in error.found


def test_a_worker_that_is_stopped_while_it_starts_is_not_waited_for_until_the_limit(
    worker: LocalWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)")
    error = launch(worker, within_s=60.0)
    assert error.found.startswith("it gave no sign of life for 1.5 s")
    assert error.retryable


@pytest.mark.parametrize("hang", ["time.sleep(60)", "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"])
def test_a_worker_whose_event_loop_is_blocked_counts_as_hung(
    worker: LocalWorker, monkeypatch: pytest.MonkeyPatch, hang: str
) -> None:
    script(
        monkeypatch,
        "async def work():",
        "    beating = asyncio.create_task(reporter.beat())",
        "    reporter.ready()",
        "    await asyncio.sleep(0.5)",
        f"    {hang}",
        "asyncio.run(work())",
    )

    async def run() -> str:
        await worker.launch(20.0)
        try:
            return await asyncio.wait_for(worker.watch(), 20)
        finally:
            await worker.stop(at_once=True)

    assert asyncio.run(run()) == "it gave no sign of life for 1.5 s"


def test_a_worker_that_beats_counts_as_alive(worker: LocalWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    script(
        monkeypatch,
        "async def work():",
        "    beating = asyncio.create_task(reporter.beat())",
        "    reporter.ready()",
        "    await asyncio.sleep(60)",
        "asyncio.run(work())",
    )

    async def run() -> None:
        await worker.launch(20.0)
        try:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(worker.watch(), 3.5)
        finally:
            await worker.stop(at_once=True)

    asyncio.run(run())
    assert worker.pid is None
