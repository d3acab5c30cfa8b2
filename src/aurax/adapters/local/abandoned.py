"""Songs whose command was killed, or gave up on servers that were gone, and that nobody has resumed since."""

from __future__ import annotations

import contextlib

from temporalio.client import Client

from aurax.adapters.local.claims import Claims
from aurax.adapters.temporal.client import cancel_song, get_song_handle
from aurax.errors import AuraxError
from aurax.settings import Settings


async def cancel_abandoned(settings: Settings, client: Client, *, but: str) -> tuple[str, ...]:
    """Cancel the abandoned songs of this data folder, so that nothing is made that nobody waits for.

    Songs of an open session are not abandoned: the session waits for them.

    Args:
        settings: where the data folder and the database are.
        client: connected to Temporal.
        but: a song that somebody waits for now.

    Returns:
        The songs that were cancelled.
    """
    claims = Claims(settings.claims_dir)
    abandoned = tuple(song_id for song_id in claims.left_behind() if song_id != but)
    if abandoned:
        try:
            in_sessions = await _of_open_sessions(settings)
        except AuraxError:
            return ()  # another command will know which of them are wanted
        abandoned = tuple(song_id for song_id in abandoned if song_id not in in_sessions)
    for song_id in abandoned:
        with contextlib.suppress(AuraxError):
            await cancel_song(get_song_handle(client, song_id), wait_s=0.0)
    if abandoned:
        with contextlib.suppress(AuraxError):
            await _note_cancelled(settings, abandoned)
            for song_id in abandoned:
                claims.forget(song_id)
    return abandoned


async def _of_open_sessions(settings: Settings) -> frozenset[str]:
    from aurax.adapters.sql.opening import open_database
    from aurax.adapters.sql.sessions import Sessions

    async with open_database(settings) as database:
        return await Sessions(database).songs_of_open()


async def _note_cancelled(settings: Settings, song_ids: tuple[str, ...]) -> None:
    """Record it for songs whose workflow was never started; a running one records its own end, which is the same."""
    from aurax.adapters.sql.opening import open_database
    from aurax.adapters.sql.songs import Songs

    async with open_database(settings) as database:
        for song_id in song_ids:
            await Songs(database).set_song_status(song_id, "cancelled")
