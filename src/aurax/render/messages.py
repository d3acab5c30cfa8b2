"""What the pool and its workers say to each other: pickled values over the worker's stdin and stdout.

Both ends are the same installation on the same machine; nothing else can write to these pipes.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from aurax.render.clip import Clip
from aurax.render.instrument import Voice

_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class CompileVoice:
    """Ask a worker to compile a program before it is needed."""

    instrument: str
    voice: Voice
    sample_rate: int


@dataclass(frozen=True, slots=True)
class RenderClip:
    """Ask a worker to render a clip into a file."""

    clip: Clip
    path: Path


Order = CompileVoice | RenderClip


@dataclass(frozen=True, slots=True)
class Done:
    """The order was carried out.

    Args:
        start_ns: when, in nanoseconds since the epoch.
        end_ns: until when.
    """

    start_ns: int = 0
    end_ns: int = 0


Reason = Literal["instrument", "full", "unwritable"]
"""Whether it was the instrument, a disk without room, or a folder that cannot be written."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The order cannot be carried out; trying again would not help. The fields are those of `AuraxError`."""

    expected: str
    found: str
    fix: str
    reason: Reason = "instrument"


Answer = Done | Failed


def send(pipe: IO[bytes], message: Order | Answer) -> None:
    """Write one message.

    Raises:
        OSError: the other side is gone.
    """
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(_LENGTH.pack(len(content)) + content)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Order | Answer | None:
    """Wait for one message.

    Returns:
        The message; none once the other side is gone.
    """
    header = pipe.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(header)
    content = pipe.read(length)
    if len(content) < length:
        return None
    message: Order | Answer = pickle.loads(content)
    return message
