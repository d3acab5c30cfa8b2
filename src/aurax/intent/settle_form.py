"""Form, ending and energy together; a loop has no start and no end, so what needs one is refused and told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aurax.intent.phrases import Found
from aurax.intent.read_form import Ending, EnergyShape

_EDGES = frozenset({"intro", "outro"})


@dataclass(frozen=True, slots=True)
class Form:
    """What was settled on.

    Args:
        sections: form words in the prompt's order.
        ending: how the song stops.
        energy_shape: how its energy runs.
    """

    sections: tuple[str, ...]
    ending: Ending
    energy_shape: EnergyShape


def settle_form(
    sections: Sequence[Found[str]],
    ending: Found[Ending] | None,
    shape: Found[EnergyShape] | None,
    mood_shape: Literal["builds", "fades", "flat"] | str | None,
    loop: Found[bool] | None,
    notes: list[str],
) -> Form:
    """Bring the wishes for the form together.

    Args:
        sections: form words that were read.
        ending: the ending that was read.
        shape: the run of energy that was read.
        mood_shape: what a mood suggests where none was read.
        loop: the words that ask for a loop.
        notes: takes a sentence for every wish that a loop excludes.
    """
    if loop is None:
        energy = shape.value if shape else mood_shape or "style"
        return Form(tuple(one.value for one in sections), ending.value if ending else "style", _as_shape(energy))
    if ending is not None:
        notes.append(
            f"{ending.quote!r} contradicts {loop.quote!r}: a loop has no end, because its last bar goes on in its "
            "first, so it is made without"
        )
    for one in sections:
        if one.value in _EDGES:
            notes.append(f"{one.quote!r} contradicts {loop.quote!r}: a loop has no {one.value}, so it is made without")
    if shape is not None and shape.value != "flat":
        notes.append(
            f"{shape.quote!r} contradicts {loop.quote!r}: its end has to be as loud as its start, so its energy stays "
            "even"
        )
    return Form(tuple(one.value for one in sections if one.value not in _EDGES), "style", "flat")


def _as_shape(text: str) -> EnergyShape:
    shapes: dict[str, EnergyShape] = {"builds": "builds", "fades": "fades", "flat": "flat"}
    return shapes.get(text, "style")
