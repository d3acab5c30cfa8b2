"""Accepting songs within a person's limits, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from aurax.adapters.sql import ledger as ledger_module
from aurax.adapters.sql import shared_clock
from aurax.adapters.sql.admissions import Admissions
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.ledger import Ledger
from aurax.adapters.sql.owned import Library
from aurax.adapters.sql.people import People
from aurax.adapters.sql.songs import Songs
from aurax.adapters.sql.tables import AdmissionRow
from aurax.errors import BudgetExceeded, LimitReached, NotAllowed, NotFound
from aurax.services.lineage import Lineage
from aurax.services.people.accounts import add_person
from aurax.services.people.admit_song import admit_song
from aurax.services.people.limits import Limits
from aurax.services.ports import Asset
from aurax.services.request import SongRequest
from aurax.services.task import SongTask


@pytest.fixture
async def ada(database: Database) -> str:
    return (await add_person(People(database), "Ada")).id


def task(owner: str | None, *, engine: str | None = None) -> SongTask:
    request = SongRequest(prompt="lofi", seed=1, engine=engine)
    return SongTask(song_id=uuid.uuid4().hex, request=request, lineage=Lineage(owner=owner))


async def test_an_accepted_song_is_its_owner_s_and_being_made(database: Database, ada: str) -> None:
    wanted = task(ada)
    await admit_song(Admissions(database), wanted)
    song = await Library(database, ada).songs.get_song(wanted.song_id)
    assert (song.status, song.prompt, song.request) == ("making", "lofi", wanted.stored())


async def test_a_song_accepted_twice_counts_once(database: Database, ada: str) -> None:
    admissions, wanted = Admissions(database, Limits(songs_per_day=1, songs_at_once=1)), task(ada)
    for _ in range(3):
        await admit_song(admissions, wanted)
    assert (await admissions.limits_and_use(ada))[1].songs_per_day == 1


async def test_without_an_owner_nothing_is_limited(database: Database) -> None:
    admissions = Admissions(database, Limits(songs_at_once=0, songs_per_day=0, stored_bytes=0))
    wanted = task(None)
    await admit_song(admissions, wanted)
    assert (await Songs(database).get_song(wanted.song_id)).status == "making"


async def test_of_many_songs_at_once_no_more_are_accepted_than_the_limit_allows(
    database_address: str, database: Database, ada: str
) -> None:
    programs = [Database(database_address) for _ in range(3)]
    tasks = [task(ada) for _ in range(12)]
    admitted = await asyncio.gather(
        *(
            admit_song(Admissions(programs[number % 3], Limits(songs_at_once=2)), one)
            for number, one in enumerate(tasks)
        ),
        return_exceptions=True,
    )
    for program in programs:
        await program.close()
    assert [type(one) for one in admitted if one is not None] == [LimitReached] * 10
    assert len(await Library(database, ada).songs.list_songs()) == 2


async def test_a_refused_song_leaves_nothing(database: Database, ada: str) -> None:
    admissions = Admissions(database, Limits(songs_per_day=0))
    with pytest.raises(LimitReached):
        await admit_song(admissions, task(ada))
    assert await Library(database, ada).songs.list_songs() == ()
    assert (await admissions.limits_and_use(ada))[1].songs_per_day == 0


async def test_one_person_s_songs_do_not_count_for_another(database: Database, ada: str) -> None:
    admissions = Admissions(database, Limits(songs_at_once=1))
    bo = (await add_person(People(database), "Bo")).id
    await admit_song(admissions, task(ada))
    await admit_song(admissions, task(bo))
    assert (await admissions.limits_and_use(bo))[1].songs_at_once == 1


async def test_a_finished_song_makes_room_at_once_but_not_in_the_day(database: Database, ada: str) -> None:
    first = task(ada)
    await admit_song(Admissions(database, Limits(songs_at_once=1)), first)
    await Songs(database).set_song_status(first.song_id, "delivered")
    await admit_song(Admissions(database, Limits(songs_at_once=1)), task(ada))
    with pytest.raises(LimitReached) as refused:
        await admit_song(Admissions(database, Limits(songs_per_day=2)), task(ada))
    assert refused.value.limit == "songs_per_day"


async def test_a_removed_song_still_counts_in_its_day(database: Database, ada: str) -> None:
    first, admissions = task(ada), Admissions(database, Limits(songs_per_day=1))
    await admit_song(admissions, first)
    await Songs(database).delete_song(first.song_id)
    with pytest.raises(LimitReached):
        await admit_song(admissions, task(ada))


async def accepted_at(database: Database, song_id: str) -> datetime:
    async with database.reading() as connection:
        moment: datetime = (
            await connection.execute(select(AdmissionRow.at).where(AdmissionRow.song_id == song_id))
        ).scalar_one()
        return moment


async def test_the_day_frees_24_hours_after_the_song_that_fills_it(database: Database, ada: str) -> None:
    first, second, admissions = task(ada), task(ada), Admissions(database, Limits(songs_per_day=2))
    await admit_song(admissions, first)
    await admit_song(admissions, second)
    with pytest.raises(LimitReached) as refused:
        await admit_song(admissions, task(ada))
    assert refused.value.frees_at == await accepted_at(database, first.song_id) + timedelta(hours=24)


async def test_a_song_of_the_day_before_does_not_count(database: Database, ada: str) -> None:
    first, admissions = task(ada), Admissions(database, Limits(songs_per_day=1))
    await admit_song(admissions, first)
    earlier = await accepted_at(database, first.song_id) - timedelta(hours=24)
    async with database.writing() as connection:
        await connection.execute(update(AdmissionRow).values(at=earlier))
    await admit_song(admissions, task(ada))
    assert (await admissions.limits_and_use(ada))[1].songs_per_day == 1


async def test_stored_objects_count_once_each(database: Database, ada: str) -> None:
    songs, admissions = Songs(database), Admissions(database, Limits(stored_bytes=150))
    for wanted in (task(ada), task(ada)):
        await admit_song(admissions, wanted)
        shared = Asset(name="mix", key="audio/a.flac", sha256="a", bytes=100)
        await songs.save_assets(wanted.song_id, [shared, shared.model_copy(update={"name": "again"})])
    assert (await admissions.limits_and_use(ada))[1].stored_bytes == 100
    await songs.save_assets(wanted.song_id, [Asset(name="own", key="audio/b.flac", sha256="b", bytes=50)])
    with pytest.raises(LimitReached, match="remove songs"):
        await admit_song(admissions, task(ada))


async def test_own_limits_win_over_those_of_the_settings(database: Database, ada: str) -> None:
    await People(database).set_limits(ada, {"songs_per_day": None})
    await admit_song(Admissions(database, Limits(songs_per_day=0)), task(ada))
    assert len(await Library(database, ada).songs.list_songs()) == 1


async def test_nothing_is_accepted_for_a_disabled_person(database: Database, ada: str) -> None:
    await People(database).disable(ada)
    with pytest.raises(NotAllowed):
        await admit_song(Admissions(database), task(ada))


async def test_nothing_is_accepted_for_a_person_who_is_gone(database: Database) -> None:
    with pytest.raises(NotAllowed):
        await admit_song(Admissions(database), task("nobody"))


@pytest.mark.parametrize("other", ["a person", "nobody"])
async def test_another_s_song_is_not_taken_over(database: Database, ada: str, other: str) -> None:
    bo = (await add_person(People(database), "Bo")).id if other == "a person" else None
    his = task(bo)
    await admit_song(Admissions(database), his)
    stolen = his.model_copy(update={"lineage": Lineage(owner=ada)})
    with pytest.raises(NotAllowed):
        await admit_song(Admissions(database), stolen)
    assert [song.id for song in await Library(database, bo).songs.list_songs()] == [his.song_id]


async def test_a_song_goes_into_no_foreign_project_or_session(database: Database, ada: str) -> None:
    project = await Library(database, None).projects.create("Of nobody")
    with pytest.raises(NotFound, match="project"):
        await admit_song(Admissions(database), task(ada), project_id=project.id)
    in_session = task(ada).model_copy(update={"lineage": Lineage(owner=ada, session_id="s1")})
    async with database.writing() as connection:
        await connection.execute(text("INSERT INTO sessions (id, started_at) VALUES ('s1', '2026-11-26 12:00:00')"))
    with pytest.raises(NotFound, match="session"):
        await admit_song(Admissions(database), in_session)
    assert await Library(database, ada).songs.list_songs() == ()


async def test_a_song_made_once_more_counts_as_another(database: Database, ada: str) -> None:
    wanted, admissions = task(ada), Admissions(database, Limits(songs_per_day=1))
    await admit_song(admissions, wanted)
    await Songs(database).set_song_status(wanted.song_id, "failed")
    with pytest.raises(LimitReached):
        await admit_song(admissions, wanted, again=True)
    await admit_song(Admissions(database), wanted, again=True)
    assert (await Songs(database).get_song(wanted.song_id)).status == "making"


async def spend(database: Database, song_id: str, usd: float, key: str, limits: Limits) -> None:
    await Ledger(database, limits).reserve(song_id, "generation", "a call", usd, key=key)


async def test_paid_calls_of_all_songs_of_a_person_stay_within_their_month(database: Database, ada: str) -> None:
    limits = Limits(usd_per_month=1.0)
    songs = [task(ada), task(ada)]
    for wanted in songs:
        await admit_song(Admissions(database), wanted)
    await spend(database, songs[0].song_id, 0.6, "one", limits)
    with pytest.raises(BudgetExceeded, match="the person's limit of"):
        await spend(database, songs[1].song_id, 0.5, "two", limits)
    await spend(database, songs[1].song_id, 0.4, "two", limits)
    assert (await Admissions(database, limits).limits_and_use(ada))[1].usd_per_month == 1.0


async def test_what_was_spent_for_a_removed_song_still_counts(database: Database, ada: str) -> None:
    limits, first, second = Limits(usd_per_month=1.0), task(ada, engine="debug"), task(ada, engine="debug")
    for wanted in (first, second):
        await admit_song(Admissions(database, limits), wanted)
    await spend(database, first.song_id, 1.0, "one", limits)
    await Songs(database).delete_song(first.song_id)
    with pytest.raises(BudgetExceeded):
        await spend(database, second.song_id, 0.01, "two", limits)
    with pytest.raises(LimitReached, match="paid calls"):
        await admit_song(Admissions(database, limits), task(ada, engine="debug"))


async def test_songs_of_nobody_know_no_personal_limit(database: Database) -> None:
    wanted, limits = task(None), Limits(usd_per_month=0.0)
    await admit_song(Admissions(database, limits), wanted)
    await spend(database, wanted.song_id, 5.0, "one", limits)
    (line,) = await Ledger(database).song_lines(wanted.song_id)
    assert line.micro_usd == 5_000_000


async def test_a_repeated_attempt_takes_over_its_own_reservation_within_the_limit(database: Database, ada: str) -> None:
    wanted, limits = task(ada), Limits(usd_per_month=1.0)
    await admit_song(Admissions(database), wanted)
    for _ in range(3):
        await spend(database, wanted.song_id, 0.9, "one", limits)
    assert len(await Ledger(database).song_lines(wanted.song_id)) == 1


async def test_on_postgresql_a_wrong_clock_of_a_worker_makes_no_room(
    database: Database, database_kind: str, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database_kind == "sqlite":
        pytest.skip("a file's clock is the machine's own")
    limits = Limits(songs_per_day=1, usd_per_month=1.0)
    wanted = task(ada)
    await admit_song(Admissions(database, limits), wanted)
    await spend(database, wanted.song_id, 1.0, "one", limits)
    for module in (shared_clock, ledger_module):
        monkeypatch.setattr(module, "now", lambda: datetime.now(UTC) + timedelta(days=40))
    with pytest.raises(LimitReached):
        await admit_song(Admissions(database, limits), task(ada))
    with pytest.raises(BudgetExceeded):
        await spend(database, wanted.song_id, 0.1, "two", limits)
