"""A session while somebody is there: its requests, its songs followed, and what is delivered put into folders."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from aurax.adapters.local.claims import Claims
from aurax.adapters.local.connect import Servers
from aurax.adapters.local.data_folder import open_data_folder
from aurax.adapters.local.disk_space import check_disk_space
from aurax.adapters.local.make_song import Destination
from aurax.adapters.local.resume import collect_finished
from aurax.adapters.local.session_link import SessionLink
from aurax.adapters.local.session_news import News, OnNews
from aurax.adapters.local.temporal_link import TemporalLink
from aurax.adapters.sql.ended import ended_songs
from aurax.adapters.sql.events import Events
from aurax.adapters.sql.opening import open_database
from aurax.adapters.sql.sessions import Sessions
from aurax.adapters.sql.songs import Songs
from aurax.adapters.temporal.session_client import SessionClient, new_request_id
from aurax.deliver.slug import slug
from aurax.errors import AuraxError, InvalidOption
from aurax.services import session_steps as steps
from aurax.services.prepare import PreparedSong, require_engine, within_budget
from aurax.services.reopen_session import reopened
from aurax.services.session import Answer, SessionState, Version
from aurax.services.song import Deliverable, Song
from aurax.settings import Settings

if TYPE_CHECKING:
    from aurax.adapters.sql.database import Database

_LOOK_EVERY_S = 0.3
_LOOK_IDLY_EVERY_S = 5.0


class LiveSession:
    """One session, kept up with; made by `begin` or `come_back`, ended by `leave`.

    Args:
        settings: where data lives.
        services: the servers, kept up by the caller.
        database: a migrated database.
        session_id: the session.
        out: versions are put into folders in it; `out/<title>-<version>` when None.
        on_news: called with what happens.
    """

    def __init__(
        self,
        settings: Settings,
        services: Servers,
        database: Database,
        session_id: str,
        out: Path | None,
        on_news: OnNews,
    ) -> None:
        self.session_id = session_id
        self.state = SessionState(session_id=session_id)
        """As it was seen last."""
        self._settings = settings
        self._database = database
        self._songs = Songs(database)
        self._out = out
        self._tell = on_news
        self._link = SessionLink(settings, TemporalLink(settings, services), session_id)
        self._opening: SessionState | None = None
        self._asked = 0
        self._seen = 0
        self._settled: set[str] = set()
        self._followers: dict[str, asyncio.Task[None]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._nudged = asyncio.Event()
        self._looked = asyncio.Condition()
        self._stack = AsyncExitStack()

    @classmethod
    async def begin(cls, settings: Settings, services: Servers, out: Path | None, on_news: OnNews) -> Self:
        """A new session; it is opened with its first song.

        Raises:
            AuraxError: the data folder or the database cannot be used.
        """
        live = await cls._opened(settings, services, None, out, on_news)
        live._opening = live.state
        return live

    @classmethod
    async def come_back(
        cls, settings: Settings, services: Servers, session_id: str, out: Path | None, on_news: OnNews
    ) -> Self:
        """An earlier session: as it is when it is open, else opened again from what was written down of it.

        Raises:
            NotFound: there is no such session.
            AuraxError: the data folder or the database cannot be used, or the servers do not come up.
        """
        live = await cls._opened(settings, services, session_id, out, on_news)
        try:
            if await live._link.ask(lambda session: session.is_open()):
                with contextlib.suppress(InvalidOption):  # it closes in this moment
                    await live._link.ask(lambda session: session.touch())
            else:
                await live._open_again()
            await live._remember_settled()
            live._look_on()
        except BaseException:
            await asyncio.shield(live.leave())
            raise
        return live

    @classmethod
    async def _opened(
        cls, settings: Settings, services: Servers, session_id: str | None, out: Path | None, on_news: OnNews
    ) -> Self:
        await asyncio.to_thread(open_data_folder, settings)
        async with AsyncExitStack() as stack:
            database = await stack.enter_async_context(open_database(settings))
            sessions = Sessions(database)
            known = uuid.uuid4().hex if session_id is None else (await sessions.get_session(session_id)).id
            live = cls(settings, services, database, known, out, on_news)
            live._stack = stack.pop_all()
        return live

    async def leave(self) -> None:
        """Stop following; the session stays as it is."""
        tasks = [*self._followers.values(), *([self._looking] if self._looking is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._stack.aclose()

    # Requests ----------------------------------------------------------------------------------------------------

    async def request_song(self, song: PreparedSong, *, request_id: str | None = None) -> Answer:
        """Ask for a song; the first one opens the session.

        Args:
            song: what to make, checked.
            request_id: names the request; the same id again makes no second song.

        Raises:
            InvalidOption: the session is full.
            StorageFull: the disk has no room for the song.
            AuraxError: the engine cannot run here, or the servers do not come up.
        """
        require_engine(self._settings, song.request.engine)
        song = within_budget(self._settings, song)
        check_disk_space(self._settings, song.intent.duration_s)
        known, opening = request_id or new_request_id(), self._opening
        answer = await self._request(
            lambda session: session.request_song(song, request_id=known, opening=opening), opens=True
        )
        self._opening = None
        return answer

    async def steer(self, note: str, *, version: str | None = None) -> Answer:
        """Change a version by a note; the current one when None."""
        known = new_request_id()
        return await self._request(lambda session: session.steer(note, version=version, request_id=known))

    async def undo(self) -> Answer:
        """Make the version before the current one."""
        known = new_request_id()
        return await self._request(lambda session: session.undo(request_id=known))

    async def select(self, version: str) -> Answer:
        """Make a version the current one."""
        known = new_request_id()
        return await self._request(lambda session: session.select(version, request_id=known))

    async def cancel(self, version: str | None = None) -> Answer:
        """Cancel a version that waits or is being made; the current one when None."""
        name, known = version or steps.require_current(self.state).name, new_request_id()
        return await self._request(lambda session: session.cancel(name, request_id=known))

    async def rate(self, stars: int, words: str = "", *, version: str | None = None) -> Answer:
        """Rate a version; the current one when None."""
        known = new_request_id()
        return await self._request(lambda session: session.rate(stars, words, version=version, request_id=known))

    async def name(self, name: str, *, version: str | None = None) -> Answer:
        """Give a version another name; the current one when None."""
        old, known = version or steps.require_current(self.state).name, new_request_id()
        return await self._request(lambda session: session.name(old, name, request_id=known))

    async def close(self, *, cancel: bool = False) -> None:
        """Close the session, once its songs are finished and collected, or cancelled.

        Args:
            cancel: whether songs in the making are cancelled.

        Raises:
            InvalidOption: it is closed already.
            AuraxError: the servers do not come up.
        """
        if self._opening is not None:
            return  # nothing was ever asked
        known = new_request_id()
        await self._link.ask(lambda session: session.close(cancel=cancel, request_id=known))
        self._nudged.set()
        await self.wait()
        while await self._link.ask(lambda session: session.is_open()):
            await asyncio.sleep(_LOOK_EVERY_S)

    async def wait(self) -> SessionState:
        """Wait until every version is delivered into its folder, failed or cancelled.

        Raises:
            AuraxError: the servers do not come up, or the database does not answer.
        """
        if self._opening is not None:
            return self.state
        looking = self._look_on()
        async with self._looked:
            while not looking.done() and not self._is_settled():
                await self._looked.wait()
        if looking.done():
            looking.result()
        return self.state

    # What there is ------------------------------------------------------------------------------------------------

    async def folders(self) -> dict[str, Path]:
        """Where versions were put, by the ids of their songs."""
        found = await self._songs.collected([version.song_id for version in self.state.versions])
        return {song_id: Path(folder) for song_id, folder in found.items()}

    async def files(self, version: str | None = None) -> tuple[Path | None, tuple[Deliverable, ...]]:
        """The folder of a version, None while it is in none, and the files that belong to it.

        Raises:
            InvalidOption: no such version, or it is not delivered.
        """
        found = self._delivered(version)
        row, result = await self._songs.get_song(found.song_id), await self._songs.result(found.song_id)
        files = Song.model_validate(result).files if result is not None else ()
        return Path(row.collected_to) if row.collected_to else None, files

    async def save(self, folder: Path, *, version: str | None = None) -> Path:
        """Put a delivered version into another folder.

        Raises:
            InvalidOption: no such version, or it is not delivered.
            UnwritableOutput: something is there already, or it cannot be written.
            StorageFull: the disk is full.
        """
        row = await self._songs.get_song(self._delivered(version).song_id)
        saved, _ = await collect_finished(self._settings, self._songs, row, Destination(folder))
        return saved

    def _delivered(self, name: str | None) -> Version:
        version = steps.require_version(self.state, name)
        if version.status != "delivered":
            raise InvalidOption("a version that is delivered", f"{version.name}, {version.status}", "wait for it")
        return version

    # Keeping up ----------------------------------------------------------------------------------------------------

    async def _request(self, work: Callable[[SessionClient], Awaitable[Answer]], *, opens: bool = False) -> Answer:
        if self._opening is not None and not opens:
            steps.require_current(self.state)  # there is no session before its first song, and nothing to be done
        try:
            answer = await self._link.ask(work)
        except InvalidOption:
            if not await self._was_idle():
                raise
            await self._open_again()
            self._tell(News("reopened"))
            answer = await self._link.ask(work)
        self.state = await self._link.ask(lambda session: session.state())
        self._asked += 1  # what is being looked at now may be from before
        self._look_on()
        self._nudged.set()
        return answer

    async def _was_idle(self) -> bool:
        """Whether the session closed because nobody asked for anything for long."""
        if self._opening is not None or await self._link.ask(lambda session: session.is_open()):
            return False
        with contextlib.suppress(InvalidOption):
            return (await self._link.ask(lambda session: session.state())).close_reason == "idle"
        return False

    async def _open_again(self) -> None:
        kept = await Sessions(self._database).state(self.session_id)
        ended = await ended_songs(self._songs, kept)
        state = reopened(kept, ended, datetime.now(UTC))
        await self._link.ask(lambda session: session.open(state, again=True))

    async def _remember_settled(self) -> None:
        """What ended and was told before is not told again; what was delivered meanwhile is still to be collected."""
        self.state = await self._link.ask(lambda session: session.state())
        for version in self.state.versions:
            row = await self._found(version.song_id)
            if version.is_ended and (version.status != "delivered" or row is None or row.collected_to is not None):
                self._settled.add(version.song_id)

    async def _found(self, song_id: str) -> Any:
        with contextlib.suppress(InvalidOption):
            return await self._songs.get_song(song_id)
        return None

    def _is_settled(self) -> bool:
        is_new = self._seen == self._asked
        return is_new and all(version.song_id in self._settled for version in self.state.versions)

    def _look_on(self) -> asyncio.Task[None]:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._keep_up())
        return self._looking

    async def _keep_up(self) -> None:
        try:
            while True:
                self._nudged.clear()
                asked = self._asked
                self.state = await self._link.ask(lambda session: session.state())
                for version in self.state.versions:
                    if version.song_id not in self._settled and await self._attend_to(version):
                        self._settled.add(version.song_id)
                self._seen = asked
                async with self._looked:
                    self._looked.notify_all()
                pause_s = _LOOK_IDLY_EVERY_S if self._is_settled() else _LOOK_EVERY_S
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._nudged.wait(), pause_s)
        finally:
            async with self._looked:
                self._looked.notify_all()

    async def _attend_to(self, version: Version) -> bool:
        """Do what a version needs now; returns whether that is all that will ever be needed."""
        follower = self._followers.get(version.song_id)
        if not version.is_ended:
            if follower is None:
                self._followers[version.song_id] = asyncio.create_task(self._follow(version))
            return False
        claims = Claims(self._settings.claims_dir)
        if follower is not None and not follower.done():
            follower.cancel()  # it holds the claim to the song
            await asyncio.wait({follower})
            claims.forget(version.song_id)
        if version.status != "delivered":
            self._tell(News("failed" if version.status == "failed" else "cancelled", version))
        elif claims.is_held(version.song_id):
            return False  # another terminal collects it just now
        else:
            await self._collect(version)
        return True

    async def _follow(self, version: Version) -> None:
        """Pass a song's events on while it is made; it counts as waited for meanwhile."""
        with contextlib.ExitStack() as held:
            with contextlib.suppress(AuraxError):  # another command may wait for it too
                claim = held.enter_context(Claims(self._settings.claims_dir).hold(version.song_id))
                claim.ended = False  # who leaves now leaves a song that keeps the worker busy
            with contextlib.suppress(AuraxError):  # the state says how it ends
                async for event in Events(self._database).follow(version.song_id):
                    self._tell(News("progress", version, event.kind, event.data))

    async def _collect(self, version: Version) -> None:
        from aurax.adapters.local.tidying import keep_bounds

        name = slug(version.name)
        folder = self._out / name if self._out is not None else Path("out", f"{slug(version.title)}-{name}")
        try:
            row = await self._songs.get_song(version.song_id)
            if row.collected_to:  # by another terminal
                self._tell(News("delivered", version, folder=Path(row.collected_to)))
                return
            to = Destination(folder, next_free=True)
            collected, record = await collect_finished(self._settings, self._songs, row, to)
        except AuraxError as error:
            self._tell(News("not_collected", version, error=error))
            return
        self._tell(News("delivered", version, folder=collected, record=record))
        with contextlib.suppress(AuraxError):  # the person has the song
            await keep_bounds(self._settings, self._database)
