from __future__ import annotations

from pathlib import Path

import pytest

from aurax.errors import InvalidOption
from aurax.settings import Settings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AURAX_DATA_DIR", str(tmp_path))
    for name in ("DATABASE_URL", "OBJECTS_URL", "RENDER_WORKERS", "GPU"):
        monkeypatch.delenv(f"AURAX_{name}", raising=False)


def test_everything_unset_stays_in_the_data_folder(tmp_path: Path) -> None:
    settings = Settings.load()
    assert settings.sqlalchemy_url == f"sqlite+aiosqlite:///{tmp_path}/aurax.db"
    assert settings.objects_location == str(tmp_path / "objects")
    assert {settings.clips_dir.parent, settings.run_dir.parent, settings.temporal_database.parent} == {tmp_path}


def test_a_database_url_gets_an_asynchronous_driver_and_hides_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURAX_DATABASE_URL", "postgres://me:secret@host/songs")
    settings = Settings.load()
    assert settings.sqlalchemy_url == "postgresql+asyncpg://me:secret@host/songs"
    assert "secret" not in repr(settings)


def test_an_impossible_value_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURAX_RENDER_WORKERS", "many")
    with pytest.raises(InvalidOption, match="AURAX_RENDER_WORKERS"):
        Settings.load()


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURAX_OBJECTS_URL", "")
    assert Settings.load().objects_url is None


def test_given_values_win_over_the_environment(tmp_path: Path) -> None:
    assert Settings.load(data_dir=tmp_path / "other", render_workers=None).data_dir == tmp_path / "other"
