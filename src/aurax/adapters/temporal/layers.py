"""What a take consists of while it is made, and what a finished one may lend to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace

from aurax.adapters.temporal.payloads import Arrangement, Composition, MixingResult
from aurax.audio.reference import ObjectRef
from aurax.produce.take import TakeSettings
from aurax.services.mix_stems import Mixed
from aurax.services.revise import ReviseRequest
from aurax.services.song_layers import SongLayers


@dataclass(frozen=True)
class Layers:
    """What a take has so far; None where it is still to be made."""

    composed_as: TakeSettings
    """The take whose notes these were at first; it says how to compose them again."""
    composed_for: ObjectRef
    """The intent that they are composed for."""
    edits: tuple[ReviseRequest, ...] = ()
    """What was done to the notes since they were composed."""
    composition: Composition | None = None
    arrangement: Arrangement | None = None
    mixed: Mixed | None = None

    @property
    def score(self) -> ObjectRef | None:
        """The notes, once there are some."""
        return self.composition.candidate.score if self.composition is not None else None


@dataclass(frozen=True)
class Take:
    """A finished take."""

    settings: TakeSettings
    """With the mix as it was used in the end."""
    composed_as: TakeSettings
    composed_for: ObjectRef
    edits: tuple[ReviseRequest, ...]
    composition: Composition
    arrangement: Arrangement
    mixing: MixingResult

    @property
    def layers(self) -> Layers:
        """The take as something that may have to be made again in part."""
        return Layers(
            self.composed_as, self.composed_for, self.edits, self.composition, self.arrangement, self.mixing.mixed
        )

    @property
    def score(self) -> ObjectRef:
        """The score that the take follows."""
        return score_of(self.composition, self.arrangement)

    def kept(self, intent: ObjectRef) -> SongLayers:
        """What a next version can start from.

        Args:
            intent: what was asked in the end.
        """
        return SongLayers(
            intent=intent,
            settings=self.settings,
            composed_as=self.composed_as,
            composed_for=self.composed_for,
            edits=self.edits,
            candidate=self.composition.candidate,
            tracks=self.arrangement.tracks,
            score=self.arrangement.score,
            mixed=self.mixing.mixed,
        )


def layers_from(kept: SongLayers) -> Layers:
    """The layers of the version before, as the beginning of a take."""
    return Layers(
        kept.composed_as,
        kept.composed_for,
        kept.edits,
        Composition(candidate=kept.candidate, work=()),
        Arrangement(tracks=kept.tracks, score=kept.score),
        kept.mixed,
    )


def next_layers(settings: TakeSettings, parent: Take | None, intent: ObjectRef) -> Layers:
    """What a take keeps of its parent: every layer before the one that is redone.

    Args:
        settings: of the take.
        parent: the take that it improves on, if that was made.
        intent: what is asked.
    """
    if parent is not None and settings.redo_layer == "master":
        return parent.layers
    if parent is not None and settings.redo_layer == "mix":
        return replace(parent.layers, mixed=None)
    return Layers(composed_as=settings, composed_for=intent)


def score_of(composition: Composition, arrangement: Arrangement) -> ObjectRef:
    """The score that a take follows: the arrangement's, where that made or changed one."""
    score = arrangement.score or composition.candidate.score
    assert score is not None
    return score
