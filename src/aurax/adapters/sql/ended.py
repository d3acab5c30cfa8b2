"""What became of a session's songs while nobody looked."""

from __future__ import annotations

from contextlib import suppress

from aurax.adapters.sql.songs import Songs
from aurax.audio.reference import SongId
from aurax.errors import InvalidOption
from aurax.services.session import SessionState
from aurax.services.song import Song


async def ended_songs(songs: Songs, kept: SessionState) -> dict[SongId, Song | str]:
    """How those versions ended that were in the making when a session was written down.

    Args:
        songs: where songs are kept.
        kept: the session as it was written down.

    Returns:
        By song id, the delivered song, or `failed` or `cancelled`; nothing of songs that have not ended, or are gone.
    """
    ended: dict[SongId, Song | str] = {}
    for version in kept.versions:
        if version.is_ended:
            continue
        with suppress(InvalidOption):  # it is gone
            row = await songs.get_song(version.song_id)
            if row.status == "delivered":
                result = await songs.result(row.id)
                ended[row.id] = Song.model_validate(result) if result is not None else "failed"
            elif row.status != "making":
                ended[row.id] = row.status
    return ended
