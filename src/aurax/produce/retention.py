"""Which songs are kept: a pure choice by age, number and size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class KeptSong:
    """A song that is remembered.

    Args:
        id: the song.
        created_at: when it was asked for.
        ended: whether nothing works on it any more; others are never removed.
        collected: whether it was delivered to a folder, so that its stored files are a second copy.
        stored_bytes: room that its stored files take.
    """

    id: str
    created_at: datetime
    ended: bool
    collected: bool
    stored_bytes: int


@dataclass(frozen=True)
class Bounds:
    """How much is kept; None for no bound.

    Args:
        songs: so many of the newest.
        older_than: no song of this age or more.
        stored_bytes: room for the files of all songs.
        now: the moment from which ages are counted.
    """

    now: datetime
    songs: int | None = None
    older_than: timedelta | None = None
    stored_bytes: int | None = None


@dataclass(frozen=True)
class Choice:
    """What to remove.

    Args:
        forgotten: songs to remove altogether.
        without_files: songs whose stored files are removed; they can be made again.
    """

    forgotten: tuple[str, ...]
    without_files: tuple[str, ...]


def choose(songs: Sequence[KeptSong], bounds: Bounds) -> Choice:
    """Choose what to remove, the oldest first; songs that are being made are never chosen.

    Where files take too much room, songs that were delivered to a folder lose theirs first, then the others. The
    newest song keeps its files whatever their size.

    Args:
        songs: all that are remembered.
        bounds: how much is kept.
    """
    newest_first = sorted(songs, key=lambda song: (song.created_at, song.id), reverse=True)
    forgotten = [
        song.id
        for place, song in enumerate(newest_first)
        if song.ended
        and (
            (bounds.songs is not None and place >= bounds.songs)
            or (bounds.older_than is not None and bounds.now - song.created_at >= bounds.older_than)
        )
    ]
    left = [song for song in newest_first if song.id not in set(forgotten)]
    without_files: list[str] = []
    if bounds.stored_bytes is not None:
        total_bytes = sum(song.stored_bytes for song in left)
        candidates = [song for song in left[1:] if song.ended and song.stored_bytes]
        for song in sorted(candidates, key=lambda song: (not song.collected, song.created_at, song.id)):
            if total_bytes <= bounds.stored_bytes:
                break
            without_files.append(song.id)
            total_bytes -= song.stored_bytes
    return Choice(tuple(forgotten), tuple(without_files))
