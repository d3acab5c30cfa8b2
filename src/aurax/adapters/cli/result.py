"""The end of `aurax make` and `aurax resume`: where the song is, how it went, and what of the prompt was not done."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.markup import escape

from aurax.adapters.cli.console import print_json, stdout
from aurax.adapters.cli.progress import Progress
from aurax.deliver.record import SongRecord, outcome_of
from aurax.judge.wording import failure_words
from aurax.text import one_line, visible


def report_result(folder: Path, record: SongRecord, progress: Progress, *, as_json: bool) -> None:
    """Say how a delivered song came out; the last line says what became of the prompt.

    A person at a terminal gets a summary, a program in a pipe two lines (the folder, then the outcome), with what was
    assumed and what fell short on standard error.

    Args:
        folder: where the song is.
        record: its `song.json`.
        progress: prints the summary.
        as_json: print `song.json` and nothing else; its key `outcome` has the outcome in types.
    """
    result = outcome_of(record)
    if as_json:
        content = record.model_copy(update={"outcome": result}).model_dump(mode="json")
        print_json({"folder": str(folder), **content})
        return
    if sys.stdout.isatty():
        console = stdout()
        progress.summarize(console, record)
        console.print(f"\n  [bold]{escape(str(folder))}[/]\n  open {escape(str(folder / record.report))}")
        console.print(f"  {escape(one_line(result.line))}")
        return
    for sentence in record.intent.assumptions:
        print(f"assumed: {visible(sentence)}", file=sys.stderr)  # noqa: T201
    for check in record.verdict.failures:
        word = "fails" if check.required else "below the aim"
        print(f"{word}: {failure_words(check)}", file=sys.stderr)  # noqa: T201
    sys.stderr.flush()
    print(visible(str(folder)))  # noqa: T201 - a program reads this line
    print(one_line(result.line))  # noqa: T201 - and a person the last one
