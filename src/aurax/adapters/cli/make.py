"""`aurax make`: a prompt becomes a folder with a finished song."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from aurax.adapters.cli.console import EXIT_INCOMPLETE, EXIT_INTERRUPTED, fail, print_json, stderr
from aurax.adapters.cli.progress import Progress
from aurax.adapters.cli.request_options import takes_request
from aurax.adapters.local.bounded_run import bounded_run
from aurax.errors import AuraxError
from aurax.services.ports import OnEvent
from aurax.services.request import SongRequest
from aurax.settings import Settings

if TYPE_CHECKING:
    from aurax.deliver.record import SongRecord

T = TypeVar("T")

OutFolder = Annotated[Path | None, typer.Option(metavar="DIR", help="The song's own folder; out/<slug> by default.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a song folder that is already there.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print song.json, or the error, and nothing else.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="End with status 3 if not all that was asked for is known to be done.")
]


@takes_request
def make(
    request: SongRequest,
    out: OutFolder = None,
    force: Force = False,
    as_json: AsJson = False,
    strict: Strict = False,
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
    deliver(
        lambda on_event: make_song(Settings.load(), song, destination, on_event),
        progress,
        as_json=as_json,
        strict=strict,
    )


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
    work: Callable[[OnEvent], Coroutine[Any, Any, tuple[Path, SongRecord]]],
    progress: Progress,
    *,
    as_json: bool,
    strict: bool = False,
) -> None:
    """Have a song delivered, and say where it is and how it went.

    Args:
        work: makes or collects the song; called with what takes its events.
        progress: shows the events.
        as_json: for a program.
        strict: whether a song that is not all that was asked for ends with a status of its own.
    """
    try:
        with progress:
            folder, record = bounded_run(_stoppable(work, progress.on_event))
    except AuraxError as error:
        fail(error, as_json=as_json)
    except (KeyboardInterrupt, asyncio.CancelledError):
        if as_json:
            print_json({"error": {"kind": "Cancelled", "fix": "ask for the song again"}})
        else:
            stderr().print("Cancelled; nothing was left behind.")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    from aurax.adapters.cli.result import report_result
    from aurax.deliver.record import outcome_of

    report_result(folder, record, progress, as_json=as_json)
    if strict and not outcome_of(record).is_complete:
        raise typer.Exit(EXIT_INCOMPLETE)


async def _stoppable(work: Callable[[OnEvent], Coroutine[Any, Any, T]], on_event: OnEvent) -> T:
    """Let SIGTERM cancel the work as Ctrl-C does, so that a closed terminal leaves nothing half-written either."""
    task = asyncio.ensure_future(work(on_event))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    return await task
