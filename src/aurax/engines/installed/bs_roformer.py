"""BS-RoFormer: a transformer over bands; slower than Demucs, and better."""

from __future__ import annotations

from aurax.engines.engine import Engine, EngineContext, EngineInfo, EngineSpec
from aurax.engines.extras import packages_of
from aurax.engines.licence import Licence

# What it gives, and under which licence, depends on the folder: the loaded engine's `info` says so. Stated here is what
# most folders hold.
_INFO = EngineInfo(
    name="bs-roformer",
    title="BS-RoFormer: a transformer over bands, with the weights of your choice",
    kind="separator",
    licence=Licence(
        name="unknown",
        commercial=False,
        notice="That of the weights; say it in their config.json under 'licence' (name, commercial, source).",
        source="config.json next to the weights",
    ),
    sample_rate=44_100,
    channels=2,
    longest_s=3600.0,
    streams=True,
    conditions=frozenset(),
    outputs=("drums", "bass", "other", "vocals"),
    extra="neural",
)


def _load(context: EngineContext) -> Engine:
    with packages_of(_INFO):
        from aurax.engines.bs_roformer.roformer_engine import load_bs_roformer
    return load_bs_roformer(_INFO, context)


ENGINES = (EngineSpec(_INFO, _load),)
