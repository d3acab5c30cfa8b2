"""Checks in words, made where a person reads them: command, report, messages. No program reads them back."""

from __future__ import annotations

from aurax.judge.verdict import Check

_SHOWN = {
    "bpm": "BPM", "correlation": "", "db": "dB", "db_per_octave": "dB per octave", "dbfs": "dBFS", "dbtp": "dBTP",
    "lu": "LU", "lufs": "LUFS", "midi": "(MIDI pitch)", "velocity": "of velocity",
}  # fmt: skip
"""Units as people write them; others are shown as they are."""
_MINUS = "−"


def expected_words(check: Check) -> str:
    """What would have been right: `−14 to −5 dB`, `at least −30 LU`, `A minor`, `no clicks`."""
    bounds = _bounds(check)
    return ", ".join(part for part in (check.target, bounds) if part) or "nothing amiss"


def measured_words(check: Check) -> str:
    """What was found, with the note in brackets: `−3.2 dB`, `A minor (97% of the notes fit)`."""
    if check.measured is None:
        found = "nothing"
    elif isinstance(check.measured, str):
        found = check.measured
    else:
        found = _with_unit(_number(check.measured, check.unit), check.unit, check.measured)
    return f"{found} ({check.note})" if check.note else found


def failure_words(check: Check) -> str:
    """A failed check on one line: its name, what was expected and what was measured."""
    return f"{check.name}: expected {expected_words(check)}, measured {measured_words(check)}"


def number_words(value: float) -> str:
    """A number as people write it: at most two decimals, a true minus sign."""
    text = f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 1 or value == 0 else f"{value:.3g}"
    return text.replace("-", _MINUS)


def _bounds(check: Check) -> str:
    low, high, unit = check.low, check.high, check.unit
    if low is not None and high is not None:
        if low == high:
            return _with_unit(_number(low, unit), unit, low)
        return _with_unit(f"{_number(low, unit)} to {_number(high, unit)}", unit, high)
    if low is not None:
        return f"at least {_with_unit(_number(low, unit), unit, low)}"
    if high is not None:
        if high == 0 and unit and unit not in _SHOWN:
            return f"no {unit}"
        return f"at most {_with_unit(_number(high, unit), unit, high)}"
    return ""


def _number(value: float, unit: str) -> str:
    return f"{100 * value:.0f}" if unit == "share" else number_words(value)


def _with_unit(number: str, unit: str, value: float) -> str:
    if unit == "share":
        return f"{number} %"
    shown = _SHOWN.get(unit, unit)
    if value == 1 and shown in ("bars", "clicks", "frames", "semitones"):
        shown = shown[:-1]
    return f"{number} {shown}" if shown else number
