"""Another tempo for the same notes: every tick stays, only its length in seconds changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aurax.score.instrument import InstrumentInfo
from aurax.score.score import Score

_GATE_KNOB = "length_s"
"""The knob of risers that follows their notes' length in seconds."""


def set_tempo(score: Score, tempo_bpm: float, instruments: Mapping[str, InstrumentInfo]) -> Score:
    """The same song at another tempo.

    Notes, sections, chords and automation keep their ticks, and so does the ending: it rings for the same number of
    beats. Swing and groove are part of the ticks.

    Args:
        score: the song.
        tempo_bpm: quarter notes a minute.
        instruments: installed instruments by name, for the knobs that are lengths in seconds.
    """
    stretch = score.plan.tempo_bpm / tempo_bpm
    if stretch == 1.0:
        return score
    parts = tuple(
        part.model_copy(update={"parameters": _stretched(part.parameters, stretch, instruments.get(part.instrument))})
        for part in score.plan.parts
    )
    plan = score.plan.model_copy(update={"tempo_bpm": tempo_bpm, "tail_s": score.plan.tail_s * stretch, "parts": parts})
    tracks = tuple(
        replace(track, parameters=_stretched(track.parameters, stretch, instruments.get(track.instrument)))
        for track in score.tracks
    )
    return replace(score, plan=plan, tracks=tracks)


def _stretched(parameters: Mapping[str, float], stretch: float, info: InstrumentInfo | None) -> dict[str, float]:
    knobs = dict(parameters)
    if _GATE_KNOB in knobs and info is not None:
        knob = next((one for one in info.parameters if one.name == _GATE_KNOB), None)
        if knob is not None:
            knobs[_GATE_KNOB] = round(min(knob.high, max(knob.low, knobs[_GATE_KNOB] * stretch)), 4)
    return knobs
