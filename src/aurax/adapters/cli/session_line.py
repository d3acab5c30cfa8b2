"""What a line of a conversation asks for: a song or a note in plain words, or a command with a slash."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from aurax.errors import InvalidOption

Verb = Literal[
    "say", "new", "undo", "versions", "go", "name", "rate", "cancel", "files", "save", "help", "close", "quit"
]  # fmt: skip

COMMANDS: tuple[tuple[Verb, str, str], ...] = (
    ("new", "PROMPT", "another song; options of 'aurax make' may follow, such as --seed 7"),
    ("undo", "", "back to the version before"),
    ("versions", "", "the tree of versions; * marks the current one"),
    ("go", "NAME", "make a version the current one"),
    ("name", "[VERSION] NAME", "give a version another name"),
    ("rate", "1-5 [WORDS]", "say what you think of the current version"),
    ("cancel", "[VERSION]", "cancel a version that is being made"),
    ("files", "[VERSION]", "where a version is, and what belongs to it"),
    ("save", "[VERSION] DIR", "put a version into another folder too"),
    ("close", "", "end the session, once its songs are finished"),
    ("quit", "", "leave; the session stays open"),
    ("help", "", "this list"),
)
"""Every command, what may follow it, and what it does."""

_MEANT: dict[str, Verb] = {
    "exit": "quit", "bye": "quit", "leave": "quit", "list": "versions", "tree": "versions", "ls": "versions",
    "back": "undo", "song": "new", "make": "new", "rename": "name", "stars": "rate", "stop": "cancel", "open": "files",
    "select": "go", "switch": "go", "export": "save", "copy": "save", "end": "close", "commands": "help",
}  # fmt: skip
"""Words that people try, and the command that does it."""
_NEAR = 0.5


@dataclass(frozen=True)
class Line:
    """A line, read.

    Args:
        verb: what is asked for; `say` for plain words.
        text: what follows: words, a prompt with its options, a new name, a folder.
        version: the version that it is about; None for the current one.
        stars: of a rating.
    """

    verb: Verb
    text: str = ""
    version: str | None = None
    stars: int = 0


def parse_line(line: str, names: Collection[str] = ()) -> Line | None:
    """Read a line.

    Args:
        line: as typed.
        names: of the versions there are, which may hold blanks.

    Returns:
        What it asks for; None for an empty line.

    Raises:
        InvalidOption: there is no such command, or something that it needs is missing.
    """
    line = line.strip()
    if not line:
        return None
    if not line.startswith("/"):
        return Line("say", line)
    word, _, rest = line[1:].partition(" ")
    rest = rest.strip()
    verb = _verb(word)
    if verb in ("undo", "versions", "help", "close", "quit"):
        if rest:
            raise InvalidOption(f"/{verb} alone", repr(rest[:100]), f"write only /{verb}")
        return Line(verb)
    if verb == "rate":
        stars, _, words = rest.partition(" ")
        if not stars.isdecimal() or not 1 <= int(stars) <= 5:
            raise InvalidOption("a rating from 1 to 5", repr(stars[:100]), "write, for example, /rate 4 lovely bass")
        return Line(verb, words.strip(), stars=int(stars))
    if verb in ("go", "cancel", "files"):
        if verb == "go" and not rest:
            raise _missing(verb)
        return Line(verb, version=_unquoted(rest) or None)
    version, text = _split(rest, names) if verb in ("name", "save") else (None, rest)
    text = _unquoted(text)
    if not text:
        raise _missing(verb)
    return Line(verb, text, version)


def _verb(word: str) -> Verb:
    known: dict[str, Verb] = {verb: verb for verb in get_args(Verb) if verb != "say"}
    if word.lower() in known:
        return known[word.lower()]
    near = difflib.get_close_matches(word.lower(), [*known, *_MEANT], n=1, cutoff=_NEAR)
    meant = _MEANT.get(near[0], near[0]) if near else None
    fix = f"did you mean /{meant}? /help lists them" if meant else "/help lists them"
    raise InvalidOption("a command of a session", f"/{word[:100]}", fix)


def _missing(verb: Verb) -> InvalidOption:
    needs = next(needs for name, needs, _ in COMMANDS if name == verb)
    return InvalidOption(f"/{verb} {needs}", f"/{verb} alone", "write what is missing")


def _split(text: str, names: Collection[str]) -> tuple[str | None, str]:
    """Part the name of a version, where the text begins with one, from what follows it."""
    for name in sorted(names, key=len, reverse=True):
        for written in (name, f'"{name}"', f"'{name}'"):
            if text.startswith(f"{written} "):
                return name, text[len(written) :].strip()
    return None, text


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1].strip() if quoted else text
