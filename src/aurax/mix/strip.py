"""Channel strips: what each role's stem goes through before its fader.

Source: docs/facts/mix.md#strips.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aurax.audio.waveform import Samples, Waveform
from aurax.errors import RenderFailed
from aurax.mix.compressor import Compression, Compressor
from aurax.mix.control import CHUNK_FRAMES, CONTROL_FRAMES, Stage, control_powers
from aurax.mix.filters import Filter, Sections, bell, high_pass, high_shelf
from aurax.mix.saturation import Saturator
from aurax.mix.sidechain import Ducking
from aurax.mix.width import MONO_BELOW_HZ, Width, side_guard, widen
from aurax.mix.wow import play_late, reach_frames
from aurax.score.role import PITCHED_ROLES, Role

_SILENT_POWER = 1e-12
_WIDEST_DB = -3.0
"""Power of the side against the mid that no stem is widened beyond, whatever the prompt asks for."""
_ACTIVE_RANGE_DB = 30.0
"""Blocks this far below the loudest one say nothing about how loud the part plays."""


@dataclass(frozen=True, slots=True)
class StripSettings:
    """One role's strip.

    Args:
        highpass_hz: 12 dB per octave.
        bells: (centre in hertz, gain in dB) at Q 1.
        air_db: gain of a shelf at 10 kHz.
        ratio: of the compressor; 1 leaves it out.
        attack_ms: of the compressor.
        release_ms: of the compressor.
        reduction_db: how much gain the compressor takes from the loudest passages.
        pan: −1 to 1.
        width_percent: side signal against the instrument's own; 0 is mono.
        side_to_mid_db: least power of the side against the mid; narrower stems are widened. None leaves them.
        reverb_send_db: level into the reverb; none sends nothing.
        delay_send_db: level into the delay; none sends nothing.
    """

    highpass_hz: float
    bells: tuple[tuple[float, float], ...] = ()
    air_db: float = 0.0
    ratio: float = 1.0
    attack_ms: float = 10.0
    release_ms: float = 100.0
    reduction_db: float = 0.0
    pan: float = 0.0
    width_percent: float = 100.0
    side_to_mid_db: float | None = None
    reverb_send_db: float | None = None
    delay_send_db: float | None = None


STRIPS: dict[Role, StripSettings] = {
    # A whole kit keeps its own picture and tone; only its loudest hits are held.
    "drums": StripSettings(25, ratio=2, attack_ms=15, release_ms=100, reduction_db=2, reverb_send_db=-24),
    "kick": StripSettings(
        25, ((300, -3), (60, 2), (4000, 2)), ratio=4, attack_ms=20, release_ms=80, reduction_db=3, width_percent=0
    ),
    "snare": StripSettings(
        90,
        ((200, 2), (5000, 2)),
        ratio=4,
        attack_ms=8,
        release_ms=120,
        reduction_db=3,
        width_percent=60,
        side_to_mid_db=-12,
        reverb_send_db=-14,
    ),
    "hat": StripSettings(350, pan=0.2, side_to_mid_db=-5, reverb_send_db=-26),
    "perc": StripSettings(
        120,
        ratio=3,
        attack_ms=5,
        release_ms=60,
        reduction_db=2,
        pan=-0.3,
        reverb_send_db=-18,
        delay_send_db=-22,
    ),
    "bass": StripSettings(
        30, ((250, -2), (800, 2)), ratio=4, attack_ms=15, release_ms=100, reduction_db=4, width_percent=60
    ),
    "chords": StripSettings(
        115,
        ((300, -2), (2500, -3)),
        ratio=2,
        attack_ms=20,
        release_ms=150,
        reduction_db=2,
        width_percent=105,
        side_to_mid_db=-6,
        reverb_send_db=-16,
    ),
    "pad": StripSettings(
        170,
        ((400, -2),),
        ratio=2,
        attack_ms=30,
        release_ms=250,
        reduction_db=1.5,
        width_percent=125,
        side_to_mid_db=-4.5,
        reverb_send_db=-12,
    ),
    "lead": StripSettings(
        120,
        ((2800, 3),),
        air_db=2,
        ratio=3,
        attack_ms=5,
        release_ms=80,
        reduction_db=4,
        side_to_mid_db=-10,
        reverb_send_db=-14,
        delay_send_db=-16,
    ),
    "counter": StripSettings(
        150,
        ratio=2,
        attack_ms=10,
        release_ms=120,
        reduction_db=2,
        pan=-0.3,
        side_to_mid_db=-6,
        reverb_send_db=-14,
        delay_send_db=-18,
    ),
    "arp": StripSettings(280, pan=0.3, side_to_mid_db=-6, reverb_send_db=-12, delay_send_db=-14),
    # Impacts live on their low end, so the table's 200 Hz would take what they are for.
    "fx": StripSettings(30, width_percent=115, side_to_mid_db=-6, reverb_send_db=-8),
    "texture": StripSettings(100, width_percent=120),
}


def process_in_place(
    stem: Waveform,
    role: Role,
    stages: tuple[Stage, ...] = (),
    *,
    mono: bool = False,
    saturation_db: float = 0.0,
    width_percent: float = 100.0,
    wow_delays: NDArray[np.float64] | None = None,
    duck: Ducking | None = None,
) -> Samples:
    """Run a stem through its role's strip, in the caller's own buffer; silent stretches cost nothing.

    Args:
        stem: what the instrument played, stereo; overwritten.
        role: whose strip.
        stages: more steps after the strip's own (the lanes' filters), fresh, for one channel if `mono`, else two.
        mono: whether both channels are equal, which halves the work.
        saturation_db: drive of the saturation; only pitched roles are driven.
        width_percent: scales the strip's own width.
        wow_delays: the tape's delays, for pitched roles.
        duck: gain under the kicks.

    Returns:
        The buffer, or its first row where the result is mono; not yet at its level, its correlation above zero.

    Raises:
        RenderFailed: the stem holds NaN or infinity.
    """
    settings = STRIPS[role]
    samples = stem.samples[:1] if mono else stem.samples
    channels, frames, rate = samples.shape[0], stem.frames, stem.sample_rate
    powers = control_powers(samples)
    if not np.isfinite(powers).all():
        raise RenderFailed("finite samples", f"NaN or infinity in a {role} stem", "render the track again")
    loud_db, peak_db = _levels_db(powers)
    pitched = role in PITCHED_ROLES

    chain: list[Stage] = [Filter(strip_sections(settings, rate), channels)]
    if settings.ratio > 1.0:
        chain.append(Compressor(_compression(settings, peak_db), rate))
    if pitched and saturation_db > 0.0:
        chain.append(Saturator(saturation_db, loud_db, channels, rate))
    width = Width(
        settings.width_percent / 100.0 * width_percent / 100.0,
        rate,
        steep=settings.highpass_hz < MONO_BELOW_HZ,
    )
    chain += [*stages, width]

    tape = wow_delays if pitched else None
    reach = 0 if tape is None else reach_frames(tape)
    # What was overwritten already and the tape still plays.
    before: Samples = np.zeros((channels, 0), np.float32)
    ringing = False
    for start in range(0, frames, CHUNK_FRAMES):
        stop = min(frames, start + CHUNK_FRAMES)
        chunk = samples[:, start:stop]
        first_frame = start - before.shape[1]
        line = chunk if tape is None else np.concatenate([before, samples[:, start : stop + 3]], axis=1)
        before = line[:, max(0, stop - first_frame - reach) : stop - first_frame]
        sounding = bool(powers[start // CONTROL_FRAMES : -(-stop // CONTROL_FRAMES)].max() > _SILENT_POWER)
        if not sounding and not ringing:
            chunk[:] = 0.0
            continue
        # One more second after the last sound, for what the filters and the tape still hold.
        ringing = sounding
        played = chunk if tape is None else play_late(line, tape, start, stop, first_frame=first_frame)
        for stage in chain:
            played = stage(played, start)
        if duck is None:
            chunk[:] = played
        else:
            np.multiply(played, duck.gain(start, stop), out=chunk)
    if settings.side_to_mid_db is not None and width_percent > 0.0:
        aimed_db = settings.side_to_mid_db + 20.0 * math.log10(width_percent / 100.0)
        if mono:
            np.copyto(stem.samples[1], samples[0])
        samples = widen(stem.samples, min(_WIDEST_DB, aimed_db), rate)
    _narrow(samples, side_guard(*_mid_side_power(samples)))
    return samples


def _mid_side_power(samples: Samples) -> tuple[float, float]:
    """Sums of squares of the mid and the side signal."""
    if samples.shape[0] == 1:
        return 1.0, 0.0
    mid_power = side_power = 0.0
    for start in range(0, samples.shape[1], CHUNK_FRAMES):
        left, right = samples[:, start : start + CHUNK_FRAMES]
        both, cross = float(np.dot(left, left)) + float(np.dot(right, right)), 2.0 * float(np.dot(left, right))
        mid_power += (both + cross) / 4.0
        side_power += (both - cross) / 4.0
    return mid_power, side_power


def _narrow(samples: Samples, factor: float) -> None:
    """Scale the side signal in place."""
    if factor == 1.0 or samples.shape[0] == 1:
        return
    for start in range(0, samples.shape[1], CHUNK_FRAMES):
        left, right = samples[:, start : start + CHUNK_FRAMES]
        change = (left - right) * np.float32((factor - 1.0) / 2.0)
        left += change
        right -= change


def strip_sections(settings: StripSettings, sample_rate: int) -> Sections:
    """The strip's filters as one chain."""
    sections = [high_pass(settings.highpass_hz, sample_rate)]
    sections += [bell(hz, gain_db, sample_rate) for hz, gain_db in settings.bells]
    if settings.air_db:
        sections.append(high_shelf(10_000, settings.air_db, sample_rate))
    return np.vstack(sections)


def is_mono(samples: Samples) -> bool:
    """Whether both channels are the same."""
    # A glance at every 997th frame spares most stereo stems the comparison of all.
    return np.array_equal(samples[0, ::997], samples[-1, ::997]) and np.array_equal(samples[0], samples[-1])


def collapse_mono(samples: Samples) -> Samples:
    """One channel if both are the same, which halves the work; else the input itself."""
    return samples[:1] if is_mono(samples) else samples


def _levels_db(powers: NDArray[np.float32]) -> tuple[float, float]:
    """RMS of the loud passages and the level that 5 % of their blocks pass, in dBFS."""
    loudest = float(powers.max(initial=0.0))
    if loudest <= _SILENT_POWER:
        return -120.0, -120.0
    active = powers[powers > loudest * 10.0 ** (-_ACTIVE_RANGE_DB / 10.0)]
    return 10.0 * float(np.log10(active.mean())), 10.0 * float(np.log10(np.percentile(active, 95)))


def _compression(settings: StripSettings, peak_db: float) -> Compression:
    over_db = settings.reduction_db * settings.ratio / (settings.ratio - 1.0)
    return Compression(peak_db - over_db, settings.ratio, settings.attack_ms, settings.release_ms)
