"""Songs, their takes and their objects in the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict
from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aurax.adapters.sql.database import Database, repeating
from aurax.adapters.sql.tables import AssetRow, EventRow, LedgerRow, SongRow, TakeRow, now
from aurax.errors import InvalidOption
from aurax.produce.take import TakeResult
from aurax.services.lineage import Lineage
from aurax.services.ports import Asset, SongStatus


class SongSummary(BaseModel):
    """A song as lists show it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    prompt: str
    seed: int
    status: SongStatus
    title: str | None
    style: str | None
    duration_s: float | None
    passed: bool | None
    score: float | None
    created_at: datetime
    updated_at: datetime
    details: dict[str, Any]
    request: dict[str, Any] | None = None
    collected_to: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    parent_id: str | None = None
    version: str | None = None
    note: str | None = None
    rating: int | None = None
    rating_words: str | None = None


class SongOutline(NamedTuple):
    """A song without what takes long to read."""

    id: str
    status: str
    created_at: datetime
    collected_to: str | None


_RELEASE_TURN = 4_117_094
"""Any number; programs that let go of objects wait for each other on it."""


@repeating
class Songs:
    """Reading and writing songs. Every writing function may be repeated without harm.

    Args:
        database: a migrated database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create_song(
        self,
        song_id: str,
        prompt: str,
        seed: int,
        *,
        request: dict[str, Any] | None = None,
        lineage: Lineage | None = None,
        **details: Any,
    ) -> None:
        """Note that a song is wanted.

        Args:
            song_id: lower-case letters and digits.
            prompt: the wish.
            seed: the first take's seed.
            request: what was asked, whole.
            lineage: whose it is, and which version of what.
            details: small JSON values, such as the request's options.
        """
        row = {
            "id": song_id,
            "prompt": prompt,
            "seed": seed,
            "status": "making",
            "details": details,
            "request": request,
        }
        if lineage is not None:
            row |= {
                "user_id": lineage.owner,
                "session_id": lineage.session_id,
                "parent_id": lineage.parent_id,
                "version": lineage.version or None,
                "note": lineage.note or None,
            }
        statement = self._database.insert(SongRow).values(row).on_conflict_do_nothing()
        async with self._database.writing() as connection:
            await connection.execute(statement)

    async def set_song_status(self, song_id: str, status: SongStatus, **known: Any) -> None:
        """Change where a song stands. A final status stays.

        Args:
            song_id: the song.
            status: the new status; `making` only adds what is known.
            known: columns that became known (`title`, `style`, `duration_s`, `passed`, `score`, `details`,
                `result`).
        """
        statement = (
            update(SongRow)
            .where(SongRow.id == song_id, SongRow.status.in_(("making", status)))
            .values(status=status, updated_at=now(), **known)
        )
        async with self._database.writing() as connection:
            await connection.execute(statement)

    async def note_collected(self, song_id: str, folder: str) -> None:
        """Note which folder got a song's files.

        Args:
            song_id: the song.
            folder: absolute.
        """
        statement = update(SongRow).where(SongRow.id == song_id).values(collected_to=folder)
        async with self._database.writing() as connection:
            await connection.execute(statement)

    async def collected(self, song_ids: Collection[str]) -> dict[str, str]:
        """Which folders got songs' files, of those that are in one."""
        statement = select(SongRow.id, SongRow.collected_to).where(SongRow.id.in_(song_ids))
        async with self._database.reading() as connection:
            return {song_id: folder for song_id, folder in await connection.execute(statement) if folder}

    async def result(self, song_id: str) -> dict[str, Any] | None:
        """The files that were made, as they were noted; None while there are none."""
        async with self._database.reading() as connection:
            found: dict[str, Any] | None = await connection.scalar(select(SongRow.result).where(SongRow.id == song_id))
            return found

    async def reopen_song(self, song_id: str) -> None:
        """Reopen an ended song; its events and its takes begin again.

        Args:
            song_id: the song; one that is being made stays as it is.
        """
        async with self._database.writing() as connection:
            reopened = await connection.execute(
                update(SongRow)
                .where(SongRow.id == song_id, SongRow.status != "making")
                .values(status="making", updated_at=now(), result=None, collected_to=None)
            )
            if reopened.rowcount:
                for table in (EventRow, TakeRow):
                    await connection.execute(delete(table).where(table.song_id == song_id))

    async def rate_song(self, song_id: str, stars: int, words: str) -> None:
        """Note what a person thinks of a song.

        Args:
            song_id: the song.
            stars: 1 to 5.
            words: as the person wrote them.
        """
        statement = update(SongRow).where(SongRow.id == song_id).values(rating=stars, rating_words=words)
        async with self._database.writing() as connection:
            await connection.execute(statement)

    async def save_take(self, song_id: str, take: TakeResult) -> None:
        """Record a judged take, or overwrite the same one."""
        values = {
            "song_id": song_id,
            **take.settings.model_dump(include={"number", "seed", "parent", "redo_layer", "reason"}),
            "passed": take.verdict.passed,
            "score": take.verdict.score,
            "verdict": take.verdict.model_dump(mode="json"),
            "settings": take.settings.mix.model_dump(mode="json"),
        }
        async with self._database.writing() as connection:
            await connection.execute(self._database.upsert(TakeRow, values))

    async def accept_take(self, song_id: str, number: int) -> None:
        """Mark the take that became the song, and no other."""
        statement = update(TakeRow).where(TakeRow.song_id == song_id).values(accepted=TakeRow.number == number)
        async with self._database.writing() as connection:
            await connection.execute(statement)

    async def save_assets(self, song_id: str, assets: Collection[Asset]) -> None:
        """Record that objects belong to a song."""
        async with self._database.writing() as connection:
            for asset in assets:
                await connection.execute(
                    self._database.upsert(AssetRow, {"song_id": song_id, **asset.model_dump()}),
                )

    async def assets(self, song_id: str) -> tuple[Asset, ...]:
        """The objects of a song, by name."""
        statement = select(AssetRow.__table__).where(AssetRow.song_id == song_id).order_by(AssetRow.name)
        async with self._database.reading() as connection:
            return tuple(Asset.model_validate(row) for row in await connection.execute(statement))

    async def release_assets(self, song_id: str, prefix: str = "", *, keep: Collection[str] = ()) -> tuple[str, ...]:
        """Forget objects of a song and tell which of them nothing needs any more.

        Args:
            song_id: the song.
            prefix: only objects whose name starts so, such as `take 2/`.
            keep: names to keep.

        Returns:
            Keys that no song refers to now, in rising order.
        """
        async with self._database.writing() as connection:
            return await self._release(connection, song_id, prefix, keep)

    async def delete_song(self, song_id: str) -> tuple[str, ...]:
        """Forget a song, its takes and its events; what it cost stays in the ledger.

        Returns:
            Keys of objects that no song refers to now, in rising order.
        """
        async with self._database.writing() as connection:
            orphans = await self._release(connection, song_id)
            await connection.execute(update(LedgerRow).where(LedgerRow.song_id == song_id).values(song_id=None))
            for table in (EventRow, TakeRow, AssetRow):
                await connection.execute(delete(table).where(table.song_id == song_id))
            await connection.execute(delete(SongRow).where(SongRow.id == song_id))
        return orphans

    async def forget_files(self, song_id: str) -> tuple[str, ...]:
        """Forget a song's files, but not the song.

        Returns:
            Keys of objects that no song refers to now, in rising order.
        """
        async with self._database.writing() as connection:
            orphans = await self._release(connection, song_id)
            await connection.execute(update(SongRow).where(SongRow.id == song_id).values(result=None))
        return orphans

    async def _release(
        self, connection: AsyncConnection, song_id: str, prefix: str = "", keep: Collection[str] = ()
    ) -> tuple[str, ...]:
        # Of two songs that let go of a shared object at once, each would see that the other still needs it.
        await self._database.take_turns(connection, _RELEASE_TURN)
        of_song = and_(AssetRow.song_id == song_id, AssetRow.name.startswith(prefix, autoescape=True))
        mine = await connection.execute(select(AssetRow.name, AssetRow.key).where(of_song))
        released = {name: key for name, key in mine if name not in keep}
        for name in released:
            await connection.execute(delete(AssetRow).where(AssetRow.song_id == song_id, AssetRow.name == name))
        needed = await connection.scalars(select(AssetRow.key).where(AssetRow.key.in_(set(released.values()))))
        return tuple(sorted(set(released.values()) - set(needed)))

    async def stored_bytes(self) -> dict[str, int]:
        """Bytes of the objects that each song refers to; an object that several share counts for the first."""
        statement = select(AssetRow.song_id, AssetRow.key, AssetRow.bytes).order_by(AssetRow.created_at)
        found: dict[str, int] = {}
        seen: set[str] = set()
        async with self._database.reading() as connection:
            for song_id, key, size_bytes in await connection.execute(statement):
                found[song_id] = found.get(song_id, 0) + (0 if key in seen else size_bytes)
                seen.add(key)
        return found

    async def keys(self) -> frozenset[str]:
        """Keys of all objects that any song refers to."""
        async with self._database.reading() as connection:
            return frozenset(await connection.scalars(select(AssetRow.key).distinct()))

    async def needed(self, keys: Collection[str]) -> frozenset[str]:
        """Those of these keys that a song refers to, or that lie in a song's own folder.

        Args:
            keys: some hundreds, so that a store of any size can be asked about in pages.
        """
        of_songs = {key: parts[1] for key in keys if (parts := key.split("/"))[0] == "songs" and len(parts) > 2}
        async with self._database.reading() as connection:
            found = set(await connection.scalars(select(AssetRow.key).where(AssetRow.key.in_(keys)).distinct()))
            songs = set(await connection.scalars(select(SongRow.id).where(SongRow.id.in_(set(of_songs.values())))))
        return frozenset(found | {key for key, song_id in of_songs.items() if song_id in songs})

    async def list_songs(self, limit: int = 50) -> tuple[SongSummary, ...]:
        """The newest songs, newest first."""
        statement = select(SongRow.__table__).order_by(SongRow.created_at.desc(), SongRow.id).limit(limit)
        async with self._database.reading() as connection:
            return tuple(SongSummary.model_validate(row) for row in await connection.execute(statement))

    async def count_songs(self, *statuses: SongStatus) -> int:
        """How many songs there are.

        Args:
            statuses: only songs that stand so; none for all.
        """
        statement = select(func.count()).select_from(SongRow)
        if statuses:
            statement = statement.where(SongRow.status.in_(statuses))
        async with self._database.reading() as connection:
            return await connection.scalar(statement) or 0

    async def song_ids(self, *statuses: SongStatus) -> frozenset[str]:
        """Ids of songs, without reading more of them.

        Args:
            statuses: only songs that stand so; none for all.
        """
        statement = select(SongRow.id)
        if statuses:
            statement = statement.where(SongRow.status.in_(statuses))
        async with self._database.reading() as connection:
            return frozenset(await connection.scalars(statement))

    async def outlines(self) -> tuple[SongOutline, ...]:
        """What decides which songs are kept, of all songs, the newest first."""
        statement = select(SongRow.id, SongRow.status, SongRow.created_at, SongRow.collected_to)
        async with self._database.reading() as connection:
            rows = await connection.execute(statement.order_by(SongRow.created_at.desc(), SongRow.id))
            return tuple(SongOutline(*row) for row in rows)

    async def durations_s(self) -> dict[str, float]:
        """How long each song is of which that is known, the newest first."""
        statement = select(SongRow.id, SongRow.duration_s).where(SongRow.duration_s.is_not(None))
        async with self._database.reading() as connection:
            rows = await connection.execute(statement.order_by(SongRow.created_at.desc(), SongRow.id))
            return {row.id: row.duration_s for row in rows}

    async def get_song(self, song_id: str) -> SongSummary:
        """Find a song.

        Args:
            song_id: its id, or the beginning of it that no other song shares.

        Raises:
            InvalidOption: no song, or several, begin like this.
        """
        songs = select(SongRow.__table__)
        beginning = SongRow.id.startswith(song_id.lower(), autoescape=True)  # only SQLite ignores case by itself
        async with self._database.reading() as connection:
            # Its whole id is found through the index, which a beginning may not use: that depends on the collation.
            found: Sequence[Any] = (await connection.execute(songs.where(SongRow.id == song_id))).all()
            if song_id and not found:
                found = (await connection.execute(songs.where(beginning).order_by(SongRow.id).limit(2))).all()
        if len(found) != 1:
            raise InvalidOption(
                "the id of one song, or the beginning of it",
                f"{song_id!r}, which {'several songs share' if found else 'no song has'}",
                "look it up with `aurax songs`",
            )
        return SongSummary.model_validate(found[0])

    async def takes(self, song_id: str) -> tuple[dict[str, Any], ...]:
        """The takes of a song as rows, in their order."""
        statement = select(TakeRow.__table__).where(TakeRow.song_id == song_id).order_by(TakeRow.number)
        async with self._database.reading() as connection:
            return tuple(dict(row._mapping) for row in await connection.execute(statement))
