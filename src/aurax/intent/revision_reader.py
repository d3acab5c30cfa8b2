"""note → Revision, by rules and without any service.

A note is read like a prompt: its spelling is corrected, quantities are read with their units, then every phrase of the
lexicon and of `lexicon/notes.toml`, the longest first. Grammar puts them together (`aurax.intent.notes.grammar`). What
is not understood becomes a change of its own, so that it can be asked back; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence

from aurax.intent.intent import StyleInfo
from aurax.intent.lexicon import build_lexicon
from aurax.intent.notes.contradictions import settle_contradictions
from aurax.intent.notes.grammar import read_changes
from aurax.intent.notes.marks import read_marks
from aurax.intent.notes.signs import note_words
from aurax.intent.revision import Change, Revision
from aurax.intent.spelling import correct_spelling
from aurax.intent.text import clean_prompt
from aurax.score.instrument import InstrumentInfo


def read_revision(note: str, styles: Sequence[StyleInfo], instruments: Sequence[InstrumentInfo]) -> Revision:
    """Understand a note, whatever song it is about.

    Args:
        note: 1 to 2,000 characters in any language; English is understood best.
        styles: what is installed.
        instruments: what is installed.

    Raises:
        InvalidPrompt: empty, too long, or no text.
    """
    words = note_words(build_lexicon(styles, instruments))
    spelling = correct_spelling(clean_prompt(note), words.lexicon)
    marked = read_marks(spelling.text, words)
    changes = settle_contradictions(read_changes(marked))
    changes += [
        Change(
            words=one.value,
            start=one.start,
            end=one.end,
            kind="unknown",
            fate="not_understood",
            reason="these words are not known",
        )
        for one in marked.rest
    ]
    changes += [
        Change(words=spelling.typed.strip(), end=len(spelling.typed), kind="other", fate="not_done", reason=one)
        for one in marked.wrong
    ]
    if not changes:
        changes = [
            Change(
                words=spelling.typed.strip(),
                end=len(spelling.typed),
                kind="unknown",
                fate="not_understood",
                reason="it asks for no change",
            )
        ]
    placed = []
    for change in sorted(changes, key=lambda one: (one.start, one.end)):
        start, end = spelling.typed_span(change.start, change.end)
        placed.append(
            change.model_copy(update={"start": start, "end": end, "words": spelling.typed[start:end].strip()})
        )
    return Revision(note=spelling.typed, changes=tuple(placed))
