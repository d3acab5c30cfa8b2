"""What a criterion is: the contract of the plug-ins under `criteria/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from aurax.audio.circle import repeated
from aurax.audio.waveform import Waveform
from aurax.intent.intent import Intent
from aurax.judge.measurements import MasterMeasurements
from aurax.judge.verdict import Check, Layer
from aurax.score.asked import AskedSound, aim_with
from aurax.score.production import ProductionProfile
from aurax.score.score import Score
from aurax.score.sound import sound_of

CriterionKind = Literal["contract", "symbolic", "audio"]
"""`contract` criteria judge the prompt's promises, `symbolic` ones read notes only, `audio` ones need sound."""


@dataclass(frozen=True)
class StemMeasurements:
    """What the mix measured of one delivered stem, so that no judge has to decode it again.

    Args:
        integrated_lufs: loudness; −inf when silent.
        peak_dbfs: highest sample.
        correlation: left against right, −1 to 1; 1 for silence.
        role: the stem's role; effect returns have none.
    """

    integrated_lufs: float
    peak_dbfs: float
    correlation: float
    role: str | None


@dataclass(frozen=True)
class Evidence:
    """What a criterion may look at.

    Args:
        intent: the wish and its contract.
        score: the notes, with the plan inside.
        stems: measurements of the delivered stems, effect returns included; empty before mixing.
        mix: the unmastered mix; none before mixing.
        master: the finished audio; none before mastering.
        null_residual_dbfs: peak of (sum of delivered stems − mix); none before mixing.
        asked: what follow-up notes asked of the sound; a mix that follows them is right.
        load_stem: decodes one delivered stem by name, for criteria that need its sound.
    """

    intent: Intent
    score: Score
    stems: Mapping[str, StemMeasurements]
    mix: Waveform | None = None
    master: Waveform | None = None
    null_residual_dbfs: float | None = None
    asked: AskedSound = field(default_factory=AskedSound)
    load_stem: Callable[[str], Waveform] | None = None

    @cached_property
    def has_audio(self) -> bool:
        """Whether the take has been mastered."""
        return self.master is not None

    @cached_property
    def sound_aim(self) -> ProductionProfile:
        """What mix and master aimed at: the style's profile, bent by the prompt's adjectives and by follow-up notes."""
        return aim_with(sound_of(self.score.plan), self.asked)

    @cached_property
    def sound(self) -> MasterMeasurements | None:
        """What several criteria measure of the master, measured once; none before mastering.

        A loop is measured as it is heard: repeated, its seam included.
        """
        if self.master is None:
            return None
        return MasterMeasurements(repeated(self.master) if self.score.plan.is_loop else self.master)


@dataclass(frozen=True)
class Criterion:
    """One question asked of every take.

    Args:
        name: lower case with underscores, unit last where it measures one (`true_peak`).
        kind: what it reads.
        layer: which layer to redo when it fails.
        required: whether a failure fails the Verdict, or only lowers its score.
        weight: its share in the score.
        judge: returns one or more checks; none when the criterion does not apply to this take.
        description: one sentence for the report.
        written: whether it judges how notes were written; it is then not asked of notes that were heard in audio.
    """

    name: str
    kind: CriterionKind
    layer: Layer
    required: bool
    weight: float
    judge: Callable[[Evidence], Sequence[Check]]
    description: str
    written: bool = False
