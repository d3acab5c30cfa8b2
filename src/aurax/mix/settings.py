"""What can be turned on the mix without touching the score: the knobs a redo moves."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class MixSettings(BaseModel):
    """Offsets against the plan's production profile; the default is "as the profile says"."""

    model_config = ConfigDict(frozen=True)

    stem_trim_db: dict[str, float] = {}
    """Level offsets by track name."""
    reverb_trim_db: float = 0.0
    low_trim_db: float = 0.0
    """Tone of the master below about 120 Hz."""
    high_trim_db: float = 0.0
    """Tone of the master above about 5 kHz."""
    width_percent: float = 100.0
    glue_ratio: float = 1.7
    """Ratio of the master's bus compressor."""
