"""Putting the parts together: the one module that sees every room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aurax.settings import Settings

if TYPE_CHECKING:
    from aurax.adapters.temporal.studio import Studio


@asynccontextmanager
async def build_studio(settings: Settings) -> AsyncIterator[Studio]:
    """Open everything a worker needs, and close it afterwards.

    Args:
        settings: what the environment decided.

    Raises:
        CorruptData: the database is no database.
        BrokenPlugin: an installed plug-in does not follow its contract.
    """
    from aurax.adapters.objects.store import ObjectStore
    from aurax.adapters.sql.database import Database
    from aurax.adapters.sql.events import Events
    from aurax.adapters.sql.migrate import migrate
    from aurax.adapters.sql.songs import Songs
    from aurax.adapters.temporal.studio import Studio
    from aurax.compose.catalogue import load_styles
    from aurax.judge.catalogue import load_criteria
    from aurax.render.catalogue import load_instruments
    from aurax.render.pool import RenderPool

    instruments = load_instruments()
    database = Database(settings.sqlalchemy_url)
    try:
        await migrate(database)
        with RenderPool(
            instruments,
            settings.clips_dir,
            workers=settings.render_workers,
            cache_limit_bytes=settings.clip_cache_bytes,
        ) as pool:
            yield Studio(
                settings=settings,
                styles=load_styles(),
                instruments=instruments,
                criteria=load_criteria(),
                pool=pool,
                objects=ObjectStore(settings.objects_location, settings.cache_dir),
                songs=Songs(database),
                events=Events(database),
            )
    finally:
        await database.close()
