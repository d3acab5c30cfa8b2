"""A quantity that is known only roughly: its low, typical and high value."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator


class Span(BaseModel):
    """Low, typical and high value of one quantity; in tables written as a list of the three."""

    model_config = ConfigDict(frozen=True)

    low: float
    typical: float
    high: float

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return dict(zip(("low", "typical", "high"), value, strict=True)) if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not 0 <= self.low <= self.typical <= self.high:
            raise ValueError("low, typical and high must rise, from 0")
        return self

    @classmethod
    def exactly(cls, value: float) -> Self:
        """A quantity without doubt."""
        return cls(low=value, typical=value, high=value)

    def __add__(self, other: Span) -> Span:
        return Span(low=self.low + other.low, typical=self.typical + other.typical, high=self.high + other.high)

    def __mul__(self, other: Span | float) -> Span:
        by = other if isinstance(other, Span) else Span.exactly(other)
        return Span(low=self.low * by.low, typical=self.typical * by.typical, high=self.high * by.high)


NOTHING = Span(low=0.0, typical=0.0, high=0.0)
"""Zero."""
