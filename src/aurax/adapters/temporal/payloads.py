"""What the workflows of a song hand to each other; what activities take and answer is defined with their use cases."""

from __future__ import annotations

from aurax.audio.reference import ObjectRef, SongId
from aurax.judge.verdict import Verdict
from aurax.mix.settings import MixSettings
from aurax.produce.take import TakeSettings
from aurax.services.compose_candidate import Candidate
from aurax.services.master_mix import Mastered
from aurax.services.mix_stems import Mixed, MixRequest
from aurax.services.payload import Payload, Work
from aurax.services.render_track import RenderedTrack
from aurax.services.task import EngineChoice


class CompositionRequest(Payload):
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


class Composition(Payload):
    """The chosen score."""

    candidate: Candidate
    work: tuple[Work, ...]


class ArrangementRequest(Payload):
    """Stems that are wanted."""

    song_id: SongId
    take_number: int
    composition: Composition
    intent: ObjectRef | None = None
    seed: int = 0
    """The take's seed."""
    engines: EngineChoice | None = None


class Arrangement(Payload):
    """The tracks of a take, in the order of the score."""

    tracks: tuple[RenderedTrack, ...]
    score: ObjectRef | None = None
    """The score that they follow, where it is not the composition's own."""
    work: tuple[Work, ...] = ()
    """What was done besides the tracks' own."""


class MixingRequest(Payload):
    """A take from its stems to its verdict."""

    mix_request: MixRequest
    mixed: Mixed | None = None
    """An existing mix, when only mastering is done again."""
    max_attempts: int = 3
    """How often a failing master may go back to the mix."""


class MixingResult(Payload):
    """A mixed, mastered and judged take."""

    settings: MixSettings
    """What was used in the end; differs from what was asked when mastering sent the mix back."""
    mixed: Mixed
    mastered: Mastered
    verdict: Verdict
    work: tuple[Work, ...]
