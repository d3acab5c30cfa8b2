"""Held-out figures: generators, clips and an encoder that the network never heard in training."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from training.discriminator.bank import HELD_OUT_STYLE, Clip
from training.discriminator.examples import DEFECTS, UNHEARD_CODEC, Order
from training.discriminator.intended import INTENDED

TIERS = {"hardly audible": (0.02, 0.33), "plain": (0.33, 0.67), "gross": (0.67, 1.0)}
GENERATORS = (HELD_OUT_STYLE, "fluid")
_FIRST_SEED = 10_000_000


@dataclass(frozen=True)
class Question:
    """One held-out example and where its answer belongs.

    Args:
        order: what to make.
        generator: it comes from.
        defect: inflicted, `clean`, or `intended`.
        tier: of the severity, or the name of the intended treatment.
    """

    order: Order
    generator: str
    defect: str
    tier: str


@dataclass(frozen=True)
class Figures:
    """What came out.

    Args:
        auc: by defect, damaged against undamaged, all generators and severities.
        auc_by_generator: by defect and generator.
        auc_by_tier: by defect and tier of severity.
        auc_against_others: by defect, against undamaged and otherwise damaged windows.
        rank: by defect, Spearman correlation of the true and the found severity of damaged windows.
        false_alarms: by treatment, share of undamaged windows of which some defect is above one half.
        alarmed: by treatment, which defects those were.
        windows: how many were judged.
    """

    auc: dict[str, float]
    auc_by_generator: dict[str, dict[str, float]]
    auc_by_tier: dict[str, dict[str, float]]
    auc_against_others: dict[str, float]
    rank: dict[str, float]
    false_alarms: dict[str, float]
    alarmed: dict[str, dict[str, int]]
    windows: int

    @property
    def false_alarm_rate(self) -> float:
        """Mean over the treatments."""
        return float(np.mean(list(self.false_alarms.values())))


def questions(clips: Sequence[Clip], scale: float = 1.0) -> list[Question]:
    """What is asked.

    Args:
        clips: of the bank; those held out are used.
        scale: share of the full size.
    """
    asked: list[Question] = []

    def ask(
        times: int, generator: str, defect: str, tier: str, severities: tuple[float, float], treatment: str | None
    ) -> None:
        fitting = [clip for clip in clips if clip.generator == generator]
        for number in range(max(2, round(times * scale))):
            seed = _FIRST_SEED + len(asked)
            severity = float(np.random.default_rng((seed, number)).uniform(*severities))
            damages = () if defect in ("clean", "intended") else ((defect, severity),)
            asked.append(Question(Order(seed, fitting, damages, treatment), generator, defect, tier))

    for generator in GENERATORS:
        ask(120, generator, "clean", "", (0, 0), None)
        for tier, severities in TIERS.items():
            for defect in (*DEFECTS, UNHEARD_CODEC):
                ask(14, generator, defect, tier, severities, None)
        for treatment in INTENDED:
            ask(14, generator, "intended", treatment, (0, 0), treatment)
    ask(28, "fluid-driven", "intended", "driven guitar", (0, 0), "untouched")
    return asked


def count(
    asked: Sequence[Question],
    severity: NDArray[np.float32],
    present: NDArray[np.bool_],
    found: NDArray[np.float32],
) -> Figures:
    """Count what came out.

    Args:
        asked: from `questions`.
        severity: true ones, shape (questions, defects).
        present: whether damage was inflicted; such as could not be (there was nothing to collapse) is left out.
        found: severities that the network found, shape (questions, defects).
    """
    kind = np.array([question.defect for question in asked])
    generator = np.array([question.generator for question in asked])
    tier = np.array([question.tier for question in asked])
    clean = kind == "clean"
    auc: dict[str, float] = {}
    others: dict[str, float] = {}
    rank: dict[str, float] = {}
    by_generator: dict[str, dict[str, float]] = defaultdict(dict)
    by_tier: dict[str, dict[str, float]] = defaultdict(dict)
    for name in (*DEFECTS, UNHEARD_CODEC):
        place = DEFECTS.index("codec" if name == UNHEARD_CODEC else name)
        damaged = (kind == name) & present[:, place]
        auc[name] = area(found[damaged, place], found[clean, place])
        elsewhere = (clean | (kind == "intended") | (kind != name)) & ~present[:, place]
        others[name] = area(found[damaged, place], found[elsewhere, place])
        rank[name] = float(np.corrcoef(rankdata(severity[damaged, place]), rankdata(found[damaged, place]))[0, 1])
        for one in GENERATORS:
            here = generator == one
            by_generator[name][one] = area(found[damaged & here, place], found[clean & here, place])
        for one in TIERS:
            by_tier[name][one] = area(found[damaged & (tier == one), place], found[clean, place])
    false_alarms, alarmed = {}, {}
    for treatment in sorted(set(tier[kind == "intended"])):
        these = found[(kind == "intended") & (tier == treatment)] > 0.5
        false_alarms[treatment] = float(these.any(axis=1).mean())
        alarmed[treatment] = {name: int(times) for name, times in zip(DEFECTS, these.sum(axis=0), strict=True) if times}
    return Figures(auc, dict(by_generator), dict(by_tier), others, rank, false_alarms, alarmed, len(asked))


def area(positive: NDArray[np.float32], negative: NDArray[np.float32]) -> float:
    """Area under the ROC curve: the chance that a positive ranks above a negative, ties counting half."""
    if not len(positive) or not len(negative):
        return float("nan")
    ranks = rankdata(np.concatenate((positive, negative)))[: len(positive)].sum()
    least = len(positive) * (len(positive) + 1) / 2
    return float((ranks - least) / (len(positive) * len(negative)))
