import io
import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from rich.console import Console

from aurax.adapters.cli.progress import Progress
from aurax.adapters.local.disk_space import check_disk_space, require_disk_space
from aurax.adapters.local.waiting_event import WAITING
from aurax.errors import StorageFull
from aurax.settings import Settings

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings.load(data_dir=tmp_path / "data")
    settings.data_dir.mkdir()
    return settings


def test_a_song_is_refused_when_the_data_folder_cannot_hold_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 0, 100_000_000))
    check_disk_space(settings, 10)
    with pytest.raises(StorageFull, match=r"100 MB in .*data"):
        check_disk_space(settings, 60)


def test_the_object_store_on_another_disk_is_asked_too(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = tmp_path / "objects"
    objects.mkdir()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 0, 0 if path == objects else 10**9))
    with pytest.raises(StorageFull, match="objects"):
        check_disk_space(settings.model_copy(update={"objects_url": f"file://{objects}"}), 10)


def test_a_folder_that_takes_no_more_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.clips_dir.mkdir()
    require_disk_space(settings)

    def full(descriptor: int) -> None:
        if "clips" in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull, match="clips"):
        require_disk_space(settings)
    assert list(settings.clips_dir.iterdir()) == []


def test_waiting_is_said_once_for_each_reason_where_nobody_watches() -> None:
    said = io.StringIO()
    progress = Progress(Console(file=said), visible=False)
    for reason in ("no worker listens", "no worker listens", "", "no worker listens", "the disk is slow"):
        progress.on_event(WAITING, {"reason": reason})
    assert said.getvalue().splitlines() == ["waiting: no worker listens", "waiting: the disk is slow"]


def test_waiting_is_shown_below_the_stages_on_a_terminal() -> None:
    shown = io.StringIO()
    progress = Progress(Console(file=shown, force_terminal=True, width=80), visible=True)
    with progress:
        progress.on_event(WAITING, {"reason": "no worker listens"})
    assert "waiting: no worker listens" in shown.getvalue()
