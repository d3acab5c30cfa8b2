"""Numbers in digits, in words of each language, and in Chinese characters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from aurax.intent.readers.language import LANGUAGES, LEFT, RIGHT, any_of, language, named, phrases, squash, table
from aurax.intent.text import fold

NumberKind = Literal["digits", "words", "article", "cjk"]

_FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3}
_CJK_DIGITS = {
    "〇": 0, "零": 0, "一": 1, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}  # fmt: skip
_CJK_UNITS = {"十": 10, "百": 100}
_DIGITS = rf"(?<!\d,)(?<![\d.#/]){LEFT}(?:\d{{1,6}}(?:[.,]\d{{1,3}})?(?![\d])[½¼¾⅓⅔]?|[½¼¾⅓⅔])"
_CJK = rf"(?:[{''.join(_CJK_DIGITS)}十百]+半?|半(?=分|个小节))"


@dataclass(frozen=True, slots=True)
class Number:
    """A number and where it stands.

    Args:
        value: what it is.
        start: first character.
        end: first character after it.
        kind: how it is written; an article ("a minute") is one, but only beside units that can have one.
    """

    value: float
    start: int
    end: int
    kind: NumberKind


def find_numbers(folded: str) -> list[Number]:
    """Every number in a folded text, in its order, none overlapping."""
    found = []
    for match in _pattern().finditer(folded):
        kind = match.lastgroup or "digits"
        text = match[0]
        if kind == "digits":
            found.append(Number(_digits(text), *match.span(), "digits"))
        elif kind == "cjk":
            found.append(Number(cjk_number(text), *match.span(), "cjk"))
        elif kind == "fraction":
            found.append(Number(float(table("numbers", "fractions")[squash(text)]), *match.span(), "words"))
        elif squash(text) in phrases("numbers", "articles"):
            found.append(Number(1.0, *match.span(), "article"))
        else:
            found.append(Number(_words(kind, text), *match.span(), "words"))
    return found


def cjk_number(text: str) -> float:
    """The value of a number in Chinese characters: 百二十, 一百二十八, 二〇, 两…半.

    "百" and "十" without a digit before them are one of each; a digit after "百" alone is tens (一百二 = 120).
    """
    half = 0.5 if text.endswith("半") else 0.0
    body = text.removesuffix("半")
    if not any(char in _CJK_UNITS for char in body):
        return (float("".join(str(_CJK_DIGITS[char]) for char in body)) if body else 0.0) + half
    total, digit = 0, None
    last_unit = 1
    for char in body:
        if char in _CJK_UNITS:
            total += (1 if digit is None else digit) * _CJK_UNITS[char]
            digit, last_unit = None, _CJK_UNITS[char]
        else:
            digit = _CJK_DIGITS[char]
            last_unit = 1 if char in "零〇" else last_unit
    return total + (digit or 0) * (10 if last_unit == 100 else 1) + half


def _digits(text: str) -> float:
    half = _plus_half().search(text)
    plain = text[: half.start()] if half else text
    fraction = _FRACTIONS.get(plain[-1], 0.0)
    plain = plain[:-1] if plain[-1] in _FRACTIONS else plain
    return (float(plain.replace(",", ".")) if plain else 0.0) + fraction + (0.5 if half else 0.0)


@cache
def _plus_half() -> re.Pattern[str]:
    return re.compile(rf"[\s\-]*{named('numbers', 'plus_half', left=False)}$")


@cache
def _pattern() -> re.Pattern[str]:
    half = rf"(?:[\s\-]*{named('numbers', 'plus_half', left=False)})?"
    spoken = "|".join(f"(?P<{name}>{LEFT}{_grammar(name)}{half}{RIGHT})" for name in LANGUAGES if _has_words(name))
    fractions = any_of(table("numbers", "fractions"))
    return re.compile(rf"(?P<digits>{_DIGITS}{half})|(?P<fraction>{fractions})|{spoken}|(?P<cjk>{_CJK})")


def _has_words(name: str) -> bool:
    return "ones" in language(name).get("numbers", {})


@cache
def _grammar(name: str) -> str:
    """A pattern for one language's numbers from 1 to 999 in words, articles included."""
    words: dict[str, Any] = language(name)["numbers"]
    glued = bool(words.get("glued"))
    ones, teens, tens = (_atoms(words[key]) for key in ("ones", "teens", "tens"))
    hundred = _atoms(words.get("hundred", ()))
    hundreds = _atoms(words.get("hundreds", ()))
    past_tens = _joint(words.get("tens_joiners", ()), glued)
    past_hundred = _joint(words.get("hundred_joiners", ()), glued)
    if words.get("ones_first"):
        joiners = "|".join(map(fold, words["tens_joiners"]))
        both = rf"(?:{ones}[\s\-]*(?:{joiners})[\s\-]*)?{tens}"
    else:
        after = f"(?:{teens}|{ones})" if words.get("teens_follow_tens") else ones
        both = rf"{tens}(?:{past_tens}{after})?"
    small = f"(?:{teens}|{both}|{ones})" if not words.get("ones_first") else f"(?:{both}|{teens}|{ones})"
    some_hundred = rf"(?:(?:(?:{ones}|{_atoms(words['articles'])}){_joint((), glued)})?{hundred}|{hundreds})"
    articles = _atoms(words["articles"])
    return rf"(?:{some_hundred}(?:{past_hundred}{small})?|{small}|{articles})"


def _joint(joiners: Any, glued: bool) -> str:
    """What may stand between two parts of a number."""
    gap = r"[\s\-]*" if glued else r"[\s\-]+"
    joiner = "|".join(map(fold, joiners))
    return rf"{gap}(?:(?:{joiner}){gap})?" if joiners else gap


def _atoms(words: Any) -> str:
    return any_of(words, left=False, right=False)


@cache
def _values(name: str) -> tuple[re.Pattern[str], dict[str, float]]:
    words: dict[str, Any] = language(name)["numbers"]
    values: dict[str, float] = {}
    for key in ("ones", "teens", "tens", "hundreds"):
        values |= {squash(fold(word)): float(value) for word, value in words.get(key, {}).items()}
    values |= {squash(fold(word)): 100.0 for word in words.get("hundred", ())}
    return re.compile(_atoms(values)), values


def _words(name: str, text: str) -> float:
    """Add up the parts of a number in words; what stands before "hundred" multiplies it."""
    half = _plus_half().search(text)
    pattern, values = _values(name)
    hundred = {squash(fold(word)) for word in language(name)["numbers"].get("hundred", ())}
    total = 0.0
    for match in pattern.finditer(text[: half.start()] if half else text):
        atom = squash(match[0])
        total = max(total, 1.0) * 100.0 if atom in hundred else total + values[atom]
    return (total or 1.0) + (0.5 if half else 0.0)
