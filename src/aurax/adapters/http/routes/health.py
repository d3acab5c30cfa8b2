"""Whether the web server lives, and whether it can answer now."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from fastapi import APIRouter, Response

from aurax.adapters.http.installation import At
from aurax.adapters.http.views import View

router = APIRouter(tags=["health"])

_WITHIN_S = 4.0


class Alive(View):
    """The server lives."""

    alive: bool = True


class Ready(View):
    """Whether requests can be answered now."""

    ready: bool
    checks: dict[str, str]
    """`ok`, or what is wrong, without anybody's words or addresses."""


@router.get("/healthz", summary="Whether the server lives")
async def get_health() -> Alive:
    """It does, if it answers."""
    return Alive()


@router.get("/readyz", summary="Whether the server is ready", responses={503: {"model": Ready}})
async def get_readiness(at: At, response: Response) -> Ready:
    """Whether the database and Temporal answer."""
    checks = dict(
        zip(
            ("database", "temporal"), await asyncio.gather(_asked(at.sessions.count_open()), _temporal(at)), strict=True
        )
    )
    ready = all(state == "ok" for state in checks.values())
    if not ready:
        response.status_code = 503
    return Ready(ready=ready, checks=checks)


async def _temporal(at: At) -> str:
    return await _asked(at.temporal.ask(lambda client: client.service_client.check_health()))


async def _asked(work: Awaitable[object]) -> str:
    try:
        async with asyncio.timeout(_WITHIN_S):
            await work
    except Exception as error:
        return type(error).__name__
    return "ok"
