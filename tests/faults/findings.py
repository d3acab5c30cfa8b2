"""What a trial left in the database and the object store, compared with an undisturbed song."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from backends import Backend

_ENDS = ("song.delivered", "song.failed", "song.cancelled")
_MENDING = ("objects.damaged", "attempt.discarded")
"""Kinds that only a disturbed song has."""


@dataclass(frozen=True)
class KeptSong:
    """A song in the database.

    Args:
        id: its id.
        status: where it stands.
        version: its name in a session; empty outside of one.
        master: hash of its delivered master; empty while there is none.
        events: what happened to it, named without the song, such as `mix.started/take 1.0`; each as often as it is
            there.
    """

    id: str
    status: str
    version: str
    master: str
    events: Counter[str]

    @property
    def ends(self) -> int:
        """How many last events it has; one is right."""
        return sum(self.events[f"{kind}/"] for kind in _ENDS)


def kept_songs(backend: Backend) -> list[KeptSong]:
    """Every song of the database, in the order in which they were asked for."""
    masters = dict(backend.rows("SELECT song_id, sha256 FROM assets WHERE delivered AND name = 'master.flac'"))
    events: dict[str, Counter[str]] = defaultdict(Counter)
    for song_id, once in backend.rows("SELECT song_id, once FROM events"):
        events[song_id][once.removeprefix(f"{song_id}/")] += 1
    return [
        KeptSong(song_id, status, version or "", masters.get(song_id, ""), events[song_id])
        for song_id, status, version in backend.rows("SELECT id, status, version FROM songs ORDER BY created_at, id")
    ]


def wrong_events(song: KeptSong, undisturbed: Counter[str]) -> list[str]:
    """Events of a song that are lost, or there twice, or should not be there.

    Args:
        song: the song.
        undisturbed: the events of the same song when nothing happened.
    """
    found = Counter({name: count for name, count in song.events.items() if not name.startswith(_MENDING)})
    lost = [f"lost: {name}" for name in undisturbed - found]
    # A song whose stored audio was damaged has the stages that made it again once more, under the same names.
    return lost + [f"more: {name}" for name in found - undisturbed]


def unstored(backend: Backend) -> list[str]:
    """Rows of objects that are not there."""
    return sorted({key for (key,) in backend.rows("SELECT key FROM assets")} - backend.keys())


def open_reservations(backend: Backend) -> int:
    """Lines of the ledger whose call has neither ended nor failed."""
    found = backend.rows("SELECT count(*) FROM ledger WHERE status = 'reserved'")
    return int(found[0][0]) if found else 0
