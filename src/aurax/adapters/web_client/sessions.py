"""One session of the web interface, as a client has it."""

from __future__ import annotations

from typing import Any

from aurax.adapters.http.views import SongAccepted
from aurax.adapters.web_client.connection import Connection, quoted
from aurax.services.request import SongRequest
from aurax.services.session import Answer, SessionState


class RemoteSession:
    """A session on a server: songs are asked for in it, changed by notes, taken back and rated.

    Every method raises the `AuraxError` that the server says, `NotFound` where there is no such session, and
    `ServiceUnavailable` where the server does not answer. `request_id` names a request: sent again, by anybody, it
    does nothing twice and gets the same answer.

    Args:
        connection: to the server.
        session_id: the session; nothing is asked yet.
    """

    def __init__(self, connection: Connection, session_id: str) -> None:
        self._connection = connection
        self.session_id = session_id

    def state(self) -> SessionState:
        """The session with all its versions."""
        return self._connection.get(SessionState, self._path())

    def make_song(self, request: SongRequest | str, *, request_id: str | None = None) -> SongAccepted:
        """Begin another song in the session.

        Args:
            request: the song, or its prompt alone.
            request_id: names the request.
        """
        song = SongRequest.of(prompt=request) if isinstance(request, str) else request
        return self._connection.send(SongAccepted, "POST", self._path("songs"), song, request_id=request_id)

    def steer(self, note: str, version: str | None = None, *, request_id: str | None = None) -> Answer:
        """Change a version by a note: one in the making takes it up, a delivered one gets a new version.

        Args:
            note: in plain words, such as `slower, and without drums`.
            version: which one; the current one when None.
            request_id: names the request.
        """
        return self._ask("POST", "notes", {"note": note, "version": version}, request_id)

    def undo(self, *, request_id: str | None = None) -> Answer:
        """Make the version before the current one the current one."""
        return self._ask("POST", "undo", {}, request_id)

    def select(self, version: str, *, request_id: str | None = None) -> Answer:
        """Make a version the current one."""
        return self._ask("POST", "select", {"version": version}, request_id)

    def cancel(self, version: str, *, request_id: str | None = None) -> Answer:
        """Stop making a version."""
        return self._ask("POST", f"versions{quoted(version)}/cancel", {}, request_id)

    def rate(self, version: str, stars: int, words: str = "") -> Answer:
        """Note what somebody thinks of a delivered version.

        Args:
            version: which one.
            stars: 1 to 5.
            words: why.
        """
        return self._ask("PUT", f"versions{quoted(version)}/rating", {"stars": stars, "words": words}, None)

    def name(self, version: str, name: str) -> Answer:
        """Give a version another name."""
        return self._ask("PATCH", f"versions{quoted(version)}", {"name": name}, None)

    def close(self, *, cancel: bool = False, request_id: str | None = None) -> Answer:
        """Close the session; its songs stay.

        Args:
            cancel: whether songs in the making are cancelled instead of finished.
            request_id: names the request.
        """
        return self._ask("POST", "close", {"cancel": cancel}, request_id)

    def reopen(self) -> SessionState:
        """Open the session again after it was closed or lost."""
        return self._connection.send(SessionState, "POST", self._path("open"))

    def _path(self, rest: str = "") -> str:
        return f"{quoted('sessions', self.session_id)}{f'/{rest}' if rest else ''}"

    def _ask(self, method: str, rest: str, body: dict[str, Any], request_id: str | None) -> Answer:
        return self._connection.send(Answer, method, self._path(rest), body, request_id=request_id)
