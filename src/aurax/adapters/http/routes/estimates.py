"""What a song will take and cost, and what songs have cost."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from aurax.adapters.http.access import Operator, Reader
from aurax.adapters.http.installation import At
from aurax.adapters.http.problems import answers
from aurax.adapters.http.routes.songs import SongWanted, wanted
from aurax.adapters.sql.ledger import Ledger
from aurax.produce.cost.ledger_line import LedgerLine
from aurax.services.estimate import SongEstimate, estimate_request
from aurax.services.people.limits import Limits

router = APIRouter(tags=["costs"])


@router.post("/estimates", responses=answers(402), summary="Estimate a song")
async def estimate(asked: SongWanted, at: At, caller: Reader) -> SongEstimate:
    """What a song will take and cost; nothing is started."""
    request = wanted(asked, caller, None)
    return await asyncio.to_thread(estimate_request, at.settings, request)


@router.get("/ledger", responses=answers(), summary="What a month cost")
async def get_ledger(
    at: At,
    _caller: Operator,
    month: Annotated[str, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", examples=["2026-11"])],
) -> tuple[LedgerLine, ...]:
    """Every paid call of a month, of everybody."""
    return await Ledger(at.database, Limits.of(at.settings)).month_lines(month)
