"""The debug engine: plays a plain groove on any machine."""

from __future__ import annotations

from aurax.engines.engine import Engine, EngineContext, EngineInfo, EngineSpec
from aurax.engines.licence import Licence

_INFO = EngineInfo(
    name="debug",
    title="Debug: a plain groove from sine waves, on any machine",
    kind="generator",
    licence=Licence(name="GPL-3.0-or-later", commercial=True, notice="No weights; what it plays is yours."),
    sample_rate=48_000,
    channels=2,
    longest_s=600.0,
    streams=True,
    conditions=frozenset({"text", "duration", "seed", "continuation", "melody", "bpm", "key"}),
    needs_weights=False,
)


def _load(_context: EngineContext) -> Engine:
    from aurax.engines.debug.debug_engine import DebugEngine

    return DebugEngine(_INFO)


ENGINES = (EngineSpec(_INFO, _load),)
