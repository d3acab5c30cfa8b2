"""The raw stems of a take: placed clips, or audio of the song's length."""

from __future__ import annotations

import json

from pydantic import BaseModel, ConfigDict

from aurax.audio.reference import AudioRef, ObjectRef
from aurax.errors import CorruptData
from aurax.render.stem import ClipStem
from aurax.services.context import WorkerContext


class AudioStem(BaseModel):
    """A stem that is audio from its beginning, as separation and neural layers give it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    track: str
    audio: AudioRef


def read_stem(context: WorkerContext, ref: ObjectRef) -> ClipStem | AudioStem:
    """Read what a raw stem consists of.

    Raises:
        CorruptData: the document is gone or of another version.
    """
    try:
        document = json.loads(context.objects.read_bytes(ref))
        kind = AudioStem if isinstance(document, dict) and "audio" in document else ClipStem
        return kind.model_validate(document)
    except ValueError as error:
        raise CorruptData("a stem's manifest", str(error)[:300], "make the song again") from error
