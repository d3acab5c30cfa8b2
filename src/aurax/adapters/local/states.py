"""What state a song is in, as a person sees it."""

from __future__ import annotations

from typing import Literal

from aurax.adapters.local.claims import Claims
from aurax.adapters.local.runtime_folder import RuntimeFolder, external_temporal_address
from aurax.adapters.sql.songs import SongSummary
from aurax.settings import Settings

SongState = Literal["making", "abandoned", "finished", "collected", "failed", "cancelled"]
"""`making`: being made now. `abandoned`: begun, but nothing works on it now. `finished`: made and kept here, but not
delivered to a folder yet. `collected`: delivered to a folder."""


class SongStates:
    """The state of songs of one data folder.

    Args:
        settings: where it is.
    """

    def __init__(self, settings: Settings) -> None:
        self._claims = Claims(settings.claims_dir)
        self._working = external_temporal_address() is not None or RuntimeFolder(settings.run_dir).is_supervised()

    def of(self, song: SongSummary) -> SongState:
        """The state of a song."""
        if song.status == "delivered":
            return "finished" if song.collected_to is None else "collected"
        if song.status != "making":
            return song.status
        return "making" if self._working or self._claims.is_held(song.id) else "abandoned"

    def words(self, song: SongSummary) -> str:
        """The state of a song, and what can be done about it."""
        state = self.of(song)
        if state == "collected":
            return f"collected to {song.collected_to}" if song.collected_to else "collected"
        if state == "finished":
            return "finished, not collected"
        if state == "making" and not self._claims.is_held(song.id):
            return "making, nobody waits"
        return state
