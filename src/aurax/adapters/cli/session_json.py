"""How a conversation is told to programs: one JSON object a line, each with its `kind`."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aurax.adapters.cli.console import error_fields, print_json
from aurax.adapters.cli.session_line import COMMANDS
from aurax.adapters.cli.session_voice import Goodbye
from aurax.adapters.cli.session_words import answer_line, change_sentence
from aurax.errors import AuraxError
from aurax.services.session import Answer, SessionState, Version

if TYPE_CHECKING:
    from aurax.adapters.local.session_news import News
    from aurax.intent.intent import Intent
    from aurax.services.song import Deliverable


class JsonVoice:
    """Tells programs; every line has a `kind`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def opened(self, session_id: str) -> None:
        """The conversation begins."""
        self._tell("session", session=session_id)

    def understood(self, intent: Intent, seed: int) -> None:
        """How a prompt was understood."""
        self._tell("understood", title=intent.title, style=intent.style, seed=seed, assumed=intent.assumptions)

    def answered(self, answer: Answer, state: SessionState) -> None:
        """What came of a request."""
        changes = answer.revision.changes if answer.revision is not None else ()
        sentences = [change_sentence(change) for change in changes]
        self._tell("answer", **answer.model_dump(mode="json"), sentences=sentences, line=answer_line(answer, state))

    def news(self, news: News) -> None:
        """Something happened; may come from any thread."""
        if news.version is None:
            self._tell(news.kind)
        elif news.kind == "progress":
            self._tell("progress", version=news.version.name, event=news.event)
        else:
            error = {} if news.error is None else {"error": error_fields(news.error)}
            self._tell(news.kind, **version_fields(news.version, news.folder), **error)

    def versions(self, state: SessionState, folders: Mapping[str, Path]) -> None:
        """All versions; the folders by the ids of their songs."""
        versions = [version_fields(version, folders.get(version.song_id)) for version in state.versions]
        self._tell("versions", current=state.current, versions=versions)

    def files(self, folder: Path | None, files: Sequence[Deliverable]) -> None:
        """What belongs to a version."""
        self._tell("files", folder=None if folder is None else str(folder), files=[file.path for file in files])

    def saved(self, folder: Path) -> None:
        """A version was put into another folder."""
        self._tell("saved", folder=str(folder))

    def helped(self) -> None:
        """Which commands there are."""
        self._tell("help", commands={name: f"{needs}: {meaning}" for name, needs, meaning in COMMANDS})

    def refused(self, error: AuraxError) -> None:
        """Something could not be done."""
        self._tell("error", error=error_fields(error))

    def remark(self, words: str) -> None:
        """Something a person should know."""
        self._tell("remark", words=words)

    def left(self, goodbye: Goodbye) -> None:
        """The conversation is over."""
        self._tell("end", session=goodbye.session_id, closed=goodbye.closed)

    def watching(self) -> AbstractContextManager[None]:
        """Show how far the songs are while inside."""
        return nullcontext()

    def _tell(self, kind: str, **values: Any) -> None:
        with self._lock:
            print_json(json.loads(json.dumps({"kind": kind, **values}, default=str)), indent=None)
            sys.stdout.flush()


def version_fields(version: Version, folder: Path | None = None) -> dict[str, Any]:
    """A version as programs get it."""
    shown = version.model_dump(mode="json", exclude={"intent", "score", "layers"})
    return {**shown, "version": version.name, "folder": None if folder is None else str(folder)}
