"""What a killed command left beside `--out` is removed by the next one, and nothing else."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aurax.adapters.local.claims import Claims
from aurax.adapters.local.data_folder import open_data_folder
from aurax.adapters.local.output import OutputFolder
from aurax.errors import InvalidOption, StorageFull
from aurax.settings import Settings

HANG = """
import sys, time
from pathlib import Path
from aurax.adapters.local.claims import Claims
from aurax.adapters.local.output import OutputFolder
claims, target, source = (Path(argument) for argument in sys.argv[1:])
with Claims(claims).hold("song1") as claim, OutputFolder(target, force=target.exists(), claim=claim) as output:
    output.add("stems/a.flac", source)
    print("ready", flush=True)
    time.sleep(600)
"""


def start(claims: Path, target: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HANG, str(claims), str(target), __file__], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def test_a_killed_command_leaves_nothing_that_the_next_one_does_not_sweep(tmp_path: Path, settings: Settings) -> None:
    claims, target = Claims(settings.claims_dir), tmp_path / "new" / "out" / "song"
    process = start(settings.claims_dir, target)
    open_data_folder(settings)
    assert claims.is_held("song1")
    assert target.is_dir()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    open_data_folder(settings)
    assert not (tmp_path / "new").exists()
    assert claims.left_behind() == ("song1",)
    claims.forget("song1")
    assert claims.left_behind() == ()


def test_sweeping_keeps_what_others_put_there(tmp_path: Path, settings: Settings) -> None:
    target = tmp_path / "out" / "song"
    process = start(settings.claims_dir, target)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    (target / "mine.txt").write_text("mine")
    open_data_folder(settings)
    assert [str(path.relative_to(tmp_path / "out")) for path in sorted(target.parent.rglob("*"))] == [
        "song",
        "song/mine.txt",
    ]


def test_a_song_that_had_just_changed_places_is_put_back(tmp_path: Path, settings: Settings) -> None:
    target = tmp_path / "song"
    target.mkdir()
    (target / "song.json").write_text("old")
    process = start(settings.claims_dir, target)
    found = target.stat()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    # What the record and the folders look like when the kill comes right after the exchange.
    with (settings.claims_dir / "song1").open("a") as record:
        record.write(f'{{"replaced": "{target}", "device": {found.st_dev}, "inode": {found.st_ino}}}\n{{"half')
    partial = next(tmp_path.glob(".aurax-*"))
    (partial / "song").rename(tmp_path / "new")
    target.rename(partial / "song")
    (tmp_path / "new").rename(target)
    Claims(settings.claims_dir).sweep()
    assert (tmp_path / "song-kept-1" / "song.json").read_text() == "old"
    assert (target / "stems" / "a.flac").is_file()
    assert list(tmp_path.glob(".aurax-*")) == []


def test_records_of_strangers_remove_nothing(tmp_path: Path, settings: Settings) -> None:
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "file").write_text("mine")
    settings.claims_dir.mkdir(parents=True)
    (settings.claims_dir / "song1").write_text(f'{{"partial": "{folder}"}}\n[1]\n{{"folder": "{folder}"}}\n')
    Claims(settings.claims_dir).sweep()
    assert (folder / "file").read_text() == "mine"


def test_only_one_command_waits_for_a_song(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aurax.adapters.local.claims._LOOKED_AT_S", 0.1)
    claims = Claims(settings.claims_dir)
    with claims.hold("song1"), pytest.raises(InvalidOption, match="no other command"), claims.hold("song1"):
        pass
    assert claims.left_behind() == ()


def test_a_song_that_may_go_on_is_remembered(settings: Settings) -> None:
    claims = Claims(settings.claims_dir)

    def give_up() -> None:
        with claims.hold("song1") as claim:
            claim.ended = False
            raise RuntimeError

    with pytest.raises(RuntimeError):
        give_up()
    assert claims.left_behind() == ("song1",)


def test_a_finished_command_leaves_no_record(tmp_path: Path, settings: Settings) -> None:
    with Claims(settings.claims_dir).hold("song1") as claim, OutputFolder(tmp_path / "song", claim=claim) as output:
        output.finish()
    assert list(settings.claims_dir.iterdir()) == []
    assert (tmp_path / "song").is_dir()


def test_a_record_that_cannot_be_written_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill_up(*_arguments: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("aurax.adapters.local.claims.os.open", fill_up)
    with pytest.raises(StorageFull), Claims(settings.claims_dir).hold("song1"):
        pass
