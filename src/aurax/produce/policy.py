"""What to do after a take was judged: accept it, redo the cheapest layer that can mend it, or stop with the best.

Pure: the same takes give the same decision on every machine and in every replay.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from aurax.judge.verdict import Check, Layer
from aurax.mix.settings import MixSettings
from aurax.produce.adjustments import adjust, needs_new_mix
from aurax.produce.take import TakeResult, TakeSettings
from aurax.score.seeds import generator

_LAYERS: tuple[Layer, ...] = get_args(Layer)
"""Dearest first."""
_MIX_LAYERS = frozenset({"mix", "master"})
_LARGEST_SEED = 2**31


class Bounds(BaseModel):
    """How far a production may go."""

    model_config = ConfigDict(frozen=True)

    max_takes: int = Field(default=3, ge=1)
    required: frozenset[str] | None = None
    """Criteria whose failure fails a take; None counts every failure. Others never cause a new take by themselves."""


class Decision(BaseModel):
    """What to do next."""

    model_config = ConfigDict(frozen=True)

    action: Literal["accept", "redo", "stop"]
    take: int
    """Number of the take that is accepted, delivered although it fell short, or improved upon."""
    next: TakeSettings | None = None
    """How to make the next take; only for `redo`."""
    reason: str


def decide(takes: Sequence[TakeResult], bounds: Bounds) -> Decision:
    """Decide after the latest take.

    Args:
        takes: every take so far in order; at least one.
        bounds: how far to go.
    """
    best = best_take(takes)
    if best.verdict.is_acceptable:
        return Decision(action="accept", take=best.settings.number, reason=_why_accepted(best))
    if len(takes) >= bounds.max_takes:
        reason = f"{len(takes)} of {bounds.max_takes} takes used; the best one is kept"
        return Decision(action="stop", take=best.settings.number, reason=reason)
    return Decision(
        action="redo", take=best.settings.number, next=_improve(best, takes, bounds), reason=_names(best, bounds)
    )


def best_take(takes: Sequence[TakeResult]) -> TakeResult:
    """The take that passed all that a take can pass, else the one of the highest score; the earliest among equals."""
    return max(
        takes,
        key=lambda take: (
            take.verdict.passed, take.verdict.is_acceptable, take.verdict.score, -take.settings.number,
        ),
    )  # fmt: skip


def take_seed(seed: int, take_number: int) -> int:
    """The composer's seed of a take: the request's own for the first, then others derived from it."""
    if take_number == 1:
        return seed
    return int(generator(seed, "take", take_number).integers(_LARGEST_SEED))


def candidate_seed(seed: int, index: int) -> int:
    """The seed of one of a take's candidates: the take's own for the first, then others derived from it."""
    if index == 0:
        return seed
    return int(generator(seed, "candidate", index).integers(_LARGEST_SEED))


def _improve(best: TakeResult, takes: Sequence[TakeResult], bounds: Bounds) -> TakeSettings:
    number = max(take.settings.number for take in takes) + 1
    mix, adjusted = _adjusted_mix(best)
    layer = _dearest(_decisive(best, bounds))
    tried = {(take.settings.seed, take.settings.mix.model_dump_json()) for take in takes}
    if layer in _MIX_LAYERS and (best.settings.seed, mix.model_dump_json()) not in tried:
        redo: Layer = "mix" if needs_new_mix(best.settings.mix, mix) else "master"
        return TakeSettings(
            number=number,
            seed=best.settings.seed,
            mix=mix,
            parent=best.settings.number,
            redo_layer=redo,
            reason=f"{', '.join(adjusted)} fell short; {redo} with other settings",
        )
    # Other notes make another mix, so corrections for single stems of the old one do not apply.
    return TakeSettings(
        number=number,
        seed=take_seed(takes[0].settings.seed, number),
        mix=mix.model_copy(update={"stem_trim_db": {}}),
        parent=best.settings.number,
        redo_layer="plan" if layer in ("intent", "plan") else "score",
        reason=f"{_names(best, bounds)} fell short; new notes",
    )


def _adjusted_mix(take: TakeResult) -> tuple[MixSettings, list[str]]:
    mix, adjusted = take.settings.mix, []
    for check in take.verdict.failures:
        changed = adjust(check, mix)
        if changed != mix:
            mix = changed
            adjusted.append(check.name)
    return mix, adjusted


def _why_accepted(take: TakeResult) -> str:
    beyond = [check.name for check in take.verdict.failures if check.required and not check.curable]
    if take.verdict.passed or not beyond:
        return "every required check passed"
    return f"no take can change {', '.join(beyond)}; every other required check passed"


def _decisive(take: TakeResult, bounds: Bounds) -> tuple[Check, ...]:
    failures = tuple(check for check in take.verdict.failures if check.curable)
    if bounds.required is None:
        return failures
    return tuple(check for check in failures if check.name.partition(":")[0] in bounds.required) or failures


def _dearest(checks: Collection[Check]) -> Layer:
    return min((check.layer for check in checks), key=_LAYERS.index, default="score")


def _names(take: TakeResult, bounds: Bounds) -> str:
    return ", ".join(check.name for check in _decisive(take, bounds)) or "the score"
