"""`aurax session`: a conversation in which songs are asked for, changed, taken back and chosen."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
from typer.core import TyperGroup

from aurax.adapters.cli.console import EXIT_FAILED, EXIT_INTERRUPTED, fail, print_json, stdout
from aurax.adapters.cli.library import AsJson, open_database
from aurax.adapters.cli.request_options import takes_options
from aurax.errors import AuraxError, InvalidOption
from aurax.services.request import SongRequest
from aurax.settings import Settings
from aurax.text import one_line

if TYPE_CHECKING:
    from aurax.adapters.local.session import Session
    from aurax.adapters.sql.sessions import SessionSummary
    from aurax.services.session import SessionState

_BEGIN = "new"


class _Sessions(TyperGroup):
    """Takes what is no command for the prompt of a new session."""

    otherwise = _BEGIN

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments."""
        if not args or (args[0] not in self.commands and args[0] not in ("--help",)):
            args = [self.otherwise, *args]
        rest: list[str] = super().parse_args(ctx, args)
        return rest


sessions = typer.Typer(
    cls=_Sessions,
    help="A conversation: aurax session [PROMPT] begins one. Songs are asked for, changed by notes, taken back.",
)

Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Versions go to DIR/<version>; out/<title>-<version> …")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Read the next line while songs are made.")]
Close = Annotated[bool, typer.Option("--close", help="Close the session when the lines end.")]
Lines = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The session's id, or its beginning.")]


@sessions.command(_BEGIN)
@takes_options
def begin(
    options: dict[str, Any],
    prompt: Annotated[str | None, typer.Argument(help="The first song; without it, lines are read.")] = None,
    out: Out = None,
    no_wait: NoWait = False,
    close: Close = False,
    as_json: Lines = False,
) -> None:
    """Begin a session; this is what `aurax session` does. The song's options hold for every song in it."""
    _talk(None, prompt, options, out=out, wait=not no_wait, close=close, as_json=as_json)


@sessions.command("open")
@takes_options
def come_back(
    options: dict[str, Any],
    session_id: Id,
    out: Out = None,
    no_wait: NoWait = False,
    close: Close = False,
    as_json: Lines = False,
) -> None:
    """Come back to a session, also one that was closed; what was delivered meanwhile is put into its folders."""
    _talk(session_id, None, options, out=out, wait=not no_wait, close=close, as_json=as_json)


@sessions.command("list")
def list_sessions(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 20, as_json: AsJson = False
) -> None:
    """List sessions."""
    try:
        found = asyncio.run(_sessions(Settings.load(), limit))
    except AuraxError as error:
        fail(error, as_json=as_json)
    if as_json:
        print_json([{**one.model_dump(mode="json"), "open": one.ended_at is None} for one in found])
        return
    if not found:
        stdout().print("No sessions yet. Begin one: aurax session 'warm lo-fi beat, 1 minute'")
        return
    table = Table("id", "begun", "state", "versions", "title", box=None, header_style="bold")
    for one in found:
        ended = f"closed {one.ended_at:%Y-%m-%d %H:%M}" if one.ended_at is not None else "open"
        title = escape(one_line(one.title)[:60])
        table.add_row(one.id[:8], f"{one.started_at:%Y-%m-%d %H:%M}", ended, str(one.versions), title)
    stdout().print(table)


@sessions.command("show")
def show(session_id: Id, as_json: AsJson = False) -> None:
    """Show a session: its versions as a tree, with how each stands and where it is."""
    from aurax.adapters.cli.session_json import version_fields
    from aurax.adapters.cli.session_voice import SpokenVoice

    try:
        state, folders = asyncio.run(_kept(Settings.load(), session_id))
    except AuraxError as error:
        fail(error, as_json=as_json)
    if as_json:
        shown = state.model_dump(mode="json", include={"session_id", "title", "opened_at", "closed_at", "current"})
        versions = [version_fields(version, folders.get(version.song_id)) for version in state.versions]
        print_json({**shown, "open": state.closed_at is None, "versions": versions})
        return
    console = stdout()
    console.print(f"[bold]{escape(one_line(state.title))}[/]  {state.session_id}")
    stands = "open" if state.closed_at is None else f"closed {state.closed_at:%Y-%m-%d %H:%M}"
    console.print(f"  {stands}; come back with: aurax session open {state.session_id[:8]}")
    SpokenVoice(visible=False).versions(state, folders)


@sessions.command("close")
def close_session(
    session_id: Id,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Cancel songs in the making instead of finishing them.")
    ] = False,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Close a session, once its songs are finished and in their folders, or cancelled."""
    try:
        settings = Settings.load()
        state, _ = asyncio.run(_kept(settings, session_id))
        if state.closed_at is not None:
            raise InvalidOption(
                "an open session",
                f"{state.session_id[:8]}, closed {state.closed_at:%Y-%m-%d %H:%M}",
                "'aurax session open ID' opens it again",
            )
        with _session(settings, state.session_id, out) as session:
            session.close(cancel=cancel)
            versions = session.versions
    except AuraxError as error:
        fail(error, as_json=as_json)
    if as_json:
        print_json(
            {"session": state.session_id, "closed": True, "versions": {one.name: one.status for one in versions}}
        )
    else:
        stdout().print(f"Session {state.session_id[:8]} is closed; {len(versions)} versions are kept.", markup=False)


def _talk(
    session_id: str | None,
    prompt: str | None,
    options: dict[str, Any],
    *,
    out: Path | None,
    wait: bool,
    close: bool,
    as_json: bool,
) -> None:
    from aurax.adapters.cli.session_json import JsonVoice
    from aurax.adapters.cli.session_talk import Conversation, read_piped, read_typed, typed_so_far
    from aurax.adapters.cli.session_voice import SpokenVoice, Voice
    from aurax.services.prepare import prepare

    interactive = sys.stdin.isatty() and sys.stdout.isatty() and not as_json
    voice: Voice = JsonVoice() if as_json else SpokenVoice(visible=interactive, prompt=typed_so_far)
    try:
        settings = Settings.load()
        prompt = None if prompt == "-" else prompt  # lines are read in any case
        if session_id is not None:
            session_id = asyncio.run(_kept(settings, session_id))[0].session_id
        if prompt is not None:
            prepare(SongRequest.of(prompt=prompt, **options))  # refused before any server starts
        with _session(settings, session_id, out, on_news=voice.news) as session:
            voice.opened(session.session_id)
            read = read_typed if interactive else read_piped
            talk = Conversation(session, voice, read, options=options, wait=wait, interactive=interactive)
            talk.run(prompt, back=session_id is not None, close=close)
    except AuraxError as error:
        fail(error, as_json=as_json)
    except KeyboardInterrupt:
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if talk.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    if talk.failed and not interactive:
        raise typer.Exit(EXIT_FAILED)


def _session(settings: Settings, session_id: str | None, out: Path | None, **how: Any) -> Session:
    from aurax.adapters.local.session import Session

    return Session(settings, session_id=session_id, out=out, **how)


async def _sessions(settings: Settings, limit: int) -> tuple[SessionSummary, ...]:
    from aurax.adapters.sql.sessions import Sessions

    async with open_database(settings) as database:
        return await Sessions(database).list_sessions(limit=limit)


async def _kept(settings: Settings, session_id: str) -> tuple[SessionState, dict[str, Path]]:
    from aurax.adapters.sql.sessions import Sessions
    from aurax.adapters.sql.songs import Songs

    async with open_database(settings) as database:
        state = await Sessions(database).state(session_id)
        collected = await Songs(database).collected([version.song_id for version in state.versions])
        return state, {song_id: Path(folder) for song_id, folder in collected.items()}
