"""Pictures of the sound: waveform, loudness, spectrogram and spectrum, as paths for the report's template.

Every picture over time spans 0 to 1000 from left to right, so that all of them share one axis. Heights span 0 (top)
to 100. The template stretches them to the page and sets all text itself, which stays legible on a phone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aurax.audio.waveform import Waveform
from aurax.deliver.energy import EnergyFrames, band_power, density_db
from aurax.deliver.png import data_uri, palette_png
from aurax.score.production import SpectrumTarget

WIDTH = 1000
HEIGHT = 100
_COLUMNS = 1000
_SPECTROGRAM_ROWS = 168
_SPECTROGRAM_HZ = (40.0, 16_000.0)
_SPECTROGRAM_RANGE_DB = 66.0
_QUIETEST_DB = -80.0
"""Silence should stay dark instead of being stretched to full brightness."""
_SPECTRUM_HZ = (30.0, 18_000.0)
_INK = ((9, 8, 20), (43, 22, 82), (112, 31, 110), (190, 54, 92), (238, 112, 62), (250, 190, 92), (255, 246, 214))

Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Tick:
    """A label on an axis.

    Args:
        percent: from the left, or from the top.
        label: what it says.
    """

    percent: float
    label: str


@dataclass(frozen=True, slots=True)
class Spectrum:
    """The long-term spectrum and its target.

    Args:
        master: line of the master.
        mix: line of the unmastered mix; empty without one.
        target: area that the style allows.
        frequency_ticks: labels along the bottom.
        level_ticks: labels along the side.
    """

    master: str
    mix: str
    target: str
    frequency_ticks: tuple[Tick, ...]
    level_ticks: tuple[Tick, ...]


def time_ticks(duration_s: float) -> tuple[Tick, ...]:
    """Round times along a song, at most nine of them."""
    step = next((step for step in (5, 10, 15, 20, 30, 60, 120) if duration_s / step <= 9), 300)
    return tuple(
        Tick(100.0 * second / duration_s, f"{second // 60}:{second % 60:02d}")
        for second in range(0, int(duration_s) + 1, step)
    )


def waveform_paths(waveform: Waveform) -> tuple[str, str]:
    """Areas of the peaks and of the RMS, all channels together; full scale fills the height."""
    step = max(1, waveform.frames // _COLUMNS)
    columns = waveform.frames // step
    blocks = waveform.samples[:, : columns * step].reshape(waveform.channels, columns, step)
    high, low = blocks.max(axis=(0, 2)), blocks.min(axis=(0, 2))
    rms = np.sqrt(np.einsum("cks,cks->k", blocks, blocks) / (step * waveform.channels))
    x = _spread(columns)
    return _area(x, 50 - 50 * high, 50 - 50 * low), _area(x, 50 - 50 * rms, 50 + 50 * rms)


def curve_path(values: Floats, top: float, bottom: float) -> str:
    """A line over the whole song; values beyond `top` and `bottom` are drawn at the edge."""
    return _line(_spread(len(values)), HEIGHT * np.clip((top - values) / (top - bottom), 0, 1))


def spectrogram_uri(energy: EnergyFrames) -> str:
    """A spectrogram with a logarithmic axis from 40 Hz to 16 kHz.

    Tilted by 3 dB per octave, as music falls about that much, so that the treble shows as well as the bass.
    """
    low, high = _SPECTROGRAM_HZ
    centres = np.geomspace(high, low, _SPECTROGRAM_ROWS).astype(np.float32)
    power = _fewer_windows(energy.power, _COLUMNS)
    levels = 10 * np.log10(np.maximum(band_power(power, energy.bin_hz, centres, 0.08), 1e-14)).T
    levels += (3.0 * np.log2(centres / 1000.0))[:, None]
    loudest = max(float(np.percentile(levels, 99.8)), _QUIETEST_DB)
    shades = np.clip((levels - loudest) / _SPECTROGRAM_RANGE_DB + 1.0, 0.0, 1.0)
    indices = np.round(shades * 63).astype(np.uint8)
    places = np.linspace(0, len(_INK) - 1, 64)
    palette = np.stack(
        [np.interp(places, range(len(_INK)), [ink[channel] for ink in _INK]) for channel in range(3)], axis=1
    )
    return data_uri(palette_png(indices, np.round(palette).astype(np.uint8)))


def spectrogram_ticks() -> tuple[Tick, ...]:
    """Frequencies next to the spectrogram."""
    low, high = np.log(_SPECTROGRAM_HZ)
    return tuple(
        Tick(float(100 * (high - np.log(hz)) / (high - low)), label)
        for hz, label in ((10_000, "10k"), (3000, "3k"), (1000, "1k"), (300, "300"), (100, "100"))
    )


def spectrum_picture(master: EnergyFrames, mix: EnergyFrames | None, target: SpectrumTarget) -> Spectrum:
    """Long-term spectrum against the style's target.

    Levels are relative to 1 kHz, where the target stands at 0 dB; the curves are shifted to meet the target's middle
    between 100 Hz and 10 kHz, since a target has a shape and no level.
    """
    low, high = _SPECTRUM_HZ
    centres = np.geomspace(low, high, 160).astype(np.float32)
    aim = target_db(target, centres)
    shared = (centres >= 100) & (centres <= 10_000)
    top = 6.0 * np.ceil((float(aim.max()) + target.tolerance_db + 4.0) / 6.0)
    bottom = 12.0 * np.floor((float(aim.min()) - target.tolerance_db - 2.0) / 12.0)
    x = WIDTH * np.log(centres / low) / np.log(high / low)

    def height(levels: Floats) -> Floats:
        return np.asarray(HEIGHT * np.clip((top - levels) / (top - bottom), 0, 1))

    def line(energy: EnergyFrames) -> str:
        levels = density_db(energy, centres)
        return _line(x, height(levels - np.mean((levels - aim)[shared])))

    return Spectrum(
        master=line(master),
        mix=line(mix) if mix is not None else "",
        target=_area(x, height(aim + target.tolerance_db), height(aim - target.tolerance_db)),
        frequency_ticks=tuple(
            Tick(float(100 * np.log(hz / low) / np.log(high / low)), label)
            for hz, label in ((50, "50"), (100, "100"), (300, "300"), (1000, "1 kHz"), (3000, "3k"), (10_000, "10k"))
        ),
        level_ticks=tuple(
            Tick(100 * (top - level) / (top - bottom), f"{level:+d}".replace("-", "−") if level else "0 dB")
            for level in range(int(bottom), int(top) + 1, 12)
            if bottom < level < top
        ),
    )


def target_db(target: SpectrumTarget, frequencies_hz: Floats) -> Floats:
    """The target's level at each frequency relative to 1 kHz, joined from its slopes."""
    hundred = -target.slope_100_1k_db_per_octave * np.log2(10.0)
    five = target.slope_1k_5k_db_per_octave * np.log2(5.0)
    fifteen = five + target.slope_5k_15k_db_per_octave * np.log2(3.0)
    beyond = fifteen + target.slope_5k_15k_db_per_octave * np.log2(20.0 / 15.0)
    corners = [(40.0, target.low_over_1k_db), (max(45.0, min(target.peak_hz, 95.0)), target.low_over_1k_db)]
    corners += [(100.0, hundred), (1000.0, 0.0), (5000.0, five), (15_000.0, fifteen), (20_000.0, beyond)]
    return np.interp(np.log2(frequencies_hz), np.log2([hz for hz, _ in corners]), [db for _, db in corners])


def _fewer_windows(power: NDArray[np.float32], most: int) -> NDArray[np.float32]:
    """Join neighbouring windows until at most `most` remain."""
    if power.shape[0] <= most:
        return power
    edges = np.linspace(0, power.shape[0], most + 1).astype(np.intp)
    sums = np.add.reduceat(power, edges[:-1], axis=0)
    return np.asarray(sums / np.diff(edges)[:, None], np.float32)


def _spread(count: int) -> Floats:
    """Middles of `count` equal columns across the width."""
    return (np.arange(count) + 0.5) * (WIDTH / max(1, count))


def _line(x: Floats, y: Floats) -> str:
    return "M" + "L".join(f"{left:.1f} {top:.1f}" for left, top in zip(x.tolist(), y.tolist(), strict=True))


def _area(x: Floats, upper: Floats, lower: Floats) -> str:
    return _line(np.concatenate((x, x[::-1])), np.concatenate((upper, lower[::-1]))) + "Z"
