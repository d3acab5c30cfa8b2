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
from aurax.errors import AuraxError, InvalidOption
from aurax.settings import Settings
from aurax.text import visible

if TYPE_CHECKING:
    from aurax.adapters.local.order import OnEvent
    from aurax.deliver.record import SongRecord

T = TypeVar("T")

_LONGEST_PROMPT_BYTES = 65_536


def make(
    prompt: Annotated[
        str, typer.Argument(help="What you want to hear, in your own words; - reads it from standard input.")
    ],
    duration: Annotated[
        str | None, typer.Option(metavar="TIME", help="Length, such as 2m, 90s or 1:45; wins over the prompt.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same prompt and seed give the same song.")] = None,
    style: Annotated[str | None, typer.Option(metavar="NAME", help="A style from 'aurax styles'.")] = None,
    takes: Annotated[int, typer.Option(help="The most attempts to make, 1 to 9.")] = 3,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The song's own folder; out/<slug> by default.")
    ] = None,
    formats: Annotated[str, typer.Option(metavar="LIST", help="Of the master: flac,wav,mp3,ogg.")] = "flac",
    project_audio: Annotated[
        str, typer.Option(metavar="NAME", help="Stems in the DAW project: wav, flac or auto (WAV if not too large).")
    ] = "auto",
    engine: Annotated[
        str | None, typer.Option(metavar="NAME", help="A generator from 'aurax engines'; without, notes are composed.")
    ] = None,
    dual: Annotated[
        bool, typer.Option("--dual", help="Compose notes, and let the engine add a layer that follows them.")
    ] = False,
    commercial: Annotated[
        bool, typer.Option("--commercial", help="Refuse engines whose weights forbid commercial use.")
    ] = False,
    budget: Annotated[
        float | None, typer.Option(metavar="USD", help="The most that paid calls for the song may cost.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a song folder that is already there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print song.json, or the error, and nothing else.")] = False,
) -> None:
    """Make a song from a prompt."""
    from aurax.adapters.local.order import SongOrder, carry_out

    try:
        order = SongOrder.check(
            read_prompt() if prompt == "-" else prompt,
            out=out,
            style=style,
            duration_s=parse_duration(duration) if duration is not None else None,
            seed=seed,
            takes=takes,
            formats=tuple(name.strip().lower() for name in formats.split(",") if name.strip()),
            force=force,
            engine=engine,
            dual=dual,
            commercial=commercial,
            budget_usd=budget,
            project_audio=project_audio,
        )
    except AuraxError as error:
        fail(error, as_json=as_json)
    progress = Progress(stderr(), visible=not as_json and sys.stderr.isatty(), mode=order.request.mode)
    progress.explain(order.intent, order.request.seed)
    deliver(lambda on_event: carry_out(Settings.load(), order, on_event), progress, as_json=as_json)


def resume(
    song_id: Annotated[str, typer.Argument(metavar="ID", help="The song's id, or its beginning.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The song's own folder; out/<slug> by default.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a song folder that is already there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print song.json, or the error, and nothing else.")] = False,
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


def read_prompt() -> str:
    """The prompt from standard input, so that it stands in no list of processes.

    Raises:
        InvalidOption: it is not UTF-8, or longer than any prompt.
    """
    content = sys.stdin.buffer.read(_LONGEST_PROMPT_BYTES + 1)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = ""
    if (content and not text) or len(content) > _LONGEST_PROMPT_BYTES:
        raise InvalidOption("a prompt in UTF-8 on standard input", "something else", "write it as plain text")
    return text.strip()


def parse_duration(text: str) -> float:
    """Seconds in a length such as `2m`, `90s`, `1:45`, `2m30s` or `90`.

    Raises:
        InvalidOption: the text is no length.
    """
    from aurax.intent.read_duration import read_durations
    from aurax.intent.text import clean_prompt

    try:
        return float(text)
    except ValueError:
        found = read_durations(clean_prompt(text))
    if len(found) != 1:
        raise InvalidOption("a length such as 2m, 90s, 1:45 or 2m30s", repr(text), "write it like one of these")
    return found[0].value
