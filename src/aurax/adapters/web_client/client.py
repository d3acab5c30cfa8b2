"""The client of the web interface."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from aurax.adapters.http.views import FileView, Page, SongAccepted, SongView, TakeView
from aurax.adapters.sql.events import Event
from aurax.adapters.sql.sessions import SessionSummary
from aurax.adapters.web_client import downloading, following
from aurax.adapters.web_client.connection import Connection, quoted
from aurax.adapters.web_client.sessions import RemoteSession
from aurax.errors import NotFound
from aurax.intent.intent import Intent, StyleInfo
from aurax.score.instrument import InstrumentInfo
from aurax.services.estimate import SongEstimate
from aurax.services.request import SongRequest
from aurax.services.session import SessionState

if TYPE_CHECKING:
    from aurax.adapters.http.routes.installed import CriterionView, EngineView


class AuraxClient:
    """AURA-X on a server: what the web interface offers, as methods with the server's own values.

    Every method raises the `AuraxError` that the server says (`NotFound`, `LimitReached` …), `NotAllowed` where the key
    does not suffice, and `ServiceUnavailable` where the server does not answer after three tries. Ids of songs may be
    shortened to a beginning that no other song shares. Threads may share a client.

    Args:
        address: such as `http://127.0.0.1:8420` or `https://music.example.org`.
        key: the launch token (`aurax web token`), or an API key.
        timeout_s: how long the server may keep silent.
        allow_http: whether the key may travel without TLS to another machine.

    Raises:
        InvalidOption: the address or the key cannot be one.
    """

    def __init__(self, address: str, key: str, *, timeout_s: float = 30.0, allow_http: bool = False) -> None:
        self._connection = Connection(address, key, timeout_s=timeout_s, allow_http=allow_http)

    def understand(self, prompt: str, *, style: str | None = None, duration_s: float | str | None = None) -> Intent:
        """What AURA-X makes of a prompt; nothing is made.

        Args:
            prompt: what is wanted, in words.
            style: a style that wins over the prompt's.
            duration_s: a length that wins over the prompt's, in seconds or as `1:30`.
        """
        body = {"prompt": prompt, "style": style, "duration_s": duration_s}
        return self._connection.send(Intent, "POST", "/intent", body)

    def estimate(self, request: SongRequest | str) -> SongEstimate:
        """What a song will take and cost; nothing is started.

        Args:
            request: the song, or its prompt alone.
        """
        return self._connection.send(SongEstimate, "POST", "/estimates", _request(request))

    def make_song(self, request: SongRequest | str, *, request_id: str | None = None) -> SongAccepted:
        """Begin a song in a session of its own; it is made in the background.

        Args:
            request: the song, or its prompt alone.
            request_id: names the request: sent again, it makes nothing new.
        """
        return self._connection.send(SongAccepted, "POST", "/songs", _request(request), request_id=request_id)

    def songs(
        self,
        limit: int = 50,
        *,
        after: str | None = None,
        session_id: str | None = None,
        project_id: str | None = None,
    ) -> Page[SongView]:
        """The caller's songs, newest first.

        Args:
            limit: how many, 1 to 200.
            after: `next` of the page before.
            session_id: only those of a session.
            project_id: only those of a project.
        """
        return self._connection.get(
            Page[SongView], "/songs", limit=limit, after=after, session_id=session_id, project_id=project_id
        )

    def song(self, song_id: str) -> SongView:
        """A song as it stands."""
        return self._connection.get(SongView, quoted("songs", song_id))

    def takes(self, song_id: str) -> tuple[TakeView, ...]:
        """Every attempt at a song, why it was made and how it was judged."""
        return self._connection.get(tuple[TakeView, ...], quoted("songs", song_id, "takes"))

    def events(self, song_id: str, after_id: int = 0) -> tuple[Event, ...]:
        """What happened to a song so far.

        Args:
            song_id: the song.
            after_id: the last event that was seen; 0 for all.
        """
        return self._connection.get(tuple[Event, ...], quoted("songs", song_id, "events"), after_id=after_id)

    def follow(
        self, song_id: str, after_id: int = 0, *, within_s: float | None = None, patience_s: float = 60.0
    ) -> Iterator[Event]:
        """What happened to a song and what happens from now on; ends with its last event.

        A lost connection is made again after the last event that came, so that none is missing and none comes twice. A
        song that was asked for just now is waited for; an id that no song has fails after ten seconds.

        Args:
            song_id: the song.
            after_id: the last event that was seen; 0 for all.
            within_s: how long to follow; None to the end.
            patience_s: for how long a server that went away is looked for.
        """
        return following.follow(self._connection, song_id, after_id, within_s, patience_s)

    def wait(self, song_id: str, *, within_s: float | None = None) -> SongView:
        """Wait until a song is delivered, failed or cancelled.

        Args:
            song_id: the song.
            within_s: how long to wait; None to the end.

        Returns:
            The song; its status is still `making` where the time did not suffice.
        """
        for _ in self.follow(song_id, within_s=within_s):
            pass
        return self.song(song_id)

    def rate_song(self, song_id: str, stars: int, words: str = "") -> SongView:
        """Note what somebody thinks of a delivered song.

        Args:
            song_id: the song.
            stars: 1 to 5.
            words: why.
        """
        body = {"stars": stars, "words": words}
        return self._connection.send(SongView, "PUT", quoted("songs", song_id, "rating"), body)

    def cancel_song(self, song_id: str) -> SongView:
        """Stop making a song; what it stored is taken away again."""
        return self._connection.send(SongView, "POST", quoted("songs", song_id, "cancel"))

    def files(self, song_id: str) -> tuple[FileView, ...]:
        """The files of a delivered song."""
        return self._connection.get(tuple[FileView, ...], quoted("songs", song_id, "files"))

    def download(self, song_id: str, path: str, to: Path) -> Path:
        """Bring a file of a song here; one that is here already is not asked for, a part of one is continued.

        Args:
            song_id: the song.
            path: of the file in the song, such as `master.flac` or `stems/01-kick.flac`.
            to: a folder that exists, or the path of the file.

        Returns:
            Where the file is. It has the content that the song has, by its hash.

        Raises:
            NotFound: the song has no such file.
            DamagedObject: what came is not what the song has.
            StorageFull: no room is left.
            UnwritableOutput: the folder cannot be written.
        """
        files = self.files(song_id)
        file = next((one for one in files if one.path == path), None)
        if file is None:
            raise NotFound(f"one of {', '.join(one.path for one in files)}", repr(path[:100]), "choose one of these")
        place = to / PurePosixPath(path).name if to.is_dir() else to
        return downloading.download(self._connection, song_id, file, place)

    def open_session(self, title: str = "", *, request_id: str | None = None) -> RemoteSession:
        """Open an empty session.

        Args:
            title: how lists call it; the first prompt when empty.
            request_id: names the request: sent again, it opens no second session.
        """
        state = self._connection.send(SessionState, "POST", "/sessions", {"title": title}, request_id=request_id)
        return self.session(state.session_id)

    def session(self, session_id: str) -> RemoteSession:
        """A session by its id; nothing is asked yet."""
        return RemoteSession(self._connection, session_id)

    def sessions(self, limit: int = 50) -> tuple[SessionSummary, ...]:
        """The caller's sessions, newest first.

        Args:
            limit: how many, 1 to 200.
        """
        return self._connection.get(tuple[SessionSummary, ...], "/sessions", limit=limit)

    def styles(self) -> tuple[StyleInfo, ...]:
        """The styles that a prompt can ask for."""
        return self._connection.get(tuple[StyleInfo, ...], "/styles")

    def instruments(self) -> tuple[InstrumentInfo, ...]:
        """The instruments, their roles and their knobs."""
        return self._connection.get(tuple[InstrumentInfo, ...], "/instruments")

    def engines(self) -> tuple[EngineView, ...]:
        """The engines, their licences, and whether they can run on the server."""
        from aurax.adapters.http.routes.installed import EngineView

        return self._connection.get(tuple[EngineView, ...], "/engines")

    def criteria(self) -> tuple[CriterionView, ...]:
        """What every take is asked."""
        from aurax.adapters.http.routes.installed import CriterionView

        return self._connection.get(tuple[CriterionView, ...], "/criteria")


def _request(request: SongRequest | str) -> SongRequest:
    return SongRequest.of(prompt=request) if isinstance(request, str) else request
