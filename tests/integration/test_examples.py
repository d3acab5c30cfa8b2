"""Every example runs as it stands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(script: str, folder: Path, data: Path) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / script), str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, "AURAX_DATA_DIR": str(data)},
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_stages_example_writes_a_master_that_passes(tmp_path: Path) -> None:
    told = run("01_stages.py", tmp_path / "stages", tmp_path / "data")
    assert "verdict: passed" in told
    assert (tmp_path / "stages" / "master.flac").stat().st_size > 100_000


def test_the_song_examples_make_a_song_and_read_it(tmp_path: Path) -> None:
    told = run("02_make_song.py", tmp_path / "song", tmp_path / "data")
    assert "song.delivered" in told
    read = run("03_read_a_song.py", tmp_path / "song", tmp_path / "data")
    residual_dbfs = float(read.rsplit(":", 1)[1].split()[0])
    assert residual_dbfs <= -90


def test_the_change_example_renders_only_what_changed(tmp_path: Path) -> None:
    first, second = run("04_change_one_part.py", tmp_path / "clips", tmp_path / "data").splitlines()
    made = [int(line.split()[2]) for line in (first, second)]
    assert 0 < made[1] < made[0] / 3


def test_the_engines_example_generates_separates_and_masters(tmp_path: Path) -> None:
    told = run("05_engines.py", tmp_path / "engines", tmp_path / "data")
    assert "100%" in told
    assert "drums, bass, other add up to the mixture" in told
    before, after = (float(word) for word in told.rsplit("tone:", 1)[1].split() if word[0].isdigit())
    assert after < 0.7 * before
    assert (tmp_path / "engines" / "master.flac").stat().st_size > 50_000


def test_the_session_example_changes_a_song_and_goes_back(tmp_path: Path) -> None:
    told = run("06_session.py", tmp_path / "versions", tmp_path / "data")
    assert "flurb: not_understood" in told
    assert f"* v1 from the prompt: {tmp_path / 'versions' / 'v1'}" in told
    assert (tmp_path / "versions" / "v2" / "master.flac").stat().st_size > 50_000
