"""What was asked for, and what became of it: the same answer for the command, the report, `song.json` and the tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aurax.intent.intent import Intent
from aurax.intent.wish import Wish
from aurax.judge.verdict import Check, PartVerdict, Verdict
from aurax.judge.wording import measured_words

Result = Literal["exact", "substituted", "not_done", "not_understood", "not_judged"]
"""What became of a wish: done; something else in its place; not done; nobody knows what it means; done or not, nothing
here can tell."""

ALL_DONE = "all that was asked for was done"
_BY_EAR = frozenset({"genre", "instrument", "vocals", "mood", "era", "production", "likeness"})
"""What a generator is told in the person's own words: its audio may hold what no style or instrument here can do."""
_LONGEST_LABEL = 40
_MOST_NAMED = 6


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class WishOutcome(_Value):
    """One wish, and what became of it."""

    words: str
    """As written; empty where an option asked for it, or where they name a genre that is sung by its nature."""
    field: str
    """What it is about: genre, instrument, vocals, mood, era, tempo, key, meter, length, structure, production …"""
    value: str
    """What was understood, in plain English."""
    refused: bool = False
    """Whether it must not be there."""
    fate: Result
    """What became of it in this song."""
    substitute: str = ""
    """What was done in its place."""
    nearness: float = Field(default=1.0, ge=0, le=1)
    """How near the outcome comes, 0 to 1."""
    reason: str = ""
    """Why it was not done exactly."""

    @property
    def label(self) -> str:
        """How a sentence names it: by its own words, or by what was understood where these are many."""
        if self.refused:
            return f"no {self.value}"
        own = " ".join(self.words.split())
        return own if own and len(own) <= _LONGEST_LABEL else self.value


class Outcome(_Value):
    """What was asked for, and what became of it."""

    made_as: str
    """The style in which the song was made."""
    done: tuple[WishOutcome, ...] = ()
    """Wishes that were done as asked."""
    substituted: tuple[WishOutcome, ...] = ()
    """Wishes in whose place something else was done."""
    not_done: tuple[WishOutcome, ...] = ()
    """Wishes that were not done."""
    not_understood: tuple[WishOutcome, ...] = ()
    """Words that nobody understood."""
    not_judged: tuple[WishOutcome, ...] = ()
    """Wishes that a generator was told in the person's own words; nothing here can tell whether it followed."""
    fidelity: PartVerdict | None = None
    """Whether what was asked for was done; none before a verdict."""
    quality: PartVerdict | None = None
    """Whether what was done is good; none before a verdict."""
    line: str = ""
    """All of it on one line for people, as the command's last line says it."""

    @property
    def is_complete(self) -> bool:
        """Whether everything that was asked for is known to be done."""
        told = (*self.substituted, *self.not_done, *self.not_understood, *self.not_judged)
        return not told and (self.fidelity is None or self.fidelity.passed)

    @property
    def wishes(self) -> tuple[WishOutcome, ...]:
        """Every wish: first what is not as asked, then what is."""
        return (*self.substituted, *self.not_done, *self.not_judged, *self.not_understood, *self.done)


def outcome(intent: Intent, verdict: Verdict | None, *, style: str, mode: str = "symbolic") -> Outcome:
    """Say what became of every wish of a prompt.

    What was measured counts more than what the reader expected: an exact wish whose check failed was not done.

    Args:
        intent: the prompt, understood, with its wishes.
        verdict: of the song; None where there is none yet, so that only the expected fates are told.
        style: name of the style that the plan was made in.
        mode: how the song is made; in `neural` songs what a generator was told counts as not judged unless a check did.
    """
    told = [_told(place, wish, verdict, mode) for place, wish in enumerate(intent.wishes)]
    genres = {wish.span for wish in intent.wishes if wish.field == "genre"}
    told = [
        one.model_copy(update={"words": ""}) if wish.field == "vocals" and wish.span in genres else one
        for one, wish in zip(told, intent.wishes, strict=True)
    ]
    if not intent.wishes:
        told += [
            WishOutcome(words=word, field="unknown", value=word, fate="not_understood", nearness=0.0)
            for word in intent.unknown_words
        ]
    if verdict is not None:
        told += [_missed(check) for check in verdict.failures if check.part == "fidelity" and check.wish is None]
    named = next((one.substitute for one in told if one.field == "genre" and one.fate == "substituted"), "")
    result = Outcome(
        made_as=named or style.replace("-", " "),
        done=_of(told, "exact"),
        substituted=_of(told, "substituted"),
        not_done=_of(told, "not_done"),
        not_understood=_of(told, "not_understood"),
        not_judged=_of(told, "not_judged"),
        fidelity=verdict.fidelity if verdict is not None else None,
        quality=verdict.quality if verdict is not None else None,
    )
    return result.model_copy(update={"line": outcome_line(result)})


def outcome_line(result: Outcome) -> str:
    """The outcome on one line: `made as lo-fi: no trap here yet; 808 glides not done`.

    The style is named where no genre was done as asked, be it that another one was or that none was asked for.
    """
    genres = [one for one in result.substituted if one.field == "genre"]
    others = [one for one in result.substituted if one.field != "genre"]
    parts = [one.reason or f"{one.label} is not installed" for one in genres]
    parts += [f"{one.substitute} for {one.label}" for one in others]
    if result.not_done:
        parts.append(f"{_names(result.not_done)} not done")
    if result.not_judged:
        parts.append(f"not judged: {_names(result.not_judged)}")
    unknown = f"not understood: {_names(result.not_understood)}" if result.not_understood else ""
    if not parts:
        return f"all that was understood was done; {unknown}" if unknown else ALL_DONE
    line = "; ".join(dict.fromkeys(part for part in (*parts, unknown) if part))
    chosen = bool(result.wishes) and not any(one.field == "genre" for one in result.wishes) and not result.not_judged
    return f"made as {result.made_as}: {line}" if genres or chosen else line


def expected_line(intent: Intent, *, style: str, mode: str = "symbolic") -> str:
    """What is known before any verdict not to become as asked, on one line; empty where nothing is.

    Args:
        intent: the prompt, understood.
        style: name of the style that the plan was made in.
        mode: how the song is made.
    """
    expected = outcome(intent, None, style=style, mode=mode)
    return "" if expected.is_complete else expected.line


def _told(place: int, wish: Wish, verdict: Verdict | None, mode: str) -> WishOutcome:
    checks = [check for check in verdict.checks if check.wish == place] if verdict is not None else []
    fate, reason, nearness, substitute = _fate(wish, checks, mode)
    return WishOutcome(
        words=wish.words,
        field=wish.field,
        value=wish.value,
        refused=wish.refused,
        fate=fate,
        substitute=substitute,
        nearness=nearness,
        reason=reason,
    )


def _fate(wish: Wish, checks: Sequence[Check], mode: str) -> tuple[Result, str, float, str]:
    """What became of a wish: fate, reason, nearness and substitute."""
    if wish.fate == "not_understood":
        return "not_understood", wish.reason, 0.0, ""
    if not checks:
        if mode == "neural" and wish.field in _BY_EAR:
            return "not_judged", "the generator was told so, and nothing here can hear whether it followed", 0.0, ""
        return wish.fate, wish.reason, wish.nearness, wish.substitute
    failed = [check for check in checks if not check.passed]
    if not failed:
        return "exact", "", 1.0, ""
    if wish.fate == "substituted" and any(check.credit for check in failed):
        return "substituted", wish.reason, wish.nearness, wish.substitute
    return "not_done", wish.reason or measured_words(failed[0]), 0.0, ""


def _missed(check: Check) -> WishOutcome:
    """A promise without a wish (an option's, or of a contract made by hand) that was not kept."""
    name, _, detail = check.name.partition(":")
    value = check.target or detail or name.replace("_", " ")
    return WishOutcome(words="", field=name, value=value, fate="not_done", nearness=0.0, reason=measured_words(check))


def _of(told: Sequence[WishOutcome], fate: Result) -> tuple[WishOutcome, ...]:
    return tuple(one for one in told if one.fate == fate)


def _names(told: Sequence[WishOutcome]) -> str:
    names = list(dict.fromkeys(one.label for one in told))
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
