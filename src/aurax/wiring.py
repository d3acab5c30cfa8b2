"""Putting the parts together: the one module that sees every room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING

from aurax.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aurax.engines.engine import EngineSpec
    from aurax.engines.runtime import EngineRuntime
    from aurax.services.context import WorkerContext


@asynccontextmanager
async def build_context(settings: Settings) -> AsyncIterator[WorkerContext]:
    """Open everything a worker needs, and close it afterwards.

    Args:
        settings: what the environment decided.

    Raises:
        CorruptData: the database is no database.
        VersionMismatch: the database has an older schema.
        BrokenPlugin: an installed plug-in does not follow its contract.
        InvalidOption: the object store belongs to another database.
    """
    from aurax.adapters.local.memory import give_back_memory
    from aurax.adapters.objects.opening import open_objects
    from aurax.adapters.objects.ownership import claim
    from aurax.adapters.objects.reaching import reach
    from aurax.adapters.sql.admissions import Admissions
    from aurax.adapters.sql.deployment import deployment_id
    from aurax.adapters.sql.events import Events
    from aurax.adapters.sql.migrate import make_ready
    from aurax.adapters.sql.opening import database_of
    from aurax.adapters.sql.sessions import Sessions
    from aurax.adapters.sql.songs import Songs
    from aurax.adapters.telemetry.observed import ObservedDatabase, ObservedLedger, observed_objects
    from aurax.adapters.temporal.threads import in_thread
    from aurax.compose.style_registry import load_styles
    from aurax.engines.engine_registry import load_engines
    from aurax.judge.criterion_registry import load_criteria
    from aurax.produce.cost.prices import Prices
    from aurax.render.instrument_registry import load_instruments
    from aurax.render.pool import RenderPool
    from aurax.services.context import WorkerContext
    from aurax.services.memory_budget import MemoryBudget
    from aurax.services.people.limits import Limits

    instruments, engines, limits = load_instruments(), load_engines(), Limits.of(settings)
    objects = open_objects(settings)
    database = database_of(settings, ObservedDatabase)
    try:
        await make_ready(database)
        if settings.objects_url is not None:
            await reach(objects)  # the claim below would try for as long as a song may wait
            await asyncio.to_thread(claim, objects, await deployment_id(database))
        with (
            closing(_runtime(settings, engines)) as runtime,
            RenderPool(
                instruments,
                settings.clips_dir,
                workers=settings.render_workers,
                cache_limit_bytes=settings.clip_cache_bytes,
            ) as pool,
        ):
            yield WorkerContext(
                settings=settings,
                styles=load_styles(),
                instruments=instruments,
                criteria=load_criteria(),
                pool=pool,
                objects=observed_objects(objects),
                songs=Songs(database),
                admissions=Admissions(database, limits),
                sessions=Sessions(database),
                events=Events(database),
                engines=engines,
                runtime=runtime,
                ledger=ObservedLedger(database, limits),
                prices=Prices.load(settings.prices),
                in_thread=in_thread,
                memory=MemoryBudget(give_back=give_back_memory),
            )
    finally:
        await database.close()


def _runtime(settings: Settings, engines: Mapping[str, EngineSpec]) -> EngineRuntime:
    from aurax.engines.engine import EngineContext
    from aurax.engines.local_runtime import LocalRuntime
    from aurax.engines.runtime_registry import LOCAL, RuntimeContext, find_runtime

    local = LocalRuntime(
        EngineContext(
            settings.weights_dir,
            device=settings.device,
            precision=settings.precision,
            cache_dir=settings.cache_dir / "engines",
        ),
        engines,
    )
    if settings.gpu == LOCAL:
        return local
    return find_runtime(settings.gpu).open(RuntimeContext(local, settings.objects_location, settings.cache_dir))
