"""Numbers in digits and words."""

from __future__ import annotations

_WORDS: dict[str, float] = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "forty-five": 45, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "half a": 0.5, "half an": 0.5, "half": 0.5, "½": 0.5,
    "quarter of a": 0.25, "a couple of": 2, "eine": 1, "einer": 1, "zwei": 2, "drei": 3, "deux": 2, "trois": 3,
    "une": 1, "dos": 2, "tres": 3, "un": 1, "una": 1, "due": 2, "tre": 3, "um": 1, "dois": 2, "eine halbe": 0.5,
    "hundred": 100, "a hundred": 100, "one hundred": 100, "a hundred and twenty": 120, "one hundred and twenty": 120,
    "one hundred twenty": 120,
}  # fmt: skip

NUMBER = r"(?:\d{1,6}(?:[.,]\d{1,3})?|" + "|".join(
    word.replace(" ", r"\s+") for word in sorted(_WORDS, key=lambda one: (-len(one), one))
) + r")"  # fmt: skip
"""Pattern of one number, for use inside larger patterns."""


def number(text: str) -> float:
    """The value of something that `NUMBER` matched."""
    plain = " ".join(text.split())
    return _WORDS[plain] if plain in _WORDS else float(plain.replace(",", "."))
