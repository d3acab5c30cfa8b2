"""Whole songs through the command: what is delivered, and what stays the same."""

import hashlib
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import mutagen
import numpy as np
import pytest
import soundfile
import symusic
from builders.dawproject_rules import broken_rules
from command import Command

from aurax.audio.files import read_audio
from aurax.deliver.record import SongRecord, song_schema
from aurax.score.score import Score

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

# fmt: off
TOP_KEYS = [
    "id", "created_at", "aurax_version", "prompt", "seed", "mode", "engine", "engines", "credits", "intent", "plan",
    "master", "mix", "stems", "midi",
    "dawproject", "report", "verdict", "outcome", "notes", "takes", "timings_s", "cost_usd",
]
# fmt: on
PROMPT = "rainy-night lo-fi hip hop, 82 bpm, 20 seconds"


@pytest.fixture(scope="module")
def song(served: Command, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A delivered song in every format, as `--json` printed it."""
    return served.make(PROMPT, tmp_path_factory.mktemp("out") / "song", "--seed", "1", "--formats", "flac,wav,mp3,ogg")


@pytest.fixture(scope="module")
def folder(song: dict[str, Any]) -> Path:
    return Path(song["folder"])


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_song_json_has_exactly_the_promised_keys_and_follows_its_schema(folder: Path) -> None:
    record = json.loads((folder / "song.json").read_text())
    assert list(record) == TOP_KEYS
    jsonschema.validate(record, song_schema())
    assert SongRecord.model_validate(record).prompt == PROMPT


def test_every_path_in_song_json_is_relative_and_there(song: dict[str, Any], folder: Path) -> None:
    paths = [song["master"]["path"], song["mix"]["path"], song["midi"], song["dawproject"], song["report"]]
    paths += [stem["path"] for stem in song["stems"]]
    assert all(not Path(path).is_absolute() and (folder / path).is_file() for path in paths)
    assert all(re.fullmatch(r"stems/\d\d-[a-z0-9-]+\.flac", stem["path"]) for stem in song["stems"])


def test_the_delivered_stems_sum_to_the_delivered_mix(song: dict[str, Any], folder: Path) -> None:
    difference = -read_audio(folder / "mix.flac").samples.astype(np.float64)
    for stem in song["stems"]:
        difference += read_audio(folder / stem["path"]).samples
    assert 20 * np.log10(np.abs(difference).max() + 1e-12) <= -90


def test_the_contract_is_met(song: dict[str, Any]) -> None:
    assert song["verdict"]["passed"], [check for check in song["verdict"]["checks"] if not check["passed"]]
    assert abs(song["master"]["integrated_lufs"] + 14) <= 0.3
    assert song["master"]["true_peak_dbtp"] <= -1
    assert song["master"]["duration_s"] == pytest.approx(20, abs=4 * 60 / 82)


def test_masters_come_in_every_asked_format_with_tags(folder: Path) -> None:
    for suffix in ("flac", "wav", "mp3", "ogg"):
        info = soundfile.info(folder / f"master.{suffix}")
        assert info.samplerate == 48_000
        assert info.duration == pytest.approx(20, abs=0.1)
    for suffix in ("flac", "mp3", "ogg"):
        tags = mutagen.File(folder / f"master.{suffix}", easy=True)
        assert tags is not None
        assert tags["artist"] == ["AURA-X"]
        assert tags["bpm"] == ["82"]


def test_midi_holds_the_scores_notes_tempo_and_markers(song: dict[str, Any], folder: Path) -> None:
    midi = symusic.Score(str(folder / "song.mid"))
    score = Score.from_json((folder / "score.json").read_bytes())
    assert midi.ticks_per_quarter == 960
    assert midi.tempos[0].qpm == pytest.approx(82, abs=0.01)
    assert len(midi.markers) == len(song["plan"]["sections"])
    assert sorted(track.name for track in midi.tracks) == sorted(track.name for track in score.tracks)
    assert any(track.is_drum for track in midi.tracks)


def test_the_daw_project_embeds_every_stem(song: dict[str, Any], folder: Path) -> None:
    with zipfile.ZipFile(folder / "song.dawproject") as project:
        assert project.testzip() is None
        names = project.namelist()
        xml = project.read("project.xml").decode()
    assert {"project.xml", "metadata.xml"} <= set(names)
    assert sum(name.startswith("audio/") for name in names) == len(song["stems"])
    assert 'value="82' in xml
    assert broken_rules(folder / "song.dawproject") == []


def test_the_report_needs_nothing_from_outside(folder: Path) -> None:
    page = (folder / "report.html").read_text()
    outside = [link for link in re.findall(r'(?:src|href)="([^"]+)"', page) if "://" in link]
    assert outside == []
    assert "http-equiv" not in page


def test_timings_tell_every_stage_and_the_total(song: dict[str, Any]) -> None:
    timings = song["timings_s"]
    assert list(timings) == ["intent", "compose", "render", "mix", "master", "judge", "deliver", "total"]
    assert timings["total"] >= max(value for name, value in timings.items() if name != "total")


def test_the_same_prompt_and_seed_give_the_same_master_to_the_bit(alone: Command, tmp_path: Path, folder: Path) -> None:
    alone.make(PROMPT, tmp_path / "again", "--seed", "1")
    assert sha256(tmp_path / "again" / "master.flac") == sha256(folder / "master.flac")
    alone.wait_until(lambda: not alone.processes(), "the servers of the finished song have stopped")


def test_another_seed_gives_another_song(served: Command, tmp_path: Path, folder: Path) -> None:
    served.make(PROMPT, tmp_path / "other", "--seed", "2")
    notes = [json.loads((path / "score.json").read_text())["tracks"] for path in (folder, tmp_path / "other")]
    assert notes[0] != notes[1]
    assert sha256(tmp_path / "other" / "master.flac") != sha256(folder / "master.flac")


def test_two_songs_at_once_share_the_servers(alone: Command, tmp_path: Path) -> None:
    first = alone.start("make", "ambient, 12 seconds", "--seed", "1", "--out", str(tmp_path / "a"), "--json")
    second = alone.start("make", "deep house, 12 seconds", "--seed", "1", "--out", str(tmp_path / "b"), "--json")
    for process in (first, second):
        output, complaints = process.communicate(timeout=200)
        assert process.returncode == 0, output + complaints
    assert json.loads((tmp_path / "a" / "song.json").read_text())["plan"]["style"] == "ambient"
    assert json.loads((tmp_path / "b" / "song.json").read_text())["plan"]["style"] == "deep-house"


@pytest.mark.parametrize(
    ("prompt", "style", "meter"),
    [
        ("deep house in C minor, 122 bpm, no lead, 20 seconds", "deep-house", "4/4"),
        ("synthwave in 3/4, 96 bpm, 20 seconds", "synthwave", "3/4"),
        ("ambient with bells, no drums, 20 seconds", "ambient", "4/4"),
    ],
)
def test_every_style_delivers_a_song_that_passes(
    served: Command, tmp_path: Path, prompt: str, style: str, meter: str
) -> None:
    song = served.make(prompt, tmp_path / "song", "--seed", "11")
    assert (song["plan"]["style"], song["plan"]["meter"]) == (style, meter)
    assert song["verdict"]["passed"], [check for check in song["verdict"]["checks"] if not check["passed"]]


def test_without_a_terminal_the_first_line_names_the_folder_and_the_last_one_the_outcome(
    served: Command, tmp_path: Path
) -> None:
    done = served.run("make", "ambient, zorblax, 8 seconds", "--seed", "3", "--out", str(tmp_path / "song"), "--strict")
    folder, outcome = done.stdout.splitlines()
    assert folder == str(tmp_path / "song")
    assert outcome.endswith("not understood: zorblax")
    assert done.returncode == 3
    tags = mutagen.File(tmp_path / "song" / "master.flac").tags
    assert (tags["genre"], tags["description"]) == (["ambient"], [outcome])


def test_a_corrupt_temporal_database_is_named_and_left_alone(alone: Command, tmp_path: Path) -> None:
    alone.data.mkdir()
    (alone.data / "temporal.db").write_bytes(b"no database at all" * 1000)
    done = alone.run("make", "ambient, 8 seconds", "--out", str(tmp_path / "song"), "--json")
    assert done.returncode == 1
    error = json.loads(done.stdout)["error"]
    assert "temporal.db" in error["expected"]
    assert error["found"] == "file is not a database"
    assert (alone.data / "temporal.db").read_bytes().startswith(b"no database")
    assert not (tmp_path / "song").exists()


def test_deleting_the_data_folder_keeps_the_delivered_song(served: Command, folder: Path) -> None:
    inodes = {path.stat().st_ino for path in (served.data / "objects").rglob("*") if path.is_file()}
    assert inodes.isdisjoint(path.stat().st_ino for path in folder.rglob("*") if path.is_file())
    assert not any(path.is_symlink() for path in folder.rglob("*"))
