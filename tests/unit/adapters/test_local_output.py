import errno
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from aurax.adapters.local.output import OutputFolder
from aurax.errors import StorageFull, UnwritableOutput


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.bin"
    path.write_bytes(b"music")
    return path


def song_folder(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "song.json").write_text("{}")
    return path


def test_the_folder_appears_only_when_it_is_finished(tmp_path: Path, source: Path) -> None:
    target = tmp_path / "out" / "song"
    with OutputFolder(target) as output:
        output.add("stems/01-kick.flac", source)
        assert list(target.iterdir()) == []
        output.finish()
    assert (target / "stems" / "01-kick.flac").read_bytes() == b"music"
    assert [path.name for path in target.parent.iterdir()] == ["song"]


def test_an_abandoned_folder_leaves_nothing_behind(tmp_path: Path, source: Path) -> None:
    target = tmp_path / "out" / "song"

    def abandon() -> None:
        with OutputFolder(target) as output:
            output.add("master.flac", source)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        abandon()
    assert not target.parent.exists()


def test_an_existing_folder_is_never_overwritten_without_force(tmp_path: Path) -> None:
    target = song_folder(tmp_path / "song")
    with pytest.raises(UnwritableOutput, match="--force"):
        OutputFolder(target)


def test_force_replaces_a_song(tmp_path: Path, source: Path) -> None:
    target = song_folder(tmp_path / "song")
    (target / "old.txt").write_text("old")
    with OutputFolder(target, force=True) as output:
        output.add("song.json", source)
        output.finish()
    assert [path.name for path in target.iterdir()] == ["song.json"]
    assert [path.name for path in tmp_path.iterdir() if path != source] == ["song"]


def test_force_does_not_replace_a_folder_that_is_no_song(tmp_path: Path) -> None:
    target = tmp_path / "thesis"
    target.mkdir()
    (target / "chapter.txt").write_text("years of work")
    with pytest.raises(UnwritableOutput, match=r"no song\.json"):
        OutputFolder(target, force=True)
    assert (target / "chapter.txt").read_text() == "years of work"


def test_a_file_in_the_way_is_reported_not_removed(tmp_path: Path, source: Path) -> None:
    with pytest.raises(UnwritableOutput):
        OutputFolder(source, force=True)
    assert source.read_bytes() == b"music"


def test_a_parent_that_cannot_hold_folders_is_refused_before_the_work_begins(tmp_path: Path, source: Path) -> None:
    with pytest.raises(UnwritableOutput, match="expected to write"):
        OutputFolder(source / "song")


def test_a_disk_that_is_nearly_full_is_refused_before_the_work_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=10**6))
    with OutputFolder(tmp_path / "song") as output, pytest.raises(StorageFull, match="1 MB"):
        output.check_disk_space(180.0)


def test_a_disk_that_fills_up_while_copying_is_told_as_such(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_up(_source: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with OutputFolder(tmp_path / "song") as output:
        monkeypatch.setattr(shutil, "copyfile", fill_up)
        with pytest.raises(StorageFull):
            output.add("master.flac", source)
    assert not (tmp_path / "song").exists()


def test_default_folders_count_up_instead_of_overwriting(tmp_path: Path) -> None:
    (tmp_path / "song").mkdir()
    (tmp_path / "song-2").mkdir()
    with OutputFolder(tmp_path / "song", next_free=True) as output:
        assert output.finish() == tmp_path / "song-3"
