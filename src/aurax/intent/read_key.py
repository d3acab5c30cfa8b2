"""Key and mode."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aurax.errors import InvalidPrompt
from aurax.intent.phrases import Found
from aurax.intent.text import PromptText
from aurax.score.key import MODES, PITCH_CLASSES


@dataclass(frozen=True, slots=True)
class KeyWish:
    """A tonic, a mode, or both.

    Args:
        tonic: a spelled note name; none where only a mode was named.
        mode: a name in `MODES`; none where only a tonic was named.
        note: sentence for the record, where the mode is a neighbour of what was asked.
    """

    tonic: str | None
    mode: str | None
    note: str = ""


_MODE_WORDS: dict[str, tuple[str, str]] = {
    "major": ("major", ""), "maj": ("major", ""), "ionian": ("major", ""), "dur": ("major", ""),
    "majeur": ("major", ""), "mayor": ("major", ""), "maggiore": ("major", ""), "maior": ("major", ""),
    "minor": ("minor", ""), "min": ("minor", ""), "aeolian": ("minor", ""), "moll": ("minor", ""),
    "mineur": ("minor", ""), "menor": ("minor", ""), "minore": ("minor", ""), "natural minor": ("minor", ""),
    "dorian": ("dorian", ""), "phrygian": ("phrygian", ""), "lydian": ("lydian", ""), "mixolydian": ("mixolydian", ""),
    "harmonic minor": ("harmonic minor", ""), "m": ("minor", ""),
    "locrian": ("phrygian", "locrian is not known; phrygian is the nearest mode"),
    "melodic minor": ("minor", "melodic minor is not known; natural minor is the nearest mode"),
    "phrygian dominant": ("phrygian", "phrygian dominant is not known; phrygian is the nearest mode"),
}  # fmt: skip
_NAMED = "|".join(sorted((word.replace(" ", r"\s+") for word in _MODE_WORDS if len(word) > 1), key=len, reverse=True))
_ACCIDENTAL = r"(?:[#b]{1,2}|[\s\-]*(?:sharp|flat)(?!\w))?"
_UPPER = re.compile(rf"(?<![\w#])(?P<note>[A-Z]{_ACCIDENTAL})[\s\-]*(?P<mode>(?i:{_NAMED}))(?!\w)")
_SHORT = re.compile(r"(?<![\w#])(?P<note>[A-G][#b]?)(?P<mode>m|min|maj)(?![\w])(?!'|\s+I\b)")
_LOWER = re.compile(
    rf"(?<!\w)(?:in|key of|key|en|em|in der tonart)\s+(?P<note>[a-z]{_ACCIDENTAL})[\s\-]+(?P<mode>{_NAMED})(?!\w)"
    r"(?!\s+(?:key|mode|mood|chords?|feel|scale|tonality|way|sound|vibe))"
)
_LOWER_SHARP = re.compile(rf"(?<![\w#])(?P<note>[a-g](?:#|b|[\s\-]*(?:sharp|flat)))[\s\-]*(?P<mode>{_NAMED}|m)(?!\w)")
_LOWER_SHORT = re.compile(r"(?<!\w)(?:in|key of|key)\s+(?P<note>[a-g][#b]?)(?P<mode>m)(?!\w)")
_LOWER_BARE = re.compile(
    rf"(?<!\w)(?P<note>[b-g]|a(?=\s+\w+\s*(?:[,.;]|$|\d|at\b)))\s+(?P<mode>{_NAMED})(?!\w)"
    r"(?!\s+(?:key|mode|mood|chords?|feel|scale|tonality|way|sound|vibe))"
)
_TONIC_ONLY = re.compile(
    rf"(?<!\w)(?:(?:[Kk]ey(?:\s+of|:)?|KEY OF)\s+(?P<named>[A-Za-z]{_ACCIDENTAL})|[Ii]n\s+(?P<note>[A-Z]{_ACCIDENTAL}))"
    r"(?=\s*(?:[,.;:!?)]|$)|\s+(?:at|with|and|for|around|about|to|on|but|please)\b)"
)
_GERMAN = re.compile(r"(?<!\w)(?P<note>[a-h])(?P<accidental>is|es|s)?[\s\-]?(?P<mode>dur|moll)(?!\w)")
_MODE_ONLY = re.compile(
    rf"(?<![\w#])(?P<mode>{'|'.join(word for word in _NAMED.split('|') if word not in ('min', 'maj', 'dur', 'mayor'))})"
    r"(?!\w)(?!\s+(?:third|thirds|ninths?|sevenths?|changes?|breakdown|tweaks?))"
)


def read_keys(text: PromptText) -> list[Found[KeyWish]]:
    """Every key and mode in the prompt, in its order.

    Raises:
        InvalidPrompt: a key is named that does not exist, such as "H minor".
    """
    found: list[Found[KeyWish]] = []
    folded = PromptText(text.original, text.folded, text.folded)
    for match in _GERMAN.finditer(text.folded):
        wish = KeyWish(_german_note(match), _MODE_WORDS[match["mode"]][0])
        found.append(Found(wish, *match.span(), text.quote(*match.span())))
    for pattern, source in (
        (_UPPER, text),
        (_SHORT, text),
        (_LOWER, folded),
        (_LOWER_SHARP, folded),
        (_LOWER_SHORT, folded),
        (_LOWER_BARE, folded),
    ):
        for match in pattern.finditer(source.cased):
            if _overlaps(match, found):
                continue
            mode, note = _MODE_WORDS[" ".join(match["mode"].lower().split())]
            if match["note"] == "I" or (match["note"] == "A" and _is_article(source.cased, match)):
                continue
            wish = KeyWish(_tonic(match["note"], text.quote(*match.span())), mode, note)
            found.append(Found(wish, *match.span(), text.quote(*match.span())))
    for match in _TONIC_ONLY.finditer(text.cased):
        if not _overlaps(match, found):
            wish = KeyWish(_tonic(match["named"] or match["note"], text.quote(*match.span())), None)
            found.append(Found(wish, *match.span(), text.quote(*match.span())))
    for match in _MODE_ONLY.finditer(text.folded):
        if not _overlaps(match, found):
            mode, note = _MODE_WORDS[" ".join(match["mode"].split())]
            found.append(Found(KeyWish(None, mode, note), *match.span(), text.quote(*match.span())))
    return sorted(found, key=lambda one: one.start)


def _overlaps(match: re.Match[str], found: list[Found[KeyWish]]) -> bool:
    return any(match.start() < one.end and one.start < match.end() for one in found)


def _is_article(cased: str, match: re.Match[str]) -> bool:
    """Whether "A minor" at a sentence's start is an article, as in "A minor key song"."""
    return re.match(r"\s+(?:key|mode|mood|chord|feel|scale|tonality)", cased[match.end() :]) is not None


def _tonic(spelled: str, quote: str) -> str:
    name = re.sub(r"[\s\-]+", "", spelled).replace("sharp", "#").replace("flat", "b")
    name = name[0].upper() + name[1:]
    if name not in PITCH_CLASSES:
        raise InvalidPrompt(
            "a key from C to B with # or b, such as 'F# minor' or 'Bb major'",
            repr(quote),
            f"name one of the notes C D E F G A B; modes are {', '.join(MODES)}",
        )
    return name


def _german_note(match: re.Match[str]) -> str:
    letter, accidental = match["note"], match["accidental"]
    if letter == "h":
        return "B"
    if letter == "b" and accidental is None:
        return "Bb"
    return letter.upper() + {"is": "#", "es": "b", "s": "b", None: ""}[accidental]
