"""`aurax keys`: API keys of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from aurax.adapters.cli.console import fail, print_json, stderr, stdout
from aurax.adapters.cli.keeping import parse_age
from aurax.adapters.cli.library import AsJson
from aurax.adapters.cli.users import Who, on_database
from aurax.errors import AuraxError
from aurax.services.people.principal import SCOPES

if TYPE_CHECKING:
    from aurax.adapters.sql.database import Database
    from aurax.services.people.accounts import IssuedKey
    from aurax.services.people.person import ApiKey

keys = typer.Typer(no_args_is_help=True, help="API keys of people.")


@keys.command("add")
def add(
    user: Who,
    name: Annotated[str, typer.Option(metavar="NAME", help="What it is for.")] = "key",
    scope: Annotated[
        list[str] | None,
        typer.Option(metavar="SCOPE", help=f"What it may be used for: {', '.join(SCOPES)}. Repeatable."),
    ] = None,
    expires: Annotated[str | None, typer.Option(metavar="AGE", help="Valid for so long, such as 90d or 12h.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give a person a key; its text is shown this once."""
    from aurax.services.people.accounts import issue_key

    try:
        expires_in = None if expires is None else parse_age(expires)
    except AuraxError as error:
        fail(error, as_json=as_json)

    async def work(database: Database) -> IssuedKey:
        from aurax.adapters.sql.people import ApiKeys, People

        person = await People(database).find(user)
        return await issue_key(ApiKeys(database), person.id, name, scope or ["songs:write"], expires_in=expires_in)

    issued = on_database(work, as_json=as_json)
    if as_json:
        print_json({**_plain(issued.key), "key": issued.text})
        return
    stdout().print(issued.text, markup=False)
    stderr().print(
        f"Key {issued.key.id} for {', '.join(sorted(issued.key.scopes))}. Keep it; it cannot be shown again.",
        markup=False,
    )


@keys.command("list")
def list_keys(
    user: Annotated[str | None, typer.Argument(metavar="[USER]", help="Whose; everybody's by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """List keys, without what could be used in their place."""

    async def work(database: Database) -> tuple[ApiKey, ...]:
        from aurax.adapters.sql.people import ApiKeys, People

        user_id = None if user is None else (await People(database).find(user)).id
        return await ApiKeys(database).list_keys(user_id)

    found = on_database(work, as_json=as_json)
    if as_json:
        print_json([_plain(key) for key in found])
        return
    if not found:
        stdout().print("No keys yet. Make one: aurax keys add USER --scope songs:write", markup=False)
        return
    table = Table("id", "user", "name", "for", "since", "last used", "state", box=None, header_style="bold")
    for key in found:
        table.add_row(
            key.id,
            key.user_id[:8],
            escape(key.name),
            " ".join(sorted(key.scopes)),
            f"{key.created_at:%Y-%m-%d}",
            "never" if key.last_used_at is None else f"{key.last_used_at:%Y-%m-%d %H:%M}",
            _state(key),
        )
    stdout().print(table)


@keys.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as in the list.")], as_json: AsJson = False
) -> None:
    """Refuse a key from now on."""

    async def work(database: Database) -> ApiKey:
        from aurax.adapters.sql.people import ApiKeys

        return await ApiKeys(database).revoke(key_id)

    key = on_database(work, as_json=as_json)
    if as_json:
        print_json(_plain(key))
    else:
        stdout().print(f"key {key.id}: {_state(key)}", markup=False)


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d %H:%M}"
    return "valid" if key.expires_at is None else f"until {key.expires_at:%Y-%m-%d %H:%M}"


def _plain(key: ApiKey) -> dict[str, Any]:
    return {**key.model_dump(mode="json"), "scopes": sorted(key.scopes)}
