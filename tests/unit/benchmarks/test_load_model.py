"""The arithmetic of the load benchmark's paper model, and its tables."""

from __future__ import annotations

from datetime import date

import pytest

from aurax.produce.cost.prices import Prices
from benchmarks.load.model import HOUR_S, USABLE, PerSong, need
from benchmarks.load.sessions import wishes
from benchmarks.load.tables import p95

ONE = PerSong(
    worker_cpu_s=7.0,
    database_cpu_s=0.1,
    statements=200.0,
    store_writes=30.0,
    store_reads=10.0,
    bytes_written=5e6,
    bytes_kept=4e6,
    actions=40.0,
    events=150.0,
    audio_s=30.0,
)
ON = date(2026, 11, 26)


@pytest.fixture
def prices() -> Prices:
    return Prices.load()


def test_cores_are_the_work_of_a_second_over_what_is_planned_of_a_core(prices: Prices) -> None:
    assert need(ONE, HOUR_S, prices, ON).worker_cores == pytest.approx(7.0 / USABLE)


def test_twice_the_songs_need_twice_the_calls(prices: Prices) -> None:
    once, twice = need(ONE, 1000, prices, ON), need(ONE, 2000, prices, ON)
    assert twice.statements_per_s == pytest.approx(2 * once.statements_per_s)
    assert twice.actions_per_s == pytest.approx(2 * once.actions_per_s)
    assert twice.store_requests_per_s == pytest.approx(2 * once.store_requests_per_s)


def test_there_are_enough_workers_for_the_cores(prices: Prices) -> None:
    found = need(ONE, 10_000, prices, ON)
    assert found.workers * 4 >= found.worker_cores > (found.workers - 1) * 4


def test_actions_cost_what_the_price_table_says(prices: Prices) -> None:
    usd = need(ONE, 10_000, prices, ON).usd_per_hour["Temporal actions"]
    assert usd == pytest.approx(40 * 10_000 / 1e6 * float(prices.price_at("temporal/action", ON).usd))


def test_wishes_come_owner_after_owner_and_no_two_are_the_same() -> None:
    asked = wishes({"a": 3, "b": 2}, 30)
    assert [one.owner for one in asked] == ["a", "a", "a", "b", "b"]
    assert len({(one.prompt, one.seed) for one in asked}) == 5


@pytest.mark.parametrize(("count", "found"), [(1, 0), (20, 19), (100, 95)])
def test_five_of_a_hundred_may_pass_the_95th_percentile(count: int, found: int) -> None:
    assert p95(list(range(count))) == found
