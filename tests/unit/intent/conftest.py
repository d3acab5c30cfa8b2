"""Four styles as the prompt reader sees them, independent of the installed ones."""

from collections.abc import Callable

import pytest

from aurax.intent.intent import Intent, StyleInfo
from aurax.intent.reader import analyze

STYLES = (
    StyleInfo(
        name="lofi",
        title="Lo-fi hip hop",
        aliases=("lofi", "lo-fi", "lo-fi hip hop", "chillhop", "boom bap", "jazz"),
        moods=("rainy night", "study", "coffee"),
        tempo_range_bpm=(70, 90),
        typical_tempo_bpm=80,
        typical_keys=("F major", "D minor"),
        typical_duration_s=150,
    ),
    StyleInfo(
        name="deep-house",
        title="Deep house",
        aliases=("deep house", "house", "techno"),
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
        moods=("neon", "night drive"),
        tempo_range_bpm=(84, 118),
        typical_tempo_bpm=100,
        typical_keys=("A minor",),
        typical_duration_s=190,
    ),
    StyleInfo(
        name="ambient",
        title="Ambient",
        aliases=("ambient", "drone", "cinematic"),
        moods=("sleep", "meditation"),
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
def read() -> Callable[..., Intent]:
    def call(prompt: str, **options: object) -> Intent:
        return analyze(prompt, STYLES, **options)  # type: ignore[arg-type]

    return call
