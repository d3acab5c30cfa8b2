"""The prompt as the readers see it: cleaned once, folded to plain lower case, position by position."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files

from aurax.errors import InvalidPrompt

LONGEST_PROMPT = 2000
"""Characters that a prompt may have."""

BLANK = "\x1f"
"""Stands where words were read already. Control characters are stripped from prompts, so it cannot clash."""

_SPACES = "\t\n\v\f\r"
"""The control characters that part words."""

_TERMINAL = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
)
"""Control sequences and control strings of terminals (ECMA-48, 5.4 and 5.6), which come along when coloured text is
copied. They go as a whole: without its escape, `31m` would be read as half an hour."""

_HALF_WIDTH = re.compile(r"[\uff66-\uff9f]+")
"""Half-width katakana, which write a voiced sound as two characters."""
_VOICED = "\u3099\u309a"
"""The marks that part カ from ガ: other letters, not accents."""

_LOOKALIKES = str.maketrans({"♯": "#", "♭": "b", "’": "'", "‘": "'", "–": "-", "—": "-", "−": "-", "‑": "-"})


@dataclass(frozen=True, slots=True)
class PromptText:
    """A cleaned prompt in three spellings of equal length, so that a place in one is a place in all.

    Args:
        original: as typed, without control characters.
        cased: accents and lookalikes removed, case kept.
        folded: `cased` in lower case; words that were read may be blanked out.
    """

    original: str
    cased: str
    folded: str

    def quote(self, start: int, end: int) -> str:
        """The words as the person typed them."""
        return self.original[start:end].strip()

    def find(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Every match in the folded spelling."""
        return pattern.finditer(self.folded)

    def without(self, spans: Iterable[tuple[int, int]]) -> PromptText:
        """The same prompt with some words blanked out for later readers."""
        folded, cased = self.folded, self.cased
        for start, end in spans:
            folded = folded[:start] + BLANK * (end - start) + folded[end:]
            cased = cased[:start] + BLANK * (end - start) + cased[end:]
        return replace(self, folded=folded, cased=cased)

    def within(self, start: int, end: int) -> PromptText:
        """The same prompt with everything but one span blanked out."""
        return self.without([(0, start), (end, len(self.folded))])


def clean_prompt(prompt: str) -> PromptText:
    """Check a prompt's length, strip what cannot be read and fold the rest.

    Raises:
        InvalidPrompt: the prompt is empty, too long, or no text.
    """
    if len(prompt) > LONGEST_PROMPT:
        raise InvalidPrompt(
            f"a prompt of at most {LONGEST_PROMPT:,} characters",
            f"{len(prompt):,} characters",
            "shorten it to the words that matter",
        )
    composed = unicodedata.normalize("NFC", _TERMINAL.sub("", prompt))
    composed = _HALF_WIDTH.sub(lambda match: unicodedata.normalize("NFKC", match[0]), composed)
    kept = "".join(" " if char in _SPACES or char.isspace() else char for char in composed if _is_readable(char))
    original = kept.strip()
    if not original:
        raise InvalidPrompt(
            "a sentence that says what music you want",
            "an empty prompt",
            "write for instance 'chill lo-fi hip hop for a rainy night'",
        )
    if "\0" in prompt or any("\ud800" <= char <= "\udfff" for char in prompt):
        raise InvalidPrompt(
            "a prompt in UTF-8", "bytes or null characters that are no text", "write it in UTF-8, with letters only"
        )
    cased = "".join(_plain(char) for char in original.translate(_LOOKALIKES))
    return PromptText(original, cased, _lower(cased))


def fold(words: str) -> str:
    """Words as they stand in `PromptText.folded`, so that a word list is compared with prompts like by like."""
    if words.isascii():
        return words.lower()
    composed = unicodedata.normalize("NFC", words)
    return _lower("".join(_plain(char) for char in composed.translate(_LOOKALIKES)))


def _lower(cased: str) -> str:
    return "".join(char.lower()[0] for char in cased)


def _is_readable(char: str) -> bool:
    """Whether a character is neither control, format, surrogate nor unassigned, nor an emoji's variation selector."""
    return char in _SPACES or (unicodedata.category(char)[0] != "C" and not "\ufe00" <= char <= "\ufe0f")


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    """One character without its accent; itself where it stands for several (such as a vulgar fraction)."""
    parts = unicodedata.normalize("NFKD", char)
    bare = "".join(part for part in parts if not unicodedata.combining(part) or part in _VOICED)
    return _simplified().get(bare, bare) if len(bare) == 1 else char


@cache
def _simplified() -> dict[str, str]:
    """Traditional Chinese characters and their simplified forms."""
    table = tomllib.loads(files("aurax.lexicon").joinpath("characters.toml").read_text(encoding="utf-8"))
    return dict(zip("".join(table["traditional"].split()), "".join(table["simplified"].split()), strict=True))
