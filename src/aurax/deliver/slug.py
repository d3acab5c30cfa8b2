"""Folder names made from titles."""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii

MAX_LENGTH = 60
"""Characters, and bytes too, since all are ASCII; file systems allow 255, and numbers and suffixes may follow."""
FALLBACK = "song"

_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
"""Device names that Windows refuses as file names, whatever their case."""
_APOSTROPHES = "'`\u2018\u2019\u02bc\u02bb\u00b4\uff07"
_SPOKEN = "LMN"
"""Unicode categories that are read aloud: letters, marks on them, numbers."""


def slug(text: str) -> str:
    """Turn any text into a safe folder name.

    Letters of every script become ASCII ones as they are spelled in Latin: `Fuß` is `fuss`, `夜の雨` is `yenoyu`.
    Apostrophes vanish, everything else that is no letter or digit becomes one dash, and at most 60 characters remain,
    cut between words where that keeps at least half. Text without a letter or digit, such as emoji, gives `song`.

    Args:
        text: a title or a prompt.

    Returns:
        Lower-case ASCII letters, digits and dashes, with a letter or digit at both ends; never empty, never a name that
        Windows reserves.

    Source: the spellings of the package anyascii.
    """
    spelled = "".join(_spelled(character) for character in unicodedata.normalize("NFKC", text))
    name = "-".join(re.findall(r"[a-z0-9]+", spelled.lower()))
    if len(name) > MAX_LENGTH:
        kept, _, _ = name[: MAX_LENGTH + 1].rpartition("-")
        name = kept if len(kept) >= MAX_LENGTH // 2 else name[:MAX_LENGTH].rstrip("-")
    if name in _RESERVED:
        name = f"{name}-{FALLBACK}"
    return name or FALLBACK


def _spelled(character: str) -> str:
    if character in _APOSTROPHES:
        return ""
    if unicodedata.category(character)[0] not in _SPOKEN:
        return " "
    spelled: str = anyascii(character)
    return re.sub(r"['`]", "", spelled)
