"""Knob positions of an instrument: its defaults, and what a track sets instead."""

from __future__ import annotations

from collections.abc import Mapping

from aurax.errors import RenderFailed
from aurax.score.instrument import InstrumentInfo


def slider_values(info: InstrumentInfo, wanted: Mapping[str, float]) -> dict[str, float]:
    """Return the value of every parameter.

    Args:
        info: the instrument.
        wanted: parameters that differ from their defaults.

    Raises:
        RenderFailed: the instrument has no such parameter, or the value is outside its range.
    """
    values = {parameter.name: parameter.default for parameter in info.parameters}
    ranges = {parameter.name: (parameter.low, parameter.high) for parameter in info.parameters}
    for name, value in wanted.items():
        if name not in ranges:
            raise RenderFailed(
                f"one of the parameters {', '.join(ranges) or '(none)'} of {info.name}",
                repr(name),
                "leave that parameter out",
            )
        low, high = ranges[name]
        if not low <= value <= high:
            raise RenderFailed(
                f"{name} of {info.name} from {low} to {high}", str(value), "choose a value inside that range"
            )
        values[name] = float(value)
    return values
