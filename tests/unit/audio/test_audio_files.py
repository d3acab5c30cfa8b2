"""Files: exact round trips, tags, same bytes twice, and errors that say what is wrong."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import mutagen
import numpy as np
import pytest
import soundfile

from aurax.audio.files import read_audio, write_audio
from aurax.audio.stereo import correlation
from aurax.audio.waveform import Waveform
from aurax.errors import CorruptData, InvalidOption, StorageFull, UnwritableOutput

TAGS = {"title": "Rain", "artist": "AURA-X", "bpm": "80", "comment": "seed 7", "style": "lofi"}


def music(rate: int = 48_000, channels: int = 2, seconds: float = 3.0) -> Waveform:
    time = np.arange(round(rate * seconds)) / rate
    rows = [0.4 * np.sin(2 * np.pi * 220 * (row + 1) * time) for row in range(channels)]
    return Waveform(np.stack(rows).astype(np.float32), rate)


@pytest.mark.parametrize("suffix", ["flac", "wav"])
@pytest.mark.parametrize(("rate", "channels"), [(44_100, 1), (48_000, 2)])
def test_24_bit_files_return_samples_on_their_grid_unchanged(
    tmp_path: Path, suffix: str, rate: int, channels: int
) -> None:
    original = music(rate, channels)
    grid = Waveform((np.rint(original.samples * 2**23) / 2**23).astype(np.float32), rate)
    write_audio(tmp_path / f"a.{suffix}", grid)
    decoded = read_audio(tmp_path / f"a.{suffix}")
    assert decoded.sample_rate == rate
    assert np.array_equal(decoded.samples, grid.samples)
    assert soundfile.info(tmp_path / f"a.{suffix}").subtype == "PCM_24"


@pytest.mark.parametrize("suffix", ["mp3", "ogg"])
def test_lossy_files_sound_like_the_original(tmp_path: Path, suffix: str) -> None:
    original = music()
    write_audio(tmp_path / f"a.{suffix}", original)
    decoded = read_audio(tmp_path / f"a.{suffix}")
    assert abs(decoded.duration_s - original.duration_s) < 0.1
    assert np.sqrt(np.mean(decoded.samples**2)) == pytest.approx(np.sqrt(np.mean(original.samples**2)), rel=0.03)
    assert correlation(decoded) == pytest.approx(correlation(original), abs=0.02)


def test_mp3_files_run_at_320_kilobits(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.mp3", music())
    assert mutagen.File(tmp_path / "a.mp3").info.bitrate == 320_000


def test_samples_beyond_full_scale_are_clipped_and_do_not_wrap(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav", Waveform(np.array([[1.5, -1.5, 1.0, -1.0]], np.float32)))
    assert read_audio(tmp_path / "a.wav").samples[0] == pytest.approx([1.0, -1.0, 1.0, -1.0], abs=1e-6)


@pytest.mark.parametrize("suffix", ["flac", "wav", "mp3", "ogg"])
def test_the_same_waveform_and_tags_give_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    for name in ("a", "b"):
        write_audio(tmp_path / f"{name}.{suffix}", music(), dict(reversed(TAGS.items())) if name == "b" else TAGS)
    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_ogg_files_of_different_sound_have_different_serial_numbers(tmp_path: Path) -> None:
    quiet = Waveform(music().samples * np.float32(0.5))
    for name, waveform in (("a", music()), ("b", quiet)):
        write_audio(tmp_path / f"{name}.ogg", waveform, TAGS)
    serials = {mutagen.File(tmp_path / f"{name}.ogg").info.serial for name in "ab"}
    assert len(serials) == 2


@pytest.mark.parametrize("suffix", ["flac", "wav", "mp3", "ogg"])
def test_tags_can_be_read_back_and_the_audio_still_decodes(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    write_audio(path, music(), TAGS)
    texts = {str(value if suffix in ("wav", "mp3") else value[0]) for value in mutagen.File(path).tags.values()}
    assert set(TAGS.values()) <= texts
    assert read_audio(path).channels == 2


def test_an_existing_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    path.write_bytes(b"old")
    write_audio(path, music())
    assert [file.name for file in tmp_path.iterdir()] == ["a.flac"]
    assert read_audio(path).frames == music().frames


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="aiff"):
        write_audio(tmp_path / "a.aiff", music())


def test_a_missing_folder_is_unwritable(tmp_path: Path) -> None:
    with pytest.raises(UnwritableOutput):
        write_audio(tmp_path / "none" / "a.flac", music())


@pytest.mark.parametrize("how", ["system error", "short write"])
def test_a_full_disk_is_named_and_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    def fail(*_: object) -> None:
        if how == "system error":
            raise OSError(errno.ENOSPC, "No space left on device")
        raise AssertionError

    monkeypatch.setattr(soundfile.SoundFile, "write", fail)
    if how == "short write":
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    with pytest.raises(StorageFull):
        write_audio(tmp_path / "a.flac", music())
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_no_audio_or_are_cut_off_are_corrupt(tmp_path: Path) -> None:
    (tmp_path / "text.flac").write_bytes(b"not audio at all")
    (tmp_path / "empty.wav").write_bytes(b"")
    write_audio(tmp_path / "whole.flac", music())
    (tmp_path / "cut.flac").write_bytes((tmp_path / "whole.flac").read_bytes()[:20_000])
    for name in ("text.flac", "empty.wav", "cut.flac", "missing.wav"):
        with pytest.raises(CorruptData, match=name):
            read_audio(tmp_path / name)


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_written_files_follow_the_umask(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write_audio(tmp_path / "a.flac", Waveform(np.zeros((2, 480), dtype=np.float32), 48_000), {"title": "a"})
    finally:
        os.umask(before)
    assert (tmp_path / "a.flac").stat().st_mode & 0o777 == mode
