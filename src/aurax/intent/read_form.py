"""Form: the sections that are named, how energy runs, and how the song ends."""

from __future__ import annotations

import re
from typing import Literal

from aurax.intent.phrases import Found
from aurax.intent.readers.negation import refusal_before
from aurax.intent.text import PromptText

EnergyShape = Literal["style", "builds", "fades", "flat"]
Ending = Literal["style", "fade", "hit", "ring"]

_SECTIONS: tuple[tuple[str, str], ...] = (
    ("intro", r"intros?|introduction|starts? (?:very |really )?(?:quiet|soft)(?:ly)?"),
    ("verse", r"verses?|strophe|strofa|couplet"),
    ("build", r"pre-?chorus|build-?ups?|build up section|builds?(?= section)"),
    ("chorus", r"chorus(?:es)?|hooks?|refrains?|drops?|estribillo|ritornello|refrao"),
    ("bridge", r"bridges?|middle eight|middle 8"),
    ("break", r"breaks?(?= section)|breakdowns?"),
    ("outro", r"outros?|coda"),
)
_SECTION = re.compile("|".join(rf"(?<!\w)(?P<{name}>{words})(?!\w)" for name, words in _SECTIONS))
_ENDINGS: tuple[tuple[Ending, re.Pattern[str]], ...] = (
    ("fade", re.compile(r"(?<!\w)(?:fad(?:e|es|ing)[\s\-]?(?:out|away)|fade ending|ausblenden|fade-out)(?!\w)")),
    ("hit", re.compile(
        r"(?<!\w)(?:end(?:s|ing)? (?:with|on) an? (?:big |hard |final |loud )?(?:hit|bang|stab|crash)|"
        r"end(?:s|ing)? abruptly|abrupt ending|cold ending|hard (?:stop|ending)|stops? (?:abruptly|suddenly|dead)|"
        r"end(?:s|ing)? suddenly)(?!\w)")),
    ("ring", re.compile(
        r"(?<!\w)(?:ring(?:s|ing)? out|end(?:s|ing)? on an? (?:long |held |sustained |last )*(?:chord|note)|"
        r"long tail|let (?:it|the last chord) ring)(?!\w)")),
)  # fmt: skip
_SHAPES: tuple[tuple[EnergyShape, re.Pattern[str]], ...] = (
    ("builds", re.compile(
        r"(?<!\w)(?:builds?(?: up)?|building(?: up)?|gradually (?:builds|grows|intensif\w+)|crescendo|"
        r"starts? (?:very |really |out )?(?:quiet|soft|calm|small|slow|sparse)(?:ly)?|grow(?:s|ing)|slow burn|"
        r"rises?|rising)(?!\w)")),
    ("fades", re.compile(r"(?<!\w)(?:winds? down|calms? down|decrescendo|diminuendo|dissolv(?:es|ing)|"
                         r"gets? (?:quieter|calmer|softer))(?!\w)")),
    ("flat", re.compile(r"(?<!\w)(?:steady|constant energy|no drops|unobtrusive|even energy|loopable|seamless)(?!\w)")),
)  # fmt: skip


def read_sections(text: PromptText) -> list[Found[str]]:
    """Form words in the prompt's order, refused ones left out."""
    found = []
    for match in text.find(_SECTION):
        if refusal_before(text.folded, 0, match.start()) is None:
            found.append(Found(str(match.lastgroup), *match.span(), text.quote(*match.span())))
    return found


def read_ending(text: PromptText) -> Found[Ending] | None:
    """How the song shall end; what is said last counts."""
    found = [
        Found(ending, *match.span(), text.quote(*match.span()))
        for ending, pattern in _ENDINGS
        for match in text.find(pattern)
        if refusal_before(text.folded, 0, match.start()) is None
    ]
    return max(found, key=lambda one: one.start, default=None)


def read_shape(text: PromptText) -> Found[EnergyShape] | None:
    """How the energy shall run; what is said first counts."""
    found = [
        Found(shape, *match.span(), text.quote(*match.span()))
        for shape, pattern in _SHAPES
        for match in text.find(pattern)
    ]
    return min(found, key=lambda one: one.start, default=None)
