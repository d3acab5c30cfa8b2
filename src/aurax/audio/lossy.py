"""Lossy files whose decoded sound stays below the ceiling.

What a lossy encoder leaves out or adds moves peaks: a master at −1 dBTP comes back from MP3 or OGG some tenths of a
decibel higher. So the file is decoded and measured as a player would hear it, and written again a little quieter
until it fits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aurax.audio.files import read_audio, write_audio
from aurax.audio.true_peak import true_peak_dbtp
from aurax.audio.waveform import Waveform
from aurax.errors import CorruptData

_TRIES = 8
_MARGIN_DB = 0.03


@dataclass(frozen=True, slots=True)
class LossyFile:
    """What became of a master in a lossy format.

    Args:
        gain_db: 0 or below; how far the sound was turned down before it was encoded.
        true_peak_dbtp: of the decoded file.
    """

    gain_db: float
    true_peak_dbtp: float


def write_lossy(
    path: Path, waveform: Waveform, ceiling_dbtp: float, tags: Mapping[str, str] | None = None
) -> LossyFile:
    """Write an MP3 or OGG file that keeps a ceiling when it is decoded.

    A waveform that passes the ceiling itself is turned down as well.

    Args:
        path: ends in `.mp3` or `.ogg`; its folder exists. An existing file is replaced.
        waveform: full scale ±1.0.
        ceiling_dbtp: highest true peak of the decoded file.
        tags: names to their texts.

    Raises:
        InvalidOption: the suffix names no format.
        StorageFull: the disk has no room.
        UnwritableOutput: the folder is missing or not writable.
        CorruptData: the file cannot be decoded, or stays above the ceiling.

    Source: ITU-R BS.1770-4, annex 2; EBU R 128 s1 asks for the ceiling to hold after lossy encoding.
    """
    gain_db = 0.0
    for _ in range(_TRIES):
        quieter = waveform
        if gain_db < 0.0:
            quieter = Waveform(waveform.samples * np.float32(10.0 ** (gain_db / 20.0)), waveform.sample_rate)
        write_audio(path, quieter, tags)
        peak_dbtp = decoded_true_peak_dbtp(path)
        if peak_dbtp <= ceiling_dbtp:
            return LossyFile(round(gain_db, 2), peak_dbtp)
        gain_db -= peak_dbtp - ceiling_dbtp + _MARGIN_DB
    raise CorruptData(
        f"at most {ceiling_dbtp:g} dBTP in {path.name}", f"{peak_dbtp:.2f} dBTP", "choose a lossless format"
    )


def decoded_true_peak_dbtp(path: Path) -> float:
    """True peak of an audio file, as it is decoded.

    Raises:
        CorruptData: the file is missing, empty or no audio.
    """
    return true_peak_dbtp(read_audio(path))
