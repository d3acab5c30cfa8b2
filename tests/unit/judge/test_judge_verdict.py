import math

import pytest

from aurax.errors import BrokenPlugin
from aurax.intent.contract import Requirement
from aurax.judge.criterion import Criterion
from aurax.judge.criterion_registry import load_criteria
from aurax.judge.findings import finding
from aurax.judge.judge import judge
from aurax.judge.verdict import Check, PartVerdict, Verdict
from aurax.judge.weights import FIDELITY_WEIGHTS


def criterion(
    name="one", passed=True, kind="symbolic", required=False, weight=1.0, check_name=None, promise=None, **fields
):
    check = finding(check_name or name, "score", high=1.0, measured=2.0, passed=passed, promise=promise, **fields)
    return Criterion(name, kind, "score", required, weight, lambda evidence: [check], "A question.")


def verdict_of(*checks, passed, score):
    part = PartVerdict(passed=passed, score=score)
    return Verdict(
        passed=passed, score=score, fidelity=PartVerdict(passed=True, score=100), quality=part, checks=checks
    )


def test_the_score_is_the_weighted_share_of_passed_checks(evidence_of):
    verdict = judge(evidence_of(), [criterion("one", True, weight=3.0), criterion("two", False, weight=1.0)])
    assert verdict.score == 75.0
    assert verdict.passed
    assert [check.name for check in verdict.failures] == ["two"]


@pytest.mark.parametrize(("kind", "required"), [("symbolic", True), ("contract", False)])
def test_required_and_contract_failures_fail_the_verdict(evidence_of, kind, required):
    assert not judge(evidence_of(), [criterion(passed=False, kind=kind, required=required)]).passed


def test_audio_criteria_wait_for_audio(evidence_of):
    criteria = [criterion("one", kind="audio", passed=False, required=True)]
    assert judge(evidence_of(master=None), criteria).checks == ()
    assert not judge(evidence_of(), criteria).passed


def test_nothing_to_ask_is_a_pass(evidence_of):
    assert judge(evidence_of(), []) == verdict_of(passed=True, score=100.0)


def test_a_criterion_that_crashes_or_lies_about_its_name_is_named(evidence_of):
    def crash(evidence):
        raise KeyError("lead")

    broken = Criterion("crashes", "symbolic", "score", False, 1.0, crash, "Crashes.")
    with pytest.raises(BrokenPlugin, match="crashes"):
        judge(evidence_of(), [broken])
    with pytest.raises(BrokenPlugin, match="other"):
        judge(evidence_of(), [criterion("one", check_name="other")])


def test_a_verdict_survives_json_with_silence_in_it():
    check = finding("loudness", "master", low=-14.3, high=-13.7, measured=-math.inf, bars=[0, 4])
    verdict = verdict_of(check, passed=False, score=0.0)
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict
    assert check.measured == "silence"
    assert check.where.bars == (1, 5)


def test_every_installed_criterion_judges_the_small_song(evidence_of):
    promise = Requirement(criterion="tempo", target=120, tolerance=1.0, unit="bpm", quote="120 bpm")
    verdict = judge(evidence_of(promise), load_criteria())
    failed = {check.name.partition(":")[0] for check in verdict.failures}
    assert verdict.passed
    assert failed <= {"spectral_balance", "loudness_range", "loudness_consistency", "brightness", "sub_share"}
    assert len(verdict.checks) >= 25


@pytest.mark.parametrize(
    ("low", "high", "measured", "passed"),
    [
        (1.0, 2.0, 2.0, True),
        (1.0, 2.0, 2.1, False),
        (1.0, None, 0.9, False),
        (None, 2.0, -5.0, True),
        (None, 2.0, math.nan, False),
        (None, 2.0, -math.inf, True),
        (1.0, None, "silence", False),
    ],
)
def test_bounds_decide_what_passes(low, high, measured, passed):
    assert finding("one", "mix", low=low, high=high, measured=measured).passed is passed


def test_a_check_that_passed_names_no_bars():
    assert finding("one", "mix", high=2, measured=1, bars=[0]).where.bars == ()


@pytest.mark.parametrize(
    ("expected", "fields"),
    [(3.0, {"low": 3.0, "high": 3.0}), ("at most 2 LU", {"target": "at most 2 LU"})],
)
def test_checks_of_older_versions_are_still_read(expected, fields):
    old = {"name": "one", "layer": "mix", "expected": expected, "measured": 1.0, "passed": False}
    assert Check.model_validate(old).model_dump(include=set(fields)) == fields


def asked(name, target="x"):
    return Requirement(criterion=name, target=target, quote="as asked")


def test_what_was_asked_is_judged_apart_from_what_is_good(evidence_of):
    promise = asked("genre")
    criteria = [
        criterion("genre", False, kind="contract", weight=5.0, promise=promise, credit=0.4, curable=False),
        criterion("tempo", True, kind="contract", weight=3.0, promise=asked("tempo")),
        criterion("clicks", True, weight=2.0),
        criterion("range", False, weight=2.0),
    ]
    verdict = judge(evidence_of(promise), criteria)
    assert verdict.fidelity == PartVerdict(passed=False, score=62.5)  # (5 × 0.4 + 3) of 8
    assert verdict.quality == PartVerdict(passed=True, score=50.0)
    assert (verdict.passed, verdict.score) == (False, 31.25)
    assert [check.part for check in verdict.checks] == ["fidelity", "fidelity", "quality", "quality"]


def test_what_no_take_can_change_is_acceptable_and_does_not_pass(evidence_of):
    cured = criterion("genre", False, kind="contract", promise=asked("genre"), curable=False)
    open_fault = criterion("tempo", False, kind="contract", promise=asked("tempo"))
    below_the_aim = criterion("range", False)
    settled = judge(evidence_of(), [cured, below_the_aim])
    assert (settled.passed, settled.is_acceptable) == (False, True)
    assert not judge(evidence_of(), [cured, open_fault]).is_acceptable


def test_a_criterion_weighs_as_often_as_it_keeps_promises(evidence_of):
    promises = [asked("present", target) for target in ("piano", "bass")]
    checks = [
        finding(f"present:{one.target}", "plan", measured="x", passed=one.target == "bass", promise=one)
        for one in promises
    ]
    both = Criterion("present", "contract", "plan", True, 3.0, lambda evidence: checks, "Two.")
    other = criterion("tempo", True, kind="contract", weight=3.0, promise=asked("tempo"))
    verdict = judge(evidence_of(*promises), [both, other])
    assert verdict.fidelity.score == pytest.approx(66.67)  # 3 + 3 of 3 × 2 + 3


def test_seven_checks_of_one_promise_weigh_as_one(evidence_of):
    promise = asked("seam")
    checks = [finding(f"seam:{place}", "mix", measured="x", passed=False, promise=promise) for place in range(7)]
    seam = Criterion("seam", "contract", "mix", True, 3.0, lambda evidence: checks, "Seven.")
    other = criterion("tempo", True, kind="contract", weight=3.0, promise=asked("tempo"))
    assert judge(evidence_of(promise), [seam, other]).fidelity.score == 50.0


def test_what_the_style_supplies_belongs_to_quality(evidence_of):
    default = Requirement(criterion="loudness", target=-14.0, tolerance=0.3, unit="lufs")
    (check,) = judge(evidence_of(default), [one for one in load_criteria() if one.name == "loudness"]).checks
    (wanted,) = judge(
        evidence_of(default.model_copy(update={"quote": "-14 LUFS"})),
        [one for one in load_criteria() if one.name == "loudness"],
    ).checks
    assert (check.part, wanted.part) == ("quality", "fidelity")


def test_verdicts_of_older_versions_say_the_same_of_both_parts():
    old = Verdict.model_validate({"passed": False, "score": 40.0, "checks": ()})
    assert old.fidelity == old.quality == PartVerdict(passed=False, score=40.0)


def test_every_promise_has_its_weight():
    contract = {one.name: one.weight for one in load_criteria() if one.kind == "contract"}
    assert contract == {name: FIDELITY_WEIGHTS[name] for name in contract}
    assert set(contract) == set(FIDELITY_WEIGHTS)
