"""The database, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aurax.adapters.sql.database import Database
from aurax.adapters.sql.events import Events
from aurax.adapters.sql.migrate import migrate
from aurax.adapters.sql.songs import Asset, Songs
from aurax.errors import CorruptData, InvalidOption
from aurax.judge.verdict import Check, PartVerdict, Verdict
from aurax.produce.take import TakeResult, TakeSettings


def url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / 'aurax.db'}"


def take(number: int, score: float) -> TakeResult:
    check = Check(name="key", layer="score", target="C major", measured="A minor", passed=False)
    return TakeResult(
        settings=TakeSettings(number=number, seed=number * 2**40),
        verdict=Verdict(
            passed=False,
            score=score,
            fidelity=PartVerdict(passed=False, score=score),
            quality=PartVerdict(passed=True, score=100.0),
            checks=(check,),
        ),
    )


async def test_migrating_twice_changes_nothing(database: Database) -> None:
    assert await migrate(database) is False


def test_processes_may_migrate_the_same_new_database_at_once(empty_address: str) -> None:
    program = (
        "import asyncio, sys\n"
        "from aurax.adapters.sql.database import Database\n"
        "from aurax.adapters.sql.migrate import migrate\n"
        "print(asyncio.run(migrate(Database(sys.argv[1]))))\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, empty_address], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert sorted(process.communicate(timeout=60)[0].strip() for process in processes) == ["False", "False", "True"]


async def test_a_file_that_is_no_database_is_reported_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "aurax.db"
    file.write_bytes(b"this is not a database" * 500)
    database = Database(url(tmp_path))
    with pytest.raises(CorruptData, match="move this file away"):
        await migrate(database)
    await database.close()
    assert file.read_bytes() == b"this is not a database" * 500


async def test_a_damaged_database_is_reported(tmp_path: Path) -> None:
    first = Database(url(tmp_path))
    await migrate(first)
    for number in range(200):
        await Songs(first).create_song(f"song{number}", "lofi " * 50, number)
    await first.close()
    file = tmp_path / "aurax.db"
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(bytes(content))
    second = Database(url(tmp_path))
    with pytest.raises(CorruptData, match="nothing was deleted"):
        await Songs(second).list_songs()
    await second.close()


async def test_a_song_is_found_by_a_unique_beginning_of_its_id(database: Database) -> None:
    songs = Songs(database)
    await songs.create_song("abc123", "lofi", 1)
    await songs.create_song("abd999", "house", 2)
    assert (await songs.get_song("abc")).prompt == "lofi"
    assert (await songs.get_song("abd999")).prompt == "house"


@pytest.mark.parametrize("beginning", ["ab", "zzz", "", "%", "a_c"])
async def test_an_ambiguous_or_unknown_beginning_is_refused(database: Database, beginning: str) -> None:
    songs = Songs(database)
    await songs.create_song("abc123", "lofi", 1)
    await songs.create_song("abd999", "house", 2)
    with pytest.raises(InvalidOption, match="aurax songs"):
        await songs.get_song(beginning)


async def test_songs_are_listed_newest_first_in_utc(database: Database) -> None:
    songs = Songs(database)
    await songs.create_song("one", "lofi", 1, takes=3)
    await songs.create_song("two", "house", 2**62)
    newest, oldest = await songs.list_songs()
    assert (newest.id, newest.seed, oldest.id, oldest.details) == ("two", 2**62, "one", {"takes": 3})
    assert newest.created_at.tzinfo == UTC
    assert abs((datetime.now(UTC) - newest.created_at).total_seconds()) < 60


async def test_a_final_status_is_not_overwritten(database: Database) -> None:
    songs = Songs(database)
    await songs.create_song("one", "lofi", 1)
    await songs.set_song_status("one", "cancelled")
    await songs.set_song_status("one", "failed")
    assert (await songs.get_song("one")).status == "cancelled"


async def test_a_repeated_take_overwrites_itself_and_one_take_is_accepted(database: Database) -> None:
    songs = Songs(database)
    await songs.create_song("one", "lofi", 1)
    for result in (take(1, 40.0), take(2, 70.0), take(2, 71.0)):
        await songs.save_take("one", result)
    await songs.accept_take("one", 1)
    await songs.accept_take("one", 2)
    assert [(row["number"], row["score"], row["accepted"]) for row in await songs.takes("one")] == [
        (1, 40.0, False),
        (2, 71.0, True),
    ]


async def test_released_objects_are_orphans_only_if_no_song_needs_them(database: Database) -> None:
    songs = Songs(database)
    for song in ("one", "two"):
        await songs.create_song(song, "lofi", 1)

    def asset(name: str, key: str) -> Asset:
        return Asset(name=name, key=key, sha256="0" * 64, bytes=1)

    await songs.save_assets("one", [asset("take 1/a", "A"), asset("take 1/b", "B"), asset("take 2/c", "C")])
    await songs.save_assets("two", [asset("take 1/a", "A")])
    assert await songs.release_assets("one", "take 1/") == ("B",)
    assert await songs.release_assets("one", keep=["take 2/c"]) == ()
    assert [one.name for one in await songs.assets("one")] == ["take 2/c"]


async def test_an_event_is_told_once_even_if_its_activity_is_repeated(database: Database) -> None:
    events = Events(database)
    await Songs(database).create_song("one", "lofi", 1)
    for _ in range(2):
        await events.append_event("one", "stem.rendered", {"stem": "bass"}, once="take 1/bass")
    await events.append_event("one", "stem.rendered", {"stem": "bass"}, once="take 2/bass")
    assert len(await events.events("one")) == 2


async def test_a_follower_sees_events_as_they_happen_and_stops_after_the_last(database: Database) -> None:
    events = Events(database)
    await Songs(database).create_song("one", "lofi", 1)
    await events.append_event("one", "song.started", {})
    delays_s: list[float] = []
    seen: list[str] = []

    async def listen() -> None:
        async for event in events.follow("one"):
            seen.append(event.kind)
            delays_s.append(time.time() - event.data.get("sent", time.time()))

    follower = asyncio.create_task(listen())
    await asyncio.sleep(0.1)
    await events.append_event("one", "mix.finished", {"sent": time.time()})
    await events.append_event("one", "song.delivered", {"sent": time.time()})
    await asyncio.wait_for(follower, 5)
    assert seen == ["song.started", "mix.finished", "song.delivered"]
    assert max(delays_s) < 1.0


async def test_a_follower_resumes_after_the_last_event_it_saw(database: Database) -> None:
    events = Events(database)
    await Songs(database).create_song("one", "lofi", 1)
    await events.append_event("one", "song.started", {})
    first = (await events.events("one"))[0]
    await events.append_event("one", "song.failed", {})
    assert [event.kind async for event in events.follow("one", first.id)] == ["song.failed"]


async def test_many_writers_wait_for_each_other(database: Database) -> None:
    songs = Songs(database)
    await asyncio.gather(*(songs.create_song(f"song{number}", "lofi", number) for number in range(40)))
    assert len(await songs.list_songs(limit=100)) == 40


async def test_the_beginning_of_an_id_may_be_written_in_capitals(database: Database) -> None:
    await Songs(database).create_song("abc123", "lofi", 1)
    assert (await Songs(database).get_song("ABC")).id == "abc123"


async def test_a_whole_id_is_found_though_it_begins_another(database: Database) -> None:
    for song in ("abc", "abcd"):
        await Songs(database).create_song(song, "lofi", 1)
    assert (await Songs(database).get_song("abc")).id == "abc"


async def test_songs_are_counted_by_where_they_stand(database: Database) -> None:
    songs = Songs(database)
    for number in range(5):
        await songs.create_song(f"song{number}", "lofi", number)
    await songs.set_song_status("song1", "delivered", duration_s=12.5)
    assert (await songs.count_songs(), await songs.count_songs("making")) == (5, 4)
    assert await songs.song_ids("delivered", "failed") == {"song1"}
    assert await songs.durations_s() == {"song1": 12.5}


async def test_of_songs_that_let_go_of_an_object_at_once_one_is_told_that_nobody_needs_it(database: Database) -> None:
    songs = Songs(database)
    names = [f"song{number}" for number in range(6)]
    for name in names:
        await songs.create_song(name, "lofi", 1)
        await songs.save_assets(name, [Asset(name="take 1/a", key="shared", sha256="0" * 64, bytes=1)])
    released = await asyncio.gather(*(songs.delete_song(name) for name in names))
    assert sorted(released) == [()] * 5 + [("shared",)]


async def test_a_happening_with_a_very_long_name_is_told_once(database: Database) -> None:
    await Songs(database).create_song("one", "lofi", 1)
    for name in ("x" * 500 + "1", "x" * 500 + "2", "x" * 500 + "1"):
        await Events(database).append_event("one", "stem.rendered", {}, once=name)
    assert len(await Events(database).events("one")) == 2


async def test_numbers_that_are_none_are_stored_as_nothing(database: Database) -> None:
    await Songs(database).create_song("one", "lofi", 1)
    await Events(database).append_event("one", "mix.finished", {"lufs": float("-inf"), "peaks": [float("nan"), 1.5]})
    assert (await Events(database).events("one"))[0].data == {"lufs": None, "peaks": [None, 1.5]}


async def test_text_of_every_language_comes_back_as_it_was(database: Database) -> None:
    prompt = "Ünïcödé 音楽 🎹 'quoted' \"twice\" %s :name \\ line\nbreak"
    await Songs(database).create_song("one", prompt, 1, words={prompt: [prompt]})
    song = await Songs(database).get_song("one")
    assert (song.prompt, song.details) == (prompt, {"words": {prompt: [prompt]}})
