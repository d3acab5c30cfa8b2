"""Groove: where notes fall off the grid and how hard they are played.

Timing is swing + the role's push or pull + correlated noise; velocity is metric accent + phrase arc + noise. All
noise is looked up by position in a cycle of two bars (drums) or four (everything else), counted from the section's
start, so bars that repeat stay equal to the tick and their rendered clips can be reused. Variety is the business of
the part writers.

Source: docs/facts/groove.md#swing (Linn) and docs/facts/groove.md#timing-by-role (Hennig 2011, Senn 2016).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from aurax.score.plan import Plan
from aurax.score.role import DRUM_ROLES, Role
from aurax.score.score import Note
from aurax.score.seeds import generator
from aurax.score.time import TICKS_PER_QUARTER

STEP_TICKS = TICKS_PER_QUARTER // 4
"""Ticks of a 16th."""

SHARED_SHARE = 0.6
"""Share of the timing noise's power that all players have in common."""

WHITE_SHARE = 0.2
"""Share of its power that is uncorrelated in time; the rest is 1/f."""

MONOPHONIC: frozenset[Role] = frozenset({"bass", "lead", "counter"})
"""Roles whose notes must never overlap, groove included."""

UNGROOVED: frozenset[Role] = frozenset({"fx", "texture"})
"""Roles that are where the form puts them."""

PUNCTUAL: frozenset[Role] = frozenset({"kick", "hat"})
"""Roles that keep the time while "laid-back" makes the others late."""


@dataclass(frozen=True, slots=True)
class Feel:
    """A role's place in time.

    Args:
        mean_ms: late is positive.
        sigma_ms: standard deviation of the timing noise.
        velocity_sigma: standard deviation of the velocity noise.
        strum_ms: time between the lowest and the highest note of a chord.
    """

    mean_ms: float = 0.0
    sigma_ms: float = 0.0
    velocity_sigma: float = 0.0
    strum_ms: float = 0.0


@dataclass(frozen=True)
class GrooveStyle:
    """How a style is played.

    Args:
        feel: by role; roles not named play on the grid.
        accents: velocity multipliers of the four 16ths of a beat, by role. Drums need none: their grids hold them.
        beat_accents: velocity multipliers of a bar's beats, for every role but the kick; the last one serves
            further beats.
        phrase_arc: velocity by which pitched parts swell toward the third of four bars and sink in the first.
    """

    feel: Mapping[Role, Feel]
    accents: Mapping[Role, tuple[float, float, float, float]] = field(default_factory=dict)
    beat_accents: tuple[float, ...] = (1.0, 0.93, 0.97, 0.95)
    phrase_arc: float = 4.0


def swing_ticks(position_ticks: int, swing_percent: float) -> int:
    """How late swing plays a grid position.

    An off-16th falls at `swing_percent` of its 8th; 32nds follow in proportion; triplets stay.

    Args:
        position_ticks: from the bar's start.
        swing_percent: 50 is straight.
    """
    eighth = 2 * STEP_TICKS
    place = position_ticks % eighth
    if place % (STEP_TICKS // 2):
        return 0
    share = place / STEP_TICKS if place <= STEP_TICKS else (eighth - place) / STEP_TICKS
    return round((swing_percent - 50.0) / 100.0 * eighth * share)


def apply_groove(notes: Sequence[Note], plan: Plan, style: GrooveStyle, role: Role) -> tuple[Note, ...]:
    """Play notes with a style's feel.

    Args:
        notes: of one track, in any order.
        plan: tempo, meter, swing, sections, seed and character.
        style: the feel.
        role: what the track does.

    Returns:
        The same notes on the same grid places in order of time, then pitch, with `offset_ticks` and `velocity` set.
        Gates are shortened where the same pitch, or any note of a monophonic role, would sound into the next note.
    """
    ordered = sorted(notes, key=lambda note: (note.start_ticks, note.pitch))
    if role in UNGROOVED:
        return tuple(ordered)
    feel = style.feel.get(role, Feel())
    late_ms = feel.mean_ms + (0.0 if role in PUNCTUAL else plan.character.lateness_ms)
    cycle_bars = 2 if role in DRUM_ROLES else 4
    steps = plan.meter.sixteenths_per_bar * cycle_bars
    timing = _timing_noise(plan.seed, role, steps)
    loudness = generator(plan.seed, "groove", "velocity", role).standard_normal((steps, 4))
    played = []
    for rank, note in zip(_ranks(ordered), ordered, strict=True):
        bar, place = _bar_in_section(plan, note.start_ticks)
        step = (bar % cycle_bars) * plan.meter.sixteenths_per_bar + place // STEP_TICKS
        late = late_ms + feel.sigma_ms * timing[step % steps] + feel.strum_ms * rank[0]
        offset = swing_ticks(place, plan.swing_percent) + plan.grid.ms_to_ticks(late)
        velocity = note.velocity * _accent(style, role, plan, place) + plan.character.velocity
        velocity += feel.velocity_sigma * loudness[step % steps, rank[1] % 4]
        if role not in DRUM_ROLES:
            velocity += style.phrase_arc * (-0.5, 0.25, 1.0, 0.0)[bar % 4]
        played.append(replace(note, velocity=max(1, min(127, round(velocity))), offset_ticks=offset))
    return _without_overlaps(played, role in MONOPHONIC)


def _bar_in_section(plan: Plan, ticks: int) -> tuple[int, int]:
    """Bar counted from the section's start, and ticks from the bar's start."""
    bar, place = divmod(ticks, plan.meter.ticks_per_bar)
    return bar - plan.section_at(bar).start_bar, place


def _ranks(ordered: Sequence[Note]) -> list[tuple[float, int]]:
    """Each note's place in its chord from the bottom: as a share of the chord from 0 to 1, and counted."""
    sizes: dict[int, int] = {}
    for note in ordered:
        sizes[note.start_ticks] = sizes.get(note.start_ticks, 0) + 1
    ranks, seen = [], dict.fromkeys(sizes, 0)
    for note in ordered:
        place = seen[note.start_ticks]
        seen[note.start_ticks] += 1
        ranks.append((place / max(1, sizes[note.start_ticks] - 1), place))
    return ranks


def _accent(style: GrooveStyle, role: Role, plan: Plan, place_ticks: int) -> float:
    if role == "kick":
        return 1.0
    beat = min(place_ticks // plan.meter.ticks_per_beat, len(style.beat_accents) - 1)
    sixteenth = (place_ticks // STEP_TICKS) % 4
    return style.beat_accents[beat] * style.accents.get(role, (1.0, 1.0, 1.0, 1.0))[sixteenth]


def _timing_noise(seed: int, role: Role, steps: int) -> npt.NDArray[np.float64]:
    """Noise of unit power for each step of a cycle, mostly 1/f, mostly shared among roles of the same cycle."""
    shared = _pink(generator(seed, "groove", "shared", steps), steps)
    own = _pink(generator(seed, "groove", "own", role), steps)
    white = generator(seed, "groove", "white", role).standard_normal(steps)
    pink = np.sqrt(SHARED_SHARE) * shared + np.sqrt(1.0 - SHARED_SHARE) * own
    noise = np.sqrt(1.0 - WHITE_SHARE) * pink + np.sqrt(WHITE_SHARE) * white
    return np.asarray(np.clip(noise, -2.5, 2.5), dtype=np.float64)


def _pink(rng: np.random.Generator, steps: int) -> npt.NDArray[np.float64]:
    """Periodic noise of unit power whose power falls with 1/f."""
    spectrum = np.fft.rfft(rng.standard_normal(steps))
    spectrum[0] = 0.0
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    noise = np.fft.irfft(spectrum, steps)
    return np.asarray(noise / max(float(np.std(noise)), 1e-9), dtype=np.float64)


def _without_overlaps(played: Sequence[Note], monophonic: bool) -> tuple[Note, ...]:
    """Shorten gates that would sound into the next note of the same pitch, or of any pitch if monophonic."""
    following: dict[int, int] = {}
    kept: list[Note] = []
    for note in reversed(played):
        voice = 0 if monophonic else note.pitch
        limit = following.get(voice)
        if limit is not None and note.played_ticks + note.duration_ticks > limit:
            note = replace(note, duration_ticks=max(1, limit - note.played_ticks))
        following[voice] = note.played_ticks
        kept.append(note)
    return tuple(reversed(kept))
