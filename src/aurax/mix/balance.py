"""Balance: how loud each stem is in the mix.

A stem is set where the profile wants its role, relative to a mix of −20 LUFS, measured in the most energetic section
in which it plays. The gains are absolute: nothing scales the sum afterwards, so the stems add up to the mix.

Source: docs/facts/styles.md#mix-targets.
"""

from __future__ import annotations

import math

from aurax.audio.loudness import integrated_lufs
from aurax.audio.waveform import Samples, Waveform
from aurax.score.plan import Plan, Section
from aurax.score.production import ProductionProfile
from aurax.score.role import Role
from aurax.score.score import Score, Track

MIX_LUFS = -20.0
"""Loudness of the full mix before mastering: room for the peaks."""

_HIGHEST_GAIN_DB = 40.0
_FULL_MIX_LU = (-1.5, 9.0)
"""How far all targets move together where a song has more roles, or fewer, than the style's full row."""
_SHORTEST_S = 0.4

_COMMON_LEVEL_LU: dict[Role, float] = {
    "drums": -4.0,
    "kick": -7.0,
    "snare": -9.0,
    "hat": -16.0,
    "perc": -18.0,
    "bass": -8.0,
    "chords": -8.0,
    "pad": -14.0,
    "lead": -8.0,
    "counter": -12.0,
    "arp": -13.0,
    "fx": -16.0,
    "texture": -26.0,
}
"""For roles that a profile does not name."""


def loudest_section(plan: Plan, track: Track | None = None) -> Section:
    """The section of highest energy; with a track, among those in which it plays.

    Of equal ones the one with the most notes counts, then the first.
    """
    counts = [_notes_in(plan, section, track) for section in plan.sections] if track else [1] * len(plan.sections)
    best = max(
        range(len(plan.sections)),
        key=lambda index: (counts[index] > 0, plan.sections[index].energy, counts[index], -index),
    )
    return plan.sections[best]


def section_frames(plan: Plan, section: Section, frames: int, sample_rate: int) -> slice:
    """The frames of a section, within a song of `frames`."""
    first = round(plan.grid.bars_to_s(section.start_bar) * sample_rate)
    last = round(plan.grid.bars_to_s(section.end_bar) * sample_rate)
    return slice(min(first, frames), min(last, frames))


def target_lufs(score: Score, track: Track, profile: ProductionProfile) -> float:
    """Where the profile wants a track's stem; tracks of one role that play together share its power."""
    section = loudest_section(score.plan, track)
    sharing = sum(other.role == track.role and _notes_in(score.plan, section, other) > 0 for other in score.tracks)
    level_lu = profile.role_level_lu.get(track.role, _COMMON_LEVEL_LU[track.role])
    return MIX_LUFS + full_mix_lu(score, profile) + level_lu - 10.0 * math.log10(max(1, sharing))


def full_mix_lu(score: Score, profile: ProductionProfile) -> float:
    """What all targets gain so that the roles of the loudest section add up to the full mix, whichever is missing.

    A constant of the song that is known before any stem is heard: the balance stays absolute and linear.
    """
    section = loudest_section(score.plan)
    roles = dict.fromkeys(track.role for track in score.tracks if _notes_in(score.plan, section, track) > 0)
    levels = [profile.role_level_lu.get(role, _COMMON_LEVEL_LU[role]) for role in roles]
    if not levels:
        return 0.0
    lowest, highest = _FULL_MIX_LU
    return max(lowest, min(highest, -10.0 * math.log10(sum(10.0 ** (level / 10.0) for level in levels))))


def balance_gain_db(
    score: Score, track: Track, profile: ProductionProfile, samples: Samples, sample_rate: int
) -> float:
    """Gain that brings a processed stem to its place; 0 for silence.

    Args:
        score: for sections and other tracks of the role.
        track: whose stem.
        profile: where roles are.
        samples: the stem after its strip, mono (counted on both sides) or stereo.
        sample_rate: in hertz.
    """
    part = section_frames(score.plan, loudest_section(score.plan, track), samples.shape[1], sample_rate)
    measured = stem_lufs(samples[:, part], sample_rate)
    if math.isinf(measured):
        measured = stem_lufs(samples, sample_rate)
    if math.isinf(measured):
        return 0.0
    return min(_HIGHEST_GAIN_DB, target_lufs(score, track, profile) - measured)


def stem_lufs(samples: Samples, sample_rate: int) -> float:
    """Integrated loudness on two speakers: one channel plays on both."""
    if samples.shape[1] < _SHORTEST_S * sample_rate:
        return -math.inf
    both = 10.0 * math.log10(2.0) if samples.shape[0] == 1 else 0.0
    return integrated_lufs(Waveform(samples, sample_rate)) + both


def _notes_in(plan: Plan, section: Section, track: Track) -> int:
    first, last = plan.grid.bars_to_ticks(section.start_bar), plan.grid.bars_to_ticks(section.end_bar)
    return sum(first <= note.start_ticks < last for note in track.notes)
