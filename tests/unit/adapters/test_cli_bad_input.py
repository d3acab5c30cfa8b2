import json
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aurax.adapters.cli.main import app
from aurax.adapters.local.runtime_folder import RuntimeFolder
from aurax.services.request import SongRequest
from aurax.services.understand import understand


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder and an empty working folder."""
    monkeypatch.setenv("AURAX_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("TEMPORAL_ADDRESS", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "data"


def aurax(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def refusal(*arguments: str) -> dict[str, str]:
    """The error of `aurax make … --json`; nothing may have been written."""
    result = aurax("make", *arguments, "--json")
    assert result.exit_code == 1, result.output
    assert list(Path.cwd().iterdir()) == []
    error: dict[str, str] = json.loads(result.output)["error"]
    assert all(error[name] for name in ("kind", "expected", "found", "fix"))
    return error


@pytest.mark.parametrize(
    ("prompt", "kind", "found"),
    [
        ("", "InvalidPrompt", ""),
        ("   \n\t ", "InvalidPrompt", ""),
        ("lofi " * 1000, "InvalidPrompt", "5,000"),
        ("lofi at 0 bpm", "InvalidPrompt", "0"),
        ("techno at 900 bpm", "InvalidPrompt", "900"),
        ("ambient for 3 hours", "InvalidPrompt", "3 hours"),
        ("a 1 second song", "InvalidPrompt", "1"),
        ("house in H minor", "InvalidPrompt", "H minor"),
    ],
)
def test_impossible_prompts_are_refused_with_what_was_found(prompt: str, kind: str, found: str) -> None:
    error = refusal(prompt)
    assert error["kind"] == kind
    assert found in error["found"]


@pytest.mark.parametrize(
    ("told", "kind"), [(b"", "InvalidPrompt"), (b"\xff\xfe", "InvalidOption"), (b"lofi " * 20_000, "InvalidOption")]
)
def test_a_prompt_on_standard_input_is_checked_like_any_other(told: bytes, kind: str) -> None:
    result = CliRunner().invoke(app, ["make", "-", "--json"], input=told)
    assert json.loads(result.output)["error"]["kind"] == kind


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        (("--style", "lofy"), "UnknownPlugin", "lofi"),
        (("--takes", "0"), "InvalidOption", "1 to 9"),
        (("--takes", "10"), "InvalidOption", "1 to 9"),
        (("--seed", "-1"), "InvalidOption", "seed"),
        (("--formats", "flac,tape"), "InvalidOption", "mp3"),
        (("--project-audio", "mp3"), "InvalidOption", "wav"),
        (("--duration", "soon"), "InvalidOption", "1:45"),
        (("--duration", "0"), "InvalidOption", "5 seconds"),
        (("--engine", "musicgn"), "UnknownPlugin", "musicgen-small"),
        (("--engine", ""), "UnknownPlugin", "musicgen-small"),
        (("--engine", "htdemucs"), "UnknownPlugin", "a generator"),
        (("--dual",), "InvalidOption", "--engine"),
        (("--dual", "--engine", "symbolic"), "InvalidOption", "--engine"),
        (("--dual", "--engine", "musicgen"), "InvalidOption", "melody"),
        (("--engine", "debug", "--budget", "-1"), "InvalidOption", "0 dollars or more"),
        (("--engine", "debug", "--budget", "nan"), "InvalidOption", "nan"),
        (("--engine", "musicgen", "--commercial"), "LicenceForbids", "CC-BY-NC-4.0"),
    ],
)
def test_impossible_options_are_refused_with_what_is_possible(options: tuple[str, ...], kind: str, words: str) -> None:
    error = refusal("lofi", *options)
    assert error["kind"] == kind
    assert words in error["expected"] + error["fix"] + error["found"]


@pytest.mark.parametrize("command", ["make", "estimate"])
@pytest.mark.parametrize("prompt", ["-14 LUFS lofi", "-loud", "--no drums please"])
def test_a_prompt_that_begins_with_a_dash_is_told_how_to_be_given(command: str, prompt: str) -> None:
    result = aurax(command, prompt)
    assert result.exit_code == 2
    assert "put -- before it" in " ".join(result.output.replace("│", "").split())
    assert list(Path.cwd().iterdir()) == []


def test_a_prompt_after_two_dashes_may_begin_with_one() -> None:
    result = aurax("estimate", "--json", "--", "-14 LUFS lofi")
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["prompt"] == "-14 LUFS lofi"


@pytest.mark.parametrize(
    "options",
    [
        ("--engine", "musicgen-small", "--dual"),
        ("--engine", "musicgen", "--commercial"),
        ("--takes", "12"),
        ("--style", "lofy"),
        ("--dual",),
    ],
)
def test_estimate_refuses_what_make_refuses_with_the_same_words(options: tuple[str, ...]) -> None:
    estimated = aurax("estimate", "lofi", *options, "--json")
    assert estimated.exit_code == 1
    assert json.loads(estimated.output)["error"] == refusal("lofi", *options)


def test_missing_weights_are_refused_before_any_server_starts(data: Path) -> None:
    error = refusal("lofi", "--engine", "musicgen")
    assert error["kind"] == "MissingWeights"
    assert str(data / "weights" / "musicgen-small") in error["found"]
    assert not data.exists()


def test_a_budget_too_small_for_any_song_is_refused_before_any_server_starts(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURAX_GPU", "modal")
    error = refusal("lofi", "--engine", "musicgen-large", "--budget", "0.001")
    assert error["kind"] == "BudgetExceeded"
    assert "--budget" in error["fix"]
    assert not data.exists()


def test_a_budget_that_is_no_number_is_refused() -> None:
    result = aurax("make", "lofi", "--engine", "debug", "--budget", "cheap")
    assert result.exit_code == 2
    assert "'--budget': Input should be a valid number" in result.output
    assert list(Path.cwd().iterdir()) == []


def test_an_unwritable_out_is_refused_before_any_server_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    error = refusal("lofi", "--out", str(tmp_path / "file" / "song"))
    assert error["kind"] == "UnwritableOutput"
    assert not RuntimeFolder(tmp_path / "data" / "run").is_supervised()


def test_an_existing_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "song").mkdir()
    assert "--force" in refusal("lofi", "--out", str(tmp_path / "song"))["fix"]


def test_a_corrupt_database_is_named_and_left_alone(data: Path) -> None:
    data.mkdir()
    (data / "aurax.db").write_bytes(b"this is no database" * 1000)
    error = refusal("lofi")
    assert error["kind"] == "CorruptData"
    assert "aurax.db" in error["expected"]
    assert (data / "aurax.db").read_bytes().startswith(b"this is no database")


def test_a_data_folder_that_is_a_file_is_refused(data: Path) -> None:
    data.write_text("not a folder")
    assert str(data) in refusal("lofi")["expected"]


def test_a_person_reads_three_lines_and_no_traceback() -> None:
    result = aurax("make", "house in H minor")
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert [line.split()[0] for line in result.output.strip().splitlines()][:4] == ["AURA-X", "expected", "found", "to"]


def test_up_refuses_a_port_in_use() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        result = aurax("up", "--temporal-port", str(other.getsockname()[1]))
    assert result.exit_code != 0
    assert "choose another port" in str(result.exception) + result.output


def test_a_second_up_on_the_same_data_folder_is_refused(data: Path) -> None:
    with RuntimeFolder(data / "run").supervising():
        result = aurax("up")
    assert "AURAX_DATA_DIR" in str(result.exception) + result.output


def test_show_of_an_unknown_song_says_where_to_look() -> None:
    result = aurax("show", "nope")
    assert "aurax songs" in str(result.exception) + result.output


@pytest.mark.parametrize(
    ("prompt", "assumed"),
    [
        ("fast and 60 bpm", "60 BPM"),
        ("ruhige Musik ohne Schlagzeug, 1 Minute", "genre"),
        ("静かな夜の音楽", "genre"),
        ("🌧️🎹", "genre"),
        ("asdf qwer", "known"),
    ],
)
def test_odd_prompts_give_a_song_and_say_what_was_assumed(prompt: str, assumed: str) -> None:
    assert assumed in " ".join(understand(SongRequest(prompt=prompt)).assumptions)
