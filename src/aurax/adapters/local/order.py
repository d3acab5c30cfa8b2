"""A song's order: checked before anything starts, then carried out.

What this module imports is light on purpose: the servers start while the heavy clients are still being imported.
"""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, get_args

from aurax.adapters.local.claims import Claims
from aurax.adapters.local.connect import Services
from aurax.adapters.local.data_folder import open_data_folder
from aurax.adapters.local.engine_order import engine_options, require_engine, within_budget
from aurax.adapters.local.output import OutputFolder
from aurax.adapters.local.room import check_room
from aurax.adapters.temporal.payloads import AudioFormat, SongRequest
from aurax.compose.style_registry import load_styles
from aurax.deliver.project_audio import ProjectAudio
from aurax.deliver.record import SongRecord
from aurax.deliver.slug import slug
from aurax.errors import InvalidOption
from aurax.intent.intent import Intent
from aurax.intent.reader import analyze
from aurax.settings import Settings

OnEvent = Callable[[str, dict[str, Any]], None]
"""Called with kind and data of every event of a song."""

_MAX_TAKES = 9
_LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True)
class SongOrder:
    """A checked order.

    Args:
        request: what the workflow gets.
        intent: the prompt as understood, for the title and the room on the disk.
        folder: where the song will lie.
        force: whether a song folder there is replaced.
        next_free: whether `folder-2`, `folder-3` … is taken where the name is.
    """

    request: SongRequest
    intent: Intent
    folder: Path
    force: bool
    next_free: bool = False

    @classmethod
    def check(
        cls,
        prompt: str,
        *,
        out: Path | None = None,
        style: str | None = None,
        duration_s: float | None = None,
        seed: int | None = None,
        takes: int = 3,
        formats: tuple[str, ...] = ("flac",),
        force: bool = False,
        engine: str | None = None,
        dual: bool = False,
        commercial: bool = False,
        budget_usd: float | None = None,
        project_audio: str = "auto",
    ) -> Self:
        """Read an order and refuse what cannot be made, before any server starts.

        Raises:
            InvalidPrompt: the prompt is empty, too long or asks for the impossible.
            InvalidOption: a seed, number of takes, format, project audio, budget or mode is out of range.
            UnknownPlugin: no such style or engine.
            LicenceForbids: the song is for trade and the engine's weights are not.
        """
        if seed is None:
            seed = secrets.randbelow(2**31)
        if not 0 <= seed <= _LARGEST_SEED:
            raise InvalidOption(f"a seed from 0 to {_LARGEST_SEED}", str(seed), "choose a number in that range")
        if not 1 <= takes <= _MAX_TAKES:
            raise InvalidOption(f"1 to {_MAX_TAKES} takes", str(takes), "choose a number in that range")
        known: tuple[AudioFormat, ...] = get_args(AudioFormat)
        unknown = [name for name in formats if name not in known]
        if unknown:
            raise InvalidOption(f"formats among {', '.join(known)}", ", ".join(unknown), "choose among these")
        audio = _project_audio(project_audio)
        styles = [one.info for one in load_styles().values()]
        intent = analyze(prompt, styles, style=style, duration_s=duration_s)
        engines = engine_options(engine, dual=dual, commercial=commercial or intent.commercial, budget_usd=budget_usd)
        request = SongRequest(
            song_id=uuid.uuid4().hex,
            prompt=prompt,
            seed=seed,
            style=style,
            duration_s=duration_s,
            takes=takes,
            formats=tuple(name for name in known if name in formats and name != "flac"),
            project_audio=audio,
            **engines,
        )
        folder = out if out is not None else Path("out", slug(intent.title))
        return cls(request, intent, folder, force, next_free=out is None)


def _project_audio(name: str) -> ProjectAudio:
    known: tuple[ProjectAudio, ...] = get_args(ProjectAudio)
    for choice in known:
        if choice == name.strip().lower():
            return choice
    raise InvalidOption(f"audio of the DAW project among {', '.join(known)}", repr(name), "choose one of these")


async def carry_out(
    settings: Settings, order: SongOrder, on_event: OnEvent, *, again: bool = False
) -> tuple[Path, SongRecord]:
    """Make the song and put it into its folder.

    Cancelling this coroutine cancels the workflow, and nothing half-written stays.

    Args:
        settings: where data lives.
        order: a checked order.
        on_event: called with kind and data of every event.
        again: make a song anew that has ended; one that is still being made is joined.

    Raises:
        AuraxError: the folder cannot be written, the servers do not come up, or the song cannot be made.
    """
    require_engine(settings, order.request.engine)
    request = within_budget(settings, order.request, order.intent)
    open_data_folder(settings)
    check_room(settings, order.intent.duration_s)
    with (
        Claims(settings.claims_dir).hold(request.song_id) as claim,
        OutputFolder(order.folder, force=order.force, next_free=order.next_free, claim=claim) as output,
    ):
        output.check_room(order.intent.duration_s)
        with Services(settings) as services:
            produce = await asyncio.to_thread(_import_line)
            delivered: tuple[Path, SongRecord] = await produce(
                settings, services, request, output, claim, on_event, again=again
            )
        return delivered


def _import_line() -> Callable[..., Any]:
    from aurax.adapters.local.line import produce

    return produce
