"""Changes in plain English: what was understood, and what became of it. Command, record and report say the same."""

from __future__ import annotations

from aurax.intent.intent import section_words
from aurax.intent.revision import Change

_DIRECTIONS: dict[str, tuple[str, str]] = {
    "tempo": ("faster", "slower"), "length": ("longer", "shorter"), "brightness": ("brighter", "darker"),
    "bass": ("more bass", "less bass"), "warmth": ("warmer", "colder"), "width": ("wider", "narrower"),
    "space": ("more reverb", "less reverb"), "dynamics": ("more compressed", "more dynamic"),
    "loudness": ("louder", "quieter"), "level": ("louder", "quieter"), "swing": ("more swing", "less swing"),
    "mood": ("more", "less"), "genre": ("in the style of", "not in the style of"),
    "form": ("with", "without"), "key": ("up", "down"),
}  # fmt: skip
_UNITS = {"bpm": "BPM", "percent": "%", "semitones": "semitones", "s": "s", "bars": "bars", "db": "dB", "lufs": "LUFS"}
_LITTLE, _MUCH = 0.75, 1.5


def sentence(change: Change) -> str:
    """One change and what became of it, as a sentence: `"langsamer" (slower): done; the same bars last 1:05 …`."""
    words, meant = " ".join(change.words.split()), meaning(change)
    told = f'"{words}"' + (f" ({meant})" if meant and meant.lower() != words.lower() else "")
    reason = f"; {change.reason}" if change.reason else ""
    if change.fate == "exact":
        return f"{told}: done{reason}."
    if change.fate == "substituted":
        return f"{told}: {change.substitute} instead{reason}."
    if change.fate == "not_done":
        return f"{told}: not done{reason}."
    return f"{told}: not understood{reason}."


def meaning(change: Change) -> str:
    """What was understood of a change, in plain English; empty where nothing was."""
    place = _place(change)
    parts = " and ".join(change.scope.parts)
    kind = change.kind
    if kind in ("unknown", "other"):
        return ""
    if kind == "undo":
        return "back to the version before"
    if kind == "take":
        return "another take"
    if kind == "remove":
        return f"without {parts}{place}"
    if kind == "only":
        return f"{parts} only{place}"
    if kind == "add":
        return f"with {change.text}{place}"
    if kind in ("key", "mode") and change.text:
        return f"in {change.text}{place}"
    if kind in ("mood", "genre", "form"):
        return f"{_direction(change)} {change.text}{place}" if change.text else ""
    return f"{_amount(change)}{' ' + parts if parts else ''}{place}"


def _amount(change: Change) -> str:
    amount, unit = change.amount or 0.0, _UNITS.get(change.unit, "")
    if change.unit in ("", "steps"):
        grade = "a bit " if abs(amount) < _LITTLE else "much " if abs(amount) >= _MUCH else ""
        return grade + _direction(change)
    number = f"{abs(amount):g} {unit}" if change.relative else f"{amount:g} {unit}"
    if change.unit == "semitones" and abs(amount) == 1:
        number = "1 semitone"
    if not change.relative:
        return f"no {change.kind}" if change.kind == "swing" and not amount else number
    return f"{_direction(change)} by {number}"


def _direction(change: Change) -> str:
    more, less = _DIRECTIONS.get(change.kind, ("more", "less"))
    return more if (change.amount or 0.0) >= 0.0 else less


def _place(change: Change) -> str:
    places = [f"in the {' and the '.join(map(section_words, change.scope.sections))}"] if change.scope.sections else []
    if change.scope.bars is not None:
        first, last = change.scope.bars
        places.append(f"in bar {first}" if first == last else f"in bars {first} to {last}")
    return "".join(f" {one}" for one in places)
