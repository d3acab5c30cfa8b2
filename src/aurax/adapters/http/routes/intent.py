"""Understanding without making anything: a prompt while it is typed, and a note before it is applied."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from aurax.adapters.http.access import Reader
from aurax.adapters.http.problems import answers
from aurax.adapters.http.views import View
from aurax.intent.intent import Intent
from aurax.services.request import SongRequest
from aurax.services.understand import understand

router = APIRouter(prefix="/intent", tags=["intent"])


class PromptToRead(View):
    """A prompt, and what wins over it."""

    prompt: str = Field(examples=["rainy-night lo-fi hip hop, 82 bpm, 1 minute"])
    """What is wanted, in words."""
    style: str | None = None
    """A style that wins over the prompt's."""
    duration_s: float | str | None = Field(default=None, examples=["1:30"])
    """A length that wins over the prompt's, in seconds or as `90s`, `1:30`, `2m`."""


@router.post("", responses=answers(), summary="Understand a prompt")
async def read_prompt(asked: PromptToRead, _caller: Reader) -> Intent:
    """What AURA-X makes of a prompt: its wishes with their places in the text, what was assumed and what was not read.

    Nothing is made and nothing is stored, so it may be asked while the prompt is being typed.
    """
    options: dict[str, Any] = asked.model_dump()
    return await asyncio.to_thread(lambda: understand(SongRequest.of(**options)))
