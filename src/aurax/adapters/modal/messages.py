"""What is said between here and the functions on Modal.

Both sides are of one version: results depend on the code that made them. Only the shape of `Header` and of an
`ErrorReply` may never change, so that two versions can tell each other that they differ.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from aurax import errors
from aurax.adapters.modal.sound import SoundPart
from aurax.engines.runtime import Usage
from aurax.errors import AuraxError, VersionMismatch
from aurax.version import __version__

WIRE_VERSION = 1

_ERRORS = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, AuraxError)}


class Header(BaseModel):
    """What every message to Modal begins with."""

    model_config = ConfigDict(frozen=True)

    wire: int = WIRE_VERSION
    aurax: str = __version__
    objects: str | None = None
    """Where the object store is that both sides share, without credentials."""


class CallMessage(Header):
    """A request; its audio follows."""

    engine: str
    kind: str
    settings: dict[str, Any]
    """The request's fields that are not audio."""
    timeout_s: float
    sounds: tuple[SoundPart, ...] = ()


class StartedReply(BaseModel):
    """The function has begun."""

    model_config = ConfigDict(frozen=True)

    reply: Literal["started"] = "started"
    call_id: str | None = None
    """Modal's name of this call, by which it can be cancelled."""


class ChunkReply(BaseModel):
    """One chunk; its audio follows."""

    model_config = ConfigDict(frozen=True)

    reply: Literal["chunk"] = "chunk"
    progress: float
    measurements: dict[str, float] = {}
    sounds: tuple[SoundPart, ...] = ()
    before: int
    """Checksum of all audio before this chunk: shows a chunk that was lost, or a start over that went otherwise."""


class UsageReply(BaseModel):
    """What the call used; the last message of one that succeeded."""

    model_config = ConfigDict(frozen=True)

    reply: Literal["usage"] = "usage"
    usage: Usage


class ErrorReply(BaseModel):
    """The call failed; the last message."""

    model_config = ConfigDict(frozen=True)

    reply: Literal["error"] = "error"
    kind: str
    expected: str
    found: str
    fix: str

    def error(self) -> AuraxError:
        """The error as its own type."""
        return _ERRORS.get(self.kind, AuraxError)(self.expected, self.found, self.fix)


Reply = StartedReply | ChunkReply | UsageReply | ErrorReply


def error_reply(error: AuraxError) -> ErrorReply:
    """An error as a message."""
    return ErrorReply(kind=type(error).__name__, expected=error.expected, found=error.found, fix=error.fix)


def require_same_version(header: Header) -> None:
    """Refuse calls of another version.

    Raises:
        VersionMismatch: the caller is not of this version.
    """
    if (header.wire, header.aurax) != (WIRE_VERSION, __version__):
        raise VersionMismatch(
            f"the version that is deployed on Modal: AURA-X {__version__} (messages {WIRE_VERSION})",
            f"AURA-X {header.aurax} (messages {header.wire}) here",
            "run 'aurax modal deploy', so that both are the same",
        )
