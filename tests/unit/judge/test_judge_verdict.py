import math

import pytest

from aurax.errors import BrokenPlugin
from aurax.intent.contract import Requirement
from aurax.judge.criterion import Criterion
from aurax.judge.criterion_registry import load_criteria
from aurax.judge.findings import finding
from aurax.judge.judge import judge
from aurax.judge.verdict import Check, Verdict


def criterion(name="one", passed=True, kind="symbolic", required=False, weight=1.0, check_name=None):
    check = finding(check_name or name, "score", high=1.0, measured=2.0, passed=passed)
    return Criterion(name, kind, "score", required, weight, lambda evidence: [check], "A question.")


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
    assert judge(evidence_of(), []) == Verdict(passed=True, score=100.0, checks=())


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
    verdict = Verdict(passed=False, score=0.0, checks=(check,))
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
