"""A start may take its time on a busy machine, and no longer on an idle one."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aurax.adapters.local import start_limit
from aurax.adapters.local.start_limit import StartLimit, Stillness, queued_s


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 100.0
        self.queued_s = 0.0
        self.processor_s = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now_s)
        monkeypatch.setattr(start_limit, "queued_s", lambda _pid: self.queued_s)
        monkeypatch.setattr(start_limit, "processor_s", lambda _pid: self.processor_s)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_process_that_waits_or_computes_has_its_limit(clock: Clock) -> None:
    limit = StartLimit(35.0)
    clock.now_s += 34.0
    assert not limit.is_over(1)
    clock.now_s += 1.0
    assert limit.is_over(1)
    assert limit.passed_s == 35.0


def test_time_without_a_processor_does_not_count(clock: Clock) -> None:
    limit = StartLimit(35.0)
    clock.now_s, clock.queued_s = clock.now_s + 60.0, 30.0
    assert not limit.is_over(1)
    clock.now_s += 5.0
    assert limit.is_over(1)


def test_no_machine_is_so_busy_that_a_start_takes_for_ever(clock: Clock) -> None:
    limit = StartLimit(10.0)
    clock.now_s, clock.queued_s = clock.now_s + 50.0, 49.0
    assert limit.is_over(1)


def test_what_is_known_of_a_process_stays_known_when_it_has_ended(clock: Clock) -> None:
    limit = StartLimit(10.0)
    clock.now_s, clock.queued_s = clock.now_s + 12.0, 4.0
    assert not limit.is_over(1)
    clock.queued_s = 0.0
    assert not limit.is_over(None)
    clock.now_s += 2.0
    assert limit.is_over(None)


@pytest.mark.parametrize("sign", ["computes", "waits for a processor", "speaks"])
def test_a_process_is_still_only_where_it_shows_nothing(clock: Clock, sign: str) -> None:
    stillness = Stillness(15.0)
    for _ in range(10):
        clock.now_s += 10.0
        clock.processor_s += 0.1 if sign == "computes" else 0.0
        clock.queued_s += 3.0 if sign == "waits for a processor" else 0.0
        assert not stillness.is_over(1, clock.now_s - 1.0 if sign == "speaks" else 0.0)
    clock.now_s += 15.0
    assert stillness.is_over(1, clock.now_s - 16.0)


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="only Linux tells")
def test_processes_that_share_a_processor_wait_for_each_other() -> None:
    core = {min(os.sched_getaffinity(0))}
    spinning = [
        subprocess.Popen([sys.executable, "-c", f"import os; os.sched_setaffinity(0, {core})\nwhile True: pass"])
        for _ in range(3)
    ]
    try:
        deadline = time.monotonic() + 60.0
        while queued_s(spinning[0].pid) < 0.2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert queued_s(spinning[0].pid) >= 0.2
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def test_nobody_waits_where_nobody_tells() -> None:
    assert queued_s(2**30) == 0.0
