"""What `aurax doctor` asks the backends. Nothing is changed: what is missing stays missing, and is said."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from aurax.adapters.telemetry.tracing import tracing_wanted
from aurax.errors import CorruptData, InvalidOption, MissingExtra, ServiceUnavailable, StorageFull
from aurax.services.clock import ahead_s
from aurax.settings import Settings

if TYPE_CHECKING:
    from temporalio.client import Client

    from aurax.adapters.sql.database import Database

_MOST_SKEW_S = 5.0
"""More is a clock that is wrong: signatures of stores fail, limits of a day begin at another moment."""
_STORE_RETRY_S, _STORE_SILENCE_S = 3.0, 8.0
"""A song waits longer; whoever asks for a diagnosis does not."""
_EXTRAS = {
    "postgres": ("asyncpg",),
    "telemetry": ("prometheus_client", "opentelemetry.sdk"),
    "modal": ("modal",),
    "neural": ("torch", "transformers"),
}


def look_at_folder(settings: Settings) -> str:
    """The data folder, or where it will be.

    Raises:
        InvalidOption: it cannot be written.
        StorageFull: there is too little room for a song.
    """
    folder = settings.data_dir
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise InvalidOption(f"{folder} to be a folder that can be written", f"{nearest} cannot", "set AURAX_DATA_DIR")
    free_bytes = shutil.disk_usage(nearest).free
    if free_bytes < settings.minimal_room_bytes:
        raise StorageFull(
            f"{settings.minimal_room_bytes / 1e6:.0f} MB free in {nearest}",
            f"{free_bytes / 1e6:.0f} MB",
            "free some disk space, or set AURAX_DATA_DIR to a folder of another disk",
        )
    words = "" if nearest == folder else "; it will be made with the first song"
    return f"{folder} ({free_bytes / 1e9:.0f} GB free){words}"


async def look_at_database(settings: Settings) -> str:
    """The database: whether it answers, its program, its schema, how many songs, and its clock.

    Raises:
        ServiceUnavailable: it does not answer.
        CorruptData: its schema is not that of this program.
    """
    from aurax.adapters.sql.migrate import NEWEST_REVISION, schema
    from aurax.adapters.sql.opening import database_of
    from aurax.adapters.sql.songs import Songs

    location = settings.database_location
    if isinstance(location, Path):
        return _look_at_file(location, NEWEST_REVISION)
    if location.startswith("sqlite"):
        return _look_at_file(Path(location.partition("///")[2]), NEWEST_REVISION)
    database = database_of(settings)
    try:
        version, skew_s = await _ask(database)
        found = await schema(database)
        _check_schema(found, NEWEST_REVISION, database.place)
        _check_skew("the database", skew_s)
        songs = await Songs(database).count_songs()
        return f"{database.place}, PostgreSQL {version}, schema {found}, {songs} songs, its clock {skew_s:+.1f} s"
    finally:
        await database.close()


async def _ask(database: Database) -> tuple[str, float]:
    """The server's version, and by how many seconds its clock is ahead."""
    from sqlalchemy import text

    async with database.reading() as connection:
        before_s = time.time()
        asked = text("SELECT current_setting('server_version'), extract(epoch FROM clock_timestamp())")
        version, clock_s = (await connection.execute(asked)).one()
        return str(version), ahead_s(float(clock_s), before_s, time.time())


def _look_at_file(path: Path, newest: str) -> str:
    if not path.exists():
        return f"{path}: none yet; it will be made with the first song"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "alembic_version" not in tables:
                return f"{path}: empty; it will be brought to schema {newest} by the next song"
            ((schema,),) = database.execute("SELECT version_num FROM alembic_version").fetchall()
            ((songs,),) = database.execute("SELECT count(*) FROM songs").fetchall()
    except (sqlite3.Error, ValueError) as error:
        raise CorruptData(
            f"a SQLite database of AURA-X at {path}", str(error), "move this file away, or put a copy of it back"
        ) from error
    if schema > newest:
        _check_schema(schema, newest, str(path))
    words = "" if schema == newest else f"; the next song brings it to {newest}"
    return f"{path}, schema {schema}, {songs} songs{words}"


def _check_schema(found: str | None, newest: str, place: str) -> None:
    if found == newest:
        return
    if found is not None and found > newest:
        raise CorruptData(
            f"schema {newest} or older at {place}", f"schema {found}, of a newer AURA-X", "update this AURA-X"
        )
    raise CorruptData(
        f"schema {newest} at {place}", f"schema {found}" if found else "no tables", "run 'aurax db upgrade'"
    )


def look_at_store(settings: Settings) -> str:
    """The object store: of a remote one, whether it takes, lists, gives and deletes a small object, and its clock.

    Raises:
        InvalidOption: the address cannot be understood.
        ServiceUnavailable: it does not answer.
        StorageRefused: it refuses, and why.
    """
    location = settings.objects_location
    if "://" not in location or location.startswith("file://"):
        folder = Path(location.removeprefix("file://"))
        return f"{folder}" if folder.is_dir() else f"{folder}: none yet; it will be made with the first song"
    from aurax.adapters.objects.connection import Patience
    from aurax.adapters.objects.probing import probe

    patience = Patience(retry_s=_STORE_RETRY_S, silence_s=_STORE_SILENCE_S, allow_http=settings.objects_allow_http)
    skew_s = probe(location, patience)
    _check_skew("the object store", skew_s)
    return f"{location}: writes, lists, reads and deletes; its clock {skew_s:+.0f} s"


def _check_skew(whose: str, skew_s: float) -> None:
    if abs(skew_s) > _MOST_SKEW_S:
        raise InvalidOption(
            f"the clocks of this machine and of {whose} to agree within {_MOST_SKEW_S:g} s",
            f"{skew_s:+.0f} s",
            "set this machine's clock by NTP",
        )


def look_at_keys(settings: Settings) -> str:
    """The keys that seal what goes through Temporal.

    Raises:
        InvalidOption: there is none where one is needed, or it is malformed, or others can read it.
        CorruptData: the key file holds no key.
    """
    from aurax.adapters.local.runtime_folder import external_temporal_address
    from aurax.adapters.temporal.keys import load_keys

    embedded = external_temporal_address() is None
    if settings.payload_key is None and embedded and not settings.payload_key_file.exists():
        return f"none yet; {settings.payload_key_file} will be made with the first song"
    keys = load_keys(settings, embedded=embedded).keys
    where = "AURAX_PAYLOAD_KEY" if settings.payload_key is not None else str(settings.payload_key_file)
    opening = f", {', '.join(key.id for key in keys[1:])} open too" if len(keys) > 1 else ""
    return f"{keys[0].id} of {where} seals{opening}"


async def look_at_temporal(settings: Settings) -> str:
    """Temporal: whether it answers, in which namespace, and who works on the task queue.

    Raises:
        ServiceUnavailable: it does not answer.
        InvalidOption: its configuration cannot be read, or there is no such namespace.
    """
    from aurax.adapters.local.runtime_folder import RuntimeFolder, external_temporal_address
    from aurax.adapters.temporal.client import connect

    external = external_temporal_address()
    runtime = RuntimeFolder(settings.run_dir).read() if external is None and settings.run_dir.exists() else None
    if external is None and runtime is None:
        return "none; 'aurax make' starts them when needed, 'aurax up' keeps them running"
    client = await connect(settings, runtime.temporal_address if runtime else None)
    await _check_namespace(client)
    if external and settings.deployment:
        await _check_deployment(client, settings.deployment)
    pids = {"supervisor": runtime.supervisor_pid, **runtime.child_pids} if runtime else {}
    children = "".join(f", {name} pid {pid}" for name, pid in pids.items())
    address = external or (runtime.temporal_address if runtime else "")
    if external:
        children += await _searching(client)
    return f"Temporal answers at {address}, namespace {client.namespace}{children}; {await _workers(client, settings)}"


async def _check_namespace(client: Client) -> None:
    from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
    from temporalio.service import RPCError, RPCStatusCode

    try:
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise InvalidOption(
                "TEMPORAL_NAMESPACE to name a namespace of the server",
                client.namespace,
                "create it, or correct the name",
            ) from error
        raise ServiceUnavailable(
            "Temporal to describe its namespace", f"{error.status.name}: {error.message}", "check the key's rights"
        ) from error


async def _check_deployment(client: Client, name: str) -> None:
    from aurax.adapters.temporal.deployment import describe

    if (await describe(client, name)).current is None:
        raise InvalidOption(
            f"a current build of deployment {name}, which gets new work",
            "none",
            "run 'aurax deployment show', then 'aurax deployment current BUILD'",
        )


async def _searching(client: Client) -> str:
    from aurax.adapters.temporal.search import missing_attributes

    try:
        missing = await missing_attributes(client)
    except ServiceUnavailable:
        return "; it does not tell which search attributes it has"
    return f"; search attributes {', '.join(missing)} are missing: run 'aurax temporal setup'" if missing else ""


async def _workers(client: Client, settings: Settings) -> str:
    from aurax.adapters.temporal.converter import task_queue
    from aurax.adapters.temporal.pollers import has_pollers
    from aurax.adapters.temporal.queues import QUEUES

    base = task_queue(client, settings)
    idle = [queue for queue in QUEUES if not await has_pollers(client, base, queue)]
    if not idle:
        return f"workers on all queues of {base}"
    return f"no worker on {base} for {', '.join(idle)}: run 'aurax worker --queues {','.join(idle)}'"


def look_at_extras(settings: Settings) -> str:
    """Which extras are installed.

    Raises:
        MissingExtra: one that the settings need is not.
    """
    installed = {extra for extra, packages in _EXTRAS.items() if all(_is_installed(one) for one in packages)}
    needed = {
        "postgres": "AURAX_DATABASE_URL names a PostgreSQL"
        if str(settings.database_location).startswith("postgresql")
        else "",
        "telemetry": "AURAX_HEALTH_ADDRESS is set"
        if settings.health_address
        else ("OTEL_EXPORTER_OTLP_ENDPOINT is set" if tracing_wanted() else ""),
    }
    for extra, why in needed.items():
        if why and extra not in installed:
            raise MissingExtra(f"the extra {extra}, because {why}", "none", f"run: pip install 'aurax[{extra}]'")
    missing = ", ".join(sorted(_EXTRAS.keys() - installed))
    return f"{', '.join(sorted(installed)) or 'none'}" + (
        f"; not installed and not needed: {missing}" if missing else ""
    )


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False
