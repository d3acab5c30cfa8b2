"""Each kind of wish is judged by its own criterion, and each judgement can fail."""

from dataclasses import replace

import pytest
from builders.wishes import wish_for

from aurax.intent.contract import Requirement
from aurax.judge.criteria import (
    duration,
    era,
    genre,
    instrument_absent,
    instrument_only,
    instrument_present,
    key,
    likeness,
    loop_seam,
    loudness,
    meter,
    mood,
    production,
    structure,
    tempo,
    true_peak,
    vocals,
)
from aurax.judge.criterion import StemMeasurements
from aurax.judge.criterion_registry import load_criteria
from aurax.judge.judge import judge
from aurax.judge.verdict import PartVerdict
from aurax.produce.policy import Bounds, decide
from aurax.produce.take import TakeResult, TakeSettings
from aurax.score.character import Character
from aurax.score.score import Score


def heard(score: Score) -> Score:
    """The same notes as if they had been heard in generated audio."""
    return replace(score, origin="transcribed")


def with_families(score: Score, name: str, *families: str) -> Score:
    return replace(
        score,
        tracks=tuple(replace(track, families=families) if track.name == name else track for track in score.tracks),
    )


SUBSTITUTED = {"fate": "substituted", "substitute": "lo-fi hip hop", "nearness": 0.4, "reason": "no trap here yet"}


def test_the_genre_that_was_asked_for_passes(wished):
    (check,) = genre.judge(wished("genre", wish_for("genre", "house")))
    assert (check.passed, check.part, check.wish) == (True, "fidelity", 0)


def test_another_style_than_the_chosen_one_is_not_the_genre(wished, score):
    other = replace(score, plan=score.plan.model_copy(update={"style": "polka"}))
    (check,) = genre.judge(wished("genre", wish_for("genre", "house"), score=other))
    assert (check.passed, check.measured) == (False, "polka")


def test_a_substituted_genre_fails_with_its_nearness_and_no_take_cures_it(wished):
    (check,) = genre.judge(wished("genre", wish_for("genre", "trap", **SUBSTITUTED)))
    assert (check.passed, check.credit, check.curable) == (False, 0.4, False)
    assert (check.target, check.measured, check.note) == ("trap", "lo-fi hip hop", "no trap here yet")


@pytest.mark.parametrize("criterion", [era, genre, likeness, mood, production])
def test_what_was_not_done_fails_without_credit(wished, criterion):
    name = criterion.CRITERIA[0].name
    wish = wish_for(name, "baroque", "not_done", reason="nothing here sounds so")
    (check,) = criterion.judge(wished(name, wish))
    assert (check.passed, check.credit, check.curable, check.measured) == (False, 0.0, False, "not done")


@pytest.mark.parametrize("criterion", [era, genre, likeness, mood, production])
def test_generated_audio_is_not_judged_where_nobody_can_tell(wished, score, criterion):
    name = criterion.CRITERIA[0].name
    assert criterion.judge(wished(name, wish_for(name, "baroque"), score=heard(score))) == []


@pytest.mark.parametrize("criterion", [era, likeness])
def test_what_the_style_itself_does_fails_in_another_style(wished, score, criterion):
    name = criterion.CRITERIA[0].name
    other = replace(score, plan=score.plan.model_copy(update={"style": "polka"}))
    assert [one.passed for one in criterion.judge(wished(name, wish_for(name, "1980s")))] == [True]
    assert [one.passed for one in criterion.judge(wished(name, wish_for(name, "1980s"), score=other))] == [False]


@pytest.mark.parametrize("criterion", [mood, production])
def test_a_mood_passes_only_if_the_plan_carries_its_changes(wished, score, criterion):
    name = criterion.CRITERIA[0].name
    dark = Character(brightness_octaves=-0.5)
    bent = replace(score, plan=score.plan.model_copy(update={"character": dark}))
    (carried,) = criterion.judge(wished(name, wish_for(name, "dark"), score=bent, character=dark))
    (dropped,) = criterion.judge(wished(name, wish_for(name, "dark"), character=dark))
    assert (carried.passed, carried.note) == (True, "brightness_octaves -0.5")
    assert not dropped.passed


def test_asked_for_vocals_that_nobody_sings_fail(wished):
    (check,) = vocals.judge(wished("vocals", wish_for("vocals", "vocals", "not_done", reason="nobody sings here yet")))
    assert (check.passed, check.measured, check.curable) == (False, "nobody sings", False)


def test_refused_vocals_pass_where_nobody_sings_and_fail_where_somebody_does(wished, score):
    refused = wish_for("vocals", "vocals", refused=True)
    sung = with_families(score, "lead", "vocals")
    assert [one.passed for one in vocals.judge(wished("vocals", refused))] == [True]
    (check,) = vocals.judge(wished("vocals", refused, score=sung))
    assert (check.passed, check.where.stem, check.target) == (False, "lead", "no vocals")


def test_asked_for_vocals_pass_where_a_voice_sings(wished, score):
    sung = with_families(score, "lead", "vocals")
    assert [one.passed for one in vocals.judge(wished("vocals", wish_for("vocals", "vocals"), score=sung))] == [True]


def test_a_pad_that_sounds_like_a_choir_is_no_voice(wished, score):
    like = with_families(score, "chords", "pad", "choir-like")
    wish = wish_for("vocals", "choir", "substituted", substitute="soft pad", nearness=0.2)
    (check,) = vocals.judge(wished("vocals", wish, score=like))
    assert (check.passed, check.credit) == (False, 0.2)


def test_voices_in_generated_audio_are_judged_only_where_a_stem_shows_them(wished, score):
    assert vocals.judge(wished("vocals", wish_for("vocals", "vocals", refused=True), score=heard(score))) == []
    sung = heard(with_families(score, "lead", "vocals", "voice"))
    (check,) = vocals.judge(wished("vocals", wish_for("vocals", "vocals", refused=True), score=sung))
    assert not check.passed


def test_an_instrument_passes_by_a_family_of_who_plays(wished):
    (check,) = instrument_present.judge(wished("instrument_present", wish_for("instrument", "piano")))
    assert (check.passed, check.unit, check.low) == (True, "lu", -30.0)


GUITAR = wish_for(
    "instrument", "guitar", "substituted", substitute="piano", nearness=0.3, reason="no guitar is installed"
)


@pytest.mark.parametrize(("played_by", "substitute"), [("", "piano"), ("chords", "plucked string"), ("", "chords")])
def test_a_stand_in_fails_with_its_nearness_although_it_is_heard(wished, played_by, substitute):
    wish = GUITAR.model_copy(update={"substitute": substitute})
    (check,) = instrument_present.judge(wished("instrument_present", wish, played_by=played_by))
    assert (check.passed, check.credit, check.curable) == (False, 0.3, False)
    assert (check.target, check.measured, check.where.stem) == ("guitar", substitute, "chords")


def test_a_stand_in_is_found_among_the_cast_wishes_if_its_title_is_no_name(wished):
    wish = GUITAR.model_copy(update={"substitute": "felt piano"})
    (check,) = instrument_present.judge(wished("instrument_present", wish, wanted=("piano",)))
    assert (check.credit, check.where.stem) == (0.3, "chords")


def test_a_stand_in_that_nobody_hears_earns_nothing_and_another_take_may_cure_it(wished, score):
    stems = {track.name: StemMeasurements(-20.0, -6.0, 0.8, track.role) for track in score.tracks}
    stems["chords"] = StemMeasurements(-60.0, -50.0, 0.8, "chords")
    (check,) = instrument_present.judge(wished("instrument_present", GUITAR, stems=stems))
    assert (check.passed, check.credit, check.curable, check.layer) == (False, 0.0, True, "mix")


def test_a_stand_in_that_does_not_play_at_all_earns_nothing(wished, score):
    without = replace(score, tracks=tuple(track for track in score.tracks if track.name != "chords"))
    (check,) = instrument_present.judge(wished("instrument_present", GUITAR, score=without))
    assert (check.passed, check.credit, check.measured) == (False, 0.0, "nothing")


def test_an_instrument_that_is_not_done_fails_once_and_for_all(wished):
    wish = wish_for("instrument", "bagpipes", "not_done", reason="nothing here comes near")
    (check,) = instrument_present.judge(wished("instrument_present", wish))
    assert (check.passed, check.credit, check.curable) == (False, 0.0, False)


def test_what_plays_counts_more_than_what_the_reader_expected(wished):
    wish = wish_for("instrument", "piano", "not_done")
    assert [one.passed for one in instrument_present.judge(wished("instrument_present", wish))] == [True]


def test_a_melody_is_whatever_plays_its_part(wished, score):
    wish = wish_for("instrument", "melody")
    assert instrument_present.judge(wished("instrument_present", wish, played_by="lead"))[0].passed
    without = replace(score, tracks=tuple(track for track in score.tracks if track.name != "lead"))
    assert not instrument_present.judge(wished("instrument_present", wish, played_by="lead", score=without))[0].passed


def test_an_instrument_in_too_few_bars_fails_in_bars(wished, retuned):
    sparse = retuned("chords", lambda note: replace(note, duration_ticks=240) if note.start_ticks == 3840 else None)
    (check,) = instrument_present.judge(wished("instrument_present", wish_for("instrument", "piano"), score=sparse))
    assert (check.passed, check.measured, check.unit) == (False, 1.0, "bars")


def test_a_substitute_is_not_held_against_generated_audio(wished, score):
    assert instrument_present.judge(wished("instrument_present", GUITAR, score=heard(score))) == []


def test_a_refusal_that_cannot_be_kept_is_said(wished):
    wish = wish_for("instrument", "instruments", "not_done", refused=True, reason="nothing else can play")
    (check,) = instrument_absent.judge(wished("instrument_absent", wish))
    assert (check.passed, check.curable, check.target) == (False, False, "no instruments")


def test_only_is_a_promise_of_its_own(wished, score):
    wish = wish_for("instrument", "nothing else")
    fields = {"target": "piano", "only_wanted": True, "wanted": ("piano",)}
    (check,) = instrument_only.judge(wished("instrument_only", wish, **fields))
    assert (check.passed, check.wish, check.part) == (False, 0, "fidelity")
    alone = replace(score, tracks=tuple(track for track in score.tracks if track.name == "chords"))
    assert instrument_only.judge(wished("instrument_only", wish, score=alone, **fields))[0].passed


@pytest.mark.parametrize(
    ("value", "refused", "passed"),
    [
        ("chorus", False, True),
        ("bridge", False, False),
        ("bridge", True, True),
        ("chorus", True, False),
        ("8-bar chorus", False, True),
        ("4-bar chorus", False, False),
        ("ring ending", False, True),
        ("fade ending", False, False),
        ("fade ending", True, True),
        ("ring ending", True, False),
        ("energy builds", False, True),
        ("energy fades", False, False),
        ("energy flat", False, False),
    ],
)
def test_the_form_is_compared_with_the_plan(wished, value, refused, passed):
    wish = wish_for("structure", value, refused=refused)
    fields = {"sections": ("verse", "chorus", "bridge")[: 2 if "chorus" in value else 3]}
    (check,) = structure.judge(wished("structure", wish, **fields))
    assert (check.passed, check.curable) == (passed, False)


def test_a_whole_form_keeps_its_order(wished):
    wish = wish_for("structure", "chorus")
    assert structure.judge(wished("structure", wish, sections=("verse", "chorus")))[0].passed
    assert not structure.judge(wished("structure", wish, sections=("chorus", "verse", "chorus")))[0].passed


def test_a_key_change_that_is_not_done_fails(wished):
    wish = wish_for("structure", "key change", "not_done", reason="the key stays the same throughout")
    (check,) = structure.judge(wished("structure", wish))
    assert (check.passed, check.note) == (False, "the key stays the same throughout")


@pytest.mark.parametrize(
    ("criterion", "target"),
    [
        (tempo, "90 to 120 bpm"),
        (key, "C major, later A minor"),
        (meter, "5/4 and 7/8"),
        (duration, "5 hours"),
        (loudness, "-4 LUFS"),
        (true_peak, "+3 dBTP"),
        (loop_seam, "loop"),
    ],
)
def test_what_the_reader_says_cannot_be_done_is_not_measured(wished, criterion, target):
    name = criterion.CRITERIA[0].name
    wish = wish_for("tempo", target, "not_done", reason="it stays the same throughout")
    failed = [one for one in criterion.judge(wished(name, wish)) if not one.passed]
    assert [(one.name, one.curable, one.part) for one in failed] == [(f"{name}:{target}", False, "fidelity")]


def test_a_melody_is_found_by_the_part_that_was_cast_for_it(wished, score):
    wish = wish_for("instrument", "melody")
    assert instrument_present.judge(wished("instrument_present", wish, wanted=("lead",)))[0].passed
    without = replace(score, tracks=tuple(track for track in score.tracks if track.name != "lead"))
    assert not instrument_present.judge(wished("instrument_present", wish, wanted=("lead",), score=without))[0].passed


def test_a_trap_song_that_is_made_as_something_else_needs_one_take(evidence_of):
    wishes = (
        wish_for("genre", "trap", **SUBSTITUTED),
        wish_for("instrument", "808 glides", "not_done", reason="nothing glides"),
        wish_for("vocals", "vocals", "not_done", reason="nobody sings here yet"),
        wish_for("tempo", "120 bpm"),
    )
    promises = (
        Requirement(criterion="genre", target="trap", wish=0),
        Requirement(criterion="instrument_present", target="808 glides", wish=1),
        Requirement(criterion="vocals", target="vocals", wish=2),
        Requirement(criterion="tempo", target=120.0, tolerance=1.0, unit="bpm", wish=3),
    )
    evidence = evidence_of(*promises)
    evidence = replace(evidence, intent=evidence.intent.model_copy(update={"wishes": wishes}))
    verdict = judge(evidence, load_criteria())
    decision = decide([TakeResult(settings=TakeSettings(number=1, seed=7), verdict=verdict)], Bounds())
    assert (decision.action, decision.take) == ("accept", 1)
    assert "genre:trap" in decision.reason
    assert verdict.fidelity == PartVerdict(passed=False, score=33.33)  # (5 × 0.4 + 3) of 5 + 3 + 4 + 3
    assert verdict.quality.passed
