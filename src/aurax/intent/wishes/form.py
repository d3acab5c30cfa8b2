"""Wishes for the form: sections, ending, energy, loops, and what else should happen in the song."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from aurax.intent.contract import Requirement
from aurax.intent.draft import Draft, trimmed
from aurax.intent.entries import Entry, StructureWord
from aurax.intent.found import Found
from aurax.intent.readers.moments import Moment
from aurax.intent.readers.word import Word
from aurax.intent.text import PromptText

Ending = Literal["style", "fade", "hit", "ring"]
EnergyShape = Literal["style", "builds", "fades", "flat"]

_EDGES = frozenset({"intro", "outro"})
_NO_END = "a loop has no end, because its last bar goes on in its first"


@dataclass(frozen=True)
class FormWishes:
    """What the prompt asks of the form.

    Args:
        drafts: the wishes.
        sections: asked-for sections in the prompt's order.
        section_bars: their lengths, where they make up the whole song.
        refused_sections: sections that must not be.
        ending: how the song should end.
        refused_endings: how it must not end.
        energy_shape: how its energy should run.
    """

    drafts: tuple[Draft, ...]
    sections: tuple[str, ...]
    section_bars: tuple[int, ...]
    refused_sections: tuple[str, ...]
    ending: Ending
    refused_endings: tuple[str, ...]
    energy_shape: EnergyShape


def form_wishes(
    words: Sequence[Word[StructureWord]],
    loop: Found[bool] | None,
    mood_shape: str | None,
    timed: Sequence[Found[Moment]],
) -> FormWishes:
    """Bring the wishes for the form together; a loop has neither start nor end, so what needs one is not done.

    Args:
        words: form words, refused ones included.
        loop: the words that ask for a loop.
        mood_shape: what a mood suggests for the energy where the prompt says nothing.
        timed: sections that were read with their lengths, which make up the whole song, and are no wishes here.
    """
    sections = [word for word in words if word.entry.kind == "section" and not word.refused]
    endings = [word for word in words if word.entry.kind == "ending" and not word.refused]
    shapes = [word for word in words if word.entry.kind == "shape" and not word.refused]
    drafts = [_draft(word, loop, endings, shapes) for word in words]
    if loop is not None:
        seamless = Requirement(criterion="loop_seam", target="seamless")
        drafts.append(Draft(loop.start, loop.end, "structure", "loop", requirements=(seamless,)))
    names = [one.value.noun for one in timed] or [word.entry.name for word in sections]
    shape = shapes[0].entry.name if shapes else mood_shape or "style"
    return FormWishes(
        tuple(drafts),
        tuple(name for name in names if loop is None or name not in _EDGES),
        tuple(int(one.value.amount) for one in timed) if loop is None else (),
        tuple(dict.fromkeys(word.entry.name for word in words if word.entry.kind == "section" and word.refused)),
        cast(Ending, endings[-1].entry.name) if endings and loop is None else "style",
        tuple(dict.fromkeys(word.entry.name for word in words if word.entry.kind == "ending" and word.refused)),
        "flat" if loop is not None else cast(EnergyShape, shape if shape in get_args(EnergyShape) else "style"),
    )


def place_draft(text: PromptText, word: Word[Entry]) -> Draft:
    """A wish for where in the song a part plays, or does not: not done, since the style says who plays where.

    Args:
        text: the prompt.
        word: an instrument or a voice that is `placed`.
    """
    start, end = trimmed(text, *(word.placed or (word.start, word.end)))
    if word.refused:
        start, end = min(start, word.first), max(end, word.end)
    value = text.quote(start, end).lower()
    return Draft(
        start,
        end,
        "structure",
        value,
        fate="not_done",
        reason="who plays in which section is for the style to say",
        requirements=(Requirement(criterion="structure", target=value),),
    )


def _draft(
    word: Word[StructureWord],
    loop: Found[bool] | None,
    endings: Sequence[Word[StructureWord]],
    shapes: Sequence[Word[StructureWord]],
) -> Draft:
    entry, reason = word.entry, ""
    if word.refused:
        reason = ""
    elif entry.not_done:
        reason = entry.not_done
    elif loop is not None and entry.kind == "ending":
        reason = _NO_END
    elif loop is not None and entry.name in _EDGES:
        reason = f"a loop has no {entry.name}"
    elif loop is not None and entry.kind == "shape" and entry.name != "flat":
        reason = "the end of a loop has to be as loud as its start"
    elif entry.kind == "ending" and word is not endings[-1]:
        reason = "another ending was said last"
    elif entry.kind == "shape" and word.entry.name != shapes[0].entry.name:
        reason = "another run of the energy was said first"
    value = {"ending": f"{entry.name} ending", "shape": f"energy {entry.name}"}.get(entry.kind, entry.name)
    return Draft(
        word.first,
        word.end,
        "structure",
        value,
        refused=word.refused,
        fate="not_done" if reason else "exact",
        reason=reason,
        requirements=(Requirement(criterion="structure", target=value),),
    )
