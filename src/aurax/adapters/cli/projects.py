"""`aurax projects`: songs that belong together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from aurax.adapters.cli.console import print_json, stdout
from aurax.adapters.cli.library import AsJson
from aurax.adapters.cli.users import on_database

if TYPE_CHECKING:
    from aurax.adapters.sql.database import Database
    from aurax.adapters.sql.projects import OwnedProjects, Project

Which = Annotated[str, typer.Argument(metavar="PROJECT", help="Its id, or its beginning.")]
Title = Annotated[str, typer.Argument(metavar="TITLE", help="1 to 200 characters.")]
Of = Annotated[
    str | None, typer.Option("--user", metavar="USER", help="Whose; left out, of nobody, as one person works alone.")
]

projects = typer.Typer(no_args_is_help=True, help="Songs that belong together.")


@projects.command("add")
def add(title: Title, user: Of = None, as_json: AsJson = False) -> None:
    """Begin a project."""
    _tell(_change(user, lambda mine: mine.create(title), as_json=as_json), as_json=as_json)


@projects.command("list")
def list_projects(
    archived: Annotated[bool, typer.Option("--archived", help="Those that were put away too.")] = False,
    user: Of = None,
    as_json: AsJson = False,
) -> None:
    """List projects, the newest first."""

    async def work(database: Database) -> tuple[Project, ...]:
        return await (await _of(database, user)).list_projects(archived=archived)

    found = on_database(work, as_json=as_json)
    if as_json:
        print_json([project.model_dump(mode="json") for project in found])
        return
    if not found:
        stdout().print("No projects yet. Begin one: aurax projects add TITLE")
        return
    table = Table("id", "since", "songs", "title", box=None, header_style="bold")
    for project in found:
        archived_words = " (archived)" if project.archived_at is not None else ""
        when = f"{project.created_at:%Y-%m-%d}"
        table.add_row(project.id[:8], when, str(project.songs), escape(project.title) + archived_words)
    stdout().print(table)


@projects.command("rename")
def rename(project: Which, title: Title, user: Of = None, as_json: AsJson = False) -> None:
    """Give a project another title."""
    _tell(_change(user, lambda mine: mine.rename(project, title), as_json=as_json), as_json=as_json)


@projects.command("archive")
def archive(project: Which, user: Of = None, as_json: AsJson = False) -> None:
    """Put a project away; its songs are as they were."""
    _tell(_change(user, lambda mine: mine.archive(project), as_json=as_json), as_json=as_json)


@projects.command("reopen")
def reopen(project: Which, user: Of = None, as_json: AsJson = False) -> None:
    """Bring a project back that was put away."""
    _tell(_change(user, lambda mine: mine.reopen(project), as_json=as_json), as_json=as_json)


@projects.command("put")
def put(
    project: Which,
    songs: Annotated[list[str], typer.Argument(metavar="SONG...", help="The songs' ids, or their beginnings.")],
    user: Of = None,
    as_json: AsJson = False,
) -> None:
    """Put songs into a project, out of the one that they were in."""
    _tell(_change(user, lambda mine: mine.put_songs(project, songs), as_json=as_json), as_json=as_json)


def _change(user: str | None, change: Callable[[OwnedProjects], Awaitable[Project]], *, as_json: bool) -> Project:
    async def work(database: Database) -> Project:
        return await change(await _of(database, user))

    return on_database(work, as_json=as_json)


async def _of(database: Database, user: str | None) -> OwnedProjects:
    from aurax.adapters.sql.people import People
    from aurax.adapters.sql.projects import OwnedProjects

    return OwnedProjects(database, None if user is None else (await People(database).find(user)).id)


def _tell(project: Project, *, as_json: bool) -> None:
    if as_json:
        print_json(project.model_dump(mode="json"))
        return
    words = "archived" if project.archived_at is not None else f"{project.songs} songs"
    stdout().print(f"{project.id[:8]}  {project.title}: {words}", markup=False)
