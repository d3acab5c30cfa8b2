"""24-bit FLAC → WAV of the same samples, written block by block into any stream."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import IO

import numpy as np
import soundfile

from aurax.errors import CorruptData

HEADER_BYTES = 44
BYTES_PER_SAMPLE = 3
LARGEST_BYTES = 0xFFFF_FFFF
"""RIFF counts its bytes in 32 bits."""
_BLOCK_FRAMES = 65_536
_PCM = 1


def wav_bytes(frames: int, channels: int) -> int:
    """Size of a 24-bit WAV file, its header included."""
    data_bytes = frames * channels * BYTES_PER_SAMPLE
    return HEADER_BYTES + data_bytes + data_bytes % 2


def copy_as_wav(source: Path, target: IO[bytes]) -> None:
    """Decode a 24-bit file and write its samples unchanged as a WAV stream.

    Args:
        source: a 24-bit FLAC or WAV file.
        target: open for writing; need not be seekable.

    Raises:
        CorruptData: the source is missing, cut off or no audio, or longer than a WAV file can be.
        OSError: the target cannot be written.

    Source: Multimedia Programming Interface and Data Specifications 1.0 (RIFF, WAVE, PCM).
    """
    try:
        file = soundfile.SoundFile(source)
    except (OSError, soundfile.SoundFileError) as error:
        raise CorruptData("an audio file", f"{source.name}: {error}", "deliver the song again") from error
    with file:
        target.write(_header(file.frames, file.channels, file.samplerate))
        left = file.frames
        while left:
            try:
                block = file.read(min(left, _BLOCK_FRAMES), dtype="int32", always_2d=True)
            except soundfile.SoundFileError as error:
                raise CorruptData("an audio file", f"{source.name}: {error}", "deliver the song again") from error
            if not len(block):
                found = f"{file.frames - left} in {source.name}"
                raise CorruptData(f"{file.frames} frames", found, "deliver the song again")
            left -= len(block)
            # libsndfile puts 24 bits into the upper three bytes of 32.
            little_endian = np.ascontiguousarray(block, dtype="<i4").view(np.uint8).reshape(-1, 4)
            target.write(little_endian[:, 1:].tobytes())
        target.write(b"\0" * (file.frames * file.channels * BYTES_PER_SAMPLE % 2))


def _header(frames: int, channels: int, sample_rate: int) -> bytes:
    frame_bytes = channels * BYTES_PER_SAMPLE
    size = wav_bytes(frames, channels)
    if size - 8 > LARGEST_BYTES:
        raise CorruptData(f"at most {LARGEST_BYTES} bytes of WAV", f"{size}", "embed FLAC instead")
    form = struct.pack("<4sI4s", b"RIFF", size - 8, b"WAVE")
    layout = (_PCM, channels, sample_rate, sample_rate * frame_bytes, frame_bytes, 8 * BYTES_PER_SAMPLE)
    return form + struct.pack("<4sIHHIIHH", b"fmt ", 16, *layout) + struct.pack("<4sI", b"data", frames * frame_bytes)
