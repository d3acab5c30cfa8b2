"""Steps that hold whole songs take turns."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest

from aurax.services.memory_budget import GIVEN_BACK_FROM_BYTES, MemoryBudget

NOT_CANCELLED = threading.Event()


def test_steps_that_fit_together_run_together() -> None:
    budget = MemoryBudget(limit_bytes=1600)
    meeting = threading.Barrier(2, timeout=10)

    def step() -> None:
        with budget.claim(100, 1.0, NOT_CANCELLED):
            meeting.wait()

    with ThreadPoolExecutor(2) as threads:
        done = [threads.submit(step) for _ in range(2)]
        assert [one.result(10) for one in done] == [None, None]


@pytest.mark.parametrize("frames", [150, 10_000])
def test_steps_that_do_not_fit_together_take_turns_in_order(frames: int) -> None:
    budget = MemoryBudget(limit_bytes=1600)
    inside: list[int] = []
    order: list[int] = []

    def step(number: int) -> None:
        with budget.claim(frames, 1.0, NOT_CANCELLED):
            inside.append(number)
            assert len(inside) == 1
            order.append(number)
            inside.remove(number)

    with ThreadPoolExecutor(4) as threads:
        with budget.claim(frames, 1.0, NOT_CANCELLED):
            done = []
            for number in range(4):
                done.append(threads.submit(step, number))
                while len(budget._waiting) <= number:
                    threading.Event().wait(0.005)
            assert order == []
        for one in done:
            one.result(10)
    assert order == [0, 1, 2, 3]


def test_a_cancelled_step_stops_waiting_and_lets_the_next_one_in() -> None:
    budget = MemoryBudget(limit_bytes=800)
    cancelled = threading.Event()
    cancelled.set()
    with (
        budget.claim(100, 1.0, NOT_CANCELLED),
        pytest.raises(CancelledError),
        budget.claim(100, 1.0, cancelled),
    ):
        pytest.fail("there was no room")
    with budget.claim(100, 1.0, NOT_CANCELLED):
        assert not budget._waiting


def test_a_failed_step_gives_its_room_back_and_a_large_one_its_memory() -> None:
    given_back: list[bool] = []
    budget = MemoryBudget(limit_bytes=800, give_back=lambda: given_back.append(True))
    with pytest.raises(ValueError, match="failed"), budget.claim(10, 1.0, NOT_CANCELLED):
        raise ValueError("failed")
    assert not given_back
    with budget.claim(GIVEN_BACK_FROM_BYTES, 1.0, NOT_CANCELLED):
        assert not given_back
    assert given_back == [True]
