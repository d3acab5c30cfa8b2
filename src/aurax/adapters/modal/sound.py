"""Audio on its way to and from Modal, bit for bit: inside the message while it is small, else in the object store."""

from __future__ import annotations

import tempfile
import uuid
import zlib
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from aurax.adapters.objects.store import ObjectStore
from aurax.audio.files import read_audio, write_audio
from aurax.audio.reference import ObjectRef
from aurax.audio.waveform import SAMPLE_RATE, Samples, Waveform
from aurax.errors import CorruptData

INLINE_BYTES = 4 * 1024 * 1024
"""Encoded audio up to this size travels in the message; what is larger goes through the store, where there is one."""
FOLDER = "wire"
"""First part of the keys of audio in transit; what a crash leaves there may be deleted after a day."""

_FULL_SCALE = np.float32(1 << 23)
_FLAC_FROM_FRAMES = 5 * SAMPLE_RATE
"""Short pieces are not worth the time of an encoder."""


class SoundPart(BaseModel):
    """One piece of audio in a message.

    FLAC holds 24 bits, so it is used only where every sample is on that grid already, as all stored audio is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """Of the output, or of the request's field."""
    encoding: Literal["float32", "flac"]
    channels: int = Field(ge=1, le=8)
    frames: int = Field(ge=0)
    sample_rate: int = Field(gt=0)
    size: int = Field(ge=0)
    """Bytes in the message; 0 when `ref` says where they are."""
    ref: ObjectRef | None = None


def is_shared(location: str | None) -> bool:
    """Whether an object store can be reached from other machines too.

    Args:
        location: a folder's path or a URL.
    """
    return location is not None and "://" in location and not location.startswith("file://")


def encode_sound(name: str, waveform: Waveform, store: ObjectStore | None) -> tuple[SoundPart, bytes]:
    """Pack audio.

    Args:
        name: of the output or field.
        waveform: any samples, also beyond full scale.
        store: takes what is too large for a message; None keeps everything in it.

    Returns:
        The description, and what belongs into the message.

    Raises:
        ServiceUnavailable: the store does not answer.
    """
    if waveform.frames >= _FLAC_FROM_FRAMES and _on_24_bit_grid(waveform.samples):
        encoding: Literal["float32", "flac"] = "flac"
        content = _to_flac(waveform)
    else:
        encoding = "float32"
        content = zlib.compress(waveform.samples.astype("<f4", copy=False).tobytes(), level=1)
    ref = None
    if store is not None and len(content) > INLINE_BYTES:
        ref, content = _put(store, content, encoding), b""
    part = SoundPart(
        name=name,
        encoding=encoding,
        channels=waveform.channels,
        frames=waveform.frames,
        sample_rate=waveform.sample_rate,
        size=len(content),
        ref=ref,
    )
    return part, content


def decode_sound(part: SoundPart, content: bytes, store: ObjectStore | None) -> Waveform:
    """Unpack audio.

    Args:
        part: its description.
        content: its bytes from the message.
        store: that holds what `part.ref` names.

    Raises:
        CorruptData: the bytes are not what was packed, or are in a store that is not reachable from here.
    """
    if part.ref is not None:
        if store is None:
            raise CorruptData(
                f"audio {part.name!r} in the message, or the object store that holds it",
                f"a reference to {part.ref.key} and no shared store",
                "set AURAX_OBJECTS_URL here and run 'aurax modal deploy' with it",
            )
        content = store.read_bytes(part.ref)
        # It is never asked for again, so the copy on this machine goes at once.
        store.forget_copy(part.ref)
    try:
        waveform = _from_flac(content) if part.encoding == "flac" else _from_float32(part, content)
    except (zlib.error, ValueError) as error:
        raise _corrupt(part, str(error)) from error
    if (waveform.channels, waveform.frames, waveform.sample_rate) != (part.channels, part.frames, part.sample_rate):
        raise _corrupt(part, f"{waveform.frames} frames of {waveform.channels} channels at {waveform.sample_rate} Hz")
    return waveform


def _on_24_bit_grid(samples: Samples) -> bool:
    scaled = samples * _FULL_SCALE
    return bool(np.all(scaled == np.rint(scaled)) and scaled.min() >= -_FULL_SCALE and scaled.max() < _FULL_SCALE)


def _to_flac(waveform: Waveform) -> bytes:
    with tempfile.TemporaryDirectory(prefix="aurax-") as folder:
        path = Path(folder) / "sound.flac"
        write_audio(path, waveform)
        return path.read_bytes()


def _from_flac(content: bytes) -> Waveform:
    with tempfile.TemporaryDirectory(prefix="aurax-") as folder:
        path = Path(folder) / "sound.flac"
        path.write_bytes(content)
        return read_audio(path)


def _from_float32(part: SoundPart, content: bytes) -> Waveform:
    size = part.channels * part.frames * 4
    unpacker = zlib.decompressobj()
    plain = unpacker.decompress(content, size + 1)
    samples = np.frombuffer(plain, dtype="<f4").reshape(part.channels, -1) if size else np.zeros((part.channels, 0))
    return Waveform(samples.astype(np.float32), part.sample_rate)


def _put(store: ObjectStore, content: bytes, encoding: str) -> ObjectRef:
    with tempfile.TemporaryDirectory(prefix="aurax-") as folder:
        path = Path(folder) / "sound"
        path.write_bytes(content)
        return store.put_at(f"{FOLDER}/{uuid.uuid4().hex}.{encoding}", path)


def _corrupt(part: SoundPart, found: str) -> CorruptData:
    return CorruptData(f"{part.frames} frames of {part.name!r} in a message", found, "ask again")
