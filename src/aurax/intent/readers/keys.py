"""Key and mode: letters, German compounds, solfège, and Japanese and Chinese names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from aurax.errors import InvalidPrompt
from aurax.intent.found import Found
from aurax.intent.readers.language import RIGHT, any_of, language, named, phrases, search_before, squash, table
from aurax.intent.text import PromptText, fold
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


_NEIGHBOURS: dict[str, str] = {
    "locrian": "phrygian", "melodic minor": "minor", "phrygian dominant": "phrygian", "freygish": "phrygian",
    "freigish": "phrygian", "ahava rabbah": "phrygian", "hijaz": "phrygian", "double harmonic": "phrygian",
    "hungarian minor": "harmonic minor", "gypsy minor": "harmonic minor", "lydian dominant": "lydian",
    "altered scale": "phrygian", "whole tone scale": "lydian",
}  # fmt: skip
"""Modes that are not built in, and the nearest that is."""
_OWN_NAMES = {"freygish": "freygish (phrygian dominant)", "freigish": "freygish (phrygian dominant)"}
_CHURCH = ("dorian", "phrygian", "lydian", "mixolydian", "harmonic minor")
_CHURCH_ABROAD = {
    "dorisch": "dorian", "phrygisch": "phrygian", "lydisch": "lydian", "mixolydisch": "mixolydian",
    "dorien": "dorian", "phrygien": "phrygian", "lydien": "lydian", "mixolydien": "mixolydian",
    "dorico": "dorian", "frigio": "phrygian", "lidio": "lydian", "misolidio": "mixolydian", "mixolidio": "mixolydian",
    "ドリアン": "dorian", "フリジアン": "phrygian", "リディアン": "lydian", "ミクソリディアン": "mixolydian",
    "harmonisch moll": "harmonic minor", "mineur harmonique": "harmonic minor", "menor armonica": "harmonic minor",
    "minore armonica": "harmonic minor", "menor harmonica": "harmonic minor",
}  # fmt: skip
_ACCIDENTAL = r"(?:[#b]{1,2}|[\s\-]*(?:sharp|flat)(?!\w))?"
_NOT_A_KEY = (
    r"(?!\s+(?:key|mode|mood|chords?|feel|scale|tonality|way|sound|vibe|setback|hit|drop|lift|label|lazer|league|third|"
    r"thirds|sevenths?|7ths?|problem|change|role|detail))"
)
_MAJOR_IS_A_MODE = r"(?=\s*(?:$|[,.;:!?)\x1f]|(?:key|mode|scale|tonality|chords?|harmon\w+|feel|sound|mood)\b))"
_MINOR_IS_A_MODE = (
    r"(?!\s+(?:thirds?|ninths?|sevenths?|7ths?|changes?|breakdown|tweaks?|way|setback|label|league|issue|problem|role|"
    r"details?|hit|edits?|variations?|adjustments?|threat|characters?|figures?|inconvenience|crisis|injur\w+))"
)
_DROPPED = re.compile(
    r"(?<!\w)(?:[Dd]rop|DROP)[\s\-](?:(?P<note>[A-G](?:#|b)?)|(?P<low>d))(?![\w#])(?!'|\s+(?:the|on|in)\b)"
)
_SPANISH_END = r"(?=\s*(?:$|[,.;:!?)\d/\x1f、]|(?:y|con|a|at|en|e|com|para|avec|et|and|with|al)\b))"
_SIGNS = {"": "", "#": "#", "b": "b", "婴": "#", "変": "b", "升": "#", "降": "b", "シャープ": "#", "フラット": "b"}
"""Accidentals as Japanese and Chinese write them, before or after the note, folded."""


def read_keys(text: PromptText) -> list[Found[KeyWish]]:
    """Every key and mode in the prompt, in its order.

    Raises:
        InvalidPrompt: a key is named that does not exist, such as "H minor".
    """
    found: list[Found[KeyWish]] = []
    rest = text
    for reader in (_german, _solfege, _asian, _letters, _tonics, _modes):
        for wish, start, end in reader(rest):
            if not any(start < one.end and one.start < end for one in found):
                named_so = search_before(_label(), text.folded, start) if wish.tonic else None
                start = named_so.start() if named_so else start
                found.append(Found(wish, start, end, text.quote(start, end)))
        rest = text.without([one.span for one in found])
    if not any(one.value.tonic for one in found):
        found += _tunings(rest)
    return sorted(found, key=lambda one: one.start)


def _german(text: PromptText) -> Iterator[tuple[KeyWish, int, int]]:
    for match in text.find(_german_pattern()):
        letter, accidental = match["note"], match["accidental"]
        if letter == "h":
            tonic = "B"
        elif letter == "b" and accidental is None:
            tonic = "Bb"
        else:
            tonic = letter.upper() + {"is": "#", "es": "b", "s": "b", None: ""}[accidental]
        if tonic in PITCH_CLASSES:
            yield KeyWish(tonic, "major" if match["mode"] == "dur" else "minor"), *match.span()


def _solfege(text: PromptText) -> Iterator[tuple[KeyWish, int, int]]:
    names = {fold(word): str(note) for word, note in table("key", "solfege").items()}
    flats = re.compile(rf"b|.*{any_of(_romance('flat'))}")
    for match in text.find(_solfege_pattern()):
        sign = (match["sign"] or match["named_sign"] or "").strip(" -")
        accidental = "" if not sign else "b" if flats.fullmatch(sign) else "#"
        tonic = _spelled(names[match["note"] or match["named"]] + accidental)
        yield KeyWish(tonic, _mode_of(match["mode"]) if match["mode"] else None), *match.span()


def _asian(text: PromptText) -> Iterator[tuple[KeyWish, int, int]]:
    names = {fold(word): str(note) for word, note in table("key", "notes").items()}
    for match in text.find(_asian_pattern()):
        note = names.get(match["note"], match["note"].upper())
        tonic = _spelled(note + _SIGNS[match["before"] or match["after"] or ""])
        if tonic in PITCH_CLASSES:
            mode = "major" if squash(match["mode"]) in map(squash, phrases("key", "major")) else "minor"
            yield KeyWish(tonic, mode), *match.span()


def _letters(text: PromptText) -> Iterator[tuple[KeyWish, int, int]]:
    """English and international letters with a mode: "F# minor", "Bbm", "in a minor", "E flat major"."""
    folded = PromptText(text.original, text.folded, text.folded)
    upper, short, *lower = _letter_patterns()
    for pattern, source in ((upper, text), (short, text), *((one, folded) for one in lower)):
        for match in pattern.finditer(source.cased):
            if match["note"] == "I" or (match["note"] == "A" and _is_article(source.cased, match)):
                continue
            name = squash(match["mode"].lower())
            yield _wish(_tonic(match["note"], text.quote(*match.span())), name), *match.span()


def _tonics(text: PromptText) -> Iterator[tuple[KeyWish, int, int]]:
    """A tonic alone: "key of Bb", "in Eb, slow", "Tonart D"."""
    for match in _tonic_pattern().finditer(text.cased):
        note = match["named"] or match["note"] or match["alone"] or match["blues"]
        yield KeyWish(_tonic(note, text.quote(*match.span())), None), *match.span()


def _modes(text: PromptText) -> Iterator[tuple[KeyWish, int, int]]:
    """A mode alone: "in a minor key", "phrygian mode", 短調."""
    for pattern in _mode_patterns():
        for match in text.find(pattern):
            yield _wish(None, squash(match["mode"])), *match.span("mode")


def _tunings(text: PromptText) -> Iterator[Found[KeyWish]]:
    """A tuning such as "drop D", which makes its lowest note the likely tonic where no key is named."""
    for match in _DROPPED.finditer(text.cased):
        tonic = match["note"] or match["low"].upper()
        note = f"drop {tonic} is a guitar tuning; its lowest note, {tonic}, is taken as the key"
        yield Found(KeyWish(tonic, None, note), *match.span(), text.quote(*match.span()))


def _wish(tonic: str | None, name: str) -> KeyWish:
    mode = _mode_of(name)
    if name in _NEIGHBOURS:
        told = _OWN_NAMES.get(name, name)
        return KeyWish(tonic, mode, f"{told} is not known; {mode} is the nearest mode")
    return KeyWish(tonic, mode)


def _mode_of(name: str) -> str:
    plain = squash(name)
    if plain in _CHURCH:
        return plain
    known = {**_NEIGHBOURS, **_CHURCH_ABROAD, **table("key", "modes_alone"), "m": "minor"}
    if plain in known:
        return str(known[plain])
    return "major" if plain in map(squash, phrases("key", "major")) else "minor"


def _is_article(cased: str, match: re.Match[str]) -> bool:
    """Whether "A minor" is an article and an adjective, as in "A minor key song"."""
    nouns = r"key|mode|mood|chord|feel|scale|tonality|way|setback|hit|drop|lift|label|lazer|league|third|problem|change"
    return re.match(rf"\s+(?:{nouns})", cased[match.end() :], re.IGNORECASE) is not None


def _tonic(spelled: str, quote: str) -> str:
    name = _spelled(spelled)
    if name not in PITCH_CLASSES:
        raise InvalidPrompt(
            "a key from C to B with # or b, such as 'F# minor' or 'Bb major'",
            repr(quote),
            f"name one of the notes C D E F G A B; modes are {', '.join(MODES)}",
        )
    return name


def _spelled(note: str) -> str:
    name = re.sub(r"[\s\-]+", "", note).replace("sharp", "#").replace("flat", "b")
    return name[0].upper() + name[1:]


@cache
def _label() -> re.Pattern[str]:
    return re.compile(rf"{named('key', 'names')}\s*[:=\-]?\s*$")


@cache
def _mode_names() -> str:
    """Names of modes after a letter, without "m"."""
    own = (*phrases("key", "major"), *phrases("key", "minor"), *_CHURCH, *_NEIGHBOURS, *_CHURCH_ABROAD)
    return any_of((word for word in own if word.isascii()), left=False)


@cache
def _german_pattern() -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?P<note>[a-h])(?P<accidental>is|es|s)?[\s\-]?(?P<mode>dur|moll)(?!\w)")


@cache
def _romance(key: str) -> tuple[str, ...]:
    """One list of words of key of the languages that sing their notes."""
    return tuple(fold(word) for name in ("fr", "es", "pt", "it") for word in language(name)["key"][key])


@cache
def _solfege_pattern() -> re.Pattern[str]:
    notes = any_of(table("key", "solfege"), right=False)
    sharps, flats = any_of(_romance("sharp")), any_of(_romance("flat"))
    sign = rf"(?:#|b(?!\w)|\s*-?\s*(?:{sharps}|{flats}))"
    iberian = ("menor", "mayor", "maior")
    modes = any_of(word for word in (*_romance("major"), *_romance("minor")) if word not in iberian)
    church = any_of(word for word in _CHURCH_ABROAD if word.isascii())
    mode = rf"(?:{modes}|{church}|{any_of(iberian)}{_SPANISH_END})"
    return re.compile(
        rf"(?P<note>{notes})(?P<sign>{sign})?[\s\-]+(?P<mode>{mode})"
        rf"|{any_of(_romance('names'))}\s*:?\s*(?P<named>{notes})(?P<named_sign>{sign})?{RIGHT}(?=\s*(?:$|[,.;:!?)]))"
    )


@cache
def _asian_pattern() -> re.Pattern[str]:
    notes = "".join(map(fold, table("key", "notes")))
    modes = any_of(word for name in ("ja", "zh") for key in ("major", "minor") for word in language(name)["key"][key])
    signs = "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True) if sign)
    return re.compile(
        rf"(?P<before>{signs})?(?P<note>[{notes}](?=[长短])|(?<![a-z])[a-g])(?P<after>{signs})?\s*(?P<mode>{modes})"
    )


@cache
def _letter_patterns() -> tuple[re.Pattern[str], ...]:
    """Upper case, short upper case, and four kinds of lower case."""
    names = _mode_names()
    lead = r"(?:in|key of|key|tonality|en|em|in der tonart|tonart)"
    return (
        re.compile(rf"(?<![\w#&])(?P<note>[A-Z]{_ACCIDENTAL})[\s\-]*(?P<mode>(?i:{names}))(?!\w)(?!\s+(?:label|lazer|league)\b)"),
        re.compile(r"(?<![\w#&'])(?<!\bI )(?P<note>[A-G][#b]?)(?P<mode>m|min|maj)(?!\w)(?!'|\s+I\b|&)"),
        re.compile(rf"(?<!\w){lead}[\s:=]+(?P<note>[a-z]{_ACCIDENTAL})[\s\-]+(?P<mode>{names})(?!\w){_NOT_A_KEY}"),
        re.compile(
            rf"(?<![\w#])(?P<note>[a-g](?:#|b|[\s\-]*(?:sharp|flat)))[\s\-]*(?P<mode>{names}|(?<=#)m)(?!\w)"
        ),
        re.compile(r"(?<!\w)(?:in|key|key of|tonality)[\s:=]+(?P<note>[a-g][#b]?)(?P<mode>m)(?!\w)"),
        re.compile(
            rf"(?<![\w'\-])(?P<note>[b-g]|a(?=\s+\w+\s*(?:[,.;]|$|\d|at\b)))\s+(?P<mode>{names})(?!\w){_NOT_A_KEY}"
        ),
    )  # fmt: skip


@cache
def _tonic_pattern() -> re.Pattern[str]:
    keys = (
        r"[Kk](?:ey|EY)(?:\s+(?:of|OF|is))?|KEY OF|[Tt]onart|[Tt]onality|[Tt]onalite|[Tt]onalidade?|"
        r"[Tt]onalita|[Tt]om de"
    )
    ends = (
        r"(?=\s*(?:[,;:!?)\x1f]|\.(?!\w)|$)|\s+"
        r"(?:at|with|and|for|around|about|to|on|but|please|mit|bei|und|shuffle|blues|groove)\b)"
    )
    alone = r"(?:^|(?<=[,;|]))\s*(?P<alone>[A-G](?:#|b|[\s\-](?:flat|sharp)))\s*(?=[,;|.]|$)"
    blues = r"(?<![\w#\-])(?P<blues>[B-G](?:#|b)?)(?=\s+blues\b)"
    return re.compile(
        rf"{alone}|{blues}|(?<!\w)(?:(?:(?:{keys})(?:\s*[:=]\s*|\s+)|キー[は:\s]*)(?P<named>[A-Za-z]{_ACCIDENTAL})|"
        rf"(?:[Ii]n|(?<=mode )[Oo]n)\s+(?P<note>[A-G]{_ACCIDENTAL})){ends}"
    )


@cache
def _mode_patterns() -> tuple[re.Pattern[str], ...]:
    church = any_of([*_CHURCH, *_NEIGHBOURS, *_CHURCH_ABROAD, *table("key", "modes_alone")])
    minor, major = any_of(["minor", "natural minor", "aeolian", "moll"]), any_of(["major", "ionian"])
    abroad = any_of([*_romance("major"), *_romance("minor")])
    return (
        re.compile(
            r"(?<!#)(?<!ursa )(?<!asia )(?<!canis )(?<!drum )"
            rf"(?P<mode>{church}|{minor}{_MINOR_IS_A_MODE}|{major}{_MAJOR_IS_A_MODE})"
        ),
        re.compile(rf"(?:{named('key', 'mode_only_after')}\s+|(?:^|,)\s*)(?P<mode>{abroad})(?=\s*(?:$|[,.;:!?)]))"),
    )
