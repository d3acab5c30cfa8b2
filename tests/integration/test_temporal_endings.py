"""A song's end, told by the real activity to a real database."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from aurax.adapters.objects.store import ObjectStore
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.events import Events
from aurax.adapters.sql.songs import Asset, Songs
from aurax.adapters.temporal.song import SongActivities
from aurax.services.discard import EndRequest

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(("delivered", "kept"), [(True, True), (False, False)])
async def test_the_end_of_an_earlier_run_takes_nothing_from_a_delivered_song(
    database: Database, tmp_path: Path, delivered: bool, kept: bool
) -> None:
    songs, objects = Songs(database), ObjectStore(str(tmp_path / "objects"), tmp_path / "cache")
    context = cast("Any", SimpleNamespace(songs=songs, events=Events(database), objects=objects))
    await songs.create_song("one", "lofi", 1)
    ref = objects.put_bytes(b"a song", announce=lambda _ref: None)
    await songs.save_assets("one", [Asset.of("master.flac", ref, delivered=True)])
    if delivered:
        await songs.set_song_status("one", "delivered", result={"files": []})
    await SongActivities(context).end_song(EndRequest(song_id="one", status="failed"))
    assert bool(await songs.assets("one")) == kept
    assert (await songs.get_song("one")).status == ("delivered" if delivered else "failed")
