"""The one owner of every conversion between ticks, beats, bars, seconds and frames.

A tick is 1/960 of a quarter note. A beat follows the meter's denominator. A bar is counted from 0 in code and
from 1 only where a person reads it. Tempo is constant over a song and counts quarter notes a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from aurax.errors import InvalidOption

TICKS_PER_QUARTER = 960
"""Pulses per quarter note. 960 divides into 16ths, 32nds, triplets and quintuplets without remainder."""


class Meter(BaseModel):
    """A time signature such as 4/4 or 3/4."""

    model_config = ConfigDict(frozen=True)

    numerator: int = Field(default=4, ge=1, le=16)
    denominator: int = Field(default=4)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `"3/4"`.

        Raises:
            InvalidOption: the text is no meter, or its denominator is not 2, 4, 8 or 16.
        """
        try:
            numerator, denominator = (int(part) for part in text.split("/"))
        except ValueError:
            numerator, denominator = 0, 0
        if not 1 <= numerator <= 16 or denominator not in (2, 4, 8, 16):
            raise InvalidOption("a meter such as 4/4, 3/4 or 6/8", repr(text), "write two numbers with a slash")
        return cls(numerator=numerator, denominator=denominator)

    @property
    def ticks_per_beat(self) -> int:
        """Ticks in one beat (one denominator note)."""
        return TICKS_PER_QUARTER * 4 // self.denominator

    @property
    def ticks_per_bar(self) -> int:
        """Ticks in one bar."""
        return self.ticks_per_beat * self.numerator

    @property
    def sixteenths_per_bar(self) -> int:
        """How many 16th notes fill one bar: 16 in 4/4, 12 in 3/4 and 6/8."""
        return self.ticks_per_bar * 4 // TICKS_PER_QUARTER

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True, slots=True)
class TimeGrid:
    """Tempo and meter together: where musical time falls in seconds and frames.

    Args:
        tempo_bpm: quarter notes a minute.
        meter: the time signature.
    """

    tempo_bpm: float
    meter: Meter

    @property
    def seconds_per_tick(self) -> float:
        """Length of one tick in seconds."""
        return 60.0 / (self.tempo_bpm * TICKS_PER_QUARTER)

    @property
    def bar_s(self) -> float:
        """Length of one bar in seconds."""
        return self.ticks_to_s(self.meter.ticks_per_bar)

    @property
    def beat_s(self) -> float:
        """Length of one beat in seconds."""
        return self.ticks_to_s(self.meter.ticks_per_beat)

    def ticks_to_s(self, ticks: float) -> float:
        """Seconds from the song's start to a tick."""
        return ticks * self.seconds_per_tick

    def s_to_ticks(self, seconds: float) -> int:
        """The tick nearest to a time in seconds."""
        return round(seconds / self.seconds_per_tick)

    def ms_to_ticks(self, milliseconds: float) -> int:
        """The number of ticks nearest to a span in milliseconds."""
        return self.s_to_ticks(milliseconds / 1000.0)

    def bars_to_ticks(self, bars: float) -> int:
        """Ticks in a number of bars; also the tick at which bar `bars` (from 0) starts."""
        return round(bars * self.meter.ticks_per_bar)

    def bars_to_s(self, bars: float) -> float:
        """Seconds in a number of bars; also the time at which bar `bars` (from 0) starts."""
        return self.ticks_to_s(bars * self.meter.ticks_per_bar)

    def ticks_to_bar(self, ticks: int) -> int:
        """Index (from 0) of the bar that holds a tick."""
        return ticks // self.meter.ticks_per_bar

    def ticks_to_frames(self, ticks: float, sample_rate: int) -> int:
        """The frame nearest to a tick."""
        return round(self.ticks_to_s(ticks) * sample_rate)
