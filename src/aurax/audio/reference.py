"""References to stored audio and documents. They travel through workflows; the audio itself never does."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from aurax.text import is_safe_path

FOLDERS = frozenset({"audio", "documents", "songs", "wire"})
"""Of the object store."""


def _checked_key(key: str) -> str:
    if not is_safe_path(key) or "/" not in key or key.split("/")[0] not in FOLDERS:
        raise ValueError(f"a key inside one of the folders {', '.join(sorted(FOLDERS))}")
    return key


def _checked_path(path: str) -> str:
    if not is_safe_path(path):
        raise ValueError("a relative path of plain names")
    return path


ObjectKey = Annotated[str, AfterValidator(_checked_key)]
"""Where an object is in the store; never outside it."""

SafePath = Annotated[str, AfterValidator(_checked_path)]
"""A relative path that stays inside its folder."""

SongId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""Names a song, its workflow and its folder in the store."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""In hexadecimal digits."""


class ObjectRef(BaseModel):
    """A content-addressed object: its key holds the hash of its bytes."""

    model_config = ConfigDict(frozen=True)

    key: ObjectKey
    sha256: Sha256
    bytes: int = Field(ge=0)


class AudioRef(ObjectRef):
    """A content-addressed audio file."""

    sample_rate: int
    channels: int
    frames: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate
