"""People with delivered songs in a database and a store."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from aurax.adapters.objects.store import ObjectStore
from aurax.adapters.sql.admissions import Admissions
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.events import Events
from aurax.adapters.sql.ledger import Ledger
from aurax.adapters.sql.people import People
from aurax.adapters.sql.personal_data import PersonalRows
from aurax.adapters.sql.songs import Songs
from aurax.audio.reference import ObjectRef
from aurax.services.lineage import Lineage
from aurax.services.people.accounts import add_person
from aurax.services.people.admit_song import admit_song
from aurax.services.ports import Asset
from aurax.services.request import SongRequest
from aurax.services.song import Deliverable, Song
from aurax.services.task import SongTask

SHARED = b'{"shared": true}'


class Place:
    """A database and a store, with what tests put into them."""

    def __init__(self, database: Database, store: ObjectStore, folder: Path) -> None:
        self.database, self.store, self.folder = database, store, folder
        self.rows = PersonalRows(database)

    async def person(self, name: str) -> str:
        return (await add_person(People(self.database), name, f"{name}@example.org")).id

    async def song(self, owner: str | None, words: str) -> str:
        """A delivered song with a file of its own, one that all songs share, and money spent for it."""
        task = SongTask(
            song_id=uuid.uuid4().hex, request=SongRequest(prompt=words, seed=1), lineage=Lineage(owner=owner)
        )
        await admit_song(Admissions(self.database), task)
        report = self.folder / "report.html"
        report.write_text(f"<p>{words}</p>")
        files = {
            "report.html": self.store.put_at(f"songs/{task.song_id}/report.html", report),
            "score.json": self.store.put_bytes(f'"{words}"'.encode()),
            "shared.json": self.store.put_bytes(SHARED),
        }
        songs, ledger = Songs(self.database), Ledger(self.database)
        await songs.save_assets(task.song_id, [Asset.of(name, ref, delivered=True) for name, ref in files.items()])
        await Events(self.database).append_event(task.song_id, "song.delivered", {})
        await songs.set_song_status(task.song_id, "delivered", result=song(task.song_id, words, files))
        await ledger.settle(await ledger.reserve(task.song_id, "generation", "x", 0.5, key=task.song_id), None, 0.25)
        return task.song_id


def song(song_id: str, title: str, files: dict[str, ObjectRef]) -> dict[str, Any]:
    delivered = tuple(Deliverable(path=name, object=ref) for name, ref in files.items())
    return Song(
        song_id=song_id,
        title=title,
        style="lofi",
        duration_s=1.0,
        passed=True,
        points=99.0,
        take=1,
        takes=1,
        files=delivered,
        timings_s={},
    ).model_dump(mode="json")
