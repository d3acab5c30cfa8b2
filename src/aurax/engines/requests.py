"""What engines can be asked. All audio is 48 kHz stereo: an engine converts to its own rate at its edge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from aurax.audio.waveform import Waveform

Kind = Literal["generator", "separator", "discriminator", "masterer"]
"""What an engine does: make audio, take it apart, judge it, or finish it."""


@dataclass(frozen=True)
class Sampling:
    """How a generator draws.

    Args:
        guidance: classifier-free guidance scale; 1 turns it off.
        temperature: above 1 more daring, below 1 safer.
        top_k: how many tokens are eligible; 0 for all.
        top_p: least probability mass of the eligible tokens; 0 leaves the choice to `top_k`.
        greedy: always the likeliest token; seeds then change nothing.
        steps: denoising steps, for diffusion models; None for the model's own.
    """

    guidance: float = 3.0
    temperature: float = 1.0
    top_k: int = 250
    top_p: float = 0.0
    greedy: bool = False
    steps: int | None = None


@dataclass(frozen=True)
class GenerationRequest:
    """Audio that is wanted, once for each seed.

    The outputs are named `candidate-0`, `candidate-1` … in the order of the seeds. A candidate depends on its own seed
    alone, never on the others it is decoded with.

    Args:
        prompt: what to play, in words.
        duration_s: length of each candidate.
        seeds: one candidate for each.
        negative_prompt: what not to play, for engines that take it.
        continuation: audio to go on from; it opens the output.
        melody: audio whose melody to follow.
        sampling: how to draw.
        bpm: tempo, for engines that take one.
        key: such as `"A minor"`, for engines that take one.
    """

    prompt: str
    duration_s: float
    seeds: tuple[int, ...] = (0,)
    negative_prompt: str = ""
    continuation: Waveform | None = None
    melody: Waveform | None = None
    sampling: Sampling = field(default_factory=Sampling)
    bpm: float | None = None
    key: str | None = None

    kind: Kind = field(default="generator", init=False)


@dataclass(frozen=True)
class SeparationRequest:
    """A mixture to take apart. The outputs are named by source; they sum to the mixture, the rest being in `other`.

    Args:
        mixture: shape (2, frames), 48 kHz.
        overlap: share of each chunk that overlaps the next, 0 to 0.9.
        shifts: how many randomly shifted passes are averaged (0 for one plain pass).
        seed: draws the shifts.
    """

    mixture: Waveform
    overlap: float = 0.25
    shifts: int = 0
    seed: int = 0

    kind: Kind = field(default="separator", init=False)


@dataclass(frozen=True)
class DiscriminationRequest:
    """Audio to be judged. The result has no audio, only measurements: `defect/<name>` and `quality`, each 0 to 1.

    Args:
        audio: shape (2, frames), 48 kHz.
        intended: defects that the style wants, such as `distortion`; they are measured but do not lower the quality.
    """

    audio: Waveform
    intended: tuple[str, ...] = ()

    kind: Kind = field(default="discriminator", init=False)


@dataclass(frozen=True)
class MasteringRequest:
    """A mix to finish. The output is named `master`.

    Args:
        mix: shape (2, frames), 48 kHz.
        loudness_lufs: integrated loudness to reach; the reference's own, within limits, when None and one is given.
        ceiling_dbtp: highest true peak.
        reference: a finished track whose spectrum, loudness, width and dynamics are matched within limits.
    """

    mix: Waveform
    loudness_lufs: float | None = None
    ceiling_dbtp: float = -1.0
    reference: Waveform | None = None

    kind: Kind = field(default="masterer", init=False)


Request = GenerationRequest | SeparationRequest | DiscriminationRequest | MasteringRequest
