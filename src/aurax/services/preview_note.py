"""What a note would do to a song, before anybody asks for it."""

from __future__ import annotations

from pydantic import ConfigDict

from aurax.intent.intent import Intent
from aurax.intent.revision import Revision
from aurax.intent.revision_reader import read_revision
from aurax.judge.verdict import Layer
from aurax.mix.settings import MixSettings
from aurax.produce.changes.song import Tools
from aurax.produce.revising import carry_out
from aurax.score.score import Score
from aurax.services.payload import Payload


class NotePreview(Payload):
    """A note as it is understood, and what it would cost."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    revision: Revision
    """Each change, with what would become of it."""
    layer: Layer | None
    """From where the song would be made again; `master` is the least. Null where nothing would."""


def preview_note(note: str, intent: Intent, score: Score | None, tools: Tools) -> NotePreview:
    """Carry a note out on a song without keeping what comes of it.

    Args:
        note: in plain words.
        intent: what is asked of the song so far.
        score: its notes; None while there are none.
        tools: what is installed.

    Raises:
        InvalidPrompt: the note is empty or too long.
    """
    revision = read_revision(note, list(tools.styles.values()), list(tools.instruments.values()))
    done = carry_out([revision], intent, score, MixSettings(), 0, tools)
    changed = (done.intent, done.score, done.mix, done.seed) != (intent, score, MixSettings(), 0)
    return NotePreview(revision=done.revisions[0], layer=done.layer if changed else None)
