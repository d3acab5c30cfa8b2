"""Mastering: tone, glue, peaks, loudness, ceiling.

Sources: ITU-R BS.1770-4 (loudness and true peak); docs/facts/mix.md#loudness-and-limiter.
"""

from __future__ import annotations

import math

import numpy as np

from aurax.audio.circle import Circle, repeated
from aurax.audio.loudness import integrated_lufs, loudness_summary
from aurax.audio.spectrum import power_density_db
from aurax.audio.true_peak import true_peak_dbtp
from aurax.audio.waveform import Samples, Waveform
from aurax.errors import CorruptData, SilentAudio
from aurax.mix.compressor import Compression, Compressor
from aurax.mix.control import CHUNK_FRAMES, control_powers
from aurax.mix.filters import Filter, Sections
from aurax.mix.loudness_target import to_loudness
from aurax.mix.ride import level_in_place, ride_in_place
from aurax.mix.settings import MixSettings
from aurax.mix.tone import tone_sections
from aurax.score.production import ProductionProfile

_GLUE_ATTACK_MS = 30.0
_GLUE_RELEASE_MS = 220.0
_GLUE_REDUCTION_DB = 1.5
_GLUE_COSTS_LU = 1.0
_LIMITER_COSTS_LU = 0.7
_FADE_S = 0.05
_SETTLING_S = 4.0
_SAFETY_DB = 0.01


def master(
    mix: Waveform,
    profile: ProductionProfile,
    settings: MixSettings,
    *,
    loudness_lufs: float | None = None,
    loops: bool = False,
) -> Waveform:
    """Finish a mix: toward the profile's tone and loudness, under its ceiling.

    Args:
        mix: stereo, about −20 LUFS; full scale may be passed.
        profile: tone, loudness, ceiling.
        settings: tone trims and the ratio of the glue compressor.
        loudness_lufs: target instead of the profile's.
        loops: whether the mix is one round of endless music: its end is mastered into its start, and loudness and
            true peak are those of the loop repeated.

    Returns:
        As long as the mix; its true peak never exceeds the ceiling. Its loudness is within 0.3 LU of the target, or
        as near as this music comes (`aurax.mix.loudness_target`).

    Raises:
        SilentAudio: no 400 ms block of the mix passes the −70 LUFS gate.
        CorruptData: the mix holds NaN or infinity.
    """
    circle = master_circle(mix) if loops else None
    if circle is not None:
        mix = Waveform(circle.unroll(mix.samples), mix.sample_rate)
    powers = control_powers(mix.samples)
    if not np.isfinite(powers).all():
        raise CorruptData("finite samples", "NaN or infinity in the mix", "mix the song again")
    measured = loudness_summary(mix)
    if math.isinf(measured.integrated_lufs):
        raise SilentAudio("audible music", "silence", "choose other parts or instruments")
    sections = tone_sections(
        *power_density_db(mix),
        profile,
        mix.sample_rate,
        low_trim_db=settings.low_db,
        high_trim_db=settings.high_db,
    )
    # Glue takes about 1 LU of range; a song that hardly moves has none to give.
    moving = measured.range_lu >= profile.loudness_range_lu[0] + _GLUE_COSTS_LU
    asked_db = settings.asked.compression_db
    ratio = settings.compression_ratio if moving or asked_db > 0.0 else 1.0
    shaped = Waveform(_shape(mix, sections, ratio, _GLUE_REDUCTION_DB + asked_db), mix.sample_rate)
    # The limiter evens out about half a unit again.
    wanted_lu = profile.loudness_range_lu[0] + _LIMITER_COSTS_LU
    if asked_db < 0.0:
        level_in_place(
            shaped, integrated_lufs(shaped), measured.range_lu, max(wanted_lu, measured.range_lu) - asked_db / 2.0
        )
    else:
        ride_in_place(shaped, integrated_lufs(shaped), measured.range_lu, wanted_lu)
    if circle is None:
        _fade_out(shaped.samples, mix.sample_rate)
    # Nobody else may hold the mix, and the passes that follow need room for theirs.
    del mix
    target = profile.loudness_lufs if loudness_lufs is None else loudness_lufs
    if circle is None:
        return to_loudness(shaped, target, profile.ceiling_dbtp)
    return finish_loop(shaped, circle, target, profile.ceiling_dbtp)


def master_circle(mix: Waveform) -> Circle:
    """How much endless music is mastered for one round of a loop: what rides, compresses and limits has settled."""
    reach = math.ceil(_SETTLING_S * mix.sample_rate)
    return Circle(mix.frames, reach, reach)


def finish_loop(shaped: Waveform, circle: Circle, target_lufs: float, ceiling_dbtp: float) -> Waveform:
    """As `to_loudness` for a stretch of endless music, of which one round is returned.

    Args:
        shaped: the stretch, audible.
        circle: where the round is.
        target_lufs: integrated loudness of the loop repeated.
        ceiling_dbtp: never passed, also not across the seam.
    """

    def cut(stretch: Waveform) -> Waveform:
        return Waveform(circle.cut(stretch.samples, stretch.sample_rate), stretch.sample_rate)

    finished = cut(
        to_loudness(shaped, target_lufs, ceiling_dbtp, measure=lambda tried: integrated_lufs(repeated(cut(tried))))
    )
    excess_db = true_peak_dbtp(repeated(finished)) - ceiling_dbtp
    if excess_db > 0.0:
        finished.samples[...] *= np.float32(10.0 ** (-(excess_db + _SAFETY_DB) / 20.0))
    return finished


def _shape(mix: Waveform, sections: Sections, glue_ratio: float, reduction_db: float) -> Samples:
    """Tone and glue in one pass, chunk by chunk."""
    tone = Filter(sections, mix.channels)
    shaped = np.empty_like(mix.samples)
    for start in range(0, mix.frames, CHUNK_FRAMES):
        stop = min(mix.frames, start + CHUNK_FRAMES)
        shaped[:, start:stop] = tone(mix.samples[:, start:stop], start)
    if glue_ratio <= 1.0 or reduction_db <= 0.0:
        return shaped
    powers = control_powers(shaped)
    loud_db = 10.0 * math.log10(float(np.percentile(powers, 90)) + 1e-12)
    over_db = reduction_db * glue_ratio / (glue_ratio - 1.0)
    glue = Compressor(Compression(loud_db - over_db, glue_ratio, _GLUE_ATTACK_MS, _GLUE_RELEASE_MS), mix.sample_rate)
    for start in range(0, mix.frames, CHUNK_FRAMES):
        chunk = shaped[:, start : start + CHUNK_FRAMES]
        chunk *= glue.gain(chunk)
    return shaped


def _fade_out(samples: Samples, sample_rate: int) -> None:
    """The last 50 ms fall to zero along a quarter of a cosine, in place."""
    frames = min(samples.shape[1], round(_FADE_S * sample_rate))
    samples[:, samples.shape[1] - frames :] *= np.cos(np.linspace(0.0, np.pi / 2.0, frames)).astype(np.float32)
    samples[:, -1:] = 0.0
