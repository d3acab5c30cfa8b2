"""How each family of diffusion pipelines takes its request: the same settings under other names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aurax.engines.requests import GenerationRequest, Sampling

_LIBRARIES = frozenset({"diffusers", "transformers"})
"""Where components may come from besides the pipeline's own module; anything else could run code of its own."""


@dataclass(frozen=True)
class Family:
    """A kind of pipeline.

    Args:
        pipeline: class name in the folder's `model_index.json`.
        module: the pipeline's own module in diffusers, from which some of its components come.
        duration: name of the argument that sets the length in seconds.
        steps_end: name of the argument that takes a function called after each step.
        longest_s: the longest audio that a loaded pipeline can make.
        defaults: arguments that a loaded pipeline wants where the request says nothing.
        negative_prompt: whether it takes what not to play.
        tempo_and_key: whether it takes tempo and key by number and name.
    """

    pipeline: str
    module: str
    duration: str
    steps_end: str
    longest_s: Callable[[Any], float]
    defaults: Callable[[Any], Mapping[str, Any]] = lambda _: {}
    negative_prompt: bool = False
    tempo_and_key: bool = False

    @property
    def libraries(self) -> frozenset[str]:
        """Names that `model_index.json` may give as the origin of a component."""
        return _LIBRARIES | {self.module}

    def arguments(self, request: GenerationRequest) -> dict[str, Any]:
        """The pipeline's arguments for a request; seeds and callbacks are the caller's.

        What the request leaves at its default is left to the pipeline's own default.
        """
        arguments: dict[str, Any] = {"prompt": request.prompt, self.duration: request.duration_s}
        if request.sampling.guidance != Sampling().guidance:
            arguments["guidance_scale"] = request.sampling.guidance
        if request.sampling.steps is not None:
            arguments["num_inference_steps"] = request.sampling.steps
        if self.negative_prompt and request.negative_prompt:
            arguments["negative_prompt"] = request.negative_prompt
        if self.tempo_and_key:
            arguments["lyrics"] = "[instrumental]"
            if request.bpm is not None:
                arguments["bpm"] = round(request.bpm)
            if request.key is not None:
                arguments["keyscale"] = request.key
        return arguments


def _stable_audio_longest_s(pipeline: Any) -> float:
    """Its transformer has a fixed number of latents."""
    return float(pipeline.transformer.config.sample_size * pipeline.vae.hop_length / pipeline.vae.config.sampling_rate)


def _stable_audio_3_longest_s(pipeline: Any) -> float:
    """Beyond what its embedding of the length was trained on, it would be given a shorter length than it plays."""
    return float(pipeline.duration_embedder.config.max_val)


def _ace_step_longest_s(pipeline: Any) -> float:
    """Its checkpoint holds the latents of so much silence, on which it paints."""
    return float(pipeline.condition_encoder.silence_latent.shape[1] / pipeline.latents_per_second)


def _ace_step_defaults(pipeline: Any) -> Mapping[str, Any]:
    """Turbo checkpoints have their guidance and their few steps distilled into the weights; the others want both.

    Source: the table of models in the README of ACE-Step 1.5.
    """
    return {"guidance_scale": 1.0, "num_inference_steps": 8} if pipeline.is_turbo else {"num_inference_steps": 50}


STABLE_AUDIO = Family(
    "StableAudioPipeline",
    "stable_audio",
    duration="audio_end_in_s",
    steps_end="callback",
    longest_s=_stable_audio_longest_s,
    negative_prompt=True,
)
STABLE_AUDIO_3 = Family(
    "StableAudio3Pipeline",
    "stable_audio_3",
    duration="duration",
    steps_end="callback_on_step_end",
    longest_s=_stable_audio_3_longest_s,
)
"""The published checkpoint has guidance distilled into its weights; without guidance it ignores negative prompts."""
ACE_STEP = Family(
    "AceStepPipeline",
    "ace_step",
    duration="audio_duration",
    steps_end="callback_on_step_end",
    longest_s=_ace_step_longest_s,
    defaults=_ace_step_defaults,
    tempo_and_key=True,
)
