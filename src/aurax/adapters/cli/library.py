"""`aurax songs` and `aurax show`: what was made, and why it is as it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from aurax.adapters.cli.console import print_json, stdout
from aurax.adapters.local.data_folder import open_data_folder
from aurax.settings import Settings
from aurax.text import one_line

if TYPE_CHECKING:
    # SQLAlchemy takes half a second to import; commands that need no database must not wait for it.
    from aurax.adapters.sql.database import Database
    from aurax.adapters.sql.events import Event
    from aurax.adapters.sql.songs import SongSummary

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def songs(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 20,
    user: Annotated[str | None, typer.Option(metavar="USER", help="Only this person's.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the songs that were asked for on this data folder."""
    from aurax.adapters.local.states import SongStates

    settings = Settings.load()
    found, in_sessions = asyncio.run(_songs(settings, limit, user))
    if as_json:
        states = SongStates(settings, in_sessions)
        print_json([{**song.model_dump(mode="json"), "state": states.of(song)} for song in found])
        return
    if not found:
        stdout().print("No songs yet. Make one: aurax make 'warm lo-fi beat, 1 minute'")
        return
    columns = ("id", "when", "state", "verdict", "score", "style", "prompt and outcome")
    table = Table(*columns, box=None, header_style="bold")
    states = SongStates(settings, in_sessions)
    for song in found:
        table.add_row(
            song.id[:8],
            song.created_at.strftime("%Y-%m-%d %H:%M"),
            escape(states.words(song)),
            {True: "passed", False: "fails", None: ""}[song.passed],
            "" if song.score is None else f"{song.score:.0f}",
            song.style or "",
            _prompt_and_outcome(song),
        )
    stdout().print(table)


def _prompt_and_outcome(song: SongSummary) -> str:
    lines = [line for line in (_origin(song), one_line(str(song.details.get("outcome", "")))) if line]
    return escape(_short(song.prompt)) + "".join(f"\n[dim]{escape(line)}[/]" for line in lines)


def _origin(song: SongSummary) -> str:
    """Where a song stands in its session, and what its person thinks of it."""
    parts = []
    if song.session_id:
        parts.append(f"{song.version or 'a version'} of session {song.session_id[:8]}")
    if song.note:
        parts.append(f"from {song.parent_id[:8]} by '{_short(song.note)}'" if song.parent_id else _short(song.note))
    if song.rating:
        parts.append(rating_words(song.rating, song.rating_words))
    return ", ".join(parts)


def rating_words(stars: int, words: str | None = None) -> str:
    """A rating as lists show it.

    Args:
        stars: 1 to 5.
        words: what the person said about it.
    """
    return f"{stars} of 5" + (f" ({_short(words)})" if words else "")


def _short(prompt: str) -> str:
    line = one_line(prompt)
    return line if len(line) <= 60 else line[:59] + "…"


def show(
    song_id: Annotated[str, typer.Argument(metavar="ID", help="The song's id, or its beginning.")],
    as_json: AsJson = False,
) -> None:
    """Show one song: its takes, what failed, and every event in order."""
    from aurax.adapters.local.states import SongStates
    from aurax.adapters.sql.events import elapsed_since_first_s
    from aurax.judge.verdict import Verdict
    from aurax.judge.wording import failure_words

    settings = Settings.load()
    song, takes, events, in_sessions = asyncio.run(_song(settings, song_id))
    states = SongStates(settings, in_sessions)
    if as_json:
        print_json(
            {
                **song.model_dump(mode="json"),
                "state": states.of(song),
                "takes": [_plain(take) for take in takes],
                "events": [event.model_dump(mode="json") for event in events],
            }
        )
        return
    console = stdout()
    console.print(f"[bold]{escape(one_line(song.title or song.prompt))}[/]  {song.id}")
    console.print(f"  prompt  {escape(one_line(song.prompt))}")
    console.print(f"  seed    {song.seed}")
    console.print(f"  state   {escape(states.words(song))}")
    if _origin(song):
        console.print(f"  version {escape(_origin(song))}")
    if song.details.get("outcome"):
        console.print(f"  outcome {escape(one_line(str(song.details['outcome'])))}")
    for take in takes:
        verdict = Verdict.model_validate(take["verdict"])
        state = "passed" if take["passed"] else "fails"
        parts = f"fidelity {verdict.fidelity.score:.0f}, quality {verdict.quality.score:.0f}"
        kept = ", kept" if take["accepted"] else ""
        console.print(
            f"  take {take['number']}: {state}, score {take['score']:.0f} ({parts}), {escape(take['reason'])}{kept}"
        )
        for check in verdict.failures:
            console.print(f"    {escape(failure_words(check))}")
    for event, elapsed_s in zip(events, elapsed_since_first_s(events), strict=True):
        details = "  ".join(
            f"{name}={value}" for name, value in event.data.items() if not isinstance(value, dict | list)
        )
        console.print(f"  {elapsed_s:8.2f} s  {event.kind:<22} {escape(details)}")


def _plain(take: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if hasattr(value, "isoformat") else value for name, value in take.items()}


async def _songs(settings: Settings, limit: int, user: str | None) -> tuple[tuple[SongSummary, ...], frozenset[str]]:
    from aurax.adapters.sql.owned import OwnedSongs
    from aurax.adapters.sql.people import People
    from aurax.adapters.sql.sessions import Sessions
    from aurax.adapters.sql.songs import Songs

    async with open_database(settings) as database:
        listed = Songs(database) if user is None else OwnedSongs(database, (await People(database).find(user)).id)
        return await listed.list_songs(limit), await Sessions(database).songs_of_open()


async def _song(
    settings: Settings, song_id: str
) -> tuple[SongSummary, tuple[dict[str, Any], ...], tuple[Event, ...], frozenset[str]]:
    from aurax.adapters.sql.events import Events
    from aurax.adapters.sql.sessions import Sessions
    from aurax.adapters.sql.songs import Songs

    async with open_database(settings) as database:
        songs = Songs(database)
        song = await songs.get_song(song_id)
        in_sessions = await Sessions(database).songs_of_open()
        return song, await songs.takes(song.id), await Events(database).events(song.id), in_sessions


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The data folder's database, or the one that the settings name, with the newest schema."""
    from aurax.adapters.sql import opening

    open_data_folder(settings)
    async with opening.open_database(settings) as database:
        yield database
