"""Migrations keep every row, from the first schema to the newest, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from typer.testing import CliRunner

from aurax.adapters.cli.main import app
from aurax.adapters.sql import migrate as migrate_module
from aurax.adapters.sql.database import Database
from aurax.adapters.sql.events import Events
from aurax.adapters.sql.ledger import Ledger
from aurax.adapters.sql.migrate import NEWEST_REVISION, make_ready, migrate, schema
from aurax.adapters.sql.songs import Songs
from aurax.adapters.sql.tables import Table
from aurax.errors import AuraxError, CorruptData, VersionMismatch

pytestmark = pytest.mark.integration

WHEN = "'2026-10-01 10:00:00+00:00'"
FIRST_ROWS = [
    f"INSERT INTO users (id, email, name, created_at) VALUES ('me', 'me@example.org', 'Me', {WHEN})",
    f"INSERT INTO sessions (id, user_id, started_at) VALUES ('stay', 'me', {WHEN})",
    f"INSERT INTO projects (id, user_id, title, created_at) VALUES ('album', 'me', 'An album', {WHEN})",
    "INSERT INTO songs (id, project_id, session_id, prompt, seed, status, created_at, updated_at, details) VALUES "
    f"('old', 'album', 'stay', 'lofi', 4611686018427387904, 'delivered', {WHEN}, {WHEN}, '{{\"takes\": 1}}')",
    "INSERT INTO takes (song_id, number, seed, reason, passed, score, accepted, verdict, settings, created_at) VALUES "
    f"('old', 1, 1, 'the first', true, 91.5, true, '{{}}', '{{}}', {WHEN})",
    "INSERT INTO assets (song_id, name, key, sha256, bytes, delivered, created_at) VALUES "
    f"('old', 'master.flac', 'audio/a.flac', 'aa', 5000000000, true, {WHEN})",
    "INSERT INTO events (song_id, at, kind, data, once) VALUES "
    f"('old', {WHEN}, 'song.delivered', '{{}}', 'old/song.delivered/')",
    f"INSERT INTO ledger (song_id, at, what, cost_usd, details) VALUES ('old', {WHEN}, 'musicgen', 0.25, '{{}}')",
]


def migration_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(str(migrate_module.__file__)).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, revision: str) -> None:
    command.upgrade(migration_config(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    command.downgrade(migration_config(connection), revision)


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), Table.metadata))


async def rows_of(database: Database) -> dict[str, int]:
    def count(connection: Connection) -> dict[str, int]:
        names = set(inspect(connection).get_table_names()) - {"alembic_version"}
        return {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in sorted(names)}

    async with database.reading() as connection:
        return await connection.run_sync(count)


@pytest.fixture
async def first_schema(empty_address: str) -> str:
    """A database of the first schema with a row in every table."""
    database = Database(empty_address)
    async with database.writing() as connection:
        await connection.run_sync(upgrade, "0001")
        for statement in FIRST_ROWS:
            await connection.execute(text(statement.replace("+00:00", "") if database.is_sqlite else statement))
    await database.close()
    return empty_address


def revisions() -> list[str]:
    script = ScriptDirectory(str(Path(str(migrate_module.__file__)).parent / "migrations"))
    return sorted(one.revision for one in script.walk_revisions())


def test_the_newest_revision_is_the_only_head_of_the_history() -> None:
    assert max(revisions()) == NEWEST_REVISION
    assert len(revisions()) == int(NEWEST_REVISION)


async def test_the_first_schemas_rows_are_readable_in_the_newest(first_schema: str) -> None:
    database = Database(first_schema)
    assert await migrate(database) is True
    song = await Songs(database).get_song("old")
    (asset,) = await Songs(database).assets("old")
    (take,) = await Songs(database).takes("old")
    (event,) = await Events(database).events("old")
    (line,) = await Ledger(database).song_lines("old")
    assert (song.seed, song.details, song.created_at.isoformat()) == (2**62, {"takes": 1}, "2026-10-01T10:00:00+00:00")
    assert (asset.bytes, take["score"], event.kind, line.usd) == (5_000_000_000, 91.5, "song.delivered", 0.25)
    await database.close()


async def test_a_migrated_database_of_the_first_schema_is_exactly_the_model(first_schema: str) -> None:
    database = Database(first_schema)
    await migrate(database)
    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


async def test_every_migration_can_be_taken_back_with_its_rows(first_schema: str) -> None:
    database = Database(first_schema)
    before = await rows_of(database)
    await migrate(database)
    for revision in reversed(revisions()[:-1]):
        async with database.writing() as connection:
            await connection.run_sync(downgrade, revision)
    assert await rows_of(database) == before
    assert await migrate(database) is True
    assert (await Songs(database).get_song("old")).prompt == "lofi"
    await database.close()


async def test_a_migration_that_fails_leaves_everything_as_it_was(
    first_schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(first_schema)
    before = await rows_of(database)
    real = migrate_module._upgrade

    def break_off(connection: Connection) -> None:
        real(connection)
        raise ZeroDivisionError

    monkeypatch.setattr(migrate_module, "_upgrade", break_off)
    with pytest.raises(ZeroDivisionError):
        await migrate(database)
    assert (await schema(database), await rows_of(database)) == ("0001", before)
    await database.close()


async def test_new_rows_get_ids_after_those_that_were_there(first_schema: str) -> None:
    database = Database(first_schema)
    await migrate(database)
    await Events(database).append_event("old", "song.opened", {})
    first, second = await Events(database).events("old")
    assert second.id > first.id
    await database.close()


@pytest.mark.parametrize("use", [migrate, make_ready])
async def test_a_database_of_a_newer_version_is_refused_everywhere(database: Database, use: Any) -> None:
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CorruptData, match="newer AURA-X"):
        await use(database)


async def test_programs_upgrade_a_file_and_refuse_an_old_server(first_schema: str) -> None:
    database = Database(first_schema)
    if database.is_sqlite:
        await make_ready(database)
        assert await schema(database) == NEWEST_REVISION
    else:
        with pytest.raises(VersionMismatch, match="found schema 0001; run 'aurax db upgrade'"):
            await make_ready(database)
    await database.close()


@pytest.fixture
def of_settings(first_schema: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The first schema's database, as the settings name it."""
    monkeypatch.setenv("AURAX_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AURAX_DATABASE_URL", first_schema)
    return first_schema


def db(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["db", *arguments, "--json"])
    return {"exit": result.exit_code, **json.loads(result.stdout)}


def test_the_command_shows_upgrades_and_then_has_nothing_left_to_do(of_settings: str) -> None:
    before, checked = db(), db("upgrade", "--check")
    upgraded, again = db("upgrade"), db("upgrade", "--check")
    assert (before["schema"], before["songs"], before["exit"]) == ("0001", None, 0)
    assert (checked["schema"], checked["exit"]) == ("0001", 1)
    assert (upgraded["schema"], upgraded["songs"], upgraded["upgraded"]) == (NEWEST_REVISION, 1, True)
    assert (again["exit"], again["upgraded"]) == (0, False)
    assert again["size_bytes"] > 0


def test_the_command_shows_no_password(of_settings: str) -> None:
    password = of_settings.partition("aurax:")[2].partition("@")[0] or "no password in a file's address"
    assert password not in CliRunner().invoke(app, ["db"]).output


def test_the_command_refuses_a_newer_database(of_settings: str) -> None:
    async def age() -> None:
        database = Database(of_settings)
        async with database.writing() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await database.close()

    asyncio.run(age())
    for arguments in (["db"], ["db", "upgrade"], ["songs"]):
        assert isinstance(CliRunner().invoke(app, arguments).exception, AuraxError)
