"""What can be turned on the mix without touching the score: what a person asked for, and the knobs a redo moves."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from aurax.score.asked import AskedSound

_RATIO_PER_DB = 0.4
"""More compression is also a steeper one: +2 dB at 2.5:1, +4 dB at 3.3:1, as buses are driven for punch."""


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
    asked: AskedSound = AskedSound()
    """What notes asked for, besides these corrections."""

    def stem_db(self, track: str) -> float:
        """Level of one track against the profile's."""
        return self.stem_trim_db.get(track, 0.0) + self.asked.stem_db.get(track, 0.0)

    @property
    def reverb_db(self) -> float:
        """Level of the reverb return against the profile's."""
        return self.reverb_trim_db + self.asked.reverb_db

    @property
    def low_db(self) -> float:
        """Tone of the master's low end against the profile's."""
        return self.low_trim_db + self.asked.low_db

    @property
    def high_db(self) -> float:
        """Tone of the master's top against the profile's."""
        return self.high_trim_db + self.asked.high_db

    @property
    def stereo_percent(self) -> float:
        """Width against the profile's, 0 for mono."""
        return max(0.0, self.width_percent * (1.0 + self.asked.width_percent / 100.0))

    @property
    def compression_ratio(self) -> float:
        """Ratio of the master's bus compressor, 1 for none."""
        return max(1.0, self.glue_ratio + _RATIO_PER_DB * max(0.0, self.asked.compression_db))
