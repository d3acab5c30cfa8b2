"""Tasks for the pipeline in one line."""

from __future__ import annotations

import uuid
from typing import Any

from aurax.services.request import SongRequest
from aurax.services.task import SongTask


def song_task(prompt: str = "lofi", *, song_id: str = "", repair: str = "", **options: Any) -> SongTask:
    """A task with an id of its own; options are those of a request."""
    request = SongRequest.of(prompt=prompt, **options)
    return SongTask(song_id=song_id or uuid.uuid4().hex, request=request, repair=repair)
