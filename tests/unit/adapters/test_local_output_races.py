"""Whatever happens at `--out` during the work, nothing that others put there is lost, and no name is taken twice."""

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from aurax.adapters.local import output as output_module
from aurax.adapters.local.output import OutputFolder
from aurax.errors import UnwritableOutput


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    path = tmp_path / "source" / "song.json"
    path.write_bytes(b"new")
    return path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where songs are put in these tests."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def song_folder(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "song.json").write_text("old")
    return path


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def write_into(folder: Path) -> None:
    (folder / "mine.txt").write_text("mine")


def replace_by_folder(folder: Path) -> None:
    folder.rmdir()
    folder.mkdir()
    write_into(folder)


def replace_by_file(folder: Path) -> None:
    folder.rmdir()
    folder.write_text("mine")


def replace_by_link(folder: Path) -> None:
    folder.rmdir()
    elsewhere = folder.with_name("elsewhere")
    elsewhere.mkdir()
    folder.symlink_to(elsewhere)


@pytest.mark.parametrize("meddle", [write_into, replace_by_folder, replace_by_file, replace_by_link])
def test_what_appears_at_the_claimed_name_is_kept_and_the_run_fails(
    place: Path, source: Path, meddle: Callable[[Path], None]
) -> None:
    target = place / "song"
    with OutputFolder(target) as output:
        output.add("song.json", source)
        meddle(target)
        with pytest.raises(UnwritableOutput, match="was kept"):
            output.finish()
    assert "new" not in contents(place).values()
    assert target.is_symlink() or "mine" in contents(place).values()
    assert [path for path in place.iterdir() if path.name.startswith(".")] == []


def test_a_default_name_that_was_taken_meanwhile_makes_way_for_the_next(place: Path, source: Path) -> None:
    target = place / "song"
    with OutputFolder(target, next_free=True) as output:
        output.add("song.json", source)
        write_into(target)
        assert output.finish() == place / "song-2"
    assert contents(place) == {"song/mine.txt": "mine", "song-2/song.json": "new"}


def test_a_claimed_folder_that_was_removed_is_made_again(place: Path, source: Path) -> None:
    target = place / "song"
    with OutputFolder(target) as output:
        output.add("song.json", source)
        target.rmdir()
        output.finish()
    assert contents(place) == {"song/song.json": "new"}


def test_a_parent_that_was_removed_is_told(place: Path, source: Path) -> None:
    with OutputFolder(place / "songs" / "song") as output:
        output.add("song.json", source)
        for folder, folders, files in os.walk(place, topdown=False):
            for name in files:
                (Path(folder) / name).unlink()
            for name in folders:
                (Path(folder) / name).rmdir()
        with pytest.raises(UnwritableOutput):
            output.add("master.flac", source)
        with pytest.raises(UnwritableOutput):
            output.finish()
    assert list(place.iterdir()) == []


def test_a_gathered_file_that_was_removed_is_told(place: Path, source: Path) -> None:
    with OutputFolder(place / "song") as output:
        output.add("song.json", source)
        next(place.glob(".aurax-*/song/song.json")).unlink()
        with pytest.raises(UnwritableOutput):
            output.finish()
    assert list(place.iterdir()) == []


def change_a_file(folder: Path) -> None:
    (folder / "song.json").write_text("a longer text")


def another_song(folder: Path) -> None:
    folder.rename(folder.with_name("moved"))
    song_folder(folder)


@pytest.mark.parametrize("can_exchange", [True, False])
@pytest.mark.parametrize("meddle", [write_into, change_a_file, another_song])
def test_force_replaces_only_what_was_checked(
    place: Path,
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    meddle: Callable[[Path], None],
    can_exchange: bool,
) -> None:
    if not can_exchange:
        monkeypatch.setattr(output_module, "exchange", lambda first, second: False)
    target = song_folder(place / "song")
    with OutputFolder(target, force=True) as output:
        output.add("song.json", source)
        meddle(target)
        before = contents(place)
        with pytest.raises(UnwritableOutput, match="was kept"):
            output.finish()
    assert contents(place) == {path: text for path, text in before.items() if not path.startswith(".")}


@pytest.mark.parametrize("can_exchange", [True, False])
def test_what_comes_in_at_the_very_moment_of_replacing_is_kept(
    place: Path, source: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool
) -> None:
    real, target = output_module.exchange, song_folder(place / "song")
    listing, looks = output_module.FolderSnapshot.of, []

    def look(folder: Path) -> object:
        found = listing(folder)
        looks.append(folder)
        if len(looks) == 2:  # the first is at the start, the second just before the exchange
            write_into(folder)
        return found

    monkeypatch.setattr(output_module, "exchange", real if can_exchange else lambda first, second: False)
    monkeypatch.setattr(output_module.FolderSnapshot, "of", look)
    with OutputFolder(target, force=True) as output:
        output.add("song.json", source)
        with pytest.raises(UnwritableOutput, match="was kept"):
            output.finish()
    assert contents(place) == {"song/song.json": "old", "song/mine.txt": "mine"}


def test_two_runs_that_replace_the_same_song_do_not_replace_each_other(place: Path, source: Path) -> None:
    target = song_folder(place / "song")
    with OutputFolder(target, force=True) as first, OutputFolder(target, force=True) as second:
        first.add("song.json", source)
        second.add("song.json", source)
        first.finish()
        with pytest.raises(UnwritableOutput, match="was kept"):
            second.finish()
    assert contents(place) == {"song/song.json": "new"}


def test_a_writer_that_never_stops_loses_nothing(place: Path, source: Path) -> None:
    target = song_folder(place / "song")
    written, stop = [], threading.Event()

    def write() -> None:
        while not stop.is_set():
            path = target / f"{len(written)}.txt"
            try:
                path.write_text("mine")
            except OSError:
                continue
            written.append(path.name)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(20):
            with OutputFolder(target, force=True) as output:
                output.add("song.json", source)
                try:
                    output.finish()
                except UnwritableOutput:
                    continue
                break
    finally:
        stop.set()
        writer.join()
    kept = {path.name for path in place.rglob("*.txt")}
    replaced = "new" in contents(place).values()
    assert replaced or kept == set(written)


CLAIM = """
import sys
from pathlib import Path
from aurax.adapters.local.output import OutputFolder
source, target = Path(sys.argv[1]), Path(sys.argv[2])
sys.stdin.readline()
with OutputFolder(target, next_free=True) as output:
    output.add("song.json", source)
    print(output.finish())
"""


def test_processes_that_start_at_once_never_share_a_name(tmp_path: Path, source: Path) -> None:
    target = tmp_path / "new" / "out" / "song"
    command = [sys.executable, "-c", CLAIM, str(source), str(target)]
    runs = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ)
        for _ in range(6)
    ]
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("\n")
        run.stdin.flush()
    folders = {run.communicate(timeout=60)[0].strip() for run in runs}
    assert folders == {str(target), *(f"{target}-{number}" for number in range(2, 7))}
    assert all((Path(folder) / "song.json").read_text() == "new" for folder in folders)
    assert len(list(target.parent.iterdir())) == 6


@pytest.mark.parametrize(
    "name",
    ["x" * 300, "é" * 150, "a/" * 3000 + "x", "line\nbreak", "\x1b[31mred", "zero\0", "bad\udcff", "~nobody-here/x"],
)
def test_names_that_cannot_be_are_refused_with_a_clear_error(place: Path, name: str) -> None:
    with pytest.raises(UnwritableOutput) as caught:
        OutputFolder(Path(name) if name.startswith("~") else place / name)
    assert caught.value.fix
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("name", ["/", "", ".", "..", "out/.."])
@pytest.mark.parametrize("force", [False, True])
def test_folders_that_are_not_the_songs_own_are_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch, name: str, force: bool
) -> None:
    write_into(place)
    monkeypatch.chdir(place)
    with pytest.raises(UnwritableOutput):
        OutputFolder(Path(name), force=force)
    assert contents(place) == {"mine.txt": "mine"}


def test_a_link_at_the_name_is_never_replaced(place: Path) -> None:
    song_folder(place / "song")
    (place / "link").symlink_to(place / "song")
    (place / "broken").symlink_to(place / "nowhere")
    for name in ("link", "broken"):
        for force in (False, True):
            with pytest.raises(UnwritableOutput):
                OutputFolder(place / name, force=force)
    with pytest.raises(UnwritableOutput):
        OutputFolder(place / "broken" / "song")
    assert contents(place) == {"song/song.json": "old"}


def test_delivered_files_follow_the_umask_of_the_person(
    place: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output_module, "person_umask", lambda: 0o027)
    with OutputFolder(place / "deep" / "song") as output:
        output.add("stems/song.json", source)
        folder = output.finish()
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "stems", folder / "stems" / "song.json")]
    assert modes == [0o750, 0o750, 0o640]
