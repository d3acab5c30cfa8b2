"""Audio files: 24-bit FLAC and WAV, 320 kb/s MP3, OGG Vorbis.

24-bit files hold `round(x · 2²³)`, so samples that already are on that grid survive a round trip bit for bit
(libsndfile's own float conversion scales by 2²³ − 1 and does not). The same waveform and tags give the same bytes
in every format.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mutagen
import mutagen.id3
import numpy as np
import soundfile
from numpy.typing import NDArray

from aurax.audio.ogg_serial import settle_serial
from aurax.audio.replacing import new_file_next_to
from aurax.audio.waveform import Waveform
from aurax.errors import AuraxError, CorruptData, InvalidOption, StorageFull, UnwritableOutput, is_disk_full

_BLOCK_FRAMES = 65_536
"""One huge OGG write crashes libsndfile; blocks of this size work and bound the memory of the conversion."""
_FORMATS: dict[str, dict[str, Any]] = {
    # Level 3 of 8: its blocks of 4096 frames make it both the fastest and the smallest of the quick ones.
    ".flac": {"format": "FLAC", "subtype": "PCM_24", "compression_level": 0.375},
    ".wav": {"format": "WAV", "subtype": "PCM_24"},
    ".mp3": {
        "format": "MP3",
        "subtype": "MPEG_LAYER_III",
        "bitrate_mode": "CONSTANT",
        "compression_level": 0.0,  # the lowest compression is the highest rate, 320 kb/s
    },
    ".ogg": {"format": "OGG", "subtype": "VORBIS", "compression_level": 0.3},
}
_ENOUGH_BYTES = 1 << 20


def write_audio(path: Path, waveform: Waveform, tags: Mapping[str, str] | None = None) -> None:
    """Write a file whose suffix names its format; it appears complete or not at all.

    Args:
        path: ends in `.flac`, `.wav`, `.mp3` or `.ogg`; its folder exists. An existing file is replaced.
        waveform: full scale ±1.0; what goes beyond is clipped in 24-bit files.
        tags: names such as `title`, `artist`, `comment`, `bpm` to their texts.

    Raises:
        InvalidOption: the suffix is none of these.
        StorageFull: the disk has no room.
        UnwritableOutput: the folder is missing or not writable.
    """
    suffix = path.suffix.lower()
    if suffix not in _FORMATS:
        raise InvalidOption(f"a file name ending in {', '.join(_FORMATS)}", path.name, "choose one of these formats")
    temporary: Path | None = None
    try:
        temporary = new_file_next_to(path)
        _encode(temporary, waveform, suffix)
        if tags:
            _tag(temporary, tags)
        temporary.replace(path)
    except (OSError, soundfile.SoundFileError, AssertionError, mutagen.MutagenError) as error:
        # soundfile asserts that libsndfile took every frame, and it does not when the disk runs full.
        raise _explain(error, path) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def read_audio(path: Path) -> Waveform:
    """Decode a whole file to float32.

    Raises:
        CorruptData: the file is missing, empty, cut off or no audio.
    """
    try:
        with soundfile.SoundFile(path) as file:
            frames = file.read(dtype="float32", always_2d=True)
            expected, rate = file.frames, file.samplerate
    except (OSError, soundfile.SoundFileError) as error:
        raise CorruptData("an audio file", f"{path.name}: {error}", "create the file again") from error
    if not 0 < len(frames) == expected:
        raise CorruptData(f"{expected} frames", f"{len(frames)} in {path.name}", "create the file again")
    return Waveform(np.ascontiguousarray(frames.T), rate)


def _encode(path: Path, waveform: Waveform, suffix: str) -> None:
    exact = suffix in (".flac", ".wav")
    with soundfile.SoundFile(path, "w", waveform.sample_rate, waveform.channels, **_FORMATS[suffix]) as file:
        for start in range(0, waveform.frames, _BLOCK_FRAMES):
            block = waveform.samples[:, start : start + _BLOCK_FRAMES]
            file.write(_to_24_bit(block) if exact else np.ascontiguousarray(block.T))
    if suffix == ".ogg":
        settle_serial(path)


def _to_24_bit(block: NDArray[np.float32]) -> NDArray[np.int32]:
    scaled = block * np.float32(1 << 23)
    np.rint(scaled, out=scaled)
    np.clip(scaled, -(1 << 23), (1 << 23) - 1, out=scaled)
    scaled *= np.float32(1 << 8)  # libsndfile keeps the upper 24 of 32 bits
    fixed = np.empty((block.shape[1], block.shape[0]), np.int32)
    for channel, samples in enumerate(scaled):  # four times as fast as converting the transposed array at once
        fixed[:, channel] = samples
    return fixed


_ID3: Any = mutagen.id3
_ID3_FRAMES = {
    "title": _ID3.TIT2,
    "artist": _ID3.TPE1,
    "album": _ID3.TALB,
    "date": _ID3.TDRC,
    "genre": _ID3.TCON,
    "bpm": _ID3.TBPM,
    "key": _ID3.TKEY,
}


def _tag(path: Path, tags: Mapping[str, str]) -> None:
    opener: Any = mutagen.File
    file = opener(path)
    if file.tags is None:
        file.add_tags()
    for name in sorted(tags):
        if path.suffix in (".flac", ".ogg"):
            file.tags[name] = tags[name]
        else:
            file.tags.add(_id3_frame(name, tags[name]))
    file.save()


def _id3_frame(name: str, text: str) -> Any:
    if name in _ID3_FRAMES:
        return _ID3_FRAMES[name](encoding=3, text=text)
    if name == "comment":
        return _ID3.COMM(encoding=3, lang="eng", desc="", text=text)
    return _ID3.TXXX(encoding=3, desc=name, text=text)


def _explain(error: Exception, path: Path) -> AuraxError:
    folder = path.parent
    if is_disk_full(error) or (folder.is_dir() and shutil.disk_usage(folder).free < _ENOUGH_BYTES):
        return StorageFull(f"room for {path.name}", "a full disk", "free some space and try again")
    return UnwritableOutput(
        f"a folder in which {path.name} can be written", f"{folder}: {error}", "choose another folder"
    )
