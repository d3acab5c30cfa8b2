"""Tempos that should change on the way: "speed up to 140", "ritardando"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from aurax.intent.found import Found
from aurax.intent.readers.language import named
from aurax.intent.readers.tempo_numbers import DIGITS, FASTEST_BPM, SLOWEST_BPM, TempoNumber, bpm_of
from aurax.intent.text import PromptText


@dataclass(frozen=True, slots=True)
class TempoChange:
    """A tempo that should change on the way.

    Args:
        kind: which way it goes; `change` where that is not said.
        from_bpm: where it starts, if that was said.
        to_bpm: where it ends, if that was said.
    """

    kind: Literal["faster", "slower", "change"]
    from_bpm: float | None = None
    to_bpm: float | None = None


def read_tempo_changes(
    text: PromptText, numbers: list[Found[TempoNumber]]
) -> tuple[list[Found[TempoChange]], list[Found[TempoNumber]]]:
    """Changes on the way; the numbers that belong to them are theirs, but the first stays as the song's tempo."""
    found: list[Found[TempoChange]] = []
    kept = list(numbers)
    for match in text.find(_change_pattern()):
        kind: Literal["faster", "slower", "change"] = (
            "faster" if match["faster"] else "slower" if match["slower"] else "change"
        )
        pair = _pair(text, match.end(), kept)
        if kind == "change" and pair is None and not re.search(r"tempo|速|テンポ|andam|temp", match[0]):
            continue
        if any(match.start() < one.end and one.start < match.end() for one in found):
            continue
        from_bpm, to_bpm, end = pair or (None, None, match.end())
        after = [one for one in kept if match.start() <= one.start < end]
        before = [one for one in kept if one.end <= match.start()]
        if kind != "change" and pair is None:
            target = _target(text, match.end())
            if target is not None:
                to_bpm, end = target
                kept = [one for one in kept if not match.end() <= one.start < end]
                from_bpm = before[-1].value.bpm if before else None
        if from_bpm is not None and after:
            first = Found(TempoNumber(from_bpm, from_bpm), after[0].start, after[0].end, after[0].quote)
            kept = [one for one in kept if one not in after]
            kept.append(first)
        elif from_bpm is not None and not before:
            kept.append(Found(TempoNumber(from_bpm, from_bpm), match.start(), end, text.quote(match.start(), end)))
        if from_bpm is not None and to_bpm is not None and from_bpm != to_bpm:
            kind = "faster" if to_bpm > from_bpm else "slower"
        found.append(Found(TempoChange(kind, from_bpm, to_bpm), match.start(), end, text.quote(match.start(), end)))
    return found, sorted(kept, key=lambda one: one.start)


def _pair(text: PromptText, place: int, numbers: list[Found[TempoNumber]]) -> tuple[float, float, int] | None:
    """Two tempos after a word of change: "from 90 to 120 bpm", "at 90 bpm and speed up to 140"."""
    match = _pair_pattern().match(text.folded, place)
    if match is None:
        return None
    low, high = bpm_of(match["first"]), bpm_of(match["second"])
    if not all(SLOWEST_BPM <= one <= FASTEST_BPM for one in (low, high)):
        return None
    has_unit = any(place <= one.start < match.end() for one in numbers) or "tempo" in text.folded[:place]
    return (low, high, match.end()) if has_unit or re.search("bpm", match[0]) else None


def _target(text: PromptText, place: int) -> tuple[float, int] | None:
    """The tempo that a change goes to: "speed up to 140"."""
    match = re.match(rf"\s+(?:to|until|till|bis|auf|a|jusqu'a|hasta|ate|fino a)\s+(?P<bpm>{DIGITS})(?:\s*bpm)?(?!\w)",
                     text.folded[place:])  # fmt: skip
    if match is None or not SLOWEST_BPM <= bpm_of(match["bpm"]) <= FASTEST_BPM:
        return None
    return bpm_of(match["bpm"]), place + match.end()


@cache
def _change_pattern() -> re.Pattern[str]:
    kinds = "|".join(f"(?P<{kind}>{named('tempo', kind)})" for kind in ("faster", "slower", "change"))
    return re.compile(kinds)


@cache
def _pair_pattern() -> re.Pattern[str]:
    unit = r"(?:\s*(?:bpm|beats\s+per\s+minute))?"
    join = (
        r"(?:\s*(?:-|->|→|to|bis|a|hasta|ate|auf)\s*|[\s,]*(?:(?:and|then|und|et|y|e)\s+)*(?:then\s+)?"
        r"(?:(?:gradually|slowly)\s+)?(?:speeds?|slows?|goes?|going|rises?|builds?|ends?|accelerat\w+|ramps?|up|down|"
        r"increas\w+|drops?|finish\w*|gets?|moves?|climbs?)(?:\s+(?:up|down|gradually|slowly|faster|slower))*\s+"
        r"(?:to|at|by|until|with)\s+)"
    )
    return re.compile(
        rf"\s*(?:gradually\s+)?(?:from|at|von|de|da|di|a|bei|with|:)?\s*(?P<first>{DIGITS}){unit}{join}"
        rf"(?P<second>{DIGITS}){unit}(?!\w)"
    )
