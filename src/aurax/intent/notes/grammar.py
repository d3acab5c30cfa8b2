"""The grammar of notes: how signs, quantities and names between two commas become changes.

What stands before or after a part works on it: "louder bass", "turn the bass up", "the bass is too loud". Parts that
are listed share what is said of the first ("without drums and bass") or of the last ("bass and drums louder"). Each
reader of `READERS` takes what it understands of a stretch; what none of them takes is asked back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aurax.intent.notes.adjectives import read_adjectives, read_nouns
from aurax.intent.notes.marks import Mark, Marked, segments
from aurax.intent.notes.names import read_names
from aurax.intent.notes.parts import read_parts
from aurax.intent.notes.quantified import read_quantified
from aurax.intent.notes.quantities import Place
from aurax.intent.notes.signs import Sign
from aurax.intent.notes.stretch import Sentence, Stretch, unknown
from aurax.intent.notes.whole import read_key, read_whole
from aurax.intent.revision import Change

_MOMENTS = "single moments cannot be changed yet"

READERS: tuple[Callable[[Stretch], None], ...] = (
    read_whole, read_key, read_quantified, read_adjectives, read_nouns, read_parts, read_names,
)  # fmt: skip
"""Who reads a stretch, in this order; each sees what those before it left."""


def read_changes(marked: Marked) -> list[Change]:
    """All changes of a note, in its order; contradictions are still in them.

    Args:
        marked: the note with its marks.
    """
    sentence = Sentence()
    for marks in segments(marked):
        _read(Stretch(marked, marks, sentence))
    for mark in sentence.waiting:
        sentence.changes.append(
            unknown(marked, [mark], f"it does not say what to do with {marked.text.quote(mark.start, mark.end)!r}")
        )
    return sentence.changes


def _read(stretch: Stretch) -> None:
    """Read it, and add its changes to the sentence's."""
    if _grades_the_last(stretch):
        return
    for read in READERS:
        read(stretch)
    if not stretch.found:
        _nothing_found(stretch)
    places = [one for one in stretch.marks if isinstance(one.value, Place)]
    if places:
        stretch.found = [_placed(stretch, change, places) for change in stretch.found] or [
            stretch.change("other", places, fate="not_done", reason=_MOMENTS)
        ]
    stretch.sentence.changes += stretch.found


def _grades_the_last(stretch: Stretch) -> bool:
    """Whether it only says how much of the change before it is meant: "slower, but only a bit"."""
    changes = stretch.sentence.changes
    if not stretch.marks or not all(one.does("degree", "only", "too", "more", "keep") for one in stretch.marks):
        return False
    degrees = [one.value.amount for one in stretch.marks if isinstance(one.value, Sign) and one.does("degree")]
    if not degrees or not changes or changes[-1].unit != "steps" or changes[-1].amount is None:
        return False
    last = changes[-1]
    end = stretch.marks[-1].end
    changes[-1] = last.model_copy(
        update={
            "amount": (last.amount or 0.0) * degrees[0],
            "end": end,
            "words": stretch.marked.text.quote(last.start, end),
        }
    )
    return True


def _nothing_found(stretch: Stretch) -> None:
    """What was said of nothing: a direction without a noun, a noun without a direction."""
    free = [one for one in stretch.marks if stretch.is_free(one) and isinstance(one.value, Sign)]
    free = [
        one for one in free if not one.does("keep", "only", "degree", "seems", "for", "some", "nth", "want", "enough")
    ]
    praised = any(one.does("keep") for one in stretch.marks)
    if free and not praised and not stretch.sentence.waiting and not stretch.sentence.carried:
        stretch.found.append(unknown(stretch.marked, free, "it does not say of what, or which way"))


def _placed(stretch: Stretch, change: Change, places: Sequence[Mark]) -> Change:
    place = places[0].value
    assert isinstance(place, Place)
    start, end = min(change.start, places[0].start), max(change.end, places[0].end)
    return change.model_copy(
        update={
            "kind": "other" if change.kind == "unknown" else change.kind,
            "scope": change.scope.model_copy(update={"bars": place.bars}),
            "start": start,
            "end": end,
            "words": stretch.marked.text.quote(start, end),
            "fate": "not_done",
            "substitute": "",
            "reason": "single bars cannot be changed yet" if place.bars else _MOMENTS,
        }
    )
