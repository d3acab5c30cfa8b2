"""`song.json`: the record of a delivered song, with exactly the keys that other programs rely on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from aurax.intent.intent import Intent
from aurax.judge.verdict import Verdict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SectionRecord(_Record):
    """One section; bars count from 1, times are seconds."""

    name: str
    start_bar: int
    bars: int
    start_s: float
    end_s: float
    energy: float


class PlanRecord(_Record):
    """The plan, in short."""

    style: str
    key: str
    mode: str
    tempo_bpm: float
    meter: str
    sections: tuple[SectionRecord, ...]


class MixRecord(_Record):
    """The unmastered mix; the stems sum to it."""

    path: str
    sample_rate: int
    channels: int
    duration_s: float
    integrated_lufs: float
    true_peak_dbtp: float
    null_residual_dbfs: float


class MasterRecord(_Record):
    """The finished audio."""

    path: str
    sample_rate: int
    channels: int
    duration_s: float
    integrated_lufs: float
    true_peak_dbtp: float
    loudness_range_lu: float


class StemRecord(_Record):
    """One stem."""

    name: str
    role: str
    path: str
    integrated_lufs: float | None
    """None for a stem that is silent throughout."""


class TakeRecord(_Record):
    """One attempt, kept or not."""

    number: int
    seed: int
    parent: int | None
    redone_layer: str | None
    reason: str
    passed: bool
    score: float
    failures: tuple[str, ...]
    accepted: bool


class SongRecord(_Record):
    """Everything about a delivered song. Paths are relative to its folder."""

    id: str
    created_at: datetime
    aurax_version: str
    prompt: str
    seed: int
    engine: str
    intent: Intent
    plan: PlanRecord
    master: MasterRecord
    mix: MixRecord
    stems: tuple[StemRecord, ...]
    midi: str
    dawproject: str
    report: str
    verdict: Verdict
    takes: tuple[TakeRecord, ...]
    timings_s: dict[str, float]
    """Seconds of each stage, and `total`."""
    cost_usd: float


def song_schema() -> dict[str, Any]:
    """The JSON schema of `song.json`, generated from the types above."""
    return SongRecord.model_json_schema(mode="serialization")
