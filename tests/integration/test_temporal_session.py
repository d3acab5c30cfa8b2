"""Sessions on a real Temporal server, with activities that answer at once."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from builders.temporal import working
from temporal_fakes import FakeActivities
from temporalio.client import Client

from aurax.adapters.temporal.names import song_workflow_id
from aurax.adapters.temporal.session_client import SessionClient
from aurax.errors import InvalidOption, LimitReached
from aurax.services.prepare import PreparedSong
from aurax.services.request import SongRequest
from aurax.services.session import SessionState, Version
from aurax.services.understand import understand

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


def song(prompt: str = "lofi", **options: object) -> PreparedSong:
    request = SongRequest.of(prompt=prompt, seed=1, **options)
    return PreparedSong(request, understand(request))


@asynccontextmanager
async def a_session(
    client: Client, fakes: FakeActivities, data_dir: Path, **options: object
) -> AsyncIterator[SessionClient]:
    async with working(client, fakes.all(), data_dir) as settings:
        session = SessionClient(client, settings, uuid.uuid4().hex)
        await session.open(SessionState.model_validate({"session_id": session.session_id, **options}))
        yield session


async def until(session: SessionClient, holds: Callable[[SessionState], bool]) -> SessionState:
    async with asyncio.timeout(30):
        while True:
            state = await session.state()
            if holds(state):
                return state
            await asyncio.sleep(0.05)


def all_ended(state: SessionState) -> bool:
    return bool(state.versions) and all(one.is_ended for one in state.versions)


async def delivered(session: SessionClient) -> Version:
    version = (await until(session, all_ended)).now
    assert version is not None
    assert version.status == "delivered", version.error
    return version


async def test_a_request_makes_one_song_however_often_it_is_sent(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities()
    async with a_session(client, fakes, tmp_path) as session:
        answers = [await session.request_song(song(), request_id="r1") for _ in range(3)]
        await delivered(session)
        again = await session.request_song(song(), request_id="r1")
    assert len({answer.song_id for answer in (*answers, again)}) == 1
    assert fakes.calls["deliver_song"] == 1


async def test_a_note_on_a_delivered_song_makes_a_version_that_starts_from_it(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities()
    async with a_session(client, fakes, tmp_path) as session:
        await session.request_song(song())
        first = await delivered(session)
        answer = await session.steer("brighter")
        second = await delivered(session)
    assert answer.done == "version"
    assert (second.parent, second.note) == (first.name, "brighter")
    assert fakes.calls["compose_candidate"] == 3
    assert fakes.calls["mix_stems"] == 1
    assert fakes.calls["master_mix"] == 2


@pytest.mark.parametrize(
    ("note", "composed", "rendered", "mixed"),
    [("brighter", 0, 0, 0), ("louder bass", 0, 0, 1), ("slower", 0, 1, 1), ("another take", 3, 1, 1)],
)
async def test_only_what_a_note_touches_is_made_again(
    client: Client, tmp_path: Path, note: str, composed: int, rendered: int, mixed: int
) -> None:
    fakes = FakeActivities()
    async with a_session(client, fakes, tmp_path) as session:
        await session.request_song(song())
        await delivered(session)
        before = fakes.calls.copy()
        await session.steer(note)
        await delivered(session)
    made = fakes.calls - before
    assert (made["compose_candidate"], made["render bass"], made["mix_stems"]) == (composed, rendered, mixed)


async def test_a_note_reaches_the_song_that_is_being_made(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(mix_may_go_on=asyncio.Event())
    async with a_session(client, fakes, tmp_path) as session:
        await session.request_song(song())
        await fakes.mixing.wait()
        answer = await session.steer("brighter")
        fakes.mix_may_go_on.set()
        version = await delivered(session)
    assert answer.done == "steered"
    assert [note.note for note in version.revisions] == ["brighter"]
    assert len(await session_versions(fakes)) == 1
    assert fakes.calls["mix_stems"] == 1
    assert fakes.delivered[0].takes[-1].settings.mix.high_trim_db == 1.0


async def session_versions(fakes: FakeActivities) -> set[str]:
    return {task.song_id for task in fakes.tasks}


async def test_a_version_whose_base_is_gone_is_made_from_what_led_to_it(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities()
    async with a_session(client, fakes, tmp_path) as session:
        await session.request_song(song())
        await delivered(session)
        await session.steer("slower")
        await delivered(session)
        fakes.kept_layers.clear()
        await session.steer("louder bass")
        version = await delivered(session)
    assert [note.note for note in version.revisions] == ["louder bass"]
    assert [note.note for note in fakes.revisions[-1].revisions] == ["slower", "louder bass"]
    assert fakes.revisions[-1].score is not None


async def test_undo_brings_the_version_before_back(client: Client, tmp_path: Path) -> None:
    async with a_session(client, FakeActivities(), tmp_path) as session:
        await session.request_song(song())
        first = await delivered(session)
        await session.steer("slower")
        await delivered(session)
        answer = await session.undo()
        assert (answer.version, (await session.state()).current) == (first.name, first.name)
        with pytest.raises(InvalidOption, match="the first"):
            await session.undo()


async def test_a_note_may_ask_for_the_version_before(client: Client, tmp_path: Path) -> None:
    async with a_session(client, FakeActivities(), tmp_path) as session:
        await session.request_song(song())
        first = await delivered(session)
        await session.steer("slower")
        await delivered(session)
        answer = await session.steer("undo")
    assert (answer.done, answer.current) == ("undone", first.name)


async def test_a_version_that_was_taken_back_stays_in_the_tree(client: Client, tmp_path: Path) -> None:
    async with a_session(client, FakeActivities(), tmp_path) as session:
        await session.request_song(song())
        await delivered(session)
        for note in ("slower", "brighter"):
            await session.steer(note)
            await delivered(session)
            await session.undo()
        state = await session.state()
        await session.select("v2")
        assert (await session.state()).current == "v2"
    assert [(one.name, one.parent) for one in state.versions] == [("v1", None), ("v2", "v1"), ("v3", "v1")]


async def test_undo_takes_a_note_back_that_a_song_in_the_making_took_up(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(mix_may_go_on=asyncio.Event())
    async with a_session(client, fakes, tmp_path) as session:
        await session.request_song(song())
        await fakes.mixing.wait()
        await session.steer("slower")
        await session.undo()
        fakes.mix_may_go_on.set()
        version = await delivered(session)
        state = await session.state()
    assert version.revisions == ()
    assert [one.status for one in state.versions] == ["cancelled", "delivered"]


async def test_what_is_not_understood_is_asked_back_and_changes_nothing(client: Client, tmp_path: Path) -> None:
    async with a_session(client, FakeActivities(), tmp_path) as session:
        await session.request_song(song())
        await delivered(session)
        answer = await session.steer("make it flurb")
        assert answer.done == "nothing"
        assert answer.revision is not None
        assert answer.revision.refused[0].words == "make it flurb"
        assert len((await session.state()).versions) == 1


async def test_a_closed_session_says_so(client: Client, tmp_path: Path) -> None:
    async with a_session(client, FakeActivities(), tmp_path) as session:
        await session.close()
        await until_closed(session)
        with pytest.raises(InvalidOption, match="closed"):
            await session.close()
        with pytest.raises(InvalidOption, match="closed"):
            await session.request_song(song())


async def until_closed(session: SessionClient) -> None:
    async with asyncio.timeout(30):
        while await session.is_open():
            await asyncio.sleep(0.05)


async def test_closing_waits_for_the_songs(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(mix_may_go_on=asyncio.Event())
    async with a_session(client, fakes, tmp_path) as session:
        await session.request_song(song())
        await fakes.mixing.wait()
        await session.close()
        assert await session.is_open()
        fakes.mix_may_go_on.set()
        await until_closed(session)
        assert (await session.state()).versions[0].status == "delivered"


async def test_closing_may_cancel_the_songs(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(render_s=30.0)
    async with a_session(client, fakes, tmp_path) as session:
        await session.request_song(song())
        await fakes.rendering.wait()
        await session.close(cancel=True)
        await until_closed(session)
    assert [ending.status for ending in fakes.endings] == ["cancelled"]


async def test_an_idle_session_closes_by_itself(client: Client, tmp_path: Path) -> None:
    async with a_session(client, FakeActivities(), tmp_path, idle_s=1.0) as session:
        await session.request_song(song())
        await until_closed(session)
        state = await session.state()
    assert (state.close_reason, state.versions[0].status) == ("idle", "delivered")


async def test_a_failed_version_says_why_and_the_one_before_is_the_current_one(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities()
    async with a_session(client, fakes, tmp_path) as session:
        await session.request_song(song())
        await delivered(session)
        fakes.analysis_errors = [InvalidOption("a sound song", "a broken one", "mend it")]
        await session.steer("slower")
        state = await until(session, all_ended)
        with pytest.raises(InvalidOption, match="failed"):
            await session.steer("brighter", version="v2")
    assert state.current == "v1"
    assert "a broken one" in state.versions[1].error


async def test_more_notes_than_can_be_read_are_refused_and_none_that_was_accepted_is_lost(
    client: Client, tmp_path: Path
) -> None:
    fakes = FakeActivities(mix_may_go_on=asyncio.Event())
    async with a_session(client, fakes, tmp_path) as session:
        await session.request_song(song())
        await fakes.mixing.wait()
        results = await asyncio.gather(*(session.steer("brighter") for _ in range(150)), return_exceptions=True)
        fakes.mix_may_go_on.set()
        state = await until(session, all_ended)
    accepted = [one for one in results if not isinstance(one, BaseException)]
    refused = [one for one in results if isinstance(one, BaseException)]
    assert refused
    assert {type(one) for one in refused} == {InvalidOption}
    assert any("at most 20 notes" in str(one) for one in refused)
    assert sum(len(one.revisions) for one in state.versions) >= len(accepted)


async def test_songs_beyond_those_at_once_wait(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(mix_may_go_on=asyncio.Event())
    async with a_session(client, fakes, tmp_path, songs_at_once=1) as session:
        for _ in range(3):
            await session.request_song(song())
        await fakes.mixing.wait()
        statuses = [one.status for one in (await session.state()).versions]
        fakes.mix_may_go_on.set()
        await until(session, all_ended)
    assert statuses == ["making", "waiting", "waiting"]
    assert fakes.calls["deliver_song"] == 3


async def test_a_cancelled_version_leaves_nothing(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(render_s=30.0)
    async with a_session(client, fakes, tmp_path) as session:
        answer = await session.request_song(song())
        await fakes.rendering.wait()
        await session.cancel("v1")
        state = await until(session, all_ended)
        described = await client.get_workflow_handle(song_workflow_id(str(answer.song_id))).describe()
    assert state.versions[0].status == "cancelled"
    assert described.status is not None
    assert described.status.name == "CANCELED"
    assert fakes.endings[0].status == "cancelled"


async def test_asking_opens_a_session_that_is_not_there(client: Client, tmp_path: Path) -> None:
    async with working(client, FakeActivities().all(), tmp_path) as settings:
        session = SessionClient(client, settings, uuid.uuid4().hex)
        opening = SessionState(session_id=session.session_id)
        await session.request_song(song(), opening=opening)
        await session.request_song(song(), opening=opening)
        state = await until(session, all_ended)
    assert [one.name for one in state.versions] == ["v1", "v2"]


async def test_versions_have_names_ratings_and_are_written_down(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities()
    async with a_session(client, fakes, tmp_path) as session:
        await session.request_song(song())
        await delivered(session)
        await session.steer("slower")
        await delivered(session)
        await session.name("v1", "night mix")
        await session.rate(5, "lovely", version="night mix")
        with pytest.raises(InvalidOption, match="no version has"):
            await session.name("v2", "night mix")
        state = await session.state()
        await session.close()
        await until_closed(session)
    assert [(one.name, one.parent, one.rating) for one in state.versions] == [
        ("night mix", None, 5),
        ("v2", "night mix", None),
    ]
    written = {one.name: one for request in fakes.kept for one in request.versions}
    assert written["night mix"].rating_words == "lovely"
    assert fakes.kept[-1].closed_at is not None


async def test_a_session_outlives_a_database_that_is_away(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(keep_errors=[RuntimeError("away"), RuntimeError("away")])
    async with a_session(client, fakes, tmp_path) as session:
        await session.request_song(song())
        await delivered(session)
        await session.close()
        await until_closed(session)
    assert [one.status for one in fakes.kept[-1].versions] in ([], ["delivered"])


async def test_a_song_beyond_its_owner_s_limits_is_refused_at_once(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(admission_errors=[LimitReached("at most 1 song at a time", "1", "wait for it")])
    async with a_session(client, fakes, tmp_path, owner="ada") as session:
        with pytest.raises(LimitReached, match="at most 1 song"):
            await session.request_song(song())
        assert (await session.state()).versions == ()
        await session.request_song(song())
        await delivered(session)


async def test_an_owner_s_song_that_was_accepted_and_never_started_is_ended(client: Client, tmp_path: Path) -> None:
    fakes = FakeActivities(mix_may_go_on=asyncio.Event())
    async with a_session(client, fakes, tmp_path, owner="ada", songs_at_once=1) as session:
        await session.request_song(song())
        waiting = await session.request_song(song())
        await session.cancel(str(waiting.version))
        fakes.mix_may_go_on.set()
        await until(session, all_ended)
    assert [(ending.song_id, ending.status) for ending in fakes.endings] == [(waiting.song_id, "cancelled")]
