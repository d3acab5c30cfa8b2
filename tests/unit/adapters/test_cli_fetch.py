"""`aurax fetch`: licences are shown and must be accepted, and weights appear whole or not at all."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aurax.adapters.cli.main import app
from aurax.engines.weights import fetching
from aurax.engines.weights.source import WeightsSource
from aurax.errors import ServiceUnavailable


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AURAX_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A hub that gives two small files of every repository that is asked for."""
    asked: list[str] = []

    def give(source: WeightsSource, folder: Path) -> None:
        asked.append(source.repository)
        (folder / "model.safetensors").write_bytes(b"numbers")
        (folder / "config.json").write_text("{}")

    monkeypatch.setattr(fetching, "_from_hub", give)
    return asked


def aurax(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["fetch", *arguments])


def test_without_engines_it_lists_what_can_be_fetched() -> None:
    listed = json.loads(aurax("--json").output)
    assert listed["ace-step"]["commercial"] is True
    assert listed["musicgen-small"]["name"] == "CC-BY-NC-4.0"


def test_weights_come_into_a_folder_of_the_engines_name(data: Path, hub: list[str]) -> None:
    result = aurax("ace-step", "--json")
    assert result.exit_code == 0, result.output
    assert (data / "weights" / "ace-step" / "model.safetensors").read_bytes() == b"numbers"
    assert hub == ["ACE-Step/acestep-v15-xl-turbo-diffusers"]


def test_an_alias_is_fetched_under_the_engines_own_name(data: Path, hub: list[str]) -> None:
    assert aurax("musicgen", "--accept-licence").exit_code == 0
    assert (data / "weights" / "musicgen-small" / "config.json").exists()
    assert hub == ["facebook/musicgen-small"]


def test_a_licence_that_forbids_trade_must_be_accepted_first(data: Path, hub: list[str]) -> None:
    result = aurax("musicgen-small", "--json")
    assert result.exit_code == 1
    assert "CC-BY-NC-4.0" in result.output
    assert hub == []
    assert not (data / "weights").exists()


def test_unknown_engines_and_failing_hubs_are_told_and_leave_nothing(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "UnknownPlugin" in aurax("suno", "--json").output

    def refuse(_source: WeightsSource, folder: Path) -> None:
        (folder / "half").write_bytes(b"half")
        raise ServiceUnavailable("the hub to answer", "nothing", "try again later")

    monkeypatch.setattr(fetching, "_from_hub", refuse)
    result = aurax("ace-step", "--json")
    assert result.exit_code == 1
    assert "ServiceUnavailable" in result.output
    assert list((data / "weights").iterdir()) == []
