"""Folder names made from titles."""

from __future__ import annotations

import re
import unicodedata

MAX_LENGTH = 60
FALLBACK = "song"

_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
"""Device names that Windows refuses as file names, whatever their case."""


def slug(text: str) -> str:
    """Turn any text into a safe folder name.

    Accents fall off, everything but ASCII letters and digits becomes one dash, and at most 60 characters remain,
    cut between words where possible. Text without any ASCII letter or digit (emoji, other scripts) gives `song`.

    Args:
        text: a title or a prompt.

    Returns:
        Lower-case ASCII letters, digits and dashes; never empty, never a name that Windows reserves.
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    name = "-".join(re.findall(r"[a-z0-9]+", ascii_text.replace("'", "")))
    if len(name) > MAX_LENGTH:
        kept, _, _ = name[: MAX_LENGTH + 1].rpartition("-")
        name = kept or name[:MAX_LENGTH]
    if name in _RESERVED:
        name = f"{name}-{FALLBACK}"
    return name or FALLBACK
