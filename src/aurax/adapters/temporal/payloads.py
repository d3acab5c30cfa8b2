"""What goes into workflows and activities and what comes out: references and small values, never audio or notes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aurax.audio.reference import AudioRef, ObjectRef, SafePath, SongId
from aurax.judge.verdict import Verdict
from aurax.mix.settings import MixSettings
from aurax.produce.stages import StageName
from aurax.produce.take import TakeResult, TakeSettings
from aurax.services.request import SongRequest
from aurax.services.task import EngineChoice


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True)


class Work(_Payload):
    """When an activity worked, so that the time of a stage can be told even where its activities run in parallel."""

    stage: StageName
    start_s: float
    """Seconds since the epoch, by the wall clock."""
    end_s: float
    """The beginning and how long it took, so that it never lies before the beginning."""
    clock: str = ""
    """Names the steady clock of the machine that worked; empty in what older versions noted."""
    began_s: float = 0.0
    """The beginning on that clock."""


class Analysis(_Payload):
    """A prompt, understood."""

    intent: ObjectRef
    title: str
    style: str
    required_criteria: frozenset[str]
    """Criteria whose failure fails a take."""
    work: Work


class CompositionRequest(_Payload):
    """A score that is wanted; also all that carries over when composition starts again with other seeds."""

    song_id: SongId
    intent: ObjectRef
    take: TakeSettings
    candidates: int
    round: int = 0
    """How often it started again."""
    max_rounds: int = 2
    best: Candidate | None = None
    """The best candidate of earlier rounds."""
    work: tuple[Work, ...] = ()
    engines: EngineChoice | None = None


class CandidateRequest(_Payload):
    """One score that is wanted."""

    song_id: SongId
    intent: ObjectRef
    take_number: int
    index: int
    """Counted from 0 over all rounds of the take."""
    seed: int


class Candidate(_Payload):
    """A composed score or a piece of generated audio, and what it is worth."""

    index: int
    seed: int
    score: ObjectRef | None = None
    """What was composed; none where audio was generated."""
    audio: AudioRef | None = None
    """What was generated; none where notes were composed."""
    tracks: tuple[str, ...] = ()
    """Of the score."""
    passed: bool
    """Whether everything that a take cannot do without was found."""
    points: float
    """0 to 100, for choosing among candidates."""
    failures: tuple[str, ...] = ()
    work: Work


class Composition(_Payload):
    """The chosen score."""

    candidate: Candidate
    work: tuple[Work, ...]


class ArrangementRequest(_Payload):
    """Stems that are wanted."""

    song_id: SongId
    take_number: int
    composition: Composition
    intent: ObjectRef | None = None
    seed: int = 0
    """The take's seed."""
    engines: EngineChoice | None = None


class TrackRequest(_Payload):
    """One stem that is wanted."""

    song_id: SongId
    take_number: int
    score: ObjectRef
    track: str


class RenderedTrack(_Payload):
    """The manifest of a rendered track."""

    track: str
    stem: ObjectRef
    work: Work


class Arrangement(_Payload):
    """The tracks of a take, in the order of the score."""

    tracks: tuple[RenderedTrack, ...]
    score: ObjectRef | None = None
    """The score that they follow, where it is not the composition's own."""
    work: tuple[Work, ...] = ()
    """What was done besides the tracks' own."""


class MixRequest(_Payload):
    """A mix that is wanted; `attempt` counts how often mastering sent it back."""

    song_id: SongId
    intent: ObjectRef
    take: TakeSettings
    prompt: str
    seed: int
    score: ObjectRef
    stems: tuple[ObjectRef, ...]
    attempt: int = 0


class MixedStemRef(_Payload):
    """A stem as it is delivered, and what was measured of it."""

    name: str
    role: str
    audio: AudioRef
    integrated_lufs: float | None
    """None for a stem that is silent throughout."""
    peak_dbfs: float | None
    """None for a stem that is silent throughout."""
    correlation: float


class Mixed(_Payload):
    """A mix and its stems."""

    settings: MixSettings
    mix: AudioRef
    stems: tuple[MixedStemRef, ...]
    null_residual_dbfs: float
    """Peak of (sum of the stems − mix); −200 when the difference is exactly 0."""
    work: Work


class MasterRequest(_Payload):
    """A master that is wanted."""

    mix_request: MixRequest
    mixed: Mixed


class Mastered(_Payload):
    """The finished audio of a take."""

    master: AudioRef
    work: Work


class JudgeRequest(_Payload):
    """A take to be judged."""

    mix_request: MixRequest
    mixed: Mixed
    mastered: Mastered


class Judged(_Payload):
    """What the judge found."""

    verdict: Verdict
    work: Work


class MixingRequest(_Payload):
    """A take from its stems to its verdict."""

    mix_request: MixRequest
    mixed: Mixed | None = None
    """An existing mix, when only mastering is done anew."""
    max_attempts: int = 3
    """How often a failing master may go back to the mix."""


class MixingResult(_Payload):
    """A mixed, mastered and judged take."""

    settings: MixSettings
    """What was used in the end; differs from what was asked when mastering sent the mix back."""
    mixed: Mixed
    mastered: Mastered
    verdict: Verdict
    work: tuple[Work, ...]


class DeliveryRequest(_Payload):
    """A song to be handed over."""

    song_id: SongId
    request: SongRequest
    intent: ObjectRef
    takes: tuple[TakeResult, ...]
    accepted: int
    """Number of the take that becomes the song."""
    score: ObjectRef
    mixed: Mixed
    mastered: Mastered
    started_at: datetime
    work: tuple[Work, ...]


class EmbeddedStem(_Payload):
    """A stem that belongs into an archive, though it is stored only once, as a file of its own."""

    inside: str = Field(pattern=r"^audio/[A-Za-z0-9-]+\.(wav|flac)$")
    """Its path in the archive."""
    audio: ObjectRef


class Deliverable(_Payload):
    """One file of a song."""

    path: SafePath
    """Relative to the song's folder."""
    object: ObjectRef
    embeds: tuple[EmbeddedStem, ...] = ()
    """Where there are any, the object holds only the documents of a DAW project, and the collector adds these."""


class Song(_Payload):
    """A delivered song."""

    song_id: SongId
    title: str
    style: str
    duration_s: float
    passed: bool
    points: float
    take: int
    takes: int
    files: tuple[Deliverable, ...]
    timings_s: dict[str, float]
    """Seconds of each stage, and `total`."""
    outcome: str = ""
    """What became of the prompt's wishes, on one line."""


class Inspection(_Payload):
    """Objects that a song still needs, to be looked at."""

    song_id: SongId
    objects: tuple[ObjectRef, ...] = ()
    stems: tuple[ObjectRef, ...] = ()
    """Manifests of raw stems; the audio that they name is looked at as well."""


class Damage(_Payload):
    """What an inspection found."""

    keys: frozenset[str]
    """Of the objects, and of the manifests, that are gone or not what was stored."""


class Discard(_Payload):
    """Objects that an abandoned attempt left."""

    song_id: SongId
    prefix: str = ""
    """Only assets whose name starts so; empty for all of the song."""


class Ending(_Payload):
    """The end of a song that will not be delivered."""

    song_id: SongId
    status: Literal["failed", "cancelled"]
    error: str = ""
    message: str = ""


CompositionRequest.model_rebuild()
