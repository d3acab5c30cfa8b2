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
    assert settings.database_location == tmp_path / "aurax.db"
    assert settings.objects_location == str(tmp_path / "objects")
    assert {settings.clips_dir.parent, settings.run_dir.parent, settings.temporal_database.parent} == {tmp_path}


def test_a_database_url_gets_an_asynchronous_driver_and_hides_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURAX_DATABASE_URL", "postgres://me:secret@host/songs")
    settings = Settings.load()
    assert settings.database_location == "postgresql+asyncpg://me:secret@host/songs"
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


NONSENSE = {
    "DATABASE_URL": [
        "nonsense",
        "mysql://host/songs",
        "postgresql://",
        "postgresql://host",
        "postgresql://host:99999999/songs",
        "postgresql://host:port/songs",
        "postgresql://[::1/songs",
        "postgresql://me:se#cret@host/songs",
        "postgresql+psycopg2://host/songs",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///songs.db?mode=memory",
        "sqlite:songs.db",
        "://",
        "\udcff",
    ],
    "OBJECTS_URL": [
        "s3://",
        "s3://bucket:port",
        "s3://[bucket",
        "memory:///",
        "file://relative",
        "://",
        "~nobody-of-this-name/objects",
    ],
    "RENDER_WORKERS": ["0", "-1", "65", "many", "1.5", "nan"],
    "CLIP_CACHE_BYTES": ["0", "-5", "4 GB", "inf"],
    "TEMPORAL_NAMESPACE": [" ", "two words", "line\nbreak", "x" * 300, "-x", "\udcff"],
    "TASK_QUEUE": [" ", "two words", "line\nbreak", "x" * 300, "../x"],
    "LLM": ["gpt", "nonsense"],
    "GPU": ["cuda", "LOCAL!"],
    "DEVICE": ["gpu", "cuda:9"],
    "PRECISION": ["fp8", "half"],
    "MONTHLY_CAP_USD": ["-1", "nan", "inf", "ten"],
    "DATA_DIR": ["~nobody-of-this-name/x", "\udcff"],
    "WEIGHTS_FOLDER": ["~nobody-of-this-name/x", "\udcff"],
    "PRICES": ["~nobody-of-this-name/x"],
    "SILENCE_S": ["0", "-1", "nan", "inf", "soon"],
    "START_S": ["0", "nan", "soon"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in NONSENSE.items() for value in values])
def test_nonsense_in_a_variable_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"AURAX_{name}", value)
    with pytest.raises(InvalidOption, match=f"AURAX_{name}") as caught:
        Settings.load()
    str(caught.value).encode()


def test_a_password_is_never_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("postgresql://me:hunter2@host:port/songs", "mysql://me:hunter2@host/songs", "hunter2"):
        monkeypatch.setenv("AURAX_DATABASE_URL", url)
        with pytest.raises(InvalidOption) as caught:
            Settings.load()
        assert "hunter2" not in str(caught.value)
