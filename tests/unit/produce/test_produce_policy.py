from __future__ import annotations

import pytest

from aurax.judge.verdict import Check, Layer, PartVerdict, Verdict
from aurax.mix.settings import MixSettings
from aurax.produce.policy import Bounds, Decision, best_take, candidate_seed, decide, take_seed
from aurax.produce.take import TakeResult, TakeSettings

SEED = 11


def failed(name: str, layer: Layer, low: float | None = 0.0, high: float | None = 0.0, measured: float = 2.0) -> Check:
    return Check(name=name, layer=layer, low=low, high=high, measured=measured, passed=False)


SUB = failed("sub_share", "mix", -14, -5, -3.0)
WIDE = failed("mono_loss", "mix", None, 2, 3.0)
NULL = failed("stem_null", "mix", None, -90, -40.0)
NOTES = failed("note_range", "score", 24, 60, 61.0)
TEMPO = failed("tempo", "plan", 89, 91, 120.0)


def take(number: int, *failures: Check, score: float = 50.0, **settings: object) -> TakeResult:
    made = TakeSettings.model_validate({"number": number, "seed": SEED, **settings})
    part = PartVerdict(passed=not failures, score=score)
    verdict = Verdict(
        passed=not failures, score=score, fidelity=PartVerdict(passed=True, score=100), quality=part, checks=failures
    )
    return TakeResult(settings=made, verdict=verdict)


def redo(*takes: TakeResult, max_takes: int = 5, required: frozenset[str] | None = None) -> TakeSettings:
    decision = decide(takes, Bounds(max_takes=max_takes, required=required))
    assert decision.action == "redo"
    assert decision.next is not None
    return decision.next


def test_a_take_that_passed_is_accepted() -> None:
    assert decide([take(1)], Bounds()) == Decision(action="accept", take=1, reason="every required check passed")


def beyond_takes(name: str, **fields: object) -> Check:
    return Check.model_validate(
        {"name": name, "layer": "plan", "passed": False, "part": "fidelity", "curable": False, **fields}
    )


TRAP = beyond_takes("genre:trap", credit=0.4)


def test_what_no_take_can_change_causes_no_further_take() -> None:
    decision = decide([take(1, TRAP)], Bounds())
    assert (decision.action, decision.take, decision.next) == ("accept", 1, None)
    assert decision.reason == "no take can change genre:trap; every other required check passed"


def test_faults_that_only_lower_the_score_cause_no_further_take_beside_it() -> None:
    unimportant = SUB.model_copy(update={"required": False})
    assert decide([take(1, TRAP, unimportant)], Bounds()).action == "accept"


def test_a_fault_that_a_take_can_cure_is_cured_beside_one_that_none_can() -> None:
    settings = redo(take(1, TRAP, SUB))
    assert settings.redo_layer == "master"
    assert "genre" not in settings.reason


def test_the_best_take_is_one_whose_faults_no_take_can_change() -> None:
    settled, better = take(1, TRAP, score=40.0), take(2, TRAP, NOTES, score=60.0)
    assert best_take([better, settled]) == settled


def test_the_last_allowed_take_ends_with_the_best() -> None:
    decision = decide([take(1, NOTES, score=60.0), take(2, NOTES, score=40.0)], Bounds(max_takes=2))
    assert (decision.action, decision.take, decision.next) == ("stop", 1, None)


@pytest.mark.parametrize(
    ("failures", "layer"),
    [
        ((SUB,), "master"),
        ((WIDE,), "mix"),
        ((SUB, WIDE), "mix"),
        ((NULL,), "score"),
        ((NOTES,), "score"),
        ((SUB, NOTES), "score"),
        ((TEMPO, NOTES), "plan"),
    ],
)
def test_the_cheapest_layer_that_cures_every_fault_is_redone(failures: tuple[Check, ...], layer: Layer) -> None:
    assert redo(take(1, *failures)).redo_layer == layer


def test_a_redone_mix_keeps_the_seed_and_names_its_parent() -> None:
    settings = redo(take(1, SUB))
    assert (settings.number, settings.seed, settings.parent) == (2, SEED, 1)
    assert settings.mix.low_trim_db == -1.4
    assert "sub_share" in settings.reason


def test_new_notes_get_a_seed_derived_from_the_first_one_and_the_take_number() -> None:
    second = redo(take(1, NOTES))
    third = redo(take(1, NOTES), take(2, NOTES, seed=second.seed))
    assert (second.seed, third.seed) == (take_seed(SEED, 2), take_seed(SEED, 3))


def test_settings_that_were_tried_are_not_tried_again() -> None:
    first = take(1, SUB, score=60.0)
    second = redo(first)
    worse = take(2, SUB, score=50.0, mix=second.mix)
    assert redo(first, worse).redo_layer == "score"


def test_a_better_take_is_improved_further() -> None:
    first = take(1, SUB, score=50.0)
    second = take(2, SUB, score=60.0, mix=redo(first).mix)
    third = redo(first, second)
    assert (third.parent, third.redo_layer, third.mix.low_trim_db) == (2, "master", -2.8)


def test_corrections_of_single_stems_do_not_survive_new_notes() -> None:
    mix = MixSettings(stem_trim_db={"bass": -3.0}, low_trim_db=-1.0)
    settings = redo(take(1, NOTES, mix=mix))
    assert (settings.mix.stem_trim_db, settings.mix.low_trim_db) == ({}, -1.0)


def test_faults_that_are_not_required_do_not_decide_the_layer_but_are_cured_along() -> None:
    settings = redo(take(1, NOTES, SUB, WIDE), required=frozenset({"mono_loss"}))
    assert (settings.redo_layer, settings.mix.low_trim_db, settings.mix.width_percent) == ("mix", -1.4, 75.0)


def test_the_best_take_passed_or_has_the_highest_score_or_came_first() -> None:
    passed, high, low, equal = take(1), take(2, NOTES, score=90.0), take(3, NOTES), take(4, NOTES, score=90.0)
    assert best_take([low, high, passed]) == passed
    assert best_take([low, equal, high]) == high


def test_seeds_of_first_take_and_candidate_are_the_given_one_and_others_differ() -> None:
    assert take_seed(SEED, 1) == candidate_seed(SEED, 0) == SEED
    seeds = [SEED, *(take_seed(SEED, number) for number in (2, 3)), *(candidate_seed(SEED, one) for one in (1, 2))]
    assert len(set(seeds)) == len(seeds)
    assert take_seed(SEED, 2) == take_seed(SEED, 2)


def test_every_decision_is_the_same_when_asked_again() -> None:
    takes = [take(1, SUB, WIDE, NOTES), take(2, SUB, score=70.0)]
    assert decide(takes, Bounds()) == decide(takes, Bounds())
