"""Registering what a song stores before it is stored, so that nothing is ever stored that nobody knows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aurax.audio.reference import ObjectRef
from aurax.services.ports import Asset, Songs


class AssetRegistry:
    """Registers objects as a song's own before they are stored; to be made in the event loop and used from threads.

    Whatever happens to the thread or its process afterwards, the object is known and can be discarded.

    Args:
        songs: the database's songs.
        song_id: the song.
        prefix: beginning of the names.
    """

    def __init__(self, songs: Songs, song_id: str, prefix: str = "") -> None:
        self._songs, self._song_id, self._prefix = songs, song_id, prefix
        self._loop = asyncio.get_running_loop()

    def register(self, name: str) -> Callable[[ObjectRef], None]:
        """A function that registers an object under a name, for `announce` of the object store."""

        def announce(ref: ObjectRef) -> None:
            saving = self._songs.save_assets(self._song_id, [Asset.of(f"{self._prefix}{name}", ref)])
            asyncio.run_coroutine_threadsafe(saving, self._loop).result()

        return announce


def take_prefix(take_number: int) -> str:
    """Beginning of the names of everything that a take stores."""
    return f"take {take_number}/"


def attempt_prefix(take_number: int, attempt: int) -> str:
    """Beginning of the names of what one attempt at mixing and mastering stores.

    Args:
        take_number: counted from 1.
        attempt: how often mastering had sent the mix back.
    """
    return f"{take_prefix(take_number)}mix {attempt}/"
