"""How a conversation is told to people: in sentences, with progress where they watch."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from aurax.adapters.cli.console import stderr, stdout
from aurax.adapters.cli.session_display import SessionDisplay
from aurax.adapters.cli.session_line import COMMANDS
from aurax.adapters.cli.session_words import answer_line, change_sentence, tree_lines, version_line
from aurax.errors import AuraxError
from aurax.services.session import Answer, SessionState, Version
from aurax.text import one_line

if TYPE_CHECKING:
    from aurax.adapters.local.session_news import News
    from aurax.intent.intent import Intent
    from aurax.services.song import Deliverable


class Goodbye(NamedTuple):
    """The end of a conversation."""

    session_id: str
    words: str
    """How to come back, and what becomes of songs."""
    closed: bool


class Voice(Protocol):
    """What a conversation has to tell."""

    def opened(self, session_id: str) -> None:
        """The conversation begins."""

    def understood(self, intent: Intent, seed: int) -> None:
        """How a prompt was understood."""

    def answered(self, answer: Answer, state: SessionState) -> None:
        """What came of a request."""

    def news(self, news: News) -> None:
        """Something happened; may come from any thread."""

    def versions(self, state: SessionState, folders: Mapping[str, Path]) -> None:
        """All versions; the folders by the ids of their songs."""

    def files(self, folder: Path | None, files: Sequence[Deliverable]) -> None:
        """What belongs to a version."""

    def saved(self, folder: Path) -> None:
        """A version was put into another folder."""

    def helped(self) -> None:
        """Which commands there are."""

    def refused(self, error: AuraxError) -> None:
        """Something could not be done."""

    def remark(self, words: str) -> None:
        """Something a person should know."""

    def left(self, goodbye: Goodbye) -> None:
        """The conversation is over."""

    def watching(self) -> AbstractContextManager[None]:
        """Show how far the songs are while inside."""


class SpokenVoice:
    """Tells people.

    Args:
        visible: whether standard output is a terminal.
        prompt: what to show again after news that came while a line is typed.
    """

    def __init__(self, *, visible: bool, prompt: Callable[[], str] = lambda: "") -> None:
        self._console: Console = stdout()
        self._visible = visible
        self._prompt = prompt
        self._display = SessionDisplay(self._console if visible else stderr(), visible=visible)
        self._said: set[str] = set()
        self._lock = threading.RLock()

    def opened(self, session_id: str) -> None:
        """The conversation begins."""
        self._say(f"session {session_id[:8]}")

    def understood(self, intent: Intent, seed: int) -> None:
        """How a prompt was understood."""
        from aurax.adapters.cli.progress import Progress

        with self._lock:
            Progress(self._console, visible=True).explain(intent, seed)

    def answered(self, answer: Answer, state: SessionState) -> None:
        """What came of a request."""
        for change in answer.revision.changes if answer.revision is not None and answer.done != "undone" else ():
            self._said.add(change_sentence(change))
            self._say(f"  {change_sentence(change)}")
        line = answer_line(answer, state)
        if line:
            self._say(f"  {line}")

    def news(self, news: News) -> None:
        """Something happened; may come from any thread."""
        version = news.version
        if version is None:
            self._say("  The session had closed while nobody was there; it is open again.")
            return
        if news.kind == "progress":
            self._display.progress(version, news.event, news.data)
            return
        self._display.ended(version)
        if news.kind == "delivered":
            lines = [f"  {version.name} is there: {version_line(version)}", f"    {news.folder}"]
            if version.outcome:
                lines.append(f"    {one_line(version.outcome)}")
            lines += [f"    {one}" for one in self._unsaid(version)]
        elif news.kind == "not_collected" and news.error is not None:
            error = news.error
            lines = [f"  {version.name} is made, but could not be put into a folder: {error.found}; {error.fix}"]
        else:
            lines = [f"  {version.name} {version_line(version) if version.status == 'failed' else 'is cancelled'}."]
        self._say(*lines, at_once=True)

    def versions(self, state: SessionState, folders: Mapping[str, Path]) -> None:
        """All versions; the folders by the ids of their songs."""
        if not state.versions:
            self._say("  no versions yet; ask for a song")
            return
        self._say(*tree_lines(state, folders))

    def files(self, folder: Path | None, files: Sequence[Deliverable]) -> None:
        """What belongs to a version."""
        self._say(f"  {folder}" if folder is not None else "  not in a folder yet; put it into one with /save DIR")
        self._say(*(f"    {file.path}" for file in files))

    def saved(self, folder: Path) -> None:
        """A version was put into another folder."""
        self._say(f"  {folder}")

    def helped(self) -> None:
        """Which commands there are."""
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_row("  your words", "the first are a song; later ones change the current version")
        for name, needs, meaning in COMMANDS:
            table.add_row(escape(f"  /{name} {needs}"), escape(meaning))
        with self._lock:
            self._console.print(table)

    def refused(self, error: AuraxError) -> None:
        """Something could not be done."""
        self._say(f"  That did not work. Expected {error.expected}; found {error.found}.", f"  To do: {error.fix}.")

    def remark(self, words: str) -> None:
        """Something a person should know."""
        self._say(f"  {words}")

    def left(self, goodbye: Goodbye) -> None:
        """The conversation is over."""
        self._say(*goodbye.words.splitlines())

    def watching(self) -> AbstractContextManager[None]:
        """Show how far the songs are while inside."""
        return self._display.watching()

    def _unsaid(self, version: Version) -> list[str]:
        """What became of changes otherwise than was said when they were asked for."""
        changes = (change for revision in version.revisions for change in revision.changes)
        return [one for one in map(change_sentence, changes) if one not in self._said]

    def _say(self, *lines: str, at_once: bool = False) -> None:
        """Print lines.

        Args:
            lines: whole ones.
            at_once: whether a person may be typing one meanwhile, which is shown again after them.
        """
        with self._lock:
            typed = self._prompt() if at_once and self._visible else ""
            if typed:
                self._console.print()
            for line in lines:
                self._console.print(line, markup=False)
            if typed:
                sys.stdout.write(typed)
            sys.stdout.flush()
