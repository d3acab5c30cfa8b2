"""Demucs: Hybrid Transformer Demucs in its plain, fine-tuned and six-source versions."""

from __future__ import annotations

from aurax.engines.engine import Engine, EngineContext, EngineInfo, EngineSpec
from aurax.engines.extras import packages_of
from aurax.engines.licence import Licence
from aurax.engines.weights.source import WeightsSource

_FOUR = ("drums", "bass", "other", "vocals")

# Demucs' code is MIT. Of the weights, their author wrote "not covered by the MIT license, and are provided only for
# scientific purposes" (2022) and "provided for research purpose" (2023, issue 508); the pages from which version 4.1
# fetches them are tagged MIT (2026). Until the two agree, the narrower one counts.
_LICENCE = Licence(
    name="LicenseRef-Demucs-weights",
    commercial=False,
    notice="The author of Demucs gives its weights for scientific purposes only, though their pages are tagged MIT.",
    source="https://github.com/facebookresearch/demucs/issues/327, https://huggingface.co/adefossez/HTDemucs",
)


def _spec(name: str, alias: str, repository: str, title: str, outputs: tuple[str, ...]) -> EngineSpec:
    info = EngineInfo(
        name=name,
        title=title,
        kind="separator",
        licence=_LICENCE,
        sample_rate=44_100,
        channels=2,
        longest_s=3600.0,
        streams=True,
        conditions=frozenset(),
        outputs=outputs,
        aliases=(alias,),
        extra="neural",
    )

    def load(context: EngineContext) -> Engine:
        with packages_of(info):
            from aurax.engines.demucs.demucs_engine import load_demucs
        return load_demucs(info, context)

    return EngineSpec(info, load, WeightsSource(repository, ("*.safetensors", "*.yaml")))


ENGINES = (
    _spec("htdemucs", "demucs", "adefossez/HTDemucs", "Demucs: drums, bass, vocals and the rest", _FOUR),
    _spec(
        "htdemucs_ft",
        "demucs-ft",
        "adefossez/HTDemucs-ft",
        "Demucs, fine-tuned: one model for each source, three times slower",
        _FOUR,
    ),
    _spec(
        "htdemucs_6s",
        "demucs-6s",
        "adefossez/HTDemucs-6s",
        "Demucs with guitar and piano",
        (*_FOUR, "guitar", "piano"),
    ),
)
