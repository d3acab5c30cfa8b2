"""`song.json`: the record of a delivered song, with exactly the keys that other programs rely on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from aurax.deliver.outcome import Outcome, outcome
from aurax.intent.intent import Intent
from aurax.intent.notes.wording import meaning, sentence
from aurax.intent.revision import Revision
from aurax.judge.verdict import Verdict
from aurax.score.plan import Plan


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class SectionRecord(_Record):
    """One section; bars count from 1, times are seconds."""

    name: str
    """Form word: intro, verse, chorus, bridge, break, build, outro."""
    start_bar: int
    """First bar, counted from 1."""
    bars: int
    """Length in bars."""
    start_s: float
    """Where it starts in the audio."""
    end_s: float
    """Where it ends in the audio; after the last one the ending still rings out."""
    energy: float
    """0 is silence, 10 the fullest the style knows."""


class PlanRecord(_Record):
    """The plan, in short."""

    style: str
    """Name of the style, such as `deep-house`."""
    key: str
    """Tonic, such as `F#`."""
    mode: str
    """Such as `minor` or `dorian`."""
    tempo_bpm: float
    """Quarter notes a minute."""
    meter: str
    """Such as `4/4`."""
    sections: tuple[SectionRecord, ...]
    """In order, without gaps."""
    bars: int = 0
    """Length in bars; the ending rings after them. 0 in records of versions that did not state it."""
    loop: bool = False
    """Whether the last bar goes on in the first: the audio has exactly these bars, rounded to the nearest frame, and
    its loudness and true peak are those of the loop repeated."""


class MixRecord(_Record):
    """The unmastered mix; the stems sum to it."""

    path: str
    """Relative to the song's folder."""
    sample_rate: int
    """Frames a second."""
    channels: int
    """2 is stereo."""
    duration_s: float
    """Length in seconds."""
    integrated_lufs: float
    """Loudness of the whole by ITU-R BS.1770-4."""
    true_peak_dbtp: float
    """Highest true peak by ITU-R BS.1770-4."""
    null_residual_dbfs: float
    """Peak of (sum of all stems − mix): how exactly the stems sum to the mix."""


class LossyRecord(_Record):
    """The finished audio in a lossy format, as it comes back when it is decoded."""

    path: str
    """Relative to the song's folder."""
    gain_db: float
    """0 or below: how far it was turned down so that the decoded sound keeps the ceiling."""
    true_peak_dbtp: float
    """Highest true peak of the decoded file."""


class MasterRecord(_Record):
    """The finished audio."""

    path: str
    """Relative to the song's folder."""
    sample_rate: int
    """Frames a second."""
    channels: int
    """2 is stereo."""
    duration_s: float
    """Length in seconds."""
    integrated_lufs: float
    """Loudness of the whole by ITU-R BS.1770-4."""
    true_peak_dbtp: float
    """Highest true peak by ITU-R BS.1770-4."""
    loudness_range_lu: float
    """Spread between quiet and loud passages by EBU Tech 3342."""
    lossy: tuple[LossyRecord, ...] = ()
    """MP3 and OGG files that were asked for."""


class StemRecord(_Record):
    """One stem."""

    name: str
    """Name of the track or of the effect return."""
    role: str
    """What it does in the song."""
    path: str
    """Relative to the song's folder."""
    integrated_lufs: float | None
    """None for a stem that is silent throughout."""


class TakeRecord(_Record):
    """One attempt, kept or not."""

    number: int
    """Counted from 1."""
    seed: int
    """The composer's seed of this attempt."""
    parent: int | None
    """Number of the take it improves on; None for a first take."""
    redone_layer: str | None
    """What was made again: intent, plan, score, mix or master; None for a first take."""
    reason: str
    """Why it was made."""
    passed: bool
    """Whether its verdict passed."""
    score: float
    """0 to 100, the weighted share of passed checks."""
    failures: tuple[str, ...]
    """Names of the checks that failed."""
    accepted: bool
    """Whether it became the song; true for exactly one take."""


class EngineRecord(_Record):
    """One call of an engine for the song."""

    name: str
    """Of the engine."""
    stage: str
    """What it was called for: generation, separation, discrimination."""
    licence: str
    """Of its weights."""
    commercial: bool
    """Whether its weights allow commercial use."""
    runtime: str
    """`local`, or the name of the host that ran it."""
    device: str
    """What it ran on."""
    seconds: float
    """Time on the device."""
    cold: bool
    """Whether the engine had to be loaded first."""
    cost_usd: float
    """What the call cost."""


class ChangeRecord(_Record):
    """One change that a note asked for."""

    words: str
    """As written."""
    meaning: str
    """What was understood, in plain English; empty where nothing was."""
    fate: str
    """What became of it: `exact`, `substituted`, `not_done` or `not_understood`."""
    substitute: str = ""
    """What was done in its place."""
    reason: str = ""
    """Why it was not done exactly, or what else came of it."""
    sentence: str
    """All of it in one sentence, as the command says it."""


class NoteRecord(_Record):
    """A follow-up note that this version took up."""

    note: str
    """As written."""
    changes: tuple[ChangeRecord, ...]
    """In its order."""


class SongRecord(_Record):
    """Everything about a delivered song. Paths are relative to its folder."""

    @model_validator(mode="before")
    @classmethod
    def _rename(cls, values: Any) -> Any:
        """Earlier versions called the mode `road`; their stored songs can still be collected."""
        if isinstance(values, dict) and "road" in values:
            return {"mode" if name == "road" else name: value for name, value in values.items()}
        return values

    id: str
    """Unique to this delivery; the same prompt and seed get a new one each time."""
    created_at: datetime
    """When the delivery was made, with its time zone."""
    aurax_version: str
    """The same prompt, seed and version give the same song to the bit."""
    prompt: str
    """The request, word for word."""
    seed: int
    """The request's seed."""
    mode: str
    """`symbolic`: notes played by instruments; `neural`: generated audio; `dual`: notes with a generated layer."""
    engine: str
    """What made the audio: `symbolic`, or the name of a generator."""
    engines: tuple[EngineRecord, ...]
    """Every call of an engine, over all takes; none in the symbolic mode."""
    credits: tuple[str, ...]
    """Models that made some of the audio, and their licences."""
    intent: Intent
    """The prompt as understood, with the contract it must meet."""
    plan: PlanRecord
    """The accepted take's plan, in short."""
    master: MasterRecord
    """The finished audio and what was measured of it."""
    mix: MixRecord
    """The unmastered mix and what was measured of it."""
    stems: tuple[StemRecord, ...]
    """Every stem, effect returns included."""
    midi: str
    """Path of the MIDI file."""
    dawproject: str
    """Path of the DAW project."""
    report: str
    """Path of the report."""
    verdict: Verdict
    """The judgement of the accepted take: whether it is what was asked for, and whether it is good."""
    outcome: Outcome | None = None
    """What became of every wish of the prompt; none in records of versions that did not state it."""
    notes: tuple[NoteRecord, ...] = ()
    """Follow-up notes that this version took up, in their order, and what became of each change."""
    takes: tuple[TakeRecord, ...]
    """Every attempt in the order they were made."""
    timings_s: dict[str, float]
    """Seconds of each stage, and `total`."""
    cost_usd: float
    """What the song cost in paid services; 0 where all was made on this machine."""


def note_record(revision: Revision) -> NoteRecord:
    """A note and what became of it, as `song.json` states it."""
    return NoteRecord(
        note=revision.note,
        changes=tuple(
            ChangeRecord(
                words=one.words,
                meaning=meaning(one),
                fate=one.fate,
                substitute=one.substitute,
                reason=one.reason,
                sentence=sentence(one),
            )
            for one in revision.changes
        ),
    )


def outcome_of(record: SongRecord) -> Outcome:
    """What became of every wish, also for records of versions that did not state it."""
    if record.outcome is not None:
        return record.outcome
    return outcome(record.intent, record.verdict, style=record.plan.style, mode=record.mode)


def plan_record(plan: Plan) -> PlanRecord:
    """A plan, in short, as `song.json` states it."""
    return PlanRecord(
        style=plan.style,
        key=plan.tonic,
        mode=plan.mode,
        tempo_bpm=plan.tempo_bpm,
        meter=str(plan.meter),
        bars=plan.bars,
        loop=plan.is_loop,
        sections=tuple(
            SectionRecord(
                name=section.name,
                start_bar=section.start_bar + 1,
                bars=section.bars,
                start_s=round(plan.grid.bars_to_s(section.start_bar), 6),
                end_s=round(plan.grid.bars_to_s(section.end_bar), 6),
                energy=section.energy,
            )
            for section in plan.sections
        ),
    )


def song_schema() -> dict[str, Any]:
    """The JSON schema of `song.json`, generated from the types above."""
    return SongRecord.model_json_schema(mode="serialization")
