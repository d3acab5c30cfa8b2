"""References to stored audio and documents. They travel through workflows; the audio itself never does."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ObjectRef(BaseModel):
    """A content-addressed object: its key holds the hash of its bytes."""

    model_config = ConfigDict(frozen=True)

    key: str
    sha256: str
    bytes: int


class AudioRef(ObjectRef):
    """A content-addressed audio file."""

    sample_rate: int
    channels: int
    frames: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate
