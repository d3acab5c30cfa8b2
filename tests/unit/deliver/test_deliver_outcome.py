"""What became of a prompt's wishes is said the same everywhere."""

from __future__ import annotations

import pytest

from aurax.deliver.outcome import ALL_DONE, Outcome, expected_line, outcome
from aurax.deliver.record import SongRecord, outcome_of
from aurax.intent.contract import Contract
from aurax.intent.intent import Intent
from aurax.intent.wish import Wish
from aurax.judge.verdict import Check, PartVerdict, Verdict


def wish(field: str, words: str, fate: str = "exact", **fields: object) -> Wish:
    return Wish.model_validate(
        {"words": words, "start": 0, "end": len(words), "field": field, "value": words, "fate": fate, **fields}
    )


TRAP = wish("genre", "trap", "substituted", substitute="lo-fi hip hop", nearness=0.4, reason="no trap here yet")
GLIDES = wish("instrument", "808 glides", "not_done", nearness=0.0, reason="nothing glides")
GUITAR = wish("instrument", "guitar", "substituted", substitute="plucked string", nearness=0.3)
TEMPO = wish("tempo", "140 bpm")
UNKNOWN = wish("unknown", "zorblax", "not_understood", nearness=0.0)
DRUMS = wish("instrument", "without drums", value="drums", refused=True)


def intent_of(*wishes: Wish, **fields: object) -> Intent:
    return Intent(
        prompt="x", title="X", style="lofi", duration_s=30, contract=Contract(requirements=()), wishes=wishes, **fields
    )


def verdict_of(*checks: Check) -> Verdict:
    good = all(check.passed for check in checks)
    part = PartVerdict(passed=good, score=100.0 if good else 50.0)
    whole = PartVerdict(passed=True, score=100.0)
    return Verdict(passed=good, score=part.score, fidelity=part, quality=whole, checks=checks)


def check(place: int | None, *, passed: bool, credit: float = 0.0, **fields: object) -> Check:
    return Check.model_validate(
        {
            "name": "any", "layer": "plan", "passed": passed, "part": "fidelity", "wish": place, "credit": credit,
            **fields,
        }
    )  # fmt: skip


LOFI = wish("genre", "lo-fi hip hop")


def told(*wishes: Wish, checks: tuple[Check, ...] = (), **options: str) -> Outcome:
    """The outcome of wishes besides that for a genre that was done; the first of them has place 0."""
    asked = wishes if any(one.field == "genre" for one in wishes) else (*wishes, LOFI)
    return outcome(intent_of(*asked), verdict_of(*checks), **{"style": "lofi", **options})


def test_all_done_is_said_in_so_many_words() -> None:
    result = told(TEMPO, checks=(check(0, passed=True),))
    assert (result.line, result.is_complete) == (ALL_DONE, True)
    assert [one.value for one in result.done] == ["140 bpm", "lo-fi hip hop"]


def test_the_line_names_the_style_that_was_made_and_what_was_not_done() -> None:
    result = told(TRAP, GLIDES, checks=(check(0, passed=False, credit=0.4), check(1, passed=False)))
    assert result.line == "made as lo-fi hip hop: no trap here yet; 808 glides not done"
    assert [(one.value, one.nearness) for one in result.substituted] == [("trap", 0.4)]
    assert [(one.value, one.reason) for one in result.not_done] == [("808 glides", "nothing glides")]
    assert not result.is_complete


def test_the_style_that_was_chosen_is_named_where_no_genre_was_asked_for() -> None:
    result = outcome(intent_of(GUITAR), verdict_of(check(0, passed=False, credit=0.3)), style="deep-house")
    assert result.line == "made as deep house: plucked string for guitar"


def test_a_stand_in_is_named_with_what_it_stands_in_for() -> None:
    assert told(GUITAR, checks=(check(0, passed=False, credit=0.3),)).line == "plucked string for guitar"


def test_a_stand_in_that_nobody_hears_is_not_done() -> None:
    result = told(GUITAR, checks=(check(0, passed=False, measured="nothing"),))
    assert result.line == "guitar not done"


def test_what_was_expected_and_failed_is_not_done() -> None:
    result = told(TEMPO, checks=(check(0, passed=False, measured=117.0, unit="bpm"),))
    assert result.line == "140 bpm not done"
    assert result.not_done[0].reason == "117 BPM"


def test_what_was_not_expected_and_passed_is_done() -> None:
    assert told(GLIDES, checks=(check(0, passed=True),)).line == ALL_DONE


def test_a_wish_with_several_checks_is_done_only_if_all_pass() -> None:
    result = told(DRUMS, checks=(check(0, passed=True), check(0, passed=False, measured="kick plays")))
    assert result.line == "no drums not done"


@pytest.mark.parametrize("wishes", [(TEMPO, UNKNOWN), (UNKNOWN,)])
def test_words_that_nobody_understood_are_said(wishes: tuple[Wish, ...]) -> None:
    result = told(*wishes)
    assert result.line == "all that was understood was done; not understood: zorblax"
    assert not result.is_complete


def test_unknown_words_of_an_intent_without_wishes_are_said() -> None:
    result = outcome(intent_of(unknown_words=("zorblax",)), verdict_of(), style="lofi")
    assert [one.words for one in result.not_understood] == ["zorblax"]


def test_promises_without_wishes_are_said_by_their_target() -> None:
    failed = check(None, passed=False, name="instrument_present:cello", target="cello", measured="nothing")
    assert told(checks=(failed,)).line == "cello not done"
    kept = failed.model_copy(update={"part": "quality"})
    assert told(checks=(kept,)).not_done == ()


def test_what_a_generator_was_told_is_not_judged_by_what_is_installed() -> None:
    result = told(TRAP, TEMPO, checks=(check(1, passed=True),), mode="neural")
    assert result.line == "not judged: trap"
    assert (result.substituted, result.is_complete) == ((), False)


def test_tags_say_only_what_is_known_before_the_verdict() -> None:
    assert expected_line(intent_of(TRAP), style="lofi") == "made as lo-fi hip hop: no trap here yet"
    assert expected_line(intent_of(TEMPO), style="lofi") == ""


def test_long_lists_are_cut_and_counted() -> None:
    wishes = [wish("instrument", f"horn {number}", "not_done") for number in range(8)]
    assert told(*wishes).line.endswith("horn 5 and 2 more not done")


def test_a_wish_in_many_words_is_named_by_what_was_understood() -> None:
    long = wish("mood", "a feeling like walking home alone at five in the morning", "not_done", value="lonely")
    assert told(long).line == "lonely not done"


def test_records_of_older_versions_are_told_too(record: SongRecord) -> None:
    assert record.outcome is None
    assert outcome_of(record).line == "all that was understood was done; not understood: alert, x"
    stated = record.model_copy(update={"outcome": outcome_of(record)})
    assert SongRecord.model_validate_json(stated.model_dump_json()) == stated


def test_a_genre_that_is_sung_by_its_nature_misses_vocals_and_is_not_named_twice() -> None:
    shanty = wish(
        "genre", "sea shanty", "substituted", substitute="lo-fi", nearness=0.1, reason="no sea shanty here yet"
    )
    sung = wish("vocals", "sea shanty", "not_done", value="vocals", nearness=0.0, reason="nobody sings")
    result = outcome(intent_of(shanty, sung), None, style="lofi")
    assert result.line == "made as lo-fi: no sea shanty here yet; vocals not done"
