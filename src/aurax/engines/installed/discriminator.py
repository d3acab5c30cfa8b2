"""The discriminator: a small critic that ships with AURA-X."""

from __future__ import annotations

from aurax.engines.engine import Engine, EngineContext, EngineInfo, EngineSpec
from aurax.engines.extras import packages_of
from aurax.engines.licence import Licence

_INFO = EngineInfo(
    name="discriminator",
    title="Discriminator: listens for ten defects, from clipping to late notes",
    kind="discriminator",
    licence=Licence(
        name="GPL-3.0-or-later", commercial=True, notice="Trained on music that AURA-X and its training programs made."
    ),
    sample_rate=48_000,
    channels=2,
    longest_s=3600.0,
    streams=False,
    conditions=frozenset(),
    extra="neural",
    needs_weights=False,
)


def _load(context: EngineContext) -> Engine:
    with packages_of(_INFO):
        from aurax.engines.discriminator.discriminator_engine import load_discriminator
    return load_discriminator(_INFO, context)


ENGINES = (EngineSpec(_INFO, _load),)
