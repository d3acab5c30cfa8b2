"""Four styles as the prompt reader sees them, independent of the installed ones, and the built-in instruments."""

from collections.abc import Callable

import pytest

from aurax.intent.intent import Intent, StyleInfo
from aurax.intent.reader import analyze
from aurax.render.instrument_registry import load_instruments
from aurax.score.instrument import InstrumentInfo

STYLES = (
    StyleInfo(
        name="lofi",
        title="Lo-fi hip hop",
        aliases=("lofi", "lo-fi", "lo-fi hip hop", "lo-fi beat", "chillhop", "study beats"),
        moods=("rainy night", "study", "coffee"),
        tempo_range_bpm=(70, 90),
        typical_tempo_bpm=80,
        typical_keys=("F major", "D minor"),
        typical_duration_s=150,
    ),
    StyleInfo(
        name="deep-house",
        title="Deep house",
        aliases=("deep house",),
        moods=("club", "dancefloor"),
        tempo_range_bpm=(118, 125),
        typical_tempo_bpm=122,
        typical_keys=("A minor",),
        typical_duration_s=200,
    ),
    StyleInfo(
        name="synthwave",
        title="Synthwave",
        aliases=("synthwave", "retrowave", "outrun"),
        eras=("1980s",),
        moods=("neon", "night drive"),
        tempo_range_bpm=(84, 118),
        typical_tempo_bpm=100,
        typical_keys=("A minor",),
        typical_duration_s=190,
    ),
    StyleInfo(
        name="ambient",
        title="Ambient",
        aliases=("ambient", "drone", "soundscape", "spa music"),
        moods=("sleep", "meditation", "cinematic"),
        tempo_range_bpm=(50, 90),
        typical_tempo_bpm=66,
        typical_keys=("C lydian",),
        typical_duration_s=180,
    ),
)


@pytest.fixture(scope="session")
def styles() -> tuple[StyleInfo, ...]:
    return STYLES


@pytest.fixture(scope="session")
def instruments() -> tuple[InstrumentInfo, ...]:
    return tuple(one.info for one in load_instruments().values())


@pytest.fixture(scope="session")
def read(instruments: tuple[InstrumentInfo, ...]) -> Callable[..., Intent]:
    def call(prompt: str, **options: object) -> Intent:
        return analyze(prompt, STYLES, instruments, **options)  # type: ignore[arg-type]

    return call
