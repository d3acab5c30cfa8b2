"""`aurax db`: where the database is, which schema it has, and bringing it to the newest."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from aurax.adapters.cli.console import print_json, stdout
from aurax.adapters.cli.library import AsJson
from aurax.adapters.local.data_folder import open_data_folder
from aurax.settings import Settings

if TYPE_CHECKING:
    from aurax.adapters.sql.database import Database

database = typer.Typer(help="The database: where it is, and upgrading it.", invoke_without_command=True)


@dataclass(frozen=True)
class State:
    """What there is to say about a database.

    Args:
        place: its file or address, without a password.
        server: its program and version.
        schema: what its tables are like, such as `0004`; None where it has none.
        newest: the schema of this program.
        songs: how many it knows; None where the tables are others.
        size_bytes: what it takes on the disk.
        upgraded: whether this command changed it.
    """

    place: str
    server: str
    schema: str | None
    newest: str
    songs: int | None
    size_bytes: int
    upgraded: bool = False


@database.callback()
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Show where the database is and which schema it has; changes nothing."""
    if context.invoked_subcommand is None:
        _tell(asyncio.run(_look(Settings.load(), upgrade=False)), as_json=as_json)


@database.command("upgrade")
def upgrade(
    as_json: AsJson = False,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit with 1 when the schema is not the newest.")
    ] = False,
) -> None:
    """Bring the database to the newest schema; every row stays. Several may run at once, and one does it."""
    state = asyncio.run(_look(Settings.load(), upgrade=not check))
    _tell(state, as_json=as_json)
    if state.schema != state.newest:
        raise typer.Exit(1)


def _tell(state: State, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(state))
        return
    words = {
        True: "the newest" + (", upgraded now" if state.upgraded else ""),
        False: f"the newest is {state.newest}; run 'aurax db upgrade'",
    }[state.schema == state.newest]
    console = stdout()
    console.print(f"[bold]{escape(state.place)}[/]")
    console.print(f"  server  {escape(state.server)}")
    console.print(f"  schema  {state.schema or 'no tables'} ({words})")
    if state.songs is not None:
        console.print(f"  songs   {state.songs}")
    console.print(f"  size    {state.size_bytes / 1e6:.1f} MB")


async def _look(settings: Settings, *, upgrade: bool) -> State:
    from aurax.adapters.sql.database import Database
    from aurax.adapters.sql.migrate import NEWEST_REVISION, migrate, refuse_newer, schema
    from aurax.adapters.sql.opening import limits_of
    from aurax.adapters.sql.songs import Songs

    open_data_folder(settings)
    # The statements of an upgrade take as long as the tables are large.
    limits = replace(limits_of(settings), statement_timeout_s=0.0) if upgrade else limits_of(settings)
    opened = Database(settings.database_location, limits)
    try:
        upgraded = await migrate(opened) if upgrade else False
        found = await schema(opened)
        refuse_newer(found, opened)
        songs = await Songs(opened).count_songs() if found == NEWEST_REVISION else None
        server, size_bytes = await _server(opened)
        return State(opened.place, server, found, NEWEST_REVISION, songs, size_bytes, upgraded)
    finally:
        await opened.close()


async def _server(opened: Database) -> tuple[str, int]:
    from sqlalchemy import text

    asked = (
        "SELECT 'SQLite ' || sqlite_version(), (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size)"
        if opened.is_sqlite
        else "SELECT 'PostgreSQL ' || current_setting('server_version'), pg_database_size(current_database())"
    )
    async with opened.reading() as connection:
        name, size_bytes = (await connection.execute(text(asked))).one()
        return str(name), int(size_bytes)
