"""`aurax engines`: what is installed, under which licence, and what it lacks to run here."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from aurax.adapters.cli.main import app
from aurax.engines.engine_registry import load_engines


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, and the settings of a fresh installation."""
    for name in ("GPU", "DEVICE", "PRECISION", "WEIGHTS_FOLDER"):
        monkeypatch.delenv(f"AURAX_{name}", raising=False)
    monkeypatch.setenv("AURAX_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "data"


def listed() -> dict[str, dict[str, Any]]:
    result = CliRunner().invoke(app, ["engines", "--json"])
    assert result.exit_code == 0, result.output
    return {one["name"]: one for one in json.loads(result.stdout)}


def shown() -> list[str]:
    result = CliRunner().invoke(app, ["engines"])
    assert result.exit_code == 0, result.output
    return [" ".join(line.split()) for line in result.stdout.splitlines()]


def test_json_tells_everything_that_an_engine_says_of_itself() -> None:
    engines = listed()
    assert list(engines) == list(load_engines())
    musicgen = engines["musicgen-small"]
    assert (musicgen["kind"], musicgen["licence"]["name"], musicgen["licence"]["commercial"]) == (
        "generator", "CC-BY-NC-4.0", False
    )  # fmt: skip
    assert musicgen["aliases"] == ["musicgen"]
    assert set(musicgen["conditions"]) == {"text", "duration", "seed", "continuation"}
    assert engines["htdemucs"]["outputs"] == ["drums", "bass", "other", "vocals"]


def test_what_runs_everywhere_lacks_nothing(data: Path) -> None:
    engines = listed()
    assert engines["debug"]["lacks"] is None
    assert engines["hpss"]["lacks"] is None
    assert not data.exists(), "looking writes nothing"


def test_an_engine_says_where_its_weights_belong_until_they_are_there(data: Path) -> None:
    assert str(data / "weights" / "musicgen-small") in listed()["musicgen-small"]["lacks"]
    (data / "weights" / "musicgen-small").mkdir(parents=True)
    assert "where there are none" in listed()["musicgen-small"]["lacks"]
    (data / "weights" / "musicgen-small" / "config.json").write_text("{}")
    assert listed()["musicgen-small"]["lacks"] is None


def test_weights_are_looked_for_in_the_folder_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURAX_WEIGHTS_FOLDER", str(tmp_path / "elsewhere"))
    assert str(tmp_path / "elsewhere" / "htdemucs") in listed()["htdemucs"]["lacks"]


def test_packages_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "aurax.engines.requirements.missing_packages", lambda extra: ("torch",) if extra == "neural" else ()
    )
    engines = listed()
    assert "pip install 'aurax[neural]'" in engines["musicgen-small"]["lacks"]
    assert engines["debug"]["lacks"] is None
    assert any(line.startswith("musicgen-small needs packages no CC-BY-NC-4.0") for line in shown())


def test_a_person_reads_one_line_for_each_engine(data: Path) -> None:
    lines = shown()
    rows = [line.split()[0] for line in lines if " ready " in line or " needs " in line]
    assert sorted(rows) == sorted(load_engines())
    assert any(line.startswith("debug ready yes") for line in lines)
    assert any(line.startswith("htdemucs needs weights") and "vocals" in line for line in lines)
    assert str(data / "weights") in lines[-1]
