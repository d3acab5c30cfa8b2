"""Transitions: how one section leads into the next, made from the piece itself.

Before a rise drums and bass fall silent for a moment, noise of the harmony's own colour rises, and the coming chord
swells up backwards; between equals the drums repeat a slice of themselves; before a fall the harmony is thrown into
the reverb. Sweeps and throws are lanes, for the mix to execute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from aurax.arrange.entries import Draft
from aurax.arrange.layout import Fill, Layout, Rest
from aurax.audio.waveform import Samples
from aurax.compose.automation import CLOSED_HZ
from aurax.compose.transitions import FxStyle
from aurax.score.plan import Part, Plan
from aurax.score.role import DRUM_ROLES, PITCHED_ROLES, Role
from aurax.score.score import AutomationLane
from aurax.score.seeds import generator

_RISE, _FALL = 1.5, 2.0
_LONG_REST_RISE = 3.0
_LEAST_BARS = 2
_FILL_EVERY_BARS = 4
_LONGEST_RISER_BARS = 4
_RISER_STOPS_BEATS = 0.5
_SWEEP_HZ = (450.0, 15_000.0)
_THROW_DB, _SPACE_DB = 6.0, 3.0
_BUILD_HIGHPASS_HZ = 200.0
_RISER_PEAK, _SWELL_PEAK = 0.25, 0.3
_SMOOTH_POINTS = 16
_LEAST_POWER = 1e-5


@dataclass(frozen=True, slots=True)
class FxNote:
    """One riser with its swell.

    Args:
        section: index of the section that it ends.
        start_bar: where it starts.
        bars: its length.
    """

    section: int
    start_bar: float
    bars: float


@dataclass(frozen=True)
class Transitions:
    """Everything that happens between sections.

    Args:
        fx: risers.
        fills: of the drums.
        rests: by stem.
        throws: bar lines before which the harmony is thrown into the reverb.
    """

    fx: tuple[FxNote, ...] = ()
    fills: tuple[Fill, ...] = ()
    rests: Mapping[str, tuple[Rest, ...]] = field(default_factory=dict)
    throws: tuple[int, ...] = ()

    def lanes(self, plan: Plan, part: Part) -> tuple[AutomationLane, ...]:
        """The lanes by which a part takes part in the transitions."""
        lanes: list[AutomationLane] = []
        if part.role == "fx":
            lanes.append(AutomationLane("lowpass_hz", self._sweep(plan)))
        elif part.role in PITCHED_ROLES and part.role != "bass" and self.throws:
            lanes.append(AutomationLane("reverb_send_db", self._throws(plan)))
        if part.role in {*DRUM_ROLES, "bass", "chords"}:
            build = _build_points(plan)
            if build:
                lanes.append(AutomationLane("highpass_hz", build))
        return tuple(lanes)

    def _sweep(self, plan: Plan) -> tuple[tuple[int, float], ...]:
        points: dict[int, float] = {}
        for one in self.fx:
            start = plan.grid.bars_to_ticks(one.start_bar)
            points[start] = _SWEEP_HZ[0]
            points[plan.grid.bars_to_ticks(one.start_bar + one.bars)] = _SWEEP_HZ[1]
        return tuple(sorted(points.items()))

    def _throws(self, plan: Plan) -> tuple[tuple[int, float], ...]:
        last = plan.sections[-1]
        points: dict[int, float] = {}
        beat = plan.meter.ticks_per_beat
        for section in plan.sections:
            base = _SPACE_DB if section.name == "break" or (section is last and section.name == "outro") else 0.0
            start, stop = plan.grid.bars_to_ticks(section.start_bar), plan.grid.bars_to_ticks(section.end_bar)
            points[start] = base
            if section.end_bar in self.throws:
                points[max(start + 1, stop - 2 * beat)] = base
                points[stop - beat // 4] = base + _THROW_DB
            else:
                points[max(start + 1, stop - beat // 4)] = base
        return tuple(sorted(points.items()))


def plan_transitions(
    drafts: Sequence[Draft],
    playing: Sequence[Sequence[str]],
    roles: Mapping[str, Role],
    style: FxStyle,
    seed: int,
    *,
    with_fx: bool,
) -> Transitions:
    """Choose what happens at each joint.

    Args:
        drafts: the song's sections.
        playing: who plays in each.
        roles: of the stems.
        style: longest riser and the rise that earns one.
        seed: of the song.
        with_fx: whether risers are allowed.
    """
    fx: list[FxNote] = []
    fills: list[Fill] = []
    rests: dict[str, list[Rest]] = {}
    throws: list[int] = []
    bar = 0
    joints = zip(pairwise(drafts), pairwise(playing), strict=True)
    for index, (((_, bars, energy), (_, _, next_energy)), (before, after)) in enumerate(joints):
        bar += bars
        rise = next_energy - energy
        if bars < _LEAST_BARS:
            continue
        rng = generator(seed, "joint", index)
        drums = [name for name in before if roles[name] == "drums"]
        if rise >= _RISE:
            beats = 2.0 if rise >= _LONG_REST_RISE and bars >= _FILL_EVERY_BARS else 1.0
            for name in before:
                if roles[name] in ("drums", "bass") and name in after:
                    rests.setdefault(name, []).append(Rest(bar, beats))
            length = min(style.riser_bars, _LONGEST_RISER_BARS, bars // 2)
            if with_fx and rise >= style.riser_step and length >= 1:
                fx.append(FxNote(index, float(bar - length), float(length)))
        elif drums and bars >= _FILL_EVERY_BARS:
            beats, part = ((2.0, 0.5), (1.0, 0.25), (1.0, 0.5), (2.0, 1.0))[int(rng.integers(4))]
            fills.append(Fill(bar, beats, part))
        if rise <= -_FALL:
            throws.append(bar)
    return Transitions(tuple(fx), tuple(fills), {name: tuple(list_) for name, list_ in rests.items()}, tuple(throws))


def make_fx(notes: Sequence[FxNote], tonal: Samples, layout: Layout, seed: int) -> Samples:
    """The sound of the risers: noise in the colour of what is heard there, and the coming chord played backwards.

    Args:
        notes: where they are.
        tonal: the harmony of the song, shape (2, frames).
        layout: for places in frames.
        seed: of the song, for the noise.
    """
    result = np.zeros_like(tonal)
    for index, note in enumerate(notes):
        start, line = layout.frame_of(note.start_bar), layout.frame_of(note.start_bar + note.bars)
        stop = line - round(_RISER_STOPS_BEATS * layout.beat_frames)
        if stop <= start:
            continue
        noise = _coloured_noise(tonal[:, start:line], stop - start, generator(seed, "riser", index))
        place = (np.arange(stop - start, dtype=np.float32) + 0.5) / (stop - start)
        result[:, start:stop] += noise * (_RISER_PEAK * place**2.2 * _closing(stop - start, layout.rate))
        bar = min(round(layout.bar_frames), line - start, tonal.shape[1] - line)
        if bar > 0:
            swell = tonal[:, line : line + bar][:, ::-1]
            peak = max(float(np.max(np.abs(swell), initial=0.0)), 1e-6)
            place = (np.arange(bar, dtype=np.float32) + 0.5) / bar
            result[:, line - bar : line] += swell * (_SWELL_PEAK / peak * place**3 * _closing(bar, layout.rate))
    return result


def _closing(frames: int, rate: int) -> Samples:
    """1, falling to 0 over the last 12 ms."""
    left = (frames - np.arange(frames, dtype=np.float32)) / np.float32(0.012 * rate)
    return np.asarray(np.minimum(1.0, left), np.float32)


def _coloured_noise(model: Samples, frames: int, rng: np.random.Generator) -> Samples:
    """Stereo noise with the smoothed spectrum of a sound, at a peak of about 1."""
    size = next_fast_len(max(frames, model.shape[1]), real=True)
    spectrum = np.abs(rfft(model.mean(axis=0, dtype=np.float64), size))
    points = np.unique(np.round(np.geomspace(1, len(spectrum) - 1, 200)).astype(np.intp))
    power = np.add.reduceat(spectrum**2, points) / np.diff(np.append(points, len(spectrum)))
    # A model without highs would make a dull rumble of the riser.
    power = np.maximum(power, _LEAST_POWER * float(power.max()) + 1e-20)
    kernel = np.hanning(_SMOOTH_POINTS)
    padded = np.pad(np.log(power), _SMOOTH_POINTS // 2, mode="edge")
    smooth = np.convolve(padded, kernel / kernel.sum(), "same")[_SMOOTH_POINTS // 2 :][: len(points)]
    # Noise in the music's own slope sounds dull next to it: 3 dB more for each octave make it air.
    colour = np.exp(0.5 * np.interp(np.arange(len(spectrum)), points, smooth + np.log(points + 1.0)))
    noise = np.stack([irfft(rfft(rng.standard_normal(size)) * colour, size)[:frames] for _ in range(2)])
    noise /= max(float(np.percentile(np.abs(noise), 99.9)), 1e-9)
    return noise.astype(np.float32)


def _build_points(plan: Plan) -> tuple[tuple[int, float], ...]:
    """A highpass that rises through every build and is gone on the next bar line."""
    builds = [section for section in plan.sections if section.name == "build"]
    points: dict[int, float] = {}
    for section in builds:
        start, stop = plan.grid.bars_to_ticks(section.start_bar), plan.grid.bars_to_ticks(section.end_bar)
        points[start] = CLOSED_HZ
        points[stop - plan.meter.ticks_per_beat // 4] = _BUILD_HIGHPASS_HZ
        points[stop] = CLOSED_HZ
    return tuple(sorted(points.items()))
