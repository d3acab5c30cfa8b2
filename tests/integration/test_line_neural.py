"""The neural and the dual mode through the command: engines on tiny or no weights, everything else for real."""

import hashlib
import json
import os
import signal
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest
from builders.musicgen_checkpoints import save_tiny_checkpoint
from builders.separator_checkpoints import save_tiny_htdemucs
from command import Command

from aurax.audio.files import read_audio
from aurax.score.score import Score

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

HOUSE = "deep house in C minor, 122 bpm, 24 seconds"
NOISE = "lofi piano beat, 90 bpm, 8 seconds"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def neural(served: Command, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A song whose audio the debug engine generated."""
    return served.make(HOUSE, tmp_path_factory.mktemp("neural") / "song", "--seed", "3", "--engine", "debug")


@pytest.fixture(scope="module")
def weighted(served: Command) -> Command:
    """The same servers, with tiny weights for MusicGen and Demucs."""
    save_tiny_checkpoint(served.data / "weights" / "musicgen-small", "mono")
    save_tiny_htdemucs(served.data / "weights" / "htdemucs")
    return served


@pytest.fixture(scope="module")
def musicgen(weighted: Command, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A song by a tiny MusicGen, taken apart by a tiny Demucs: noise, but all the way."""
    out = tmp_path_factory.mktemp("musicgen") / "song"
    return weighted.make(NOISE, out, "--seed", "5", "--engine", "musicgen", "--takes", "1")


def test_generated_audio_becomes_a_song_that_meets_its_contract(neural: dict[str, Any]) -> None:
    failed = [check["name"] for check in neural["verdict"]["checks"] if not check["passed"]]
    assert neural["verdict"]["passed"], failed
    assert (neural["mode"], neural["engine"]) == ("neural", "debug")
    assert (neural["plan"]["key"], neural["plan"]["mode"]) == ("C", "minor")
    assert neural["plan"]["tempo_bpm"] == pytest.approx(122, abs=0.2)
    assert neural["master"]["duration_s"] == pytest.approx(24, abs=4 * 60 / 122)
    assert abs(neural["master"]["integrated_lufs"] + 14) <= 0.3
    assert neural["master"]["true_peak_dbtp"] <= -1
    assert len(neural["plan"]["sections"]) >= 2


def test_its_stems_sum_to_its_mix_and_its_midi_was_heard(neural: dict[str, Any]) -> None:
    folder = Path(neural["folder"])
    difference = -read_audio(folder / "mix.flac").samples.astype(np.float64)
    for stem in neural["stems"]:
        difference += read_audio(folder / stem["path"]).samples
    assert 20 * np.log10(np.abs(difference).max() + 1e-12) <= -90
    score = Score.from_json((folder / "score.json").read_bytes())
    assert score.origin == "transcribed"
    assert {"drums", "bass"} <= {track.name for track in score.tracks}
    assert all(track.notes for track in score.tracks if track.name in ("drums", "bass"))


def test_every_call_of_an_engine_is_in_the_record_and_costs_nothing_here(neural: dict[str, Any]) -> None:
    stages = [call["stage"] for call in neural["engines"]]
    assert stages.count("generation") == stages.count("separation") == len(neural["takes"])
    assert {call["runtime"] for call in neural["engines"]} == {"local"}
    assert all(call["seconds"] > 0 for call in neural["engines"])
    assert neural["cost_usd"] == 0
    assert neural["credits"] == []
    stages = ["intent", "generate", "separate", "arrange", "mix", "master", "judge", "deliver", "total"]
    assert list(neural["timings_s"]) == stages


def test_musicgen_makes_a_song_through_the_whole_line(musicgen: dict[str, Any]) -> None:
    folder = Path(musicgen["folder"])
    assert (musicgen["mode"], musicgen["engine"]) == ("neural", "musicgen-small")
    assert {call["name"] for call in musicgen["engines"]} >= {"musicgen-small", "htdemucs"}
    assert musicgen["master"]["duration_s"] == pytest.approx(8, abs=4 * 60 / 90)
    assert musicgen["master"]["true_peak_dbtp"] <= -1
    for file in ("master.flac", "mix.flac", "song.mid", "song.dawproject", "report.html", "score.json"):
        assert (folder / file).stat().st_size > 0


def test_the_licence_travels_with_what_the_weights_made(musicgen: dict[str, Any]) -> None:
    assert musicgen["credits"][0] == "musicgen-small: CC-BY-NC-4.0"
    call = next(one for one in musicgen["engines"] if one["name"] == "musicgen-small")
    assert (call["licence"], call["commercial"]) == ("CC-BY-NC-4.0", False)
    folder = Path(musicgen["folder"])
    assert "CC-BY-NC-4.0" in mutagen.File(folder / "master.flac")["license"][0]
    assert "CC-BY-NC-4.0" in (folder / "report.html").read_text()


def test_the_same_seed_gives_the_same_master_after_a_worker_died(
    weighted: Command, musicgen: dict[str, Any], tmp_path: Path
) -> None:
    arguments = ("make", NOISE, "--seed", "5", "--engine", "musicgen", "--takes", "1")
    told = len(weighted.events())
    process = weighted.start(*arguments, "--out", str(tmp_path / "song"), "--json")
    weighted.wait_until(lambda: "generate.started" in weighted.events()[told:], "the generation has begun")
    os.kill(weighted.runtime()["child_pids"]["worker"], signal.SIGKILL)
    output, complaints = process.communicate(timeout=250)
    assert process.returncode == 0, output + complaints
    assert sha256(tmp_path / "song" / "master.flac") == sha256(Path(musicgen["folder"]) / "master.flac")
    assert weighted.events()[told:].count("song.delivered") == 1


def test_a_commercial_song_refuses_weights_that_forbid_it(weighted: Command, tmp_path: Path) -> None:
    for prompt, *options in ((NOISE, "--commercial"), (f"{NOISE}, for an advert",)):
        done = weighted.run("make", prompt, "--engine", "musicgen", "--json", "--out", str(tmp_path / "song"), *options)
        assert done.returncode == 1
        error = json.loads(done.stdout)["error"]
        assert error["kind"] == "LicenceForbids"
        assert "CC-BY-NC-4.0" in error["found"]
    assert not (tmp_path / "song").exists()


def test_the_dual_road_adds_a_layer_that_agrees_with_the_notes(served: Command, tmp_path: Path) -> None:
    song = served.make(
        "ambient in D minor, 70 bpm, 20 seconds", tmp_path / "song", "--seed", "2", "--engine", "debug", "--dual"
    )
    assert (song["mode"], song["engine"]) == ("dual", "debug")
    assert song["verdict"]["passed"], [check["name"] for check in song["verdict"]["checks"] if not check["passed"]]
    layer = [stem for stem in song["stems"] if stem["name"] == "neural layer"]
    assert len(layer) == 1
    assert layer[0]["integrated_lufs"] < song["mix"]["integrated_lufs"] - 3
    score = Score.from_json((tmp_path / "song" / "score.json").read_bytes())
    assert score.origin == "composed"


def test_a_layer_wants_an_engine_that_can_follow_a_melody(weighted: Command, tmp_path: Path) -> None:
    done = weighted.run("make", NOISE, "--engine", "musicgen", "--dual", "--json", "--out", str(tmp_path / "song"))
    assert done.returncode == 1
    assert "melody" in json.loads(done.stdout)["error"]["expected"]
