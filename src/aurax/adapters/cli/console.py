"""How the command speaks: people get rich text on a terminal, programs get JSON or plain lines."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from aurax.errors import AuraxError
from aurax.text import visible

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INCOMPLETE = 3
"""The song was delivered, but not all that was asked for is known to be done; only with `--strict`."""
EXIT_INTERRUPTED = 130


class _PlainConsole(Console):
    """Shows as escapes what a terminal would obey; only its own styles reach the terminal as they are."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(visible(text, keep="\n\t"), **options)


def stdout() -> Console:
    """Where results go."""
    return _PlainConsole(highlight=False, soft_wrap=not sys.stdout.isatty())


def stderr() -> Console:
    """Where progress and complaints go."""
    return _PlainConsole(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """Print one JSON document; on one line without an indent."""
    sys.stdout.write(visible_json(value, indent=indent) + "\n")


def visible_json(value: Any, *, indent: int | None = 2) -> str:
    r"""A JSON document in which whatever a terminal would obey is `\uXXXX`."""
    return "".join(
        one if one == "\n" or visible(one) == one else json.dumps(one)[1:-1]
        for one in json.dumps(value, ensure_ascii=False, indent=indent)
    )


def error_fields(error: AuraxError) -> dict[str, Any]:
    """An error as programs get it."""
    return {
        "kind": type(error).__name__,
        "expected": error.expected,
        "found": error.found,
        "fix": error.fix,
        "retryable": error.retryable,
    }


def fail(error: AuraxError, *, as_json: bool = False) -> NoReturn:
    """Say what was expected, found and to be done, and exit with a non-zero status."""
    if as_json:
        print_json({"error": error_fields(error)})
    else:
        console = stderr()
        console.print("[bold red]AURA-X could not do that.[/]")
        console.print(f"  expected  {escape(error.expected)}")
        console.print(f"  found     {escape(error.found)}")
        console.print(f"  to do     {escape(error.fix)}")
    raise typer.Exit(EXIT_FAILED)
