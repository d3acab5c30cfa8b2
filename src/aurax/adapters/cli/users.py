"""`aurax users`: the people of an installation that serves several."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.markup import escape
from rich.table import Table

from aurax.adapters.cli.console import fail, print_json, stdout
from aurax.adapters.cli.library import AsJson, open_database
from aurax.errors import AuraxError
from aurax.settings import Settings

if TYPE_CHECKING:
    from aurax.adapters.sql.database import Database
    from aurax.services.people.limits import Limits, Use
    from aurax.services.people.person import Person

T = TypeVar("T")

_LIMIT = "N|none|default"

Who = Annotated[str, typer.Argument(metavar="USER", help="Their id, its beginning, or their e-mail address.")]

users = typer.Typer(no_args_is_help=True, help="People, where one installation serves several.")


@users.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Shown in lists.")],
    email: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Unique among all people.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add a person."""
    from aurax.services.people.accounts import add_person

    async def work(database: Database) -> Person:
        from aurax.adapters.sql.people import People

        return await add_person(People(database), name, email)

    person = on_database(work, as_json=as_json)
    _tell(person, f"added; give them a key with: aurax keys add {person.id[:8]} --scope songs:write", as_json=as_json)


@users.command("list")
def list_users(as_json: AsJson = False) -> None:
    """List everybody."""

    async def work(database: Database) -> tuple[Person, ...]:
        from aurax.adapters.sql.people import People

        return await People(database).list_people()

    people = on_database(work, as_json=as_json)
    if as_json:
        print_json([person.model_dump(mode="json") for person in people])
        return
    if not people:
        stdout().print("Nobody yet; one person alone needs no account. Add one: aurax users add NAME")
        return
    table = Table("id", "name", "e-mail", "since", "state", box=None, header_style="bold")
    for person in people:
        table.add_row(
            person.id[:8],
            escape(person.name),
            escape(person.email or ""),
            f"{person.created_at:%Y-%m-%d}",
            "active" if person.disabled_at is None else f"disabled since {person.disabled_at:%Y-%m-%d %H:%M}",
        )
    stdout().print(table)


@users.command("rename")
def rename(
    user: Who, name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")], as_json: AsJson = False
) -> None:
    """Change a person's name."""
    from aurax.services.people.accounts import rename_person

    async def work(database: Database) -> Person:
        from aurax.adapters.sql.people import People

        people = People(database)
        person = await people.find(user)
        await rename_person(people, person.id, name)
        return await people.find(person.id)

    _tell(on_database(work, as_json=as_json), "renamed", as_json=as_json)


@users.command("disable")
def disable(user: Who, as_json: AsJson = False) -> None:
    """Refuse a person's keys and new songs from now on; what they have is kept, what is being made is finished."""
    _set_disabled(user, True, as_json=as_json)


@users.command("enable")
def enable(user: Who, as_json: AsJson = False) -> None:
    """Undo `disable`."""
    _set_disabled(user, False, as_json=as_json)


@users.command("limits")
def limits(
    user: Who,
    songs_at_once: Annotated[str | None, typer.Option(metavar=_LIMIT, help="Songs in the making.")] = None,
    songs_per_day: Annotated[str | None, typer.Option(metavar=_LIMIT, help="Songs accepted in 24 hours.")] = None,
    usd_per_month: Annotated[str | None, typer.Option(metavar=_LIMIT, help="Dollars of paid calls.")] = None,
    stored_bytes: Annotated[str | None, typer.Option(metavar=_LIMIT, help="Room of stored files.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a person's limits and what is used of them; or set some: a number, `none`, or `default` (the settings')."""
    given = {
        "songs_at_once": songs_at_once,
        "songs_per_day": songs_per_day,
        "usd_per_month": usd_per_month,
        "stored_bytes": stored_bytes,
    }

    async def work(database: Database) -> tuple[Person, Limits, Use]:
        from aurax.adapters.sql.admissions import Admissions
        from aurax.adapters.sql.people import People
        from aurax.services.people.limits import Limits, changed_limits

        people, defaults = People(database), Limits.of(Settings.load())
        person = await people.find(user)
        changes = {name: value for name, value in given.items() if value is not None}
        if changes:
            await people.set_limits(person.id, changed_limits(person.limits, changes))
        return await people.find(person.id), *await Admissions(database, defaults).limits_and_use(person.id)

    person, allowed, used = on_database(work, as_json=as_json)
    rows = {
        name: {
            "limit": getattr(allowed, name),
            "used": getattr(used, name),
            "own": name in (person.limits or {}),
        }
        for name in given
    }
    if as_json:
        print_json({"id": person.id, "name": person.name, "limits": rows})
        return
    table = Table("limit", "used", "of", "", box=None, header_style="bold", title_justify="left")
    for name, row in rows.items():
        most = (
            "no limit"
            if row["limit"] is None
            else f"{row['limit']:g}"
            if name == "usd_per_month"
            else str(row["limit"])
        )
        used_text = f"{row['used']:.6g}" if name == "usd_per_month" else str(row["used"])
        table.add_row(name.replace("_", " "), used_text, most, "own" if row["own"] else "from the settings")
    stdout().print(f"{person.name} ({person.id[:8]})", markup=False)
    stdout().print(table)


def on_database(work: Callable[[Database], Coroutine[Any, Any, T]], *, as_json: bool) -> T:
    """Do something on the configured database, or say what went wrong and exit.

    Args:
        work: gets the database, brought to the newest schema.
        as_json: how errors are printed.
    """

    async def run() -> T:
        async with open_database(Settings.load()) as database:
            return await work(database)

    try:
        return asyncio.run(run())
    except AuraxError as error:
        fail(error, as_json=as_json)


def _set_disabled(user: str, disabled: bool, *, as_json: bool) -> None:
    async def work(database: Database) -> Person:
        from aurax.adapters.sql.people import People

        people = People(database)
        person = await people.find(user)
        await (people.disable(person.id) if disabled else people.enable(person.id))
        return await people.find(person.id)

    _tell(on_database(work, as_json=as_json), "disabled" if disabled else "active", as_json=as_json)


def _tell(person: Person, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(person.model_dump(mode="json"))
    else:
        stdout().print(f"{person.name} ({person.id[:8]}): {what}", markup=False)
