"""Diffusion models: ACE-Step and Stable Audio, from local folders in the layout of the diffusers library."""

from __future__ import annotations

from aurax.engines.diffusion.family import ACE_STEP, STABLE_AUDIO, STABLE_AUDIO_3, Family
from aurax.engines.engine import Condition, Engine, EngineContext, EngineInfo, EngineSpec
from aurax.engines.extras import packages_of
from aurax.engines.licence import Licence
from aurax.engines.weights.source import WeightsSource

_MIT = Licence(name="MIT", commercial=True, source="model card of ACE-Step 1.5")
_COMMUNITY = Licence(
    name="Stability AI Community License",
    commercial=False,
    notice="Commercial use only under its conditions (registration, a bound on yearly revenue).",
    source="model card of Stable Audio",
)


def _spec(
    name: str,
    title: str,
    family: Family,
    licence: Licence,
    *,
    sample_rate: int,
    longest_s: float,
    more: frozenset[Condition] = frozenset(),
    weights: WeightsSource | None = None,
) -> EngineSpec:
    info = EngineInfo(
        name=name,
        title=title,
        kind="generator",
        licence=licence,
        sample_rate=sample_rate,
        channels=2,
        longest_s=longest_s,
        streams=False,
        conditions=frozenset({"text", "duration", "seed"}) | more,
        extra="neural",
    )

    def load(context: EngineContext) -> Engine:
        with packages_of(info):
            from aurax.engines.diffusion.diffusion_engine import DiffusionEngine
            from aurax.engines.diffusion.loading import load_pipeline
        return DiffusionEngine(info, family, load_pipeline(name, family, context))

    return EngineSpec(info, load, weights)


ENGINES = (
    _spec(
        "ace-step",
        "ACE-Step 1.5: whole songs that keep a given tempo and key",
        ACE_STEP,
        _MIT,
        sample_rate=48_000,
        longest_s=600.0,
        more=frozenset({"bpm", "key"}),
        weights=WeightsSource("ACE-Step/acestep-v15-xl-turbo-diffusers"),
    ),
    _spec(
        "stable-audio-open",
        "Stable Audio Open: loops and textures up to 47 s",
        STABLE_AUDIO,
        _COMMUNITY,
        sample_rate=44_100,
        longest_s=47.0,
        more=frozenset({"negative_text"}),
        weights=WeightsSource("stabilityai/stable-audio-open-1.0", page_must_accept=True),
    ),
    _spec(
        "stable-audio-3",
        "Stable Audio 3: pieces up to six minutes",
        STABLE_AUDIO_3,
        _COMMUNITY,
        sample_rate=44_100,
        longest_s=380.0,
    ),
)
