"""A loop through the command: exactly its bars, and a seam that nobody hears, in everything that is delivered."""

import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import symusic
from command import Command

from aurax.api import mix, render
from aurax.audio.circle import repeated
from aurax.audio.files import read_audio
from aurax.audio.loudness import integrated_lufs
from aurax.audio.true_peak import true_peak_dbtp
from aurax.audio.waveform import Samples
from aurax.judge.seam import measure_seam
from aurax.score.score import Score

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

FRAMES = 768_000
NEAR = 4_800


@pytest.fixture(scope="module")
def song(served: Command, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A delivered loop in every format, as `--json` printed it."""
    out = tmp_path_factory.mktemp("out") / "loop"
    return served.make("8-bar loop at 120 bpm, lofi", out, "--seed", "1", "--formats", "flac,wav,mp3,ogg")


@pytest.fixture(scope="module")
def folder(song: dict[str, Any]) -> Path:
    return Path(song["folder"])


@pytest.fixture(scope="module")
def sounds(song: dict[str, Any], folder: Path) -> dict[str, Samples]:
    """Master, mix and stems."""
    files = {"master": "master.wav", "mix": "mix.flac"} | {stem["name"]: stem["path"] for stem in song["stems"]}
    return {name: read_audio(folder / path).samples for name, path in files.items()}


def level_db(samples: Samples) -> float:
    return float(10.0 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-12))


def written_out(score: Score, rounds: int) -> Score:
    """The same music, written out as a song of several rounds. Nothing of a loop is played before its first beat."""
    bars, starts = score.plan.bars, [turn * score.plan.grid.bars_to_ticks(score.plan.bars) for turn in range(rounds)]
    tracks = tuple(
        replace(
            track,
            notes=tuple(
                replace(note, start_ticks=start + note.start_ticks, offset_ticks=note.played_ticks - note.start_ticks)
                for start in starts
                for note in track.notes
            ),
            lanes=tuple(
                replace(lane, points=tuple((start + tick, value) for start in starts for tick, value in lane.points))
                for lane in track.lanes
            ),
        )
        for track in score.tracks
    )
    sections = tuple(
        section.model_copy(update={"start_bar": section.start_bar + turn * bars})
        for turn in range(rounds)
        for section in score.plan.sections
    )
    return replace(score, plan=score.plan.model_copy(update={"sections": sections, "ending": "ring"}), tracks=tracks)


def test_everything_has_exactly_eight_bars(song: dict[str, Any], folder: Path) -> None:
    audio = [*folder.glob("*.flac"), *folder.glob("*.wav"), *folder.glob("*.mp3"), *folder.glob("*.ogg")]
    audio += list((folder / "stems").iterdir())
    assert {soundfile.info(path).frames for path in audio} == {FRAMES}
    assert (song["plan"]["bars"], song["plan"]["loop"], song["master"]["duration_s"]) == (8, True, 16.0)
    midi = symusic.Score(folder / "song.mid")
    assert midi.end() <= 8 * 4 * 960
    project = zipfile.ZipFile(folder / "song.dawproject").read("project.xml").decode()
    assert set(re.findall(r'<Clip [^>]*?duration="([^"]+)"', project)) == {"32.000000"}


def test_the_verdict_promises_length_and_seam(song: dict[str, Any]) -> None:
    assert song["verdict"]["passed"]
    checks = {check["name"]: check for check in song["verdict"]["checks"]}
    assert checks["duration:bars"]["measured"] == 8
    assert checks["duration:frames"]["measured"] == 768_000
    assert sum(name.startswith("loop_seam") for name in checks) == 7
    assert "outro" not in {section["name"] for section in song["plan"]["sections"]}


def test_no_sound_steps_falls_or_rises_at_the_seam(sounds: dict[str, Samples], folder: Path) -> None:
    for name in ("master", "mix"):
        seam = measure_seam(read_audio(folder / f"{name}.flac"))
        assert seam.step <= 1.0
        assert seam.fall_db <= seam.deepest_fall_db
        assert seam.rise_db <= seam.steepest_rise_db
    for name, samples in sounds.items():
        step = np.abs(samples[:, 0] - samples[:, -1]).max()
        across = np.concatenate([samples[:, -480:], samples[:, :480]], axis=1)
        slew = np.delete(np.abs(np.diff(across, axis=1)), 479, axis=1).max()
        assert step <= max(slew, 1e-3), name


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3"])
def test_decoded_files_keep_the_seam(folder: Path, suffix: str) -> None:
    seam = measure_seam(read_audio(folder / f"master.{suffix}"))
    assert seam.step <= 1.0
    assert seam.fall_db <= seam.deepest_fall_db + 1.0


def test_loudness_and_peak_are_those_of_the_loop_repeated(song: dict[str, Any], folder: Path) -> None:
    heard = repeated(read_audio(folder / "master.flac"))
    assert integrated_lufs(heard) == pytest.approx(song["master"]["integrated_lufs"], abs=0.01)
    assert integrated_lufs(heard) == pytest.approx(-14.0, abs=0.3)
    assert true_peak_dbtp(heard) <= -1.0


def test_the_stems_of_the_loop_sum_to_its_mix(song: dict[str, Any], sounds: dict[str, Samples]) -> None:
    total = np.sum([sounds[stem["name"]].astype(np.float64) for stem in song["stems"]], axis=0)
    assert np.abs(total - sounds["mix"]).max() <= 10 ** (-90 / 20)


def test_the_loop_is_the_music_repeated(song: dict[str, Any], folder: Path, tmp_path: Path) -> None:
    """Against the third of four rounds of the same notes, rendered and mixed as a song that goes on."""
    score = Score.from_json((folder / "score.json").read_bytes())
    still = score.plan.production.model_copy(update={"wow_cents": 0.0})
    score = replace(score, plan=score.plan.model_copy(update={"production": still}))
    loop = mix(score, render(score, cache_dir=tmp_path / "clips"))
    long = written_out(score, 4)
    endless = mix(long, render(long, cache_dir=tmp_path / "clips"))
    rounds = {stem.name: stem.waveform.samples for stem in endless.stems}
    assert {stem.name for stem in loop.stems} == {stem["name"] for stem in song["stems"]}
    for stem in loop.stems:
        own = stem.waveform.samples
        around_seam = np.concatenate([own[:, -NEAR:], own[:, :NEAR]], axis=1)
        expected = rounds[stem.name][:, 3 * FRAMES - NEAR : 3 * FRAMES + NEAR]
        whole, third = own, rounds[stem.name][:, 2 * FRAMES : 3 * FRAMES]
        gain = float((whole * third).sum() / (third**2).sum())
        assert level_db(whole - gain * third) - level_db(whole) < -35, stem.name
        assert level_db(around_seam - gain * expected) < max(level_db(around_seam) - 30, -100), stem.name


def test_a_bar_count_without_a_loop_rings_after_its_bars(served: Command, tmp_path: Path) -> None:
    song = served.make("8 bars of lofi at 120 bpm", tmp_path / "song", "--seed", "1")
    assert (song["plan"]["bars"], song["plan"]["loop"], song["verdict"]["passed"]) == (8, False, True)
    master = read_audio(Path(song["folder"]) / "master.flac")
    assert master.frames == FRAMES + 2 * 48_000
    assert level_db(master.samples[:, FRAMES : FRAMES + 24_000]) > -50
    assert not master.samples[:, -1].any()


def test_a_loop_that_shall_fade_says_that_it_cannot(served: Command, tmp_path: Path) -> None:
    done = served.run("make", "2-bar lofi loop with fade out, 90 bpm", "--out", str(tmp_path / "song"))
    assert done.returncode == 0, done.stderr
    assert "a loop has no end" in done.stderr
    assert "fade out not done" in done.stdout.splitlines()[-1]
    record = json.loads((tmp_path / "song" / "song.json").read_text())
    assert record["plan"]["loop"]
    assert soundfile.info(tmp_path / "song" / "master.flac").frames == 256_000
