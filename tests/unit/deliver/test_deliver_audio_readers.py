"""Delivered audio as programs read it that nobody here wrote: libsndfile and ffmpeg."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from aurax.audio.files import write_audio
from aurax.audio.loudness import loudness_summary
from aurax.audio.true_peak import true_peak_dbtp
from aurax.audio.wav_copy import copy_as_wav, wav_bytes
from aurax.audio.waveform import Waveform
from aurax.deliver.tags import audio_tags
from aurax.score.plan import Plan

FORMATS = ["flac", "wav", "mp3", "ogg"]


@pytest.fixture
def loud(master: Waveform) -> Waveform:
    """A few seconds with peaks between the samples."""
    return Waveform(np.clip(2.5 * master.samples[:, : 48_000 * 6], -0.8, 0.8))


@pytest.fixture(params=FORMATS)
def path(request: pytest.FixtureRequest, plan: Plan, loud: Waveform, tmp_path: Path) -> Path:
    path = tmp_path / f"master.{request.param}"
    tags = audio_tags(plan, prompt="ein Stück für Fuß und Ohr 夜", seed=7, aurax_version="0.1.0")
    write_audio(path, loud, tags)
    return path


def ffmpeg(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    program: str = imageio_ffmpeg.get_ffmpeg_exe()
    return subprocess.run([program, "-hide_banner", "-nostdin", *arguments], capture_output=True, check=True)


def decoded_by_ffmpeg(path: Path) -> NDArray[np.float32]:
    raw = ffmpeg("-v", "error", "-i", str(path), "-f", "f32le", "-").stdout
    return np.frombuffer(raw, "<f4").reshape(-1, 2).T


def test_ffmpeg_and_libsndfile_hear_the_same(path: Path, loud: Waveform) -> None:
    ours = soundfile.read(path, dtype="float32", always_2d=True)[0].T
    theirs = decoded_by_ffmpeg(path)

    if path.suffix == ".mp3":  # encoders pad; decoders differ in how much of it they cut off
        frames = min(ours.shape[1], theirs.shape[1])
        assert frames >= loud.frames
        ours, theirs = ours[:, :frames], theirs[:, :frames]
    assert ours.shape == theirs.shape
    exact = path.suffix in (".flac", ".wav")
    assert np.max(np.abs(ours - theirs)) <= (2.0**-23 if exact else 2e-3)


def test_ffmpeg_measures_the_loudness_and_true_peak_that_we_do(path: Path) -> None:
    samples = soundfile.read(path, dtype="float32", always_2d=True)[0].T
    decoded = Waveform(np.ascontiguousarray(samples))

    told = ffmpeg("-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-").stderr.decode(errors="replace")
    summary = told[told.rindex("Summary:") :]
    found = [float(re.search(rf"{name}:\s+(-?[\d.]+)", summary)[1]) for name in ("I", "Peak")]  # type: ignore[index]

    assert found[0] == pytest.approx(loudness_summary(decoded).integrated_lufs, abs=0.1)
    assert found[1] == pytest.approx(true_peak_dbtp(decoded), abs=0.15)


def test_ffmpeg_reads_the_tags_of_every_format(path: Path) -> None:
    stream = "s:a:0" if path.suffix == ".ogg" else "g"  # in OGG, comments belong to the stream
    text = ffmpeg(
        "-v", "error", "-i", str(path), "-map_metadata", f"0:{stream}", "-f", "ffmetadata", "-"
    ).stdout.decode()
    tags = {name.lower(): value for name, _, value in (line.partition("=") for line in text.splitlines())}

    assert tags["title"] == "Rain & Tape"
    assert tags["artist"] == "AURA-X"
    assert tags["initialkey"] == "Dm"
    assert tags.get("bpm", tags.get("tbpm")) == "120"
    assert "für Fuß und Ohr 夜" in tags["comment"]


def test_a_wav_copy_is_what_libsndfile_would_write(plan: Plan, loud: Waveform, tmp_path: Path) -> None:
    write_audio(tmp_path / "stem.flac", loud)
    with (tmp_path / "copy.wav").open("wb") as target:
        copy_as_wav(tmp_path / "stem.flac", target)

    assert (tmp_path / "copy.wav").stat().st_size == wav_bytes(loud.frames, 2)
    assert np.array_equal(decoded_by_ffmpeg(tmp_path / "copy.wav"), decoded_by_ffmpeg(tmp_path / "stem.flac"))
