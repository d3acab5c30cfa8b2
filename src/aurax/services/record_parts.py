"""The parts of `song.json` that are measured or looked up when a song is delivered."""

from __future__ import annotations

from aurax.audio.circle import repeated
from aurax.audio.loudness import loudness_summary
from aurax.audio.true_peak import true_peak_dbtp
from aurax.audio.waveform import Waveform
from aurax.deliver.record import EngineRecord, MasterRecord, MixRecord, TakeRecord
from aurax.produce.cost.ledger_line import LedgerLine
from aurax.produce.take import TakeResult
from aurax.services.context import WorkerContext

MASTER, MIX = "master.flac", "mix.flac"
"""Paths in the song's folder."""


def engine_record(context: WorkerContext, line: LedgerLine) -> EngineRecord:
    """One call of an engine, from its line in the ledger."""
    info = context.runtime.info(line.engine or "")
    return EngineRecord(
        name=info.name,
        stage=line.stage,
        licence=info.licence.name,
        commercial=info.licence.commercial,
        runtime=line.runtime or "",
        device=line.device or "",
        seconds=round(line.seconds, 3),
        cold=line.cold,
        cost_usd=line.usd,
    )


def master_record(master: Waveform, loops: bool) -> MasterRecord:
    """The master, measured; a loop is measured as it sounds when repeated."""
    heard = repeated(master) if loops else master
    loudness = loudness_summary(heard)
    return MasterRecord(
        path=MASTER,
        sample_rate=master.sample_rate,
        channels=master.channels,
        duration_s=master.duration_s,
        integrated_lufs=loudness.integrated_lufs,
        true_peak_dbtp=true_peak_dbtp(heard),
        loudness_range_lu=loudness.range_lu,
    )


def mix_record(mix: Waveform, null_residual_dbfs: float, loops: bool) -> MixRecord:
    """The mix, measured; a loop is measured as it sounds when repeated."""
    heard = repeated(mix) if loops else mix
    return MixRecord(
        path=MIX,
        sample_rate=mix.sample_rate,
        channels=mix.channels,
        duration_s=mix.duration_s,
        integrated_lufs=loudness_summary(heard).integrated_lufs,
        true_peak_dbtp=true_peak_dbtp(heard),
        null_residual_dbfs=null_residual_dbfs,
    )


def take_record(take: TakeResult, accepted: int) -> TakeRecord:
    """One attempt."""
    settings, verdict = take.settings, take.verdict
    return TakeRecord(
        number=settings.number,
        seed=settings.seed,
        parent=settings.parent,
        redone_layer=settings.redo_layer,
        reason=settings.reason,
        passed=verdict.passed,
        score=verdict.score,
        failures=tuple(check.name for check in verdict.failures),
        accepted=settings.number == accepted,
    )
