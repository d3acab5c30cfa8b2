"""The small song for judges, and what is changed in it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from builders.judged_song import make_intent, make_plan, make_tracks, sound_of

from aurax.audio.waveform import Waveform
from aurax.intent.contract import Requirement
from aurax.intent.wish import Wish
from aurax.judge.criterion import Evidence, StemMeasurements
from aurax.score.score import Note, Score

_PLAN = make_plan()
_SCORE = Score(_PLAN, make_tracks(_PLAN))
_SOUND = sound_of(_SCORE)


@pytest.fixture(scope="session")
def score() -> Score:
    return _SCORE


@pytest.fixture(scope="session")
def sound() -> Waveform:
    return _SOUND


@pytest.fixture(scope="session")
def evidence_of(score: Score, sound: Waveform) -> Callable[..., Evidence]:
    """Evidence of the small song with some of it replaced."""
    stems = {track.name: StemMeasurements(-20.0, -6.0, 0.8, track.role) for track in score.tracks}
    good = Evidence(make_intent(), score, stems, master=sound, null_residual_dbfs=-120.0)

    def build(*requirements: Requirement, **changes: object) -> Evidence:
        only = bool(changes.pop("only", False))
        wanted = changes.pop("wanted", ())
        return replace(good, intent=make_intent(*requirements, only=only, wanted=wanted), **changes)  # type: ignore[arg-type]

    return build


@pytest.fixture(scope="session")
def wished(evidence_of: Callable[..., Evidence]) -> Callable[..., Evidence]:
    """Evidence of the small song for one wish and the promise that keeps it; further fields are the intent's."""

    def build(criterion: str, wish: Wish, target: str | None = None, played_by: str = "", **fields: object) -> Evidence:
        promise = Requirement(
            criterion=criterion, target=target or wish.value, quote=wish.words, wish=0, played_by=played_by
        )
        changes = {name: fields.pop(name) for name in ("score", "stems", "master") if name in fields}
        evidence = evidence_of(promise, **changes)
        return replace(evidence, intent=evidence.intent.model_copy(update={"wishes": (wish,), **fields}))

    return build


@pytest.fixture(scope="session")
def retuned(score: Score) -> Callable[..., Score]:
    """The small song with one track's notes changed, or a track replaced by none."""

    def build(name: str, change: Callable[[Note], Note | None]) -> Score:
        tracks = tuple(
            replace(track, notes=tuple(new for note in track.notes if (new := change(note)) is not None))
            if track.name == name
            else track
            for track in score.tracks
        )
        return Score(score.plan, tracks)

    return build


@pytest.fixture(scope="session")
def render() -> Callable[..., Waveform]:
    return sound_of
