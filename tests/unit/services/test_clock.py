"""Times of a song while somebody sets the wall clock."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurax.adapters.sql.database import Database
from aurax.adapters.sql.events import Event, Events, elapsed_since_first_s
from aurax.adapters.sql.songs import Songs
from aurax.produce.stages import stages_of
from aurax.services import clock
from aurax.services.payload import Work
from aurax.services.progress_events import ProgressEvents
from aurax.services.timing import Stopwatch, timings_s

STAGES = tuple(stage.name for stage in stages_of("symbolic"))
JUMPS_S = st.floats(-40 * 86_400.0, 40 * 86_400.0)


class Clocks:
    """A wall clock that jumps beside a steady one that does not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steady_s, self.jumped_s = 1000.0, 1.7e9
        monkeypatch.setattr(time, "monotonic", lambda: self.steady_s)
        monkeypatch.setattr(time, "time", lambda: self.steady_s + self.jumped_s)

    def pass_(self, seconds: float, jump_s: float = 0.0) -> None:
        self.steady_s += seconds
        self.jumped_s += jump_s


@given(steps=st.lists(st.tuples(st.sampled_from(STAGES), st.floats(0.0, 60.0), JUMPS_S, JUMPS_S), min_size=1))
def test_timings_do_not_follow_a_wall_clock_that_jumps(steps: list[tuple[str, float, float, float]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clocks = Clocks(patch)
        work, really = [], dict.fromkeys(STAGES, 0.0)
        for stage, seconds, during_s, after_s in steps:
            watch = Stopwatch(stage)
            clocks.pass_(seconds, during_s)
            work.append(watch.stop())
            clocks.pass_(0.5, after_s)
            really[stage] += seconds
    told = timings_s(work)
    assert {stage: told[stage] for stage in STAGES} == pytest.approx(really, abs=1e-3)
    assert told["total"] == pytest.approx(sum(really.values()) + 0.5 * (len(steps) - 1), abs=1e-3)


@given(
    pieces=st.lists(
        st.tuples(
            st.sampled_from(STAGES),
            st.floats(0, 2e9),
            st.floats(-1e6, 1e4),
            st.sampled_from(["", "one machine", "another"]),
            st.floats(0, 1e5),
        )
    )
)
def test_timings_of_several_machines_are_never_negative_nor_more_than_the_work_and_its_gaps(
    pieces: list[tuple[str, float, float, str, float]],
) -> None:
    work = [
        Work(stage=stage, start_s=start_s, end_s=start_s + took_s, clock=name, began_s=began_s)
        for stage, start_s, took_s, name, began_s in pieces
    ]
    told = timings_s(work)
    for stage in STAGES:
        most = sum(max(0.0, one.end_s - one.start_s) for one in work if one.stage == stage)
        assert 0.0 <= told[stage] <= most + 1e-3
    assert told["total"] >= max(told[stage] for stage in STAGES)


def test_work_at_the_same_time_counts_once_although_the_clock_jumped_between(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = Clocks(monkeypatch)
    first = Stopwatch("render")
    clocks.pass_(1.0, -7200.0)
    second = Stopwatch("render")
    clocks.pass_(2.0, 86_400.0)
    assert timings_s([first.stop(), second.stop()])["render"] == 3.0


def test_machines_one_after_the_other_add_up_without_the_days_between() -> None:
    work = [
        Work(stage="render", start_s=0.0, end_s=10.0, clock="a", began_s=500.0),
        Work(stage="render", start_s=3e6, end_s=3e6 + 5.0, clock="b", began_s=7.0),
    ]
    assert timings_s(work)["total"] == 15.0


def test_events_tell_rising_times_and_how_long_a_stage_really_took(
    monkeypatch: pytest.MonkeyPatch, database_address: str
) -> None:
    clocks = Clocks(monkeypatch)

    async def tell() -> tuple[Event, ...]:
        database = Database(database_address)
        await Songs(database).create_song("abc", "lofi", 1)
        events = Events(database)
        story = ProgressEvents(events, "abc", take=1)
        await story.started("render")
        clocks.pass_(2.0, -7137.0)
        await story.progress("render", "bass")
        clocks.pass_(1.0, 40 * 86_400.0)
        await story.progress("render", "drums")
        await story.finished_when("render", 2)
        found = await events.events("abc")
        await database.close()
        return found

    told = asyncio.run(tell())
    assert elapsed_since_first_s(told) == pytest.approx([0.0, 2.0, 3.0, 3.0], abs=0.01)
    assert told[-1].data == {"take": 1, "seconds": 3.0, "detail": ""}


@given(walls=st.lists(st.floats(0, 4e9), min_size=1), names=st.lists(st.sampled_from(["", "a", "b"]), min_size=1))
def test_the_elapsed_time_of_events_never_falls(walls: list[float], names: list[str]) -> None:
    events = [
        Event(
            id=number,
            song_id="abc",
            at=datetime.fromtimestamp(wall, UTC),
            kind="x",
            data={},
            clock=names[number % len(names)],
            steady_s=float(number),
        )
        for number, wall in enumerate(walls)
    ]
    elapsed = elapsed_since_first_s(events)
    assert elapsed == sorted(elapsed)
    assert elapsed[0] == 0.0


def test_all_processes_of_a_machine_name_the_same_clock() -> None:
    assert clock.steady_clock() == clock.now().clock != ""


@pytest.mark.parametrize(
    ("clock_s", "ahead"), [(100.0, 0.0), (103.0, 0.0), (105.0, 0.0), (111.0, 6.0), (99.2, 0.0), (94.0, -5.0)]
)
def test_a_clock_is_ahead_only_by_what_no_delay_explains(clock_s: float, ahead: float) -> None:
    assert clock.ahead_s(clock_s, before_s=100.0, after_s=105.0, grain_s=1.0) == ahead
