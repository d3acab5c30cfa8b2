"""`aurax make`: a prompt becomes a folder with a finished song."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.markup import escape

from aurax.adapters.cli.console import EXIT_INTERRUPTED, fail, print_json, stderr, stdout
from aurax.adapters.cli.progress import Progress
from aurax.adapters.cli.request_options import takes_request
from aurax.errors import AuraxError
from aurax.services.ports import OnEvent
from aurax.services.request import SongRequest
from aurax.settings import Settings
from aurax.text import visible

if TYPE_CHECKING:
    from aurax.deliver.record import SongRecord

T = TypeVar("T")

OutFolder = Annotated[Path | None, typer.Option(metavar="DIR", help="The song's own folder; out/<slug> by default.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a song folder that is already there.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print song.json, or the error, and nothing else.")]


@takes_request
def make(
    request: SongRequest,
    out: OutFolder = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Make a song from a prompt."""
    from aurax.adapters.local.make_song import Destination, make_song
    from aurax.services.prepare import prepare

    try:
        song = prepare(request)
    except AuraxError as error:
        fail(error, as_json=as_json)
    progress = Progress(stderr(), visible=not as_json and sys.stderr.isatty(), mode=song.request.mode)
    progress.explain(song.intent, song.request.seed)
    destination = Destination.of(song.intent.title, out, force=force)
    deliver(lambda on_event: make_song(Settings.load(), song, destination, on_event), progress, as_json=as_json)


def resume(
    song_id: Annotated[str, typer.Argument(metavar="ID", help="The song's id, or its beginning.")],
    out: OutFolder = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Continue a song that was left unfinished, or deliver one that was finished."""

    def work(on_event: OnEvent) -> Coroutine[Any, Any, tuple[Path, SongRecord]]:
        from aurax.adapters.local.resume import resume

        return resume(Settings.load(), song_id, on_event, out=out, force=force)

    deliver(work, Progress(stderr(), visible=not as_json and sys.stderr.isatty()), as_json=as_json)


def deliver(
    work: Callable[[OnEvent], Coroutine[Any, Any, tuple[Path, SongRecord]]], progress: Progress, *, as_json: bool
) -> None:
    """Have a song delivered, and say where it is and how it went.

    Args:
        work: makes or collects the song; called with what takes its events.
        progress: shows the events.
        as_json: for a program.
    """
    try:
        with progress:
            folder, record = asyncio.run(_stoppable(work, progress.on_event))
    except AuraxError as error:
        fail(error, as_json=as_json)
    except (KeyboardInterrupt, asyncio.CancelledError):
        if as_json:
            print_json({"error": {"kind": "Cancelled", "fix": "ask for the song again"}})
        else:
            stderr().print("Cancelled; nothing was left behind.")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if as_json:
        print_json({"folder": str(folder), **record.model_dump(mode="json")})
        return
    console = stdout()
    if sys.stdout.isatty():
        progress.summarize(console, record)
        console.print(f"\n  [bold]{escape(str(folder))}[/]\n  open {escape(str(folder / record.report))}")
        return
    print(visible(str(folder)))  # noqa: T201 - a program reads this line
    for sentence in record.intent.assumptions:
        print(f"assumed: {visible(sentence)}", file=sys.stderr)  # noqa: T201
    from aurax.judge.wording import failure_words

    word = "below the aim" if record.verdict.passed else "fails"
    for check in record.verdict.failures:
        print(f"{word}: {failure_words(check)}", file=sys.stderr)  # noqa: T201


async def _stoppable(work: Callable[[OnEvent], Coroutine[Any, Any, T]], on_event: OnEvent) -> T:
    """Let SIGTERM cancel the work as Ctrl-C does, so that a closed terminal leaves nothing half-written either."""
    task = asyncio.ensure_future(work(on_event))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    return await task
