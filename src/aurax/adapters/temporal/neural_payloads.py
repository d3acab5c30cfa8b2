"""What the activities that call engines are asked and what they answer: references and small values."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from aurax.adapters.temporal.payloads import Candidate, RenderedTrack, Work
from aurax.audio.reference import AudioRef, ObjectRef, SongId
from aurax.services.task import EngineChoice


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True)


class GenerationOrder(_Payload):
    """Audio candidates that are wanted, decoded together."""

    song_id: SongId
    intent: ObjectRef
    take_number: int
    engines: EngineChoice
    first_index: int
    """Index of the first candidate, counted over all rounds of the take."""
    seeds: tuple[int, ...]
    """One candidate for each."""


class GeneratedCandidates(_Payload):
    """The candidates, in the order of their seeds."""

    candidates: tuple[Candidate, ...]


class SeparationOrder(_Payload):
    """Generated audio to be taken apart."""

    song_id: SongId
    take_number: int
    engines: EngineChoice
    audio: AudioRef


class SeparatedStem(_Payload):
    """One source of a separation."""

    name: str
    audio: AudioRef


class Separated(_Payload):
    """Stems that sum to the audio."""

    separator: str
    stems: tuple[SeparatedStem, ...]
    work: Work


class ArrangingOrder(_Payload):
    """Separated audio that is to become a song."""

    song_id: SongId
    take_number: int
    engines: EngineChoice
    intent: ObjectRef
    seed: int
    audio: AudioRef
    separator: str
    stems: tuple[SeparatedStem, ...]


class Arranged(_Payload):
    """The song's tracks, and the score that was heard in them."""

    score: ObjectRef
    tracks: tuple[RenderedTrack, ...]
    work: Work


class LayerOrder(_Payload):
    """A neural layer that is to follow a score."""

    song_id: SongId
    take_number: int
    engines: EngineChoice
    intent: ObjectRef
    score: ObjectRef
    seed: int


class Layered(_Payload):
    """The score with its layer; without one where it did not agree with the notes."""

    score: ObjectRef
    track: RenderedTrack | None
    agreement: float
    """How alike the layer's pitches are to the notes', 0 to 1."""
    work: Work
