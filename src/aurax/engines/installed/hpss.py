"""Separation by median filters: runs anywhere, needs no weights."""

from __future__ import annotations

from aurax.engines.engine import Engine, EngineContext, EngineInfo, EngineSpec
from aurax.engines.licence import Licence

_INFO = EngineInfo(
    name="hpss",
    title="Median filters: percussive, bass below 240 Hz, and the rest, on any machine",
    kind="separator",
    licence=Licence(name="GPL-3.0-or-later", commercial=True, notice="No weights; what it gives is yours."),
    sample_rate=48_000,
    channels=2,
    longest_s=3600.0,
    streams=True,
    conditions=frozenset(),
    outputs=("drums", "bass", "other"),
    needs_weights=False,
)


def _load(_context: EngineContext) -> Engine:
    from aurax.engines.hpss.hpss_engine import HpssSeparator

    return HpssSeparator(_INFO)


ENGINES = (EngineSpec(_INFO, _load),)
