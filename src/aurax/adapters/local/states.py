"""What state a song is in, as a person sees it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from aurax.adapters.local.claims import Claims
from aurax.adapters.local.runtime_folder import RuntimeFolder, external_temporal_address
from aurax.adapters.sql.songs import SongSummary
from aurax.settings import Settings

SongState = Literal["making", "abandoned", "waiting", "finished", "collected", "failed", "cancelled"]
"""`making`: being made now. `abandoned`: begun, but nothing works on it now.
`waiting`: the same, but its session is open, and it is continued with it. `finished`: made and kept here, but not
delivered to a folder yet. `collected`: delivered to a folder."""


class SongStates:
    """The state of songs of one data folder.

    Args:
        settings: where it is.
        in_sessions: ids of the songs of open sessions.
    """

    def __init__(self, settings: Settings, in_sessions: Collection[str] = ()) -> None:
        self._in_sessions = in_sessions
        self._claims = Claims(settings.claims_dir)
        self._working = external_temporal_address() is not None or RuntimeFolder(settings.run_dir).is_supervised()

    def of(self, song: SongSummary) -> SongState:
        """The state of a song."""
        if song.status == "delivered":
            return "finished" if song.collected_to is None else "collected"
        if song.status != "making":
            return song.status
        if self._working or self._claims.is_held(song.id):
            return "making"
        return "waiting" if song.id in self._in_sessions else "abandoned"

    def words(self, song: SongSummary) -> str:
        """The state of a song, and what can be done about it."""
        state = self.of(song)
        if state == "collected":
            return f"collected to {song.collected_to}" if song.collected_to else "collected"
        if state == "finished":
            return "finished, not collected"
        if state == "waiting" and song.session_id:
            return f"waits in its session; continue with: aurax session open {song.session_id[:8]}"
        if state == "making" and song.id in self._in_sessions:
            return "making, in its session"
        if state == "making" and not self._claims.is_held(song.id):
            return "making, nobody waits"
        return state
