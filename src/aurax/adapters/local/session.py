"""A session for code that is not asynchronous: the same, with an event loop in a thread of its own.

What this module imports is light on purpose: the servers start while the heavy clients are still being imported.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from aurax.adapters.local.connect import Servers
from aurax.adapters.local.data_folder import open_data_folder
from aurax.services.prepare import PreparedSong, prepare
from aurax.services.request import SongRequest
from aurax.settings import Settings

if TYPE_CHECKING:
    from aurax.adapters.local.live_session import LiveSession
    from aurax.adapters.local.session_news import News
    from aurax.services.session import Answer, SessionState, Version
    from aurax.services.song import Deliverable

T = TypeVar("T")


class Session:
    """A session: ask for songs, change them by notes, go back, choose. Enter it to take part, leave it to go.

    Leaving closes nothing: songs go on while servers run, and `session_id` brings it back. A version is put into a
    folder as soon as it is delivered. Every method waits for its answer, and only `wait` for songs.

    Args:
        settings: where data lives.
        session_id: an earlier session, by its id or the beginning of it; a new one when None.
        out: versions are put into folders in it; `out/<title>-<version>` when None.
        on_news: called with what happens, in another thread.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        session_id: str | None = None,
        out: Path | None = None,
        on_news: Callable[[News], None] = lambda _news: None,
    ) -> None:
        self._settings = settings
        self._wanted = session_id
        self._out = out
        self._on_news = on_news
        self._loop = asyncio.new_event_loop()
        self._held = ExitStack()
        self._live: LiveSession | None = None

    def __enter__(self) -> Self:
        """Take part.

        Raises:
            NotFound: there is no such session.
            AuraxError: the data folder or the database cannot be used, or the servers do not come up.
        """
        open_data_folder(self._settings)
        with ExitStack() as held:
            self._servers = held.enter_context(Servers(self._settings))
            thread = threading.Thread(target=self._loop.run_forever, name="session", daemon=True)
            thread.start()
            held.callback(self._stop, thread)
            self._live = self._run(self._open(self._servers))
            held.callback(lambda: self._run(self._session.leave()))
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    @property
    def session_id(self) -> str:
        """By which it can be opened again."""
        return self._session.session_id

    @property
    def state(self) -> SessionState:
        """The session as it was seen last."""
        return self._session.state

    @property
    def versions(self) -> tuple[Version, ...]:
        """Every version, in the order in which they were asked for."""
        return self.state.versions

    @property
    def is_served_by_others(self) -> bool:
        """Whether servers work on when nobody is here."""
        return self._servers.external

    @property
    def folders(self) -> dict[str, Path]:
        """Where versions were put, by their names."""
        places = self._run(self._session.folders())
        return {one.name: places[one.song_id] for one in self.versions if one.song_id in places}

    def request_song(self, request: SongRequest | PreparedSong | str, **options: Any) -> Answer:
        """Ask for a song.

        Args:
            request: a wish in words, or a whole request.
            options: fields of `SongRequest`, where the request is in words.

        Raises:
            AuraxError: bad input, a full session, or servers that do not come up.
        """
        if isinstance(request, str):
            request = SongRequest.of(prompt=request, **options)
        song = prepare(request) if isinstance(request, SongRequest) else request
        return self._run(self._session.request_song(song))

    def steer(self, note: str, *, version: str | None = None) -> Answer:
        """Change a version by a note in plain words, such as "slower, and without drums".

        Args:
            note: what is to change.
            version: which one; the current one when None.

        Raises:
            AuraxError: no such version, or it cannot be changed.
        """
        return self._run(self._session.steer(note, version=version))

    def undo(self) -> Answer:
        """Make the version before the current one.

        Raises:
            InvalidOption: there is none.
        """
        return self._run(self._session.undo())

    def select(self, version: str) -> Answer:
        """Make a version the current one.

        Raises:
            InvalidOption: there is no such version, or it failed.
        """
        return self._run(self._session.select(version))

    def cancel(self, version: str | None = None) -> Answer:
        """Cancel a version that is being made; the current one when None.

        Raises:
            InvalidOption: there is no such version, or it has ended.
        """
        return self._run(self._session.cancel(version))

    def rate(self, stars: int, words: str = "", *, version: str | None = None) -> Answer:
        """Rate a delivered version.

        Args:
            stars: 1 to 5.
            words: why.
            version: which one; the current one when None.

        Raises:
            InvalidOption: there is no such version, it is not delivered, or the stars are none from 1 to 5.
        """
        return self._run(self._session.rate(stars, words, version=version))

    def name(self, name: str, *, version: str | None = None) -> Answer:
        """Give a version another name; the current one when None.

        Raises:
            InvalidOption: there is no such version, or the name is taken.
        """
        return self._run(self._session.name(name, version=version))

    def wait(self) -> tuple[Version, ...]:
        """Wait until every version is delivered into its folder, failed or cancelled; returns all of them.

        Raises:
            AuraxError: the servers do not come up.
        """
        return self._run(self._session.wait()).versions

    def wait_for(self, seconds: float) -> bool:
        """Wait for at most so long; returns whether every version has ended.

        Raises:
            AuraxError: the servers do not come up.
        """

        async def wait() -> bool:
            try:
                await asyncio.wait_for(self._session.wait(), seconds)
            except TimeoutError:
                return False
            return True

        return self._run(wait())

    def files(self, version: str | None = None) -> tuple[Path | None, tuple[Deliverable, ...]]:
        """The folder of a delivered version, and the files in it.

        Raises:
            InvalidOption: no such version, or it is not delivered.
        """
        return self._run(self._session.files(version))

    def save(self, folder: Path | str, *, version: str | None = None) -> Path:
        """Put a delivered version into another folder.

        Raises:
            AuraxError: no such version, something is there already, or the disk is full.
        """
        return self._run(self._session.save(Path(folder), version=version))

    def close(self, *, cancel: bool = False) -> None:
        """Close it, once its songs are finished and in their folders, or cancelled.

        Args:
            cancel: whether songs in the making are cancelled.

        Raises:
            InvalidOption: it is closed already.
        """
        self._run(self._session.close(cancel=cancel))

    @property
    def _session(self) -> LiveSession:
        if self._live is None:
            raise RuntimeError("enter the session first: with session: …")
        return self._live

    async def _open(self, services: Servers) -> LiveSession:
        from aurax.adapters.local.live_session import LiveSession

        if self._wanted is None:
            return await LiveSession.begin(self._settings, services, self._out, self._on_news)
        return await LiveSession.come_back(self._settings, services, self._wanted, self._out, self._on_news)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        """Have work done in the session's thread; an interrupt ends the wait for it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except CancelledError:
            raise
        except BaseException:
            future.cancel()
            raise

    def _stop(self, thread: threading.Thread) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        thread.join()
        self._loop.close()
