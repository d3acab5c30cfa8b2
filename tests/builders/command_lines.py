"""Whether a written command line of `aurax` is one that the command takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

import typer

from aurax.adapters.cli.main import app


def commands_of(document: str) -> Iterator[str]:
    """Every `aurax` command in the shell blocks of a document, without what stands before it and after it.

    Args:
        document: in Markdown.
    """
    for block in re.findall(r"^```sh\n(.*?)^```", document, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            if found := re.match(r"(?:[A-Z_]+=\S* )*(?:\.venv/bin/)?aurax (.*)", line):
                yield found[1]


def complaint(words: Sequence[str]) -> str:
    """What is wrong with a command line; empty when nothing is.

    Args:
        words: without `aurax` itself.
    """
    command: Any = typer.main.get_command(app)
    rest = list(words)
    while hasattr(command, "commands"):
        otherwise = getattr(command, "otherwise", None)  # where words that are no command have a meaning too
        is_named = otherwise is None or (rest and rest[0] in command.commands)
        name = otherwise if not is_named else rest.pop(0) if rest else ""
        if name not in command.commands:
            return f"there is no command {name!r}"
        command = command.commands[name]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    unknown = [word for word in rest if word.startswith("--") and word.partition("=")[0] not in options]
    return f"no options {unknown}" if unknown else ""


def split(line: str) -> list[str]:
    """The words of a line, up to its comment, redirection or pipe."""
    words = shlex.split(line, comments=True)
    ends = [place for place, word in enumerate(words) if word in ("<", ">", "|", "&&")]
    return words[: ends[0]] if ends else words
