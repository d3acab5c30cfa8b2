"""Messages as bytes: a magic word, the length of a JSON header, the header, then the bytes of the audio."""

from __future__ import annotations

import dataclasses
import json
import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

import numpy as np
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from aurax.adapters.modal.messages import CallMessage, ChunkReply, ErrorReply, Header, Reply, StartedReply, UsageReply
from aurax.adapters.modal.sound import SoundPart, decode_sound, encode_sound
from aurax.adapters.objects.store import ObjectStore
from aurax.audio.waveform import SAMPLE_RATE, Samples, Waveform
from aurax.engines.engine import Chunk
from aurax.engines.requests import (
    DiscriminationRequest,
    GenerationRequest,
    MasteringRequest,
    Request,
    Sampling,
    SeparationRequest,
)
from aurax.engines.runtime import EngineCall
from aurax.errors import CorruptData

M = TypeVar("M", bound=BaseModel)

_MAGIC = b"AURX"
_PREFIX = struct.Struct("<4sI")
_REQUESTS: dict[str, type[Request]] = {
    "generator": GenerationRequest,
    "separator": SeparationRequest,
    "discriminator": DiscriminationRequest,
    "masterer": MasteringRequest,
}
_REPLY: TypeAdapter[Reply] = TypeAdapter(Annotated[Reply, Field(discriminator="reply")])


def pack_call(call: EngineCall, store: ObjectStore | None) -> tuple[bytes, CallMessage]:
    """Pack a call.

    Args:
        call: what is asked.
        store: shared with the functions; None keeps all audio in the message.
    """
    settings: dict[str, Any] = {}
    sounds: list[tuple[SoundPart, bytes]] = []
    for field in dataclasses.fields(call.request):
        value = getattr(call.request, field.name)
        if isinstance(value, Waveform):
            sounds.append(encode_sound(field.name, value, store))
        elif field.init and value is not None:
            settings[field.name] = dataclasses.asdict(value) if isinstance(value, Sampling) else value
    message = CallMessage(
        engine=call.engine,
        kind=call.request.kind,
        settings=settings,
        timeout_s=call.timeout_s,
        objects=store.location if store is not None else None,
        sounds=tuple(part for part, _ in sounds),
    )
    return _join(message, [content for _, content in sounds]), message


def unpack_header(message: bytes) -> Header:
    """Who sent a call.

    Raises:
        CorruptData: this is no call.
    """
    return _parse(Header, _split(message)[0])


def unpack_call(message: bytes, store: ObjectStore | None) -> tuple[EngineCall, CallMessage]:
    """Unpack a call whose version is one's own.

    Args:
        message: from `pack_call`.
        store: shared with the caller.

    Raises:
        CorruptData: it is no such message, or its audio is damaged.
    """
    header, contents = _split(message)
    sent = _parse(CallMessage, header)
    values = dict(sent.settings)
    for part, content in _contents(sent.sounds, contents):
        values[part.name] = decode_sound(part, content, store)
    try:
        if "sampling" in values:
            values["sampling"] = Sampling(**values["sampling"])
        for name in ("seeds", "intended"):
            if name in values:
                values[name] = tuple(values[name])
        request = _REQUESTS[sent.kind](**values)
    except (KeyError, TypeError) as error:
        raise CorruptData("a request as this version knows it", str(error), "run 'aurax modal deploy'") from error
    return EngineCall(sent.engine, request, sent.timeout_s), sent


def pack_chunk(chunk: Chunk, before: int, store: ObjectStore | None) -> bytes:
    """Pack a chunk.

    Args:
        chunk: of the engine.
        before: `checksum` of all audio before it.
        store: shared with the caller.
    """
    sounds = [encode_sound(name, Waveform(samples, SAMPLE_RATE), store) for name, samples in chunk.audio.items()]
    reply = ChunkReply(
        progress=chunk.progress,
        measurements=dict(chunk.measurements),
        sounds=tuple(part for part, _ in sounds),
        before=before,
    )
    return _join(reply, [content for _, content in sounds])


def pack_reply(reply: StartedReply | UsageReply | ErrorReply) -> bytes:
    """Pack a message without audio."""
    return _join(reply, [])


def unpack_reply(message: bytes, store: ObjectStore | None) -> tuple[Reply, Chunk | None]:
    """Unpack an answer.

    Args:
        message: from `pack_chunk` or `pack_reply`.
        store: shared with the functions.

    Returns:
        The answer and, for a `ChunkReply`, the chunk.

    Raises:
        CorruptData: it is no answer, or its audio is damaged.
    """
    header, contents = _split(message)
    try:
        reply = _REPLY.validate_python(header)
    except ValidationError as error:
        raise CorruptData("an answer as this version knows it", _first(error), "run 'aurax modal deploy'") from error
    if not isinstance(reply, ChunkReply):
        return reply, None
    audio = {
        part.name: decode_sound(part, content, store).samples for part, content in _contents(reply.sounds, contents)
    }
    return reply, Chunk(audio, reply.progress, reply.measurements)


def checksum(audio: Mapping[str, Samples], before: int = 0) -> int:
    """Running checksum of the audio of a stream, chunk by chunk.

    Args:
        audio: of one chunk.
        before: the checksum of those before it.
    """
    for name, samples in sorted(audio.items()):
        if samples.shape[1]:
            before = zlib.crc32(np.ascontiguousarray(samples).tobytes(), zlib.crc32(name.encode(), before))
    return before


def _join(header: BaseModel, contents: Iterable[bytes]) -> bytes:
    text = header.model_dump_json().encode()
    return b"".join([_PREFIX.pack(_MAGIC, len(text)), text, *contents])


def _split(message: bytes) -> tuple[dict[str, Any], memoryview]:
    try:
        magic, length = _PREFIX.unpack_from(message)
        if magic != _MAGIC or len(message) < _PREFIX.size + length:
            raise ValueError(f"{len(message)} bytes that begin with {message[:4]!r}")
        header = json.loads(message[_PREFIX.size : _PREFIX.size + length])
        if not isinstance(header, dict):
            raise ValueError("a header that is no object")
    except (struct.error, ValueError) as error:
        raise CorruptData("a message of AURA-X", str(error), "ask again, or run 'aurax modal deploy'") from error
    return header, memoryview(message)[_PREFIX.size + length :]


def _contents(parts: tuple[SoundPart, ...], contents: memoryview) -> Iterable[tuple[SoundPart, bytes]]:
    if sum(part.size for part in parts) != len(contents):
        raise CorruptData(
            f"{sum(part.size for part in parts)} bytes of audio in a message", str(len(contents)), "ask again"
        )
    start = 0
    for part in parts:
        yield part, bytes(contents[start : start + part.size])
        start += part.size


def _parse(model: type[M], values: dict[str, Any]) -> M:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise CorruptData(f"a {model.__name__}", _first(error), "run 'aurax modal deploy'") from error


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(place) for place in first['loc'])}: {first['msg']}"
