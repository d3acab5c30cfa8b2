"""Every installed criterion, whoever wrote it, judges any take without crashing and says what it judged."""

from dataclasses import replace

import numpy as np
import pytest
from builders.small_plan import sections, small_plan

from aurax.audio.waveform import Waveform
from aurax.intent.contract import Contract, Requirement
from aurax.intent.intent import Intent
from aurax.intent.wish import Wish
from aurax.judge.criterion import Criterion, Evidence, StemMeasurements
from aurax.judge.criterion_registry import load_criteria
from aurax.judge.verdict import Check
from aurax.score.chord import Chord, ChordSpan
from aurax.score.plan import Section
from aurax.score.score import Note, Score, Track
from aurax.score.time import Meter

CRITERIA = load_criteria()
BAR = 3840


def promise(
    criterion: str, target: float | str, tolerance: float = 0.0, unit: str = "", wish: int | None = None
) -> Requirement:
    return Requirement(criterion=criterion, target=target, tolerance=tolerance, unit=unit, wish=wish)


WISHED = (
    ("genre", "trap", "substituted"),
    ("vocals", "vocals", "not_done"),
    ("mood", "dark", "exact"),
    ("era", "1980s", "not_done"),
    ("structure", "chorus", "exact"),
)
INTENT = Intent(
    prompt="deep house in C minor, no piano",
    title="Test",
    style="test",
    duration_s=16,
    wanted=("bass",),
    unwanted=("piano",),
    only_wanted=True,
    contract=Contract(
        requirements=(
            promise("tempo", 120, 1.0, "bpm"),
            promise("key", "C minor"),
            promise("meter", "4/4"),
            promise("duration", 16, 1.0, "bar"),
            promise("instrument_present", "bass"),
            promise("instrument_absent", "piano"),
            promise("instrument_absent", "drums"),
            promise("loudness", -14.0, 0.3, "lufs"),
            promise("true_peak", -1.0, 0.0, "dbtp"),
            promise("loop_seam", "seamless"),
            promise("instrument_only", "bass", wish=5),
            *(promise(field, value, wish=place) for place, (field, value, _) in enumerate(WISHED)),
            promise("structure", "fade ending", wish=4),
        )
    ),
    wishes=tuple(
        Wish(words=value, start=0, end=len(value), field=field, value=value, fate=fate)
        for field, value, fate in (*WISHED, ("instrument", "nothing else", "exact"))
    ),
)
PLAN = small_plan(
    sections=sections(8, parts=("bass",)),
    chords=tuple(ChordSpan(bar * BAR, BAR, Chord("Cm", "i", 0, (0, 3, 7), 0)) for bar in range(8)),
    tail_s=0.0,
)
BASS = Track(
    name="bass",
    role="bass",
    instrument="sub-bass",
    families=("bass", "sub bass"),
    gm_program=38,
    is_drums=False,
    notes=tuple(Note(step * 960, 900, 36 + 3 * (step % 2), 80 + step % 9) for step in range(32)),
)
SONG = Score(PLAN, (BASS,))
NOISE = Waveform((0.1 * np.random.default_rng(1).standard_normal((2, 16 * 48_000))).astype(np.float32))
STEMS = {"bass": StemMeasurements(-18.0, -6.0, 1.0, "bass")}
WHOLE = Evidence(INTENT, SONG, STEMS, mix=NOISE, master=NOISE, null_residual_dbfs=-110.0)

TAKES = {
    "whole": WHOLE,
    "notes only": Evidence(INTENT, SONG, {}),
    "no tracks": replace(WHOLE, score=Score(PLAN, ()), stems={}),
    "a track without notes": replace(WHOLE, score=Score(PLAN, (replace(BASS, notes=()),))),
    "one note": replace(WHOLE, score=Score(PLAN, (replace(BASS, notes=BASS.notes[:1]),))),
    "no chords": replace(WHOLE, score=Score(PLAN.model_copy(update={"chords": ()}), (BASS,))),
    "no promises": replace(WHOLE, intent=INTENT.model_copy(update={"contract": Contract(requirements=())})),
    "silence": replace(
        WHOLE,
        master=Waveform(np.zeros((2, 16 * 48_000), np.float32)),
        stems={"bass": StemMeasurements(-np.inf, -np.inf, 1.0, "bass")},
    ),
    "no frames": replace(WHOLE, master=Waveform(np.zeros((2, 0), np.float32))),
    "a tenth of a second": replace(WHOLE, master=Waveform(NOISE.samples[:, :4800].copy())),
    "mono": replace(WHOLE, master=Waveform(NOISE.samples[:1].copy())),
    "44.1 kHz": replace(WHOLE, master=Waveform(NOISE.samples, 44_100)),
    "not a number": replace(WHOLE, master=Waveform(np.full((2, 96_000), np.nan, np.float32))),
    "waltz of one bar": replace(
        WHOLE,
        score=Score(
            PLAN.model_copy(
                update={
                    "meter": Meter(numerator=3, denominator=4),
                    "sections": (Section(name="verse", start_bar=0, bars=1, energy=5, parts=("bass",)),),
                }
            ),
            (replace(BASS, notes=BASS.notes[:3]),),
        ),
    ),
}


@pytest.fixture(params=CRITERIA, ids=lambda criterion: criterion.name)
def criterion(request: pytest.FixtureRequest) -> Criterion:
    return request.param


def test_a_criterion_describes_itself(criterion: Criterion) -> None:
    assert criterion.name == criterion.name.lower().replace(" ", "_")
    assert criterion.description.endswith(".")
    assert 0.0 < criterion.weight <= 10.0


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("take", TAKES)
def test_a_criterion_judges_any_take(criterion: Criterion, take: str) -> None:
    checks = tuple(criterion.judge(TAKES[take]))
    for check in checks:
        assert isinstance(check, Check)
        assert check.name == criterion.name or check.name.startswith(f"{criterion.name}:")
        assert all(bar >= 1 for bar in check.where.bars)
        assert Check.model_validate_json(check.model_dump_json()) == check
    assert len({check.name for check in checks}) == len(checks)


def test_a_criterion_answers_the_same_twice(criterion: Criterion) -> None:
    assert tuple(criterion.judge(WHOLE)) == tuple(criterion.judge(replace(WHOLE)))


def test_audio_criteria_need_audio(criterion: Criterion) -> None:
    if criterion.kind == "audio" and criterion.name not in ("stem_correlation", "stem_null"):
        assert tuple(criterion.judge(TAKES["notes only"])) == ()


def test_names_are_unique() -> None:
    assert len({one.name for one in CRITERIA}) == len(CRITERIA) >= 20


def test_every_promise_has_its_judge() -> None:
    names = {one.name for one in CRITERIA}
    assert {one.criterion for one in INTENT.contract.requirements} <= names
