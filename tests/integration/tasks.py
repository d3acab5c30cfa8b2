"""Tasks for the pipeline in one line."""

from __future__ import annotations

import uuid
from typing import Any

from aurax.services.request import SongRequest
from aurax.services.task import SongTask
from aurax.services.understand import understand


def song_task(
    prompt: str = "lofi", *, song_id: str = "", repair: str = "", understood: bool = False, **options: Any
) -> SongTask:
    """A task with an id of its own; options are those of a request, whose prompt may be understood already."""
    request = SongRequest.of(prompt=prompt, **options)
    intent = understand(request) if understood else None
    return SongTask(song_id=song_id or uuid.uuid4().hex, request=request, intent=intent, repair=repair)
