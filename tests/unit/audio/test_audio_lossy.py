"""Lossy files keep the ceiling after decoding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aurax.audio.files import read_audio, write_audio
from aurax.audio.lossy import decoded_true_peak_dbtp, write_lossy
from aurax.audio.true_peak import true_peak_dbtp
from aurax.audio.waveform import Waveform
from aurax.mix.loudness_target import to_loudness


def loud(target_lufs: float, ceiling_dbtp: float = -1.0) -> Waveform:
    """Hits over bright noise, mastered."""
    time = np.arange(4 * 48_000) / 48_000
    beat = time % 0.5
    noise = np.random.default_rng(5).standard_normal((2, time.size)) * np.exp(-((beat + 0.25) % 0.5) * 20) * 0.3
    song = np.sin(2 * np.pi * 55 * beat) * np.exp(-beat * 12) + 0.3 * np.sin(2 * np.pi * 220 * time) + noise
    return to_loudness(Waveform((0.3 * song).astype(np.float32)), target_lufs, ceiling_dbtp)


@pytest.mark.parametrize("kind", ["mp3", "ogg"])
@pytest.mark.parametrize(("target", "ceiling"), [(-14.0, -1.0), (-9.0, -1.0), (-6.0, -1.0), (-9.0, -2.0)])
def test_a_decoded_lossy_master_stays_below_the_ceiling(
    tmp_path: Path, kind: str, target: float, ceiling: float
) -> None:
    path = tmp_path / f"master.{kind}"
    written = write_lossy(path, loud(target, ceiling), ceiling, {"title": "loud"})
    decoded = true_peak_dbtp(read_audio(path))
    assert decoded <= ceiling
    assert decoded == pytest.approx(written.true_peak_dbtp, abs=0.01)
    assert -2.5 < written.gain_db <= 0.0
    assert written.gain_db == 0.0 or decoded > ceiling - 0.7


def test_a_plain_lossy_file_of_the_same_master_would_pass_the_ceiling(tmp_path: Path) -> None:
    path = tmp_path / "master.ogg"
    write_audio(path, loud(-6.0))
    assert decoded_true_peak_dbtp(path) > -1.0


def test_a_quiet_song_is_not_turned_down(tmp_path: Path) -> None:
    written = write_lossy(tmp_path / "quiet.mp3", Waveform(loud(-14.0).samples * np.float32(0.3)), -1.0)
    assert written.gain_db == 0.0
