"""A layer: generated audio that plays along with a song, fitted to its grid and judged by its harmony.

The layer's onsets and pitch classes are compared with those of the score's own guide; delay and speed are measured,
and taken out. What does not agree with the song's notes bar by bar is better left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from aurax.arrange.guide import guide
from aurax.arrange.joints import Segment, join, joint_correlations
from aurax.arrange.onsets import RATE_HZ, find_onsets
from aurax.arrange.stretch import FADE_S, plan_splices
from aurax.arrange.tonal import chromagram
from aurax.audio.waveform import SAMPLE_RATE, Samples, Waveform
from aurax.errors import InvalidOption
from aurax.score.plan import Part, Plan
from aurax.score.role import PITCHED_ROLES, Role
from aurax.score.score import AutomationLane, Note, Score, Track

Curve = NDArray[np.float64]
Table = NDArray[np.float64]

LEAST_AGREEMENT = 0.35
"""Below, a layer is in another key, or nowhere; an unrelated one stays near 0."""
LARGEST_STRETCH = 0.08
_LONGEST_DELAY_S = 2.0
_COARSE_SPAN_S = 24.0
_SPEED_STEP = 0.0025
_COARSE_RATE_HZ = 50
_CHROMA_WEIGHT = 0.6
_DELAY_COST_PER_S = 0.02
_SPEED_COST = 0.5
"""Prefer what needs no correction where the evidence is equal."""
_WINDOW_S, _WINDOW_HOP_S, _NEAR_S = 8.0, 4.0, 0.15
_STEADY_S = 0.02
"""A layer that strays less over the whole song is only shifted."""
_LEAST_LIKENESS = 0.08
_EDGE_S = 0.02
_CLOSING_S = 0.06
_LAYER_SECTIONS = 4.0
_SILENT_DB = -72.0
_FAMILIES: dict[str, tuple[str, ...]] = {"pad": ("pad",), "texture": ("texture",)}


@dataclass(frozen=True, eq=False)
class FittedLayer:
    """A layer in time with its song.

    Args:
        waveform: stereo, at the song's length.
        agreement: 0 to 1; mean correlation of its pitch classes with the score's notes, bar by bar.
        offset_ms: how late the layer was (negative for early).
        speed: how fast it was against the song; 1 for the same tempo.
        remarks: sentences on what was corrected or is wrong.
    """

    waveform: Waveform
    agreement: float
    offset_ms: float
    speed: float
    remarks: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether it agrees with the song well enough to be heard."""
        return self.agreement >= LEAST_AGREEMENT


def fit_layer(score: Score, layer: Waveform) -> FittedLayer:
    """Bring a layer in time with a song.

    Args:
        score: the song.
        layer: 48 kHz, mono or stereo, made along the song's guide.

    Raises:
        InvalidOption: the layer is empty or not 48 kHz.
    """
    if layer.sample_rate != SAMPLE_RATE or not layer.frames:
        raise InvalidOption(
            f"a layer at {SAMPLE_RATE} Hz",
            f"{layer.frames} frames at {layer.sample_rate} Hz",
            "convert it before fitting",
        )
    mono: Samples = layer.samples.mean(axis=0, dtype=np.float32)
    remarks: list[str] = []
    offset_s, speed, likeness = _measure(guide(score).samples[0], mono)
    if likeness < _LEAST_LIKENESS:
        offset_s, speed = 0.0, 1.0
        remarks.append("The layer has no onsets in common with the song; it was laid from the start.")
    frames = max(1, round(score.plan.duration_s * SAMPLE_RATE))
    fitted = _warped(layer, mono, score.plan, offset_s, speed, frames)
    agreement = chroma_agreement(score, fitted)
    if agreement >= LEAST_AGREEMENT and speed != 1.0:
        remarks.append(f"The layer played {100.0 * (speed - 1.0):+.2f} % against the song's tempo and was stretched.")
    elif agreement < LEAST_AGREEMENT:
        remarks.append(
            f"The layer agrees with the song's notes by {agreement:.2f} only (at least {LEAST_AGREEMENT:g} is wanted), "
            "so it is left out."
        )
    return FittedLayer(fitted, agreement, 1000.0 * offset_s, speed, tuple(remarks))


def chroma_agreement(score: Score, audio: Waveform) -> float:
    """Mean correlation, 0 to 1, of the audio's pitch classes with those of the score's notes and chords, bar by bar.

    Bars in which either is silent do not count; 0 where none is left.
    """
    plan = score.plan
    mono: Samples = audio.samples.mean(axis=0, dtype=np.float32)
    edges = np.arange(plan.bars + 1, dtype=np.float64) * plan.grid.bar_s
    upper, bass = chromagram(mono, audio.sample_rate).between(edges)
    heard = upper + 0.5 * bass
    written = _pitch_classes_by_bar(score)
    loud = np.flatnonzero(heard.sum(axis=1) > 0.02 * max(float(heard.sum(axis=1).max(initial=0.0)), 1e-9))
    found = [
        float(np.corrcoef(heard[bar], written[bar])[0, 1])
        for bar in loud.tolist()
        if np.ptp(written[bar]) > 0.0 and np.ptp(heard[bar]) > 0.0
    ]
    return min(1.0, max(0.0, float(np.mean(found)))) if found else 0.0


def add_layer_track(
    score: Score, name: str, *, role: Role = "pad", instrument: str = "layer", below_lu: float = 0.0
) -> Score:
    """Give a song one more track for a layer.

    The layer plays in the sections of some energy, as a lane of its own level; elsewhere the lane keeps it silent.

    Args:
        score: the song.
        name: of the track; unique.
        role: `pad`, or `texture` for a layer without harmony of its own.
        instrument: who made it.
        below_lu: how far below the role's own level it stays (0 or greater).

    Raises:
        InvalidOption: the name is taken, or the role is another one.
    """
    plan = score.plan
    if role not in _FAMILIES:
        raise InvalidOption("the role pad or texture", repr(role), "choose one of the two")
    if any(part.name == name for part in plan.parts):
        raise InvalidOption("a new name for the layer's track", repr(name), "choose another name")
    energies = [section.energy for section in plan.sections]
    playing = [energy >= min(_LAYER_SECTIONS, max(energies)) for energy in energies]
    sections = tuple(
        section.model_copy(update={"parts": (*section.parts, name)}) if plays else section
        for section, plays in zip(plan.sections, playing, strict=True)
    )
    part = Part(name=name, role=role, instrument=instrument, families=_FAMILIES[role])
    changed = plan.model_copy(update={"sections": sections, "parts": (*plan.parts, part)})
    track = Track(
        name=name,
        role=role,
        instrument=instrument,
        families=_FAMILIES[role],
        gm_program=89,
        is_drums=False,
        notes=_layer_notes(plan, playing, role),
        lanes=(_layer_level(plan, playing, -abs(below_lu)),),
    )
    return replace(score, plan=changed, tracks=(*score.tracks, track))


def _measure(reference: Samples, layer: Samples) -> tuple[float, float, float]:
    """Delay in seconds, speed, and how alike the two are once both are taken out (0 to 1)."""
    wanted, given = find_onsets(reference, SAMPLE_RATE).strength, find_onsets(layer, SAMPLE_RATE).strength
    if not wanted.any() or not given.any():
        return 0.0, 1.0, 0.0
    speed, delay_s = _coarse(reference, layer, wanted, given)
    likeness = 0.0
    for _ in range(3):
        times, lags, trust = _window_lags(wanted, given, speed, delay_s)
        if not len(times):
            break
        likeness = float(np.mean(trust))
        if len(times) >= 3 and float(np.ptp(times)) >= _WINDOW_S:
            weights = trust.copy()
            for _ in range(4):
                slope, start = np.polyfit(times, lags, 1, w=np.sqrt(weights + 1e-6))
                away = lags - (start + slope * times)
                weights = trust / (1.0 + (away / max(0.003, 1.5 * float(np.median(np.abs(away))))) ** 2)
        else:
            slope, start = 0.0, float(np.average(lags, weights=trust + 1e-6))
        # Song time t sounds in the layer at delay + t / speed.
        delay_s, speed = delay_s + float(start), 1.0 / (1.0 / speed + float(slope))
    stray_s = (1.0 / speed - 1.0) * len(wanted) / RATE_HZ
    if abs(stray_s) < _STEADY_S:
        delay_s, speed = delay_s + stray_s / 2.0, 1.0
    return delay_s, float(min(1.0 + LARGEST_STRETCH, max(1.0 - LARGEST_STRETCH, speed))), likeness


def _coarse(reference: Samples, layer: Samples, wanted: Curve, given: Curve) -> tuple[float, float]:
    """Speed and delay by cross-correlation of onsets and pitch classes, over the first half minute."""
    span = round(_COARSE_SPAN_S * SAMPLE_RATE)
    step = RATE_HZ // _COARSE_RATE_HZ
    own = _coarse_features(reference[:span], wanted[: round(_COARSE_SPAN_S * RATE_HZ)], step)
    longer = round((_COARSE_SPAN_S * (1.0 + LARGEST_STRETCH) + _LONGEST_DELAY_S) * SAMPLE_RATE)
    other = _coarse_features(layer[:longer], given[: longer * RATE_HZ // SAMPLE_RATE], step)
    reach = round(_LONGEST_DELAY_S * _COARSE_RATE_HZ)
    lags = np.arange(-reach, reach + 1)
    size = next_fast_len(own.shape[1] + 2 * reach + 16, real=True)
    transform = np.conj(rfft(own, size))
    best, found = -np.inf, (1.0, 0.0)
    count = round(LARGEST_STRETCH / _SPEED_STEP)
    for number in sorted(range(-count, count + 1), key=abs):
        speed = 1.0 + number * _SPEED_STEP
        places = np.arange(own.shape[1] + reach) / speed
        moved = np.stack([np.interp(places, np.arange(other.shape[1]), row, right=0.0) for row in other])
        # A delay shifts the layer as it was, so it counts in its own time: small against the step at these speeds.
        products = irfft(rfft(moved, size) * transform, size).sum(axis=0)[lags]
        power = float(np.sqrt((moved**2).sum() * (own**2).sum()))
        value = products / max(power, 1e-9) - _DELAY_COST_PER_S * np.abs(lags) / _COARSE_RATE_HZ
        value = value - _SPEED_COST * abs(speed - 1.0)
        lag = int(np.argmax(value))
        if value[lag] > best:
            best, found = float(value[lag]), (speed, float(lags[lag]) / _COARSE_RATE_HZ / speed)
    return found


def _coarse_features(mono: Samples, strength: Curve, step: int) -> Table:
    """Smoothed onsets and the twelve pitch classes, 50 times a second, each half of the power."""
    usable = len(strength) // step * step
    onsets = strength[:usable].reshape(-1, step).mean(axis=1)
    onsets = np.convolve(onsets, np.array([0.25, 0.5, 0.25]), "same")
    onsets = (onsets - onsets.mean()) / max(float(onsets.std()), 1e-9)
    tones = chromagram(mono, SAMPLE_RATE)
    times = np.arange(len(onsets)) / _COARSE_RATE_HZ
    table = np.stack([np.interp(times, tones.times_s, column) for column in tones.upper.T])
    table = table / np.maximum(np.linalg.norm(table, axis=0, keepdims=True), 1e-6)
    table = table - table.mean(axis=1, keepdims=True)
    scale = max(float(np.sqrt((table**2).sum() / max(1, len(onsets)))), 1e-9)
    return np.vstack([onsets[None, :] * (1.0 - _CHROMA_WEIGHT), table / scale * _CHROMA_WEIGHT])


def _window_lags(wanted: Curve, given: Curve, speed: float, delay_s: float) -> tuple[Curve, Curve, Curve]:
    """What is left of the delay in windows over the song: their middles, lags in seconds, and likeness."""
    width, hop, reach = (round(span * RATE_HZ) for span in (_WINDOW_S, _WINDOW_HOP_S, _NEAR_S))
    width = min(width, len(wanted) // 2, len(given) // 2)
    if width < RATE_HZ:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    kernel = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
    wanted, given = np.convolve(wanted, kernel, "same"), np.convolve(given, kernel, "same")
    middles, lags, trust = [], [], []
    for start in range(0, len(wanted) - width + 1, hop):
        places = (np.arange(start - reach, start + width + reach) / speed) + delay_s * RATE_HZ
        if places[reach] < 0 or places[-reach] > len(given):
            continue
        field = np.interp(places, np.arange(len(given)), given, left=0.0, right=0.0)
        own = wanted[start : start + width] - wanted[start : start + width].mean()
        if not own.any() or not np.ptp(field) > 0.0:
            continue
        products = np.correlate(field - field.mean(), own, "valid")
        peak = int(np.argmax(products))
        if not 0 < peak < len(products) - 1:
            continue
        left, top, right = products[peak - 1 : peak + 2].tolist()
        bend = left - 2.0 * top + right
        lag = peak + (0.5 * (left - right) / bend if bend < 0.0 else 0.0) - reach
        middles.append((start + width / 2) / RATE_HZ)
        lags.append(lag / RATE_HZ)
        piece = field[peak : peak + width]
        trust.append(max(0.0, top / max(float(np.linalg.norm(own) * np.linalg.norm(piece - piece.mean())), 1e-9)))
    return np.array(middles), np.array(lags), np.array(trust)


def _warped(layer: Waveform, mono: Samples, plan: Plan, offset_s: float, speed: float, frames: int) -> Waveform:
    samples = layer.samples if layer.channels == 2 else np.repeat(layer.samples[:1], 2, axis=0)
    if speed == 1.0:
        segments = [Segment(0, round(offset_s * SAMPLE_RATE))]
        fade, correlations = 0, []
    else:
        target_s = np.arange(0.0, frames / SAMPLE_RATE, plan.grid.beat_s / 2.0)
        segments = plan_splices(mono, SAMPLE_RATE, offset_s + target_s / speed, target_s)
        fade = round(FADE_S * SAMPLE_RATE)
        correlations = joint_correlations(mono[None, :], segments, fade, -fade // 2)
    fitted = join(samples, segments, frames, correlations, fade, -fade // 2)
    edge = round(_EDGE_S * SAMPLE_RATE)
    sounding = np.flatnonzero(np.any(fitted != 0.0, axis=0))
    if len(sounding) > 2 * edge:
        ramp = (np.arange(edge, dtype=np.float32) + 0.5) / edge
        first, last = int(sounding[0]), int(sounding[-1]) + 1
        if plan.is_loop and last - first > frames - edge:
            return Waveform(_closed(fitted, round(_CLOSING_S * SAMPLE_RATE)), SAMPLE_RATE)
        fitted[:, first : first + edge] *= ramp
        fitted[:, last - edge : last] *= ramp[::-1]
    return Waveform(fitted, SAMPLE_RATE)


def _closed(fitted: Samples, frames: int) -> Samples:
    """A loop's layer whose end fades into its start, played backwards: nothing was played before it."""
    frames = min(frames, fitted.shape[1] // 2)
    rising = (0.5 - 0.5 * np.cos(np.pi * (np.arange(frames, dtype=np.float32) + 1.0) / frames)).astype(np.float32)
    closed = fitted.copy()
    closed[:, -frames:] += rising * (fitted[:, :frames][:, ::-1] - fitted[:, -frames:])
    return closed


def _pitch_classes_by_bar(score: Score) -> Table:
    """Sounding time of each pitch class in each bar; chords count where no pitched note is written."""
    plan = score.plan
    table = np.zeros((plan.bars, 12))
    ticks = plan.meter.ticks_per_bar
    tracks = [track for track in score.tracks if track.role in PITCHED_ROLES and not track.is_drums]
    spans: list[tuple[int, int, tuple[int, ...], float]]
    spans = [(note.start_ticks, note.end_ticks, (note.pitch % 12,), 1.0) for track in tracks for note in track.notes]
    spans += [(span.start_ticks, span.end_ticks, span.chord.pitch_classes, 0.5) for span in plan.chords]
    for start, end, classes, weight in spans:
        for bar in range(start // ticks, min(plan.bars, -(-end // ticks))):
            overlap = min(end, (bar + 1) * ticks) - max(start, bar * ticks)
            table[bar, list(classes)] += weight * max(0, overlap)
    return np.sqrt(table)


def _layer_notes(plan: Plan, playing: list[bool], role: Role) -> tuple[Note, ...]:
    """The chords where the layer plays, as the pad that it is; one long note in each section for a texture."""
    notes: list[Note] = []
    for section, plays in zip(plan.sections, playing, strict=True):
        if not plays:
            continue
        start, stop = plan.grid.bars_to_ticks(section.start_bar), plan.grid.bars_to_ticks(section.end_bar)
        if role == "texture" or not plan.chords:
            notes.append(Note(start, stop - start, 60, 70))
            continue
        for span in plan.chords:
            if start <= span.start_ticks < stop:
                length = min(span.end_ticks, stop) - span.start_ticks
                root = 52 + (span.chord.root_pitch_class - 52) % 12
                notes += [
                    Note(span.start_ticks, length, root + interval, 66 - 5 * place)
                    for place, interval in enumerate(span.chord.intervals)
                ]
    return tuple(sorted(notes, key=lambda note: (note.start_ticks, note.pitch)))


def _layer_level(plan: Plan, playing: list[bool], level_db: float) -> AutomationLane:
    ramp = plan.meter.ticks_per_beat // 2
    points: dict[int, float] = {}
    for section, plays in zip(plan.sections, playing, strict=True):
        start, stop = plan.grid.bars_to_ticks(section.start_bar), plan.grid.bars_to_ticks(section.end_bar)
        value = level_db if plays else _SILENT_DB
        points[start] = value
        points[max(start + 1, stop - ramp)] = value
    if plan.ending == "fade":
        # The song fades; so does what plays along.
        end = plan.grid.s_to_ticks(plan.duration_s)
        begin = max(0, end - plan.grid.s_to_ticks(min(10.0, 0.25 * plan.duration_s)))
        points = {tick: value for tick, value in points.items() if tick < begin}
        last = points[max(points)] if points else level_db
        points |= {begin: last, (begin + end) // 2: last - 12.0, end: _SILENT_DB}
    return AutomationLane("level_db", tuple(sorted(points.items())))
