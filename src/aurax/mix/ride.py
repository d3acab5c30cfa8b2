"""Riding the fader of the whole song: a little more contrast between quiet and loud passages.

An arrangement that hardly moves sounds flat however good its parts are. The ride follows the song's own short-term
loudness, over seconds, so that no beat pumps: it is the hand of an engineer on the master fader.
"""

from __future__ import annotations

import numpy as np

from aurax.audio.loudness import short_term_lufs
from aurax.audio.waveform import Waveform
from aurax.mix.control import CHUNK_FRAMES, CONTROL_FRAMES, control_points, draw

_FURTHEST_DB = 2.0
_MOST = 0.6
_WINDOW_S = 3.0
_HOP_S = 0.1
_QUIET_LU = 12.0


def ride_in_place(song: Waveform, integrated_lufs: float, range_lu: float, wanted_range_lu: float) -> None:
    """Stretch the song's loudness around its mean, in the caller's own buffer.

    Args:
        song: overwritten.
        integrated_lufs: its loudness.
        range_lu: its loudness range; nothing happens when it is 0 (too short to tell) or wide enough.
        wanted_range_lu: the range aimed at; the ride goes as far as 2 dB up and down.
    """
    if 0.0 < range_lu < wanted_range_lu:
        _ride(song, integrated_lufs, min(_MOST, wanted_range_lu / range_lu - 1.0))


def level_in_place(song: Waveform, integrated_lufs: float, range_lu: float, wanted_range_lu: float) -> None:
    """Bring the song's loudness range toward a wanted one, narrower or wider, in the caller's own buffer.

    Args:
        song: overwritten.
        integrated_lufs: its loudness.
        range_lu: its loudness range; nothing happens when it is 0 (too short to tell).
        wanted_range_lu: the range aimed at; the ride goes as far as 2 dB up and down.
    """
    if range_lu > 0.0:
        _ride(song, integrated_lufs, max(-_MOST, min(_MOST, wanted_range_lu / range_lu - 1.0)))


def _ride(song: Waveform, integrated_lufs: float, amount: float) -> None:
    curve = short_term_lufs(song, _HOP_S)
    away = np.clip(curve - integrated_lufs, -_QUIET_LU, _QUIET_LU)
    gain_db = np.clip(amount * away, -_FURTHEST_DB, _FURTHEST_DB)
    centres = (np.arange(len(curve)) * _HOP_S + _WINDOW_S / 2.0) * song.sample_rate
    points = np.arange(control_points(song.frames)) * CONTROL_FRAMES
    gains = np.power(10.0, np.interp(points, centres, gain_db) / 20.0).astype(np.float32)
    for start in range(0, song.frames, CHUNK_FRAMES):
        chunk = song.samples[:, start : start + CHUNK_FRAMES]
        first = start // CONTROL_FRAMES
        chunk *= draw(gains[first : first + control_points(chunk.shape[1])], chunk.shape[1])
