"""Mastering, on the CPU, because it needs no GPU."""

from __future__ import annotations

from aurax.engines.engine import Engine, EngineContext, EngineInfo, EngineSpec
from aurax.engines.licence import Licence

_INFO = EngineInfo(
    name="mastering",
    title="Mastering to a neutral balance or to a reference track",
    kind="masterer",
    licence=Licence(name="GPL-3.0-or-later", commercial=True, notice="No weights; masters are yours."),
    sample_rate=48_000,
    channels=2,
    longest_s=3600.0,
    streams=False,
    conditions=frozenset({"reference"}),
    outputs=("master",),
    needs_weights=False,
)


def _load(_context: EngineContext) -> Engine:
    from aurax.engines.mastering.mastering_engine import MasteringEngine

    return MasteringEngine(_INFO)


ENGINES = (EngineSpec(_INFO, _load),)
