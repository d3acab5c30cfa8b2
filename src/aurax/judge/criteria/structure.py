"""Structure: has the plan the sections, the ending and the run of energy that were asked for?

A promise's target is a form word (`chorus`, `8-bar intro`), an ending (`fade ending`) or a run of energy
(`energy builds`). The form follows from the prompt and not from chance, so another take would not change it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from aurax.intent.contract import Requirement
from aurax.intent.intent import NoteEdit
from aurax.intent.wish import Wish
from aurax.judge.criterion import Criterion, Evidence
from aurax.judge.findings import finding
from aurax.judge.verdict import Check
from aurax.judge.weights import FIDELITY_WEIGHTS
from aurax.judge.wishes import asked_words, unmet, wish_of
from aurax.score.plan import Plan

_WHOLE_FORM = 3
"""So many asked-for sections are the whole form, in their order; fewer are added to the style's own."""
_LEAST_CHANGE = 0.5
"""How much more energy the second half must have than the first (of 10) to build, or less to fade."""
_FLAT_SPAN = 3.5
"""Widest span of energy that counts as steady."""
_ENDING, _ENERGY = " ending", "energy "


def judge(evidence: Evidence) -> Sequence[Check]:
    """Compare the plan with each promise; what the reader could not do fails."""
    return [_judge_one(evidence, promise) for promise in evidence.intent.contract.named("structure")]


def _judge_one(evidence: Evidence, promise: Requirement) -> Check:
    target, plan = str(promise.target), evidence.score.plan
    name, wish = f"structure:{target}", wish_of(evidence, promise)
    if wish is not None and not wish.is_done:
        return unmet(name, "plan", promise, wish)
    refused = wish is not None and wish.refused
    edit = next((one for one in evidence.intent.edits if one.words == target), None)
    if edit is not None:
        return _edited(name, promise, wish, evidence, edit)
    if target.endswith(_ENDING):
        asked = target.removesuffix(_ENDING)
        return _found(name, promise, wish, plan.ending, passed=(plan.ending == asked) != refused)
    if target.startswith(_ENERGY):
        return _energy(name, promise, wish, plan)
    section = _section_in(target, evidence)
    if section is None:
        # Something else about the form that the reader says is done and no measurement here knows.
        return _found(name, promise, wish, "planned", passed=True)
    return _section(name, promise, wish, evidence, section)


def _edited(name: str, promise: Requirement, wish: Wish | None, evidence: Evidence, edit: NoteEdit) -> Check:
    """Whether parts rest where a follow-up note said; how high they played before cannot be heard of their notes."""
    if edit.kind != "rest":
        return _found(name, promise, wish, "done", passed=True)
    plan, grid = evidence.score.plan, evidence.score.plan.grid
    tracks = [track for word in edit.played_by for track in evidence.score.named(word)]
    playing = {
        _title(place, plan)
        for place, section in enumerate(plan.sections)
        for track in tracks
        for note in track.notes
        if grid.bars_to_ticks(section.start_bar) <= note.start_ticks < grid.bars_to_ticks(section.end_bar)
    }
    named = [one for one in plan.sections if one.name in {section.partition(" ")[0] for section in edit.sections}]
    wrong = {one for one in playing if _is_meant(one, edit.sections, plan) == (not edit.elsewhere)}
    return _found(name, promise, wish, ", ".join(sorted(playing)) or "rests", passed=bool(named) and not wrong)


def _title(place: int, plan: Plan) -> str:
    """A section by its name and its place among those of the name: `verse 2`."""
    name = plan.sections[place].name
    return f"{name} {sum(section.name == name for section in plan.sections[: place + 1])}"


def _is_meant(title: str, sections: Sequence[str], plan: Plan) -> bool:
    name = title.partition(" ")[0]
    last = f"{name} {sum(section.name == name for section in plan.sections)}"
    return name in sections or title in sections or (title == last and f"{name} -1" in sections)


def _section_in(target: str, evidence: Evidence) -> str | None:
    known = {*evidence.intent.sections, *evidence.intent.refused_sections}
    return next((name for name in sorted(known) if re.search(rf"\b{re.escape(name)}\b", target)), None)


def _section(name: str, promise: Requirement, wish: Wish | None, evidence: Evidence, section: str) -> Check:
    plan = evidence.score.plan
    form = ", ".join(f"{one.name} {one.bars}" for one in plan.sections)
    there = [one for one in plan.sections if one.name == section]
    if wish is not None and wish.refused:
        return _found(name, promise, wish, form, passed=not there)
    bars = re.search(r"\d+", str(promise.target))
    if bars is not None:
        return _found(name, promise, wish, form, passed=any(one.bars == int(bars[0]) for one in there))
    asked = evidence.intent.sections
    in_order = len(asked) < _WHOLE_FORM or _is_in_order(asked, [one.name for one in plan.sections])
    return _found(name, promise, wish, form, passed=bool(there) and in_order)


def _is_in_order(asked: Sequence[str], planned: Sequence[str]) -> bool:
    rest = iter(planned)
    return all(name in rest for name in asked)


def _energy(name: str, promise: Requirement, wish: Wish | None, plan: Plan) -> Check:
    """Energy of the second half of the bars against the first, or the span over all sections."""
    shape = str(promise.target).removeprefix(_ENERGY)
    bars = [section.energy for section in plan.sections for _ in range(section.bars)]
    half = (len(bars) + 1) // 2
    change = sum(bars[-half:]) / half - sum(bars[:half]) / half
    bounds: dict[str, tuple[float | None, float | None, float]] = {
        "builds": (_LEAST_CHANGE, None, change),
        "fades": (None, -_LEAST_CHANGE, change),
        "flat": (None, _FLAT_SPAN, max(bars) - min(bars)),
    }
    if shape not in bounds:
        return _found(name, promise, wish, "planned", passed=True)
    low, high, measured = bounds[shape]
    return finding(
        name, "plan", target=asked_words(promise, wish), low=low, high=high, measured=measured, unit="of 10",
        promise=promise, curable=False,
    )  # fmt: skip


def _found(name: str, promise: Requirement, wish: Wish | None, measured: str, *, passed: bool) -> Check:
    return finding(
        name,
        "plan",
        target=asked_words(promise, wish),
        measured=measured,
        passed=passed,
        promise=promise,
        curable=False,
    )


CRITERIA = (
    Criterion(
        name="structure",
        kind="contract",
        layer="plan",
        required=True,
        weight=FIDELITY_WEIGHTS["structure"],
        judge=judge,
        description="Sections, ending and energy are those that were asked for.",
    ),
)
