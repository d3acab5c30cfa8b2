"""Sessions of one owner over HTTP: opened, asked, read, and never somebody else's."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from hashlib import sha256

from aurax.adapters.http.installation import Installation
from aurax.adapters.local.disk_space import check_disk_space
from aurax.adapters.sql.ended import ended_songs
from aurax.adapters.sql.songs import Songs, SongSummary
from aurax.adapters.temporal.session_client import SessionClient, new_request_id
from aurax.errors import AuraxError, InvalidOption, NotFound
from aurax.services.people.limits import check_limits
from aurax.services.people.principal import Owner
from aurax.services.prepare import PreparedSong, prepare, require_engine, within_budget
from aurax.services.reopen_session import reopened
from aurax.services.request import SongRequest
from aurax.services.session import Answer, SessionState

_ROW_WITHIN_S = 5.0
_ROW_POLL_S = 0.03


class Desk:
    """What one person can do with their sessions.

    Args:
        installation: what it works with.
        owner: the person; None where one person works alone.
    """

    def __init__(self, installation: Installation, owner: Owner) -> None:
        self._installation = installation
        self._owner = owner
        self.library = installation.library(owner)

    async def open(self, title: str = "", request_id: str | None = None) -> SessionState:
        """Open an empty session.

        Args:
            title: how lists call it.
            request_id: the same one again opens no second session.

        Raises:
            AuraxError: Temporal does not answer.
        """
        session_id = self.session_id_of(request_id)
        state = SessionState(session_id=session_id, owner=self._owner, title=title)
        link = self._installation.session(session_id)
        await link.ask(lambda session: session.open(state))
        return await link.ask(lambda session: session.state())

    async def prepared(self, request: SongRequest) -> PreparedSong:
        """A request, understood and checked: it can be made here, and the person may have another song.

        Raises:
            AuraxError: why it cannot be made.
        """
        settings = self._installation.settings
        song = await asyncio.to_thread(lambda: within_budget(settings, prepare(request)))
        require_engine(settings, song.request.engine)
        check_disk_space(settings, song.intent.duration_s)
        if self._owner is not None:
            limits, use = await self._installation.admissions.limits_and_use(self._owner)
            check_limits(limits, use, may_cost=song.request.engine is not None)
        return song

    async def new_song(self, song: PreparedSong, request_id: str | None) -> tuple[str, Answer]:
        """Ask for a song in a session of its own.

        Args:
            song: what `prepared` gave.
            request_id: the same one again makes no second song.

        Returns:
            The session and its answer.

        Raises:
            InvalidOption: the same request id came with another song before.
            AuraxError: Temporal does not answer.
        """
        session_id = self.session_id_of(request_id)
        known = request_id or new_request_id()
        opening = SessionState(session_id=session_id, owner=self._owner)
        link = self._installation.session(session_id)
        answer = await link.ask(lambda session: session.request_song(song, request_id=known, opening=opening))
        await self._refuse_other(session_id, answer, song.request, known)
        return session_id, answer

    async def add_song(self, session_id: str, song: PreparedSong, request_id: str | None) -> Answer:
        """Ask for a song in a session that is open.

        Raises:
            NotFound: it is not theirs.
            InvalidOption: it is closed, or full, or the same request id came with another song before.
        """
        known = request_id or new_request_id()
        answer = await self.ask(session_id, lambda session: session.request_song(song, request_id=known))
        await self._refuse_other(session_id, answer, song.request, known)
        return answer

    async def ask(self, session_id: str, work: Callable[[SessionClient], Awaitable[Answer]]) -> Answer:
        """Ask an own session for something.

        Raises:
            NotFound: it is not theirs.
            AuraxError: the session refuses, or Temporal does not answer.
        """
        known = (await self.state(session_id)).session_id
        try:
            return await self._installation.session(known).ask(work)
        finally:
            self._installation.nudge(known)

    def watching(self, session_id: str) -> AbstractContextManager[asyncio.Event]:
        """An event that is set whenever the session was asked for something here, until the block ends."""
        return self._installation.watching(session_id)

    async def state(self, session_id: str) -> SessionState:
        """An own session as it stands: from its workflow while that is remembered, else as it was written down.

        Args:
            session_id: the whole id, or a beginning of at least eight characters of one that is written down.

        Raises:
            NotFound: there is none, or it is not theirs.
            AuraxError: Temporal does not answer.
        """
        with suppress(NotFound):
            session_id = (await self.library.sessions.get_session(session_id)).id
        if len(session_id) != 32 or not session_id.isalnum():
            raise _no_session(session_id)
        try:
            state = await self._installation.session(session_id).ask(lambda session: session.state())
        except InvalidOption:  # Temporal has forgotten it
            return await self.library.sessions.state(session_id)
        if state.owner != self._owner:
            raise _no_session(session_id)
        return state

    async def reopen(self, session_id: str) -> SessionState:
        """Open an own session again, as it was written down; one that is open stays as it is.

        Raises:
            NotFound: it is not theirs.
            AuraxError: Temporal does not answer.
        """
        known = await self.library.sessions.get_session(session_id)
        link = self._installation.session(known.id)
        if await link.ask(lambda session: session.is_open()):
            await link.ask(lambda session: session.touch())
        else:
            kept = await self.library.sessions.state(known.id)
            state = reopened(kept, await ended_songs(Songs(self._installation.database), kept), datetime.now(UTC))
            await link.ask(lambda session: session.open(state, again=True))
        return await link.ask(lambda session: session.state())

    async def row_of(self, song_id: str | None) -> SongSummary | None:
        """The row of a song that was asked for just now; None where it is not written yet."""
        deadline_s = time.monotonic() + _ROW_WITHIN_S
        while song_id is not None:
            try:
                return await self.library.songs.get_song(song_id)
            except NotFound:
                if time.monotonic() >= deadline_s:
                    return None
            await asyncio.sleep(_ROW_POLL_S)
        return None

    def session_id_of(self, request_id: str | None) -> str:
        """The id of a new session; the same for the same request of the same person."""
        if request_id is None:
            return uuid.uuid4().hex
        return digest_of(self._owner, request_id).hex()[:32]

    async def _refuse_other(self, session_id: str, answer: Answer, request: SongRequest, known: str) -> None:
        """Refuse a request id that was used for another song."""
        state = await self._installation.session(session_id).ask(lambda session: session.state())
        version = state.version(answer.version) if answer.version is not None else None
        if version is not None and version.request != request and version.parent is None:
            raise InvalidOption("an Idempotency-Key of its own for each song", f"{known!r} again", "send another key")


def digest_of(owner: Owner, request_id: str) -> bytes:
    """What stands for a request of a person: 32 bytes from which its session and its seed follow."""
    return sha256(f"{owner or ''}\n{request_id}".encode()).digest()


def _no_session(session_id: str) -> AuraxError:
    return NotFound("an id of a session", repr(session_id[:40]), "GET /api/v1/sessions lists them")
