"""The grid: stems cut and stretched so that every bar has exactly one length.

What keeps its tempo is only cut. What differs from the wanted tempo by up to 8 %, or drifts, is stretched; all stems
by one and the same plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from aurax.arrange.hearing import Heard
from aurax.arrange.joints import join, joint_correlations
from aurax.arrange.onsets import Curve
from aurax.arrange.stretch import FADE_S, plan_splices
from aurax.audio.waveform import Samples, Waveform
from aurax.errors import InvalidOption

LARGEST_STRETCH = 0.08
"""Furthest that a tempo is moved; beyond, stretched music sounds stretched."""
EXACT_S = 0.003
"""Bars that are all this near the grid are only cut."""
_ANCHORS_PER_BEAT = 2


@dataclass(frozen=True, eq=False)
class Aligned:
    """Stems on a grid of one tempo.

    Args:
        stems: all of one length.
        tempo_bpm: beats a minute, exact.
        bars: whole bars.
        bar_s: length of each.
        first_frame: where bar 0 starts; what is before is its upbeat.
        stretched_percent: by how much the piece became longer; 0 where it was only cut.
    """

    stems: dict[str, Waveform]
    tempo_bpm: float
    bars: int
    bar_s: float
    first_frame: int
    stretched_percent: float

    def frame_of(self, bar: float) -> int:
        """The frame at which a bar starts."""
        rate = next(iter(self.stems.values())).sample_rate
        return self.first_frame + round(bar * self.bar_s * rate)

    def mix(self) -> Samples:
        """The stems' sum."""
        total = np.zeros_like(next(iter(self.stems.values())).samples)
        for stem in self.stems.values():
            total += stem.samples
        return total


def choose_tempo(heard_bpm: float, asked_bpm: float | None) -> tuple[float, str]:
    """The grid's tempo, and a sentence where it is not the one asked for.

    Args:
        heard_bpm: what the audio has.
        asked_bpm: what was asked for; None leaves the audio's own, rounded to halves where that costs nothing.
    """
    if asked_bpm is None:
        whole = round(heard_bpm * 2.0) / 2.0
        return (whole if abs(whole / heard_bpm - 1.0) < 0.002 else round(heard_bpm, 2)), ""
    if abs(asked_bpm / heard_bpm - 1.0) <= LARGEST_STRETCH:
        return asked_bpm, ""
    kept = round(heard_bpm, 2)
    return kept, (
        f"{asked_bpm:g} BPM was asked for and {heard_bpm:.1f} BPM was generated; stretching by more than "
        f"{LARGEST_STRETCH:.0%} would be heard, so the song stays at {kept:g} BPM."
    )


def align_to_grid(stems: Mapping[str, Waveform], heard: Heard, tempo_bpm: float) -> Aligned:
    """Bring stems to a grid of constant tempo with bar 0 at the first downbeat.

    Args:
        stems: of one length and rate, as heard.
        heard: of their sum.
        tempo_bpm: beats a minute that the result has.

    Returns:
        The stems with everything before the first downbeat and after the last bar kept.

    Raises:
        InvalidOption: not one whole bar was heard, or the stems differ in length.
    """
    if heard.bars < 1:
        raise InvalidOption(
            f"audio of at least one bar ({heard.bar_s:.1f} s at {heard.tempo_bpm:.1f} BPM)",
            f"{heard.onsets.duration_s:.1f} s of it after the first downbeat",
            "generate a longer piece",
        )
    shapes = {(stem.channels, stem.frames, stem.sample_rate) for stem in stems.values()}
    if len(shapes) != 1:
        raise InvalidOption("stems of one length", f"shapes {sorted(shapes)}", "separate the piece again")
    rate = next(iter(stems.values())).sample_rate
    beat_s = 60.0 / tempo_bpm
    source_s, target_s = _anchors(heard, beat_s)
    strays = (source_s - source_s[0]) - (target_s - target_s[0])
    bar_s = beat_s * heard.beats_per_bar
    first_frame = round(heard.first_downbeat_s * rate)
    if float(np.max(np.abs(strays))) < EXACT_S:
        return Aligned(dict(stems), tempo_bpm, heard.bars, bar_s, first_frame, 0.0)
    mono = np.zeros(next(iter(stems.values())).frames, np.float32)
    for stem in stems.values():
        mono += stem.samples.mean(axis=0, dtype=np.float32)
    segments = plan_splices(mono, rate, source_s, target_s)
    last = segments[-1]
    frames = mono.size - (last.source - last.start)
    fade = round(FADE_S * rate)
    # A crossfade ends half its length after the splice: the agreement was measured around it.
    correlations = joint_correlations(mono[None, :], segments, fade, -fade // 2)
    stretched = {
        name: Waveform(join(stem.samples, segments, frames, correlations, fade, -fade // 2), rate)
        for name, stem in stems.items()
    }
    percent = 100.0 * ((target_s[-1] - target_s[0]) / (source_s[-1] - source_s[0]) - 1.0)
    return Aligned(stretched, tempo_bpm, heard.bars, bar_s, first_frame, float(percent))


def _anchors(heard: Heard, beat_s: float) -> tuple[Curve, Curve]:
    """Times of the half beats from the first downbeat on, in the source and on the grid."""
    beats = heard.beat_times_s
    first = int(np.argmin(np.abs(beats - heard.first_downbeat_s)))
    numbers = np.arange(len(beats) - first, dtype=np.float64)
    count = min(len(numbers) - 1, heard.bars * heard.beats_per_bar)
    places = np.arange(count * _ANCHORS_PER_BEAT + 1) / _ANCHORS_PER_BEAT
    source_s = np.interp(places, numbers, beats[first:])
    if numbers[-1] < heard.bars * heard.beats_per_bar:
        places = np.append(places, float(heard.bars * heard.beats_per_bar))
        source_s = np.append(source_s, heard.bar_times_s[-1])
    return source_s, heard.first_downbeat_s + places * beat_s
