"""The ledger, on SQLite and on PostgreSQL: nothing is overspent, nothing counted twice, nothing forgotten."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text, update

from aurax.adapters.sql import migrate as migrate_module
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.ledger import Ledger, Reservation, month_of
from aurax.adapters.sql.migrate import migrate
from aurax.adapters.sql.songs import Songs
from aurax.adapters.sql.tables import LedgerRow
from aurax.engines.runtime import Usage
from aurax.errors import BudgetExceeded, InvalidOption

USAGE = Usage(
    engine="musicgen-large", runtime="modal", device="A100-40GB", seconds=70.5, cold=True, load_s=9, audio_s=180
)


@pytest.fixture
async def ledger(database: Database) -> Ledger:
    for song in ("one", "two"):
        await Songs(database).create_song(song, "lofi", 1)
    return Ledger(database)


async def reserve(
    ledger: Ledger,
    usd: float,
    key: str = "call",
    song: str = "one",
    budget: float | None = None,
    cap: float | None = None,
) -> Reservation:
    return await ledger.reserve(
        song, "generation", "musicgen-large", usd, key=key, budget_usd=budget, monthly_cap_usd=cap
    )


async def month_total_usd(ledger: Ledger) -> float:
    """Of the month in which the first line was written."""
    lines = await ledger.month_lines(month_of((await ledger.lines())[0].at))
    return round(sum(line.usd for line in lines), 6)


async def song_total_usd(ledger: Ledger, song_id: str) -> float:
    """What counts against a song's budget."""
    return round(sum(line.usd for line in await ledger.song_lines(song_id)), 6)


async def outcomes(ledger: Ledger, count: int, usd: float, **limits: float) -> list[bool]:
    """Whether each of many simultaneous calls got its money."""

    async def one(number: int) -> bool:
        try:
            await reserve(ledger, usd, key=f"call {number}", song=("one", "two")[number % 2], **limits)
        except BudgetExceeded:
            return False
        return True

    return list(await asyncio.gather(*(one(number) for number in range(count))))


async def test_a_settled_line_tells_what_the_call_used(ledger: Ledger) -> None:
    reservation = await reserve(ledger, 0.5)
    await ledger.settle(reservation, USAGE, 0.0411, tokens_in=900, tokens_out=70, priced_on=date(2026, 11, 1))
    (line,) = await ledger.song_lines("one")
    assert line.model_dump(exclude={"at"}) == {
        "song_id": "one",
        "status": "settled",
        "stage": "generation",
        "what": "musicgen-large",
        **USAGE.model_dump(),
        "estimate_micro_usd": 500_000,
        "micro_usd": 41_100,
        "tokens_in": 900,
        "tokens_out": 70,
        "priced_on": date(2026, 11, 1),
    }


async def test_a_reservation_counts_with_its_estimate_until_it_is_settled(ledger: Ledger) -> None:
    reservation = await reserve(ledger, 0.5)
    assert await song_total_usd(ledger, "one") == 0.5
    await ledger.settle(reservation, USAGE, 0.0411)
    assert await song_total_usd(ledger, "one") == 0.0411


async def test_a_call_beyond_the_budget_is_refused_and_leaves_no_line(ledger: Ledger) -> None:
    await reserve(ledger, 0.4, key="first", budget=0.6)
    with pytest.raises(BudgetExceeded) as refusal:
        await reserve(ledger, 0.3, key="second", budget=0.6)
    assert "$0.20 left of $0.60" in refusal.value.found
    assert "$0.30" in refusal.value.expected
    assert len(await ledger.song_lines("one")) == 1


async def test_a_budget_can_be_spent_to_the_last_micro_dollar(ledger: Ledger) -> None:
    for number in range(6):
        await reserve(ledger, 0.1, key=str(number), budget=0.6)
    with pytest.raises(BudgetExceeded):
        await reserve(ledger, 0.000001, key="more", budget=0.6)
    assert await song_total_usd(ledger, "one") == 0.6


async def test_one_songs_budget_does_not_pay_for_another(ledger: Ledger) -> None:
    await reserve(ledger, 0.6, key="a", budget=0.6)
    await reserve(ledger, 0.6, key="b", song="two", budget=0.6)
    assert await month_total_usd(ledger) == 1.2


async def test_the_monthly_cap_counts_every_song(ledger: Ledger) -> None:
    await reserve(ledger, 0.6, key="a", cap=1.0)
    with pytest.raises(BudgetExceeded, match="AURAX_MONTHLY_CAP_USD"):
        await reserve(ledger, 0.6, key="b", song="two", cap=1.0)


async def test_what_an_earlier_month_cost_leaves_the_cap_alone(ledger: Ledger, database: Database) -> None:
    await ledger.settle(await reserve(ledger, 0.9, key="a"), USAGE, 0.9)
    async with database.writing() as connection:
        await connection.execute(update(LedgerRow).values(at=datetime(2020, 12, 31, 23, 59, 59, tzinfo=UTC)))
    await reserve(ledger, 0.9, key="b", cap=1.0)
    assert [line.usd for line in await ledger.month_lines("2020-12")] == [0.9]
    assert await ledger.month_lines("2021-01") == ()


async def test_a_free_call_is_never_refused(ledger: Ledger) -> None:
    await reserve(ledger, 1.0, key="a")
    await reserve(ledger, 0.0, key="b", budget=0.0, cap=0.0)
    assert len(await ledger.song_lines("one")) == 2


async def test_simultaneous_candidates_do_not_overspend_a_cap_together(ledger: Ledger) -> None:
    granted = await outcomes(ledger, 20, 0.1, cap=0.7)
    assert granted.count(True) == 7
    assert await month_total_usd(ledger) == 0.7


async def test_processes_do_not_overspend_a_budget_together(ledger: Ledger, database_address: str) -> None:
    program = (
        "import asyncio, sys\n"
        "from aurax.adapters.sql.database import Database\n"
        "from aurax.adapters.sql.ledger import Ledger\n"
        "from aurax.errors import BudgetExceeded\n"
        "async def main():\n"
        "    database = Database(sys.argv[1])\n"
        "    for number in range(6):\n"
        "        try:\n"
        "            await Ledger(database).reserve('one', 'generation', 'x', 0.1, key=sys.argv[2] + str(number),\n"
        "                budget_usd=0.8)\n"
        "        except BudgetExceeded:\n"
        "            pass\n"
        "    await database.close()\n"
        "asyncio.run(main())\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", program, database_address, name]) for name in ("a", "b")]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    assert await song_total_usd(ledger, "one") == 0.8


async def test_a_repeated_attempt_takes_the_open_reservation_over(ledger: Ledger) -> None:
    await reserve(ledger, 0.6, budget=0.6)
    second = await reserve(ledger, 0.5, budget=0.6)
    assert await song_total_usd(ledger, "one") == 0.5
    await ledger.settle(second, USAGE, 0.3)
    assert [(line.status, line.usd) for line in await ledger.song_lines("one")] == [("settled", 0.3)]


async def test_an_attempt_that_was_given_up_too_early_is_counted_when_it_reports(ledger: Ledger) -> None:
    slow = await reserve(ledger, 0.6)
    quick = await reserve(ledger, 0.6)
    for _ in range(2):
        await ledger.settle(slow, USAGE, 0.2)
    await ledger.settle(quick, USAGE, 0.1)
    assert sorted(line.usd for line in await ledger.song_lines("one")) == [0.1, 0.2]


async def test_settling_twice_counts_once(ledger: Ledger) -> None:
    reservation = await reserve(ledger, 0.6)
    for usd in (0.2, 0.3):
        await ledger.settle(reservation, USAGE, usd)
    assert [line.usd for line in await ledger.song_lines("one")] == [0.2]


async def test_releasing_gives_back_what_was_not_used(ledger: Ledger) -> None:
    await ledger.release(await reserve(ledger, 0.6, budget=0.6), USAGE, 0.15)
    (line,) = await ledger.song_lines("one")
    assert (line.status, line.usd, line.seconds) == ("failed", 0.15, 70.5)
    await reserve(ledger, 0.45, budget=0.6)
    with pytest.raises(BudgetExceeded):
        await reserve(ledger, 0.46, key="another", budget=0.6)


async def test_a_released_call_that_used_nothing_costs_nothing(ledger: Ledger) -> None:
    reservation = await reserve(ledger, 0.6)
    for _ in range(2):
        await ledger.release(reservation)
    assert await song_total_usd(ledger, "one") == 0.0


async def test_a_call_that_cost_more_than_estimated_is_counted_in_full(ledger: Ledger) -> None:
    await ledger.settle(await reserve(ledger, 0.1, budget=0.2), USAGE, 0.25)
    assert await song_total_usd(ledger, "one") == 0.25
    with pytest.raises(BudgetExceeded, match=r"\$0 left"):
        await reserve(ledger, 0.01, key="more", budget=0.2)


async def test_sums_are_exact(ledger: Ledger) -> None:
    for number in range(30):
        await ledger.settle(await reserve(ledger, 0.0, key=str(number)), None, 0.1)
    assert await song_total_usd(ledger, "one") == 3.0
    assert sum(0.1 for _ in range(30)) != 3.0


@pytest.mark.parametrize("amount", [-0.01, float("nan"), float("inf")])
async def test_impossible_amounts_are_refused(ledger: Ledger, amount: float) -> None:
    with pytest.raises(InvalidOption):
        await reserve(ledger, amount)
    assert await ledger.lines() == ()


@pytest.mark.parametrize("month", ["2026-13", "2026", "November", "", "0000-01"])
async def test_what_is_no_month_is_refused(ledger: Ledger, month: str) -> None:
    with pytest.raises(InvalidOption, match="2026-11"):
        await ledger.month_lines(month)


def at_revision(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(str(migrate_module.__file__)).parent / "migrations"))
    config.attributes["connection"] = connection
    (command.downgrade if inspect(connection).has_table("alembic_version") else command.upgrade)(config, revision)


async def test_lines_of_the_first_schema_keep_their_cost_to_the_micro_dollar(empty_address: str) -> None:
    database = Database(empty_address)
    costs = [0.1, 0.2, 0.041103, 0.0, 12.345678]
    async with database.writing() as connection:
        await connection.run_sync(at_revision, "0001")
        await connection.execute(
            text(
                "INSERT INTO songs (id, prompt, seed, status, created_at, updated_at, details) VALUES "
                "('old', 'lofi', 1, 'delivered', '2026-10-01 10:00:00', '2026-10-01 10:00:00', '{}')"
            )
        )
        for cost in costs:
            await connection.execute(
                text(
                    "INSERT INTO ledger (song_id, at, what, cost_usd, details) VALUES "
                    f"('old', '2026-10-01 10:00:00.000000', 'musicgen', {cost}, '{{\"x\": 1}}')"
                )
            )
    assert await migrate(database) is True
    lines = await Ledger(database).month_lines("2026-10")
    assert [line.usd for line in lines] == costs
    assert {(line.status, line.what, line.song_id) for line in lines} == {("settled", "musicgen", "old")}
    async with database.writing() as connection:
        await connection.run_sync(at_revision, "0001")
    await database.close()


async def test_the_migration_can_be_taken_back_without_losing_a_cost(database: Database) -> None:
    await Songs(database).create_song("one", "lofi", 1)
    await Ledger(database).settle(await reserve(Ledger(database), 0.6), USAGE, 0.041103)
    async with database.writing() as connection:
        await connection.run_sync(at_revision, "0001")
    async with database.reading() as connection:
        (line,) = await connection.execute(text("SELECT what, cost_usd FROM ledger"))
    assert (line.what, float(line.cost_usd)) == ("musicgen-large", 0.041103)
