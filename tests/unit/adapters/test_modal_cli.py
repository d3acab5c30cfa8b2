import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from aurax.adapters.modal import commands
from aurax.adapters.modal.admin import Deployed, Fetched
from aurax.adapters.modal.messages import error_reply
from aurax.errors import ServiceUnavailable
from aurax.version import __version__


class Answers:
    """A `Remote` that gives prepared answers."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.calls: list[tuple[str, ...]] = []

    def call(self, function: str, *arguments: Any) -> str:
        self.calls.append((function, *arguments))
        return self.answers[function]


@pytest.fixture(autouse=True)
def nobody_logged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURAX_DATA_DIR", str(tmp_path))
    for name in ("MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET", "MODAL_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("modal.config._user_config", {})


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands.app, list(arguments))


def answering(monkeypatch: pytest.MonkeyPatch, **answers: str) -> Answers:
    remote = Answers(**answers)
    monkeypatch.setattr(commands, "open_remote", lambda: remote)
    return remote


@pytest.mark.parametrize("arguments", [("deploy",), ("status",), ("logs",), ("fetch", "htdemucs", "--accept-licence")])
def test_without_a_token_every_command_says_how_to_get_one(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert "run 'modal token new'" in result.stderr
    assert "Traceback" not in result.output


def test_without_modal_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "modal", None)
    result = run("status", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["fix"] == "install it: pip install 'aurax[modal]'"


def test_fetch_without_engines_lists_them_with_their_licences() -> None:
    listed = json.loads(run("fetch", "--json").stdout)
    assert listed["musicgen-small"]["name"] == "CC-BY-NC-4.0"
    assert listed["musicgen-small"]["commercial"] is False
    assert "musicgen-small" in run("fetch").stdout


@pytest.mark.parametrize("engine", ["nobody", "debug"])
def test_fetch_refuses_engines_that_it_cannot_fetch(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = answering(monkeypatch)
    result = run("fetch", "htdemucs", engine, "--accept-licence", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["kind"] == "UnknownPlugin"
    assert remote.calls == []


def test_fetch_wants_the_licence_accepted_where_it_forbids_commercial_use(monkeypatch: pytest.MonkeyPatch) -> None:
    remote = answering(monkeypatch, fetch_weights=Fetched(files={"model.safetensors": 2_000_000_000}).model_dump_json())
    refused = run("fetch", "musicgen")
    assert refused.exit_code == 1
    assert "CC-BY-NC-4.0" in refused.stderr
    assert "--accept-licence" in refused.stderr
    assert remote.calls == []
    accepted = run("fetch", "musicgen", "--accept-licence")
    assert accepted.exit_code == 0
    assert accepted.stdout == "musicgen-small: 1 files, 2.00 GB\n"
    assert remote.calls == [("fetch_weights", "musicgen-small")]


def test_fetch_tells_what_went_wrong_on_modal(monkeypatch: pytest.MonkeyPatch) -> None:
    error = error_reply(ServiceUnavailable("the page to answer", "nothing", "try again later"))
    answering(monkeypatch, fetch_weights=Fetched(error=error).model_dump_json())
    result = run("fetch", "htdemucs", "--accept-licence", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["expected"] == "the page to answer"


def test_status_tells_functions_prices_and_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed = Deployed(weights={"htdemucs": {"a.safetensors": 160_000_000}})
    answering(monkeypatch, versions=deployed.model_dump_json())
    told = json.loads(run("status", "--json").stdout)
    assert (told["deployed"], told["here"]) == (__version__, __version__)
    assert [(one["name"], one["device"]) for one in told["functions"]] == [
        ("Generate", "A100-40GB"),
        ("Separate", "T4"),
        ("SeparateHq", "L4"),
        ("Discriminate", "A10"),
        ("Master", "cpu"),
    ]
    generate = told["functions"][0]
    assert generate["usd_per_s"] == pytest.approx(0.000583 + 2 * 0.0000131 + 24 * 0.00000222)
    assert told["weights"] == {"htdemucs": {"a.safetensors": 160_000_000}}
    shown = run("status")
    assert shown.exit_code == 0
    assert "weights: htdemucs, 0.16 GB" in shown.stdout


def test_status_fails_when_another_version_is_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, versions=Deployed(aurax="0.0.1", weights={}).model_dump_json())
    result = run("status")
    assert result.exit_code == 1
    assert "run 'aurax modal deploy'" in result.stdout


def test_deploying_writes_nothing_to_stdout(monkeypatch: pytest.MonkeyPatch) -> None:
    import modal

    deployed: list[str] = []

    def deploy(self: modal.App, *, tag: str) -> None:
        sys.stdout.write("chatter of the client\n")
        deployed.append(tag)

    monkeypatch.setattr("aurax.adapters.modal.deploying.require_token", lambda: None)
    monkeypatch.setattr(modal.App, "deploy", deploy)
    result = run("deploy")
    assert result.exit_code == 0, result.output
    assert deployed == [__version__]
    assert result.stdout == ""
    assert "chatter of the client" in result.stderr


def test_deploying_that_fails_is_reported_in_three_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    import modal

    def deploy(self: modal.App, *, tag: str) -> None:
        raise modal.exception.AuthError("Token ID is malformed: ak-AbCdEf123456")

    monkeypatch.setattr("aurax.adapters.modal.deploying.require_token", lambda: None)
    monkeypatch.setattr(modal.App, "deploy", deploy)
    result = run("deploy")
    assert result.exit_code == 1
    assert "ak-AbCdEf123456" not in result.output
    assert "modal token new" in result.stderr


def test_a_missing_secret_is_named_with_the_command_that_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import modal

    def deploy(self: modal.App, *, tag: str) -> None:
        raise modal.exception.NotFoundError("Secret 'aurax-objects' not found in environment 'main'")

    monkeypatch.setattr("aurax.adapters.modal.deploying.require_token", lambda: None)
    monkeypatch.setattr(modal.App, "deploy", deploy)
    result = run("deploy")
    assert result.exit_code == 1
    assert "modal secret create aurax-objects" in " ".join(result.stderr.split())


def test_logs_are_those_of_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    class Done:
        returncode = 3

    def run_program(command: list[str], *, check: bool) -> Done:
        asked.append(command[1:])
        return Done()

    monkeypatch.setattr("aurax.adapters.modal.deploying.require_token", lambda: None)
    monkeypatch.setattr("aurax.adapters.modal.deploying.subprocess.run", run_program)
    assert run("logs", "--last", "5").exit_code == 3
    assert run("logs", "--follow").exit_code == 3
    assert asked == [
        ["-m", "modal", "app", "logs", "aurax", "--tail", "5"],
        ["-m", "modal", "app", "logs", "aurax", "--follow"],
    ]
