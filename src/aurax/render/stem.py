"""Stems as manifests: which cached clips are where. Adding them up gives the audio."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from aurax.audio.waveform import Samples, Waveform
from aurax.score.role import Role


class Placement(NamedTuple):
    """One clip in a stem."""

    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
    """The clip's hash, its name in the cache."""
    start_frame: int
    frames: int


class ClipStem(BaseModel):
    """A track's raw stem: no audio, but all that is needed to build it again to the bit."""

    model_config = ConfigDict(frozen=True)

    track: str
    role: Role
    sample_rate: int = Field(gt=0)
    frames: int = Field(ge=0)
    """Length of the whole song; clips that ring longer are cut there, or go on at the start of a loop."""
    placements: tuple[Placement, ...]
    loops: bool = False
    """Whether the last frame goes on in the first."""

    @property
    def clip_keys(self) -> tuple[str, ...]:
        """Every clip once, in the order of first use."""
        return tuple(dict.fromkeys(placement.key for placement in self.placements))


def assemble(stem: ClipStem, load_clip: Callable[[str, int], Samples]) -> Waveform:
    """Overlap-add a stem's clips; those of a loop around its end, as if it had played for ever.

    Args:
        stem: which clips, and where.
        load_clip: returns a clip of shape (2, frames) for its key and length; called once per clip.

    Returns:
        Shape (2, stem.frames).
    """
    samples = np.zeros((2, stem.frames), dtype=np.float32)
    starts: dict[tuple[str, int], list[int]] = {}
    for placement in stem.placements:
        starts.setdefault((placement.key, placement.frames), []).append(placement.start_frame)
    # One clip in memory at a time, in a fixed order: sums of floats depend on their order.
    for (key, frames), start_frames in starts.items():
        clip = load_clip(key, frames)
        for start_frame in start_frames:
            if stem.loops:
                _add_around(samples, clip, start_frame)
                continue
            end_frame = min(start_frame + frames, stem.frames)
            if start_frame < end_frame:
                samples[:, start_frame:end_frame] += clip[:, : end_frame - start_frame]
    return Waveform(samples, stem.sample_rate)


def _add_around(samples: Samples, clip: Samples, start_frame: int) -> None:
    """Add a clip to a loop: what rings past the end sounds at the start, round after round."""
    place = start_frame % samples.shape[1]
    while clip.shape[1]:
        count = min(clip.shape[1], samples.shape[1] - place)
        samples[:, place : place + count] += clip[:, :count]
        clip, place = clip[:, count:], 0
