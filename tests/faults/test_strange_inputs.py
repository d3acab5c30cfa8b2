"""Strange words and options: whatever is typed, an answer or a clear error comes, never a traceback.

`AURAX_FUZZ_INPUTS` says how many inputs each test gets.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from aurax import analyze, make_song
from aurax.adapters.cli.main import app
from aurax.errors import AuraxError, InvalidOption

INPUTS = int(os.environ.get("AURAX_FUZZ_INPUTS", "60"))
MANY = settings(
    max_examples=INPUTS,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

_SAID = """
    lofi deep house trap ambient 120 bpm BPM -14 LUFS dBTP minutes seconds bars 8-bar loop in A minor C# no without only
    drums piano 3/4 7/8 1:45 0 -1 1e309 nan inf 99999999999999999999 ½ ٣ 二分 ♩ ~ 🎹 drop at 0:45 fade in out tempo from
    to between and --force --seed . .. / ~ $HOME ; && | % { } [ ]
"""
_WORDS = st.sampled_from([*_SAID.split(), "\\", "'", '"', "\x1b[31m", "\u202e", "\x00", "\n", "\udce9"])
PROMPTS = st.one_of(st.text(max_size=200), st.lists(_WORDS, max_size=25).map(" ".join))
NUMBERS = st.one_of(
    st.integers().map(str), st.floats().map(str), st.sampled_from(["", "NaN", "inf", "-0", "0x10", "1_0", "²"])
)
OPTIONS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["--seed", "--takes", "--candidates", "--budget", "--duration"]), NUMBERS),
        st.tuples(
            st.sampled_from(["--style", "--formats", "--project-audio", "--engine", "--duration", "--out"]),
            st.text(max_size=40),
        ),
        st.tuples(st.sampled_from(["--dual", "--commercial", "--force", "--nonsense"])),
    ),
    max_size=4,
).map(lambda parts: [word for part in parts for word in part])
COMMANDS = st.sampled_from(["songs", "show", "resume", "rm", "gc", "cost", "estimate", "fetch", "engines", "styles"])


@pytest.fixture(autouse=True)
def nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are read and checked for real; what would start servers or the network is refused."""
    monkeypatch.setenv("AURAX_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("TEMPORAL_ADDRESS", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    async def stop(*_: Any, **__: Any) -> Any:
        raise InvalidOption("servers", "a test that needs none", "run it without the test")

    monkeypatch.setattr("aurax.adapters.local.make_song.make_song", stop)
    monkeypatch.setattr("aurax.adapters.local.connect.Servers._start", lambda _self: None)
    monkeypatch.setattr("aurax.adapters.local.connect._UP_WITHIN_S", 0.0)


def run(arguments: list[str]) -> Result:
    return CliRunner().invoke(app, arguments)


def assert_plain(result: Result) -> None:
    """An end made on purpose: success, a refusal, or wrong usage."""
    assert result.exception is None or isinstance(result.exception, SystemExit | AuraxError), result.exc_info
    assert "Traceback" not in result.output
    assert result.exit_code in (0, 1, 2)


@MANY
@given(prompt=PROMPTS, options=OPTIONS)
def test_make_answers_every_input_plainly(prompt: str, options: list[str]) -> None:
    assert_plain(run(["make", *options, "--", prompt]))
    assert list(Path.cwd().iterdir()) == []


@MANY
@given(prompt=PROMPTS)
def test_make_tells_programs_what_is_wrong(prompt: str) -> None:
    result = run(["make", "--json", "--", prompt])
    assert_plain(result)
    error = json.loads(result.output)["error"]
    assert all(error[part] for part in ("kind", "expected", "found", "fix"))


@MANY
@given(command=COMMANDS, words=st.lists(st.one_of(st.text(max_size=30), _WORDS, NUMBERS), max_size=3))
def test_every_other_command_answers_every_input_plainly(command: str, words: list[str]) -> None:
    assert_plain(run([command, *words]))


@MANY
@given(prompt=PROMPTS, duration_s=st.one_of(st.none(), st.floats()), style=st.one_of(st.none(), st.text(max_size=10)))
def test_the_python_interface_refuses_what_it_cannot_read(
    prompt: str, duration_s: float | None, style: str | None
) -> None:
    try:
        intent = analyze(prompt, style=style, duration_s=duration_s)
    except AuraxError as error:
        refusal = error
    else:
        assert 0.0 < intent.duration_s < float("inf")
        assert intent.title
        return
    assert refusal.expected
    assert refusal.fix


@MANY
@given(prompt=PROMPTS, seed=st.integers(), takes=st.integers(), budget=st.one_of(st.none(), st.floats()))
def test_make_song_refuses_what_it_cannot_make(prompt: str, seed: int, takes: int, budget: float | None) -> None:
    with pytest.raises(AuraxError) as refusal:
        make_song(prompt, seed=seed, takes=takes, budget_usd=budget)
    assert refusal.value.fix
