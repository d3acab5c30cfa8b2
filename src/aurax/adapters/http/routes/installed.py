"""What is installed: styles, instruments, criteria and engines, plug-ins included."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from aurax.adapters.http.access import Reader
from aurax.adapters.http.installation import At
from aurax.adapters.http.problems import answers
from aurax.adapters.http.views import View
from aurax.compose.style_registry import load_styles
from aurax.engines.engine import EngineContext, EngineInfo
from aurax.engines.engine_registry import load_engines
from aurax.engines.requirements import missing_requirement
from aurax.intent.intent import StyleInfo
from aurax.judge.criterion_registry import load_criteria
from aurax.render.instrument_registry import load_instruments
from aurax.score.instrument import InstrumentInfo
from aurax.settings import Settings

router = APIRouter(tags=["installed"])


class CriterionView(View):
    """One question asked of every take."""

    name: str
    description: str
    """What it asks, in one sentence."""
    kind: str
    """What it reads."""
    remedy: str
    """The layer that is made again when it fails."""
    required: bool
    """Whether a failure fails the song, or only lowers its score."""
    weight: float


class EngineView(View):
    """An engine, and whether it can run here."""

    info: EngineInfo
    lacks: str | None
    """What is missing here; null where nothing is."""


@router.get("/styles", responses=answers(), summary="Styles")
async def get_styles(_caller: Reader) -> tuple[StyleInfo, ...]:
    """The styles a prompt can ask for."""
    return tuple(style.info for style in load_styles().values())


@router.get("/instruments", responses=answers(), summary="Instruments")
async def get_instruments(_caller: Reader) -> tuple[InstrumentInfo, ...]:
    """The instruments, their roles and their knobs."""
    return tuple(instrument.info for instrument in load_instruments().values())


@router.get("/criteria", responses=answers(), summary="Criteria")
async def get_criteria(_caller: Reader) -> tuple[CriterionView, ...]:
    """What every take is asked."""
    return tuple(
        CriterionView(
            name=one.name,
            description=one.description,
            kind=one.kind,
            remedy=one.layer,
            required=one.required,
            weight=one.weight,
        )
        for one in load_criteria()
    )


@router.get("/engines", responses=answers(), summary="Engines")
async def get_engines(at: At, _caller: Reader) -> tuple[EngineView, ...]:
    """The engines, their licences, and whether they can run here."""
    return await asyncio.to_thread(_engines, at.settings)


def _engines(settings: Settings) -> tuple[EngineView, ...]:
    context = EngineContext(settings.weights_dir, device=settings.device, precision=settings.precision)
    infos = [spec.info for spec in load_engines().values()]
    return tuple(EngineView(info=info, lacks=missing_requirement(info, context)) for info in infos)
