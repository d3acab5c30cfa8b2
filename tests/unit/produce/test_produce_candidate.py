"""Generated audio is weighed by what was heard of it."""

from dataclasses import replace

import pytest

from aurax.compose.style_registry import load_styles
from aurax.intent.contract import Contract, Requirement
from aurax.intent.intent import Intent
from aurax.intent.reader import analyze
from aurax.intent.wish import Wish
from aurax.produce.candidate import Findings, rate
from aurax.score.key import Key

STYLES = [style.info for style in load_styles().values()]
A_MINOR = Key.parse("A minor")
PERFECT = Findings(
    tempo_bpm=100.0,
    tempo_confidence=1.0,
    key=A_MINOR,
    key_confidence=1.0,
    integrated_lufs=-18.0,
    silent_share=0.0,
    correlation=0.7,
    quality=1.0,
)


def read(prompt: str) -> Intent:
    return analyze(prompt, STYLES, ())


FREE = read("lofi")
STRICT = read("lofi in A minor at 100 bpm")


def points(intent: Intent = FREE, **changes: object) -> float:
    return rate(intent, 100.0, A_MINOR, replace(PERFECT, **changes)).points


def failures(intent: Intent = FREE, **changes: object) -> tuple[str, ...]:
    return rate(intent, 100.0, A_MINOR, replace(PERFECT, **changes)).failures


@pytest.mark.parametrize("intent", [FREE, STRICT])
def test_what_was_wanted_gets_every_point(intent: Intent) -> None:
    rating = rate(intent, 100.0, A_MINOR, PERFECT)
    assert (rating.points, rating.passed, rating.failures) == (100.0, True, ())


def test_silence_never_passes() -> None:
    for silent in ({"integrated_lufs": float("-inf")}, {"integrated_lufs": -50.0}, {"silent_share": 0.6}):
        rating = rate(FREE, 100.0, A_MINOR, replace(PERFECT, **silent))
        assert not rating.passed
        assert "silence" in rating.failures


def test_nothing_at_all_is_rated_without_an_error() -> None:
    nothing = Findings(None, 0.0, None, 0.0, float("-inf"), 1.0, 0.0, None)
    rating = rate(STRICT, 100.0, A_MINOR, nothing)
    assert not rating.passed
    assert 0.0 <= rating.points < 50.0


@pytest.mark.parametrize(("bpm", "share"), [(100.0, 1.0), (101.0, 1.0), (104.5, 0.5), (108.0, 0.0), (92.0, 0.0)])
def test_a_tempo_loses_its_points_between_one_and_eight_percent(bpm: float, share: float) -> None:
    total = 2.0 + 0.5 + 2.0 + 1.0 + 4.0
    assert points(tempo_bpm=bpm) == pytest.approx(100.0 * (1.0 - 2.0 * (1.0 - share) / total), abs=0.01)


def test_a_far_tempo_fails_only_a_song_that_asked_for_one() -> None:
    far = replace(PERFECT, tempo_bpm=140.0)
    assert not rate(STRICT, 100.0, A_MINOR, far).passed
    assert rate(FREE, 100.0, A_MINOR, far).passed
    assert rate(FREE, 100.0, A_MINOR, far).failures == ("tempo",)


def test_a_tempo_that_no_candidate_can_have_rules_out_none() -> None:
    wish = Wish(words="90 to 120 bpm", start=0, end=13, field="tempo", value="90 to 120 bpm", fate="not_done")
    promise = Requirement(criterion="tempo", target=120.0, tolerance=1.0, unit="bpm", wish=0)
    changing = FREE.model_copy(update={"wishes": (wish,), "contract": Contract(requirements=(promise,))})
    assert rate(changing, 100.0, A_MINOR, replace(PERFECT, tempo_bpm=140.0)).passed


def test_what_was_heard_without_confidence_counts_half_either_way() -> None:
    unsure_right, unsure_wrong = (points(tempo_bpm=bpm, tempo_confidence=0.0) for bpm in (100.0, 140.0))
    assert unsure_right == unsure_wrong == points(tempo_bpm=None)
    assert points(tempo_bpm=140.0) < unsure_wrong < points()
    assert rate(STRICT, 100.0, A_MINOR, replace(PERFECT, tempo_bpm=140.0, tempo_confidence=0.0)).passed


@pytest.mark.parametrize(
    ("heard", "failed"),
    [("A minor", ()), ("C major", ()), ("E minor", ()), ("B minor", ("key",)), ("F# major", ("key",))],
)
def test_a_key_fails_that_shares_less_than_six_notes(heard: str, failed: tuple[str, ...]) -> None:
    assert failures(key=Key.parse(heard)) == failed


def test_a_key_that_shares_the_scale_is_better_than_one_that_does_not() -> None:
    order = [points(STRICT, key=Key.parse(heard)) for heard in ("A minor", "E minor", "F# major")]
    assert order == sorted(order, reverse=True)
    assert len(set(order)) == 3


def test_the_key_weighs_more_where_it_was_asked_for() -> None:
    wrong = Key.parse("F# major")
    assert points(STRICT, key=wrong) < points(FREE, key=wrong)


def test_a_candidate_out_of_phase_is_worth_less_than_a_mono_one() -> None:
    assert points(correlation=-0.5) < points(correlation=0.0) == points(correlation=1.0)


def test_the_discriminator_weighs_most_and_its_absence_costs_nothing() -> None:
    assert points(quality=None) == 100.0
    assert points(quality=0.0) < points(tempo_bpm=140.0) < 100.0
    assert failures(quality=0.4) == ("quality",)


def test_better_quality_gives_more_points() -> None:
    values = [points(quality=quality) for quality in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert values == sorted(values)
    assert len(set(values)) == 5
