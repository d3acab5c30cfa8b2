"""Text from people and files, made safe to show; and names, checked before they become paths."""

from __future__ import annotations

import re
import unicodedata

_UNSEEN = frozenset({"Cc", "Cs", "Co", "Zl", "Zp"})
"""Unicode's categories of control characters, lone surrogates, private use, and line and paragraph separators."""

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""What changes the direction of the text around it, so that it reads other than it is (Unicode annex 9, UAX #9)."""

_LONGEST_NAME_BYTES = 255
"""What common file systems take."""

_LONGEST_PATH_BYTES = 1024


def visible(text: str, *, keep: str = "") -> str:
    r"""Text with escapes in place of what terminals and programs would obey instead of show.

    Args:
        text: from a prompt, a title, a file's name, an error.
        keep: characters that stay, such as a newline where several lines are expected.

    Returns:
        The same text with control characters, lone surrogates and direction changes as `\x1b` or `\u202e`.
    """
    return "".join(
        _escaped(one) if one not in keep and (one in _BIDI or unicodedata.category(one) in _UNSEEN) else one
        for one in text
    )


def one_line(text: str) -> str:
    """Text on a single line: runs of white space become one blank, what else cannot be seen an escape."""
    return visible(" ".join(text.split()))


def is_safe_path(path: str) -> bool:
    """Whether a relative path stays inside its folder whatever the system makes of it.

    Every part is a plain name: not empty, not hidden, no `.` or `..`, no backslash, colon or character that cannot be
    seen, no blank or dot at its end.
    """
    if not 0 < len(path.encode(errors="replace")) <= _LONGEST_PATH_BYTES or visible(path) != path:
        return False
    return all(
        0 < len(part.encode()) <= _LONGEST_NAME_BYTES
        and part[0] not in ".~ "
        and part[-1] not in ". "
        and not re.search(r'[\\:*?"<>|]', part)
        for part in path.split("/")
    )


def _escaped(one: str) -> str:
    number = ord(one)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
