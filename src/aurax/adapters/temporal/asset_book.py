"""Noting what a song stores, so that nothing is ever stored that nobody knows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aurax.adapters.sql.songs import Asset, Songs
from aurax.audio.reference import ObjectRef


class AssetBook:
    """Notes objects as a song's own before they are stored; to be used from threads.

    Whatever happens to the thread or its process afterwards, the object is known and can be discarded.

    Args:
        songs: the database's songs.
        song_id: the song.
        prefix: beginning of the names.
    """

    def __init__(self, songs: Songs, song_id: str, prefix: str = "") -> None:
        self._songs, self._song_id, self._prefix = songs, song_id, prefix
        self._loop = asyncio.get_running_loop()

    def note(self, name: str) -> Callable[[ObjectRef], None]:
        """A function that notes an object under a name, for `announce` of the object store."""

        def announce(ref: ObjectRef) -> None:
            saving = self._songs.save_assets(self._song_id, [Asset.of(f"{self._prefix}{name}", ref)])
            asyncio.run_coroutine_threadsafe(saving, self._loop).result()

        return announce
