"""A request is understood and checked, or refused, before anything starts."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aurax.adapters.local import connect
from aurax.adapters.local.make_song import Destination, make_song
from aurax.errors import (
    AuraxError,
    BudgetExceeded,
    InvalidOption,
    LicenceForbids,
    MissingExtra,
    MissingWeights,
    UnknownPlugin,
)
from aurax.services import prepare as prepare_module
from aurax.services.prepare import PreparedSong, prepare, require_engine, within_budget
from aurax.services.request import SongRequest
from aurax.services.task import SongTask
from aurax.settings import Settings

PROMPT = "lofi beat, 30 seconds"
LARGE = "musicgen-large"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def settings(folder: Path, **options: object) -> Settings:
    return Settings.load(data_dir=folder / "data", **options)


def prepared(engine: str | None = None, *, prompt: str = PROMPT, **options: object) -> PreparedSong:
    return prepare(SongRequest.of(prompt=prompt, engine=engine, **options))


@pytest.mark.parametrize("engine", [None, "symbolic"])
def test_without_an_engine_notes_are_played(engine: str | None) -> None:
    request = prepared(engine).request
    assert (request.mode, request.engine, SongTask(song_id="a", request=request).engines) == ("symbolic", None, None)


def test_an_alias_becomes_the_engine_s_own_name() -> None:
    request = prepared("musicgen").request
    assert (request.mode, request.engine, request.commercial) == ("neural", "musicgen-small", False)


def test_an_engine_that_follows_a_melody_can_add_a_layer() -> None:
    request = prepared("musicgen-melody", dual=True, budget_usd=1.5).request
    assert (request.mode, request.engine, request.budget_usd) == ("dual", "musicgen-melody", 1.5)


def test_an_unknown_engine_is_answered_with_those_there_are() -> None:
    with pytest.raises(UnknownPlugin, match=r"musicgen-small.*found 'musicgn'"):
        prepared("musicgn")


def test_a_separator_is_no_generator() -> None:
    with pytest.raises(UnknownPlugin, match=r"a generator among.*found 'htdemucs'"):
        prepared("htdemucs")


@pytest.mark.parametrize("engine", [None, "symbolic"])
def test_a_dual_song_wants_an_engine(engine: str | None) -> None:
    with pytest.raises(InvalidOption, match=r"layer of a dual song; found none; add --engine"):
        prepared(engine, dual=True)


def test_a_dual_song_wants_an_engine_that_can_follow_a_melody() -> None:
    with pytest.raises(InvalidOption, match=r"melody for a dual song; found musicgen-small, which takes"):
        prepared("musicgen", dual=True)


@pytest.mark.parametrize("budget", [-0.01, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("engine", [None, "debug"])
def test_a_budget_must_be_an_amount(budget: float, engine: str | None) -> None:
    with pytest.raises(InvalidOption, match="budget of 0 dollars or more"):
        prepared(engine, budget_usd=budget)


@pytest.mark.parametrize("asked", [{"commercial": True}, {"prompt": f"{PROMPT}, for an advert"}])
def test_a_commercial_song_refuses_weights_that_forbid_it(asked: dict[str, Any]) -> None:
    with pytest.raises(LicenceForbids, match=r"CC-BY-NC-4\.0"):
        prepare(SongRequest.of(**{"prompt": PROMPT, "engine": "musicgen", **asked}))


@pytest.mark.parametrize("asked", [{"commercial": True}, {"prompt": f"{PROMPT}, for an advert"}])
def test_a_commercial_song_may_use_weights_that_allow_it_and_says_so(asked: dict[str, Any]) -> None:
    request = prepare(SongRequest.of(**{"prompt": PROMPT, "engine": "ace-step", **asked})).request
    engines = SongTask(song_id="a", request=request).engines
    assert request.commercial
    assert engines is not None
    assert engines.commercial


def test_missing_weights_are_named_with_their_folder(folder: Path) -> None:
    with pytest.raises(MissingWeights, match=str(folder / "data" / "weights" / "musicgen-small")):
        require_engine(settings(folder), "musicgen-small")


def test_missing_packages_are_named_with_the_command_that_brings_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("aurax.engines.requirements", prepare_module.__name__):
        monkeypatch.setattr(f"{module}.missing_packages", lambda extra: ("torch",))
    with pytest.raises(MissingExtra, match=r"torch.*pip install 'aurax\[neural\]'"):
        require_engine(settings(folder), "musicgen-small")


def test_engines_without_weights_and_engines_elsewhere_are_not_refused_here(folder: Path) -> None:
    require_engine(settings(folder), None)
    require_engine(settings(folder), "debug")
    require_engine(settings(folder, gpu="modal"), "musicgen-small")


def fitted(chosen: Settings, song: PreparedSong) -> tuple[int, int]:
    request = within_budget(chosen, song).request
    return request.candidates, request.takes


def least_usd(chosen: Settings, song: PreparedSong) -> float:
    """The least budget that pays for all that is wanted, found by halving to less than a hundredth of a cent."""
    wanted = (song.request.candidates, song.request.takes)
    too_little, enough = 0.0, 5.0
    while enough - too_little > 1e-4:
        middle = (too_little + enough) / 2
        priced = replace(song, request=song.request.model_copy(update={"budget_usd": middle}))
        try:
            suffices = fitted(chosen, priced) == wanted
        except BudgetExceeded:
            suffices = False
        too_little, enough = (too_little, middle) if suffices else (middle, enough)
    return enough


def test_a_small_budget_means_fewer_takes_and_then_fewer_candidates(folder: Path) -> None:
    modal = settings(folder, gpu="modal")
    enough = least_usd(modal, prepared(LARGE))
    assert fitted(modal, prepared(LARGE, budget_usd=enough)) == (3, 3)
    shrinking = [fitted(modal, prepared(LARGE, budget_usd=enough * share)) for share in (0.9, 0.7, 0.57)]
    assert shrinking == [(3, 2), (3, 1), (1, 1)]


def test_a_budget_that_pays_for_nothing_is_refused(folder: Path) -> None:
    with pytest.raises(BudgetExceeded, match="one candidate and one take"):
        fitted(settings(folder, gpu="modal"), prepared(LARGE, budget_usd=0.0001))


@pytest.mark.parametrize(
    ("place", "asked"),
    [("local", {"budget_usd": 0.0}), ("modal", {}), ("modal", {"engine": None, "budget_usd": 0.0})],
    ids=["here nothing costs", "no budget", "no engine"],
)
def test_without_paid_calls_or_a_budget_the_request_stays_as_it_is(
    folder: Path, place: str, asked: dict[str, Any]
) -> None:
    song = prepared(**{"engine": LARGE, **asked})
    assert within_budget(settings(folder, gpu=place), song) is song


def test_an_engine_that_plays_short_pieces_costs_less(folder: Path) -> None:
    modal, long_prompt = settings(folder, gpu="modal"), "lofi, 3 minutes"
    songs = [prepared(name, prompt=long_prompt) for name in ("stable-audio-open", "stable-audio-3")]
    short, long = (least_usd(modal, song) for song in songs)
    assert short < long


def test_the_separator_of_the_settings_is_the_one_that_is_priced(folder: Path) -> None:
    light, heavy = (
        least_usd(settings(folder, gpu="modal", separator=name), prepared(LARGE)) for name in ("hpss", "htdemucs_ft")
    )
    assert least_usd(settings(folder, gpu="modal"), prepared(LARGE)) == heavy
    assert light != heavy


@pytest.mark.parametrize(
    ("options", "asked", "error"),
    [
        ({}, {"engine": "musicgen"}, MissingWeights),
        ({"gpu": "modal"}, {"engine": "musicgen", "budget_usd": 0.00001}, BudgetExceeded),
    ],
)
def test_a_refusal_starts_no_server_and_writes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], asked: dict[str, Any], error: Any
) -> None:
    started: list[object] = []
    monkeypatch.setattr(connect.Servers, "__enter__", lambda self: started.append(self))
    song, destination = prepared(**asked), Destination.of("A song", None)
    with pytest.raises(error) as caught:
        asyncio.run(make_song(settings(folder, **options), song, destination, lambda kind, data: None))
    assert isinstance(caught.value, AuraxError)
    assert started == []
    assert list(folder.rglob("*")) == [folder / "work"]
