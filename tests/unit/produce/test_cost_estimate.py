from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aurax.audio.waveform import Waveform
from aurax.engines.engine import EngineInfo
from aurax.engines.licence import Licence
from aurax.engines.requests import DiscriminationRequest, GenerationRequest, Kind, MasteringRequest, SeparationRequest
from aurax.errors import BudgetExceeded, CorruptData, InvalidOption
from aurax.produce.cost.estimate import (
    Estimate,
    SongPlan,
    audio_s,
    call_estimate_usd,
    estimate_song,
    fit_song_to_budget,
)
from aurax.produce.cost.prices import Prices
from aurax.produce.cost.span import Span
from aurax.produce.cost.throughput import Throughput

DAY = date(2026, 11, 22)
PRICES, THROUGHPUT = Prices.load(), Throughput.load()
NEURAL = SongPlan(180.0, "neural", "musicgen-large", runtime="modal")
KINDS = ("generator", "separator", "discriminator", "masterer")


def estimated(plan: SongPlan) -> Estimate:
    return estimate_song(plan, PRICES, THROUGHPUT, DAY)


def stages(estimate: Estimate) -> list[str]:
    return [line.stage for line in estimate.lines]


def info(name: str = "musicgen-large", kind: Kind = "generator") -> EngineInfo:
    return EngineInfo(
        name=name,
        title=name,
        kind=kind,
        licence=Licence(name="MIT", commercial=True),
        sample_rate=32_000,
        channels=1,
        longest_s=600,
        streams=True,
        conditions=frozenset({"text"}),
    )


def fits(plan: SongPlan, budget: float | None) -> tuple[int, int]:
    return fit_song_to_budget(plan, PRICES, THROUGHPUT, DAY, budget)


def affordable(plan: SongPlan, budget: float) -> bool:
    try:
        fits(plan, budget)
    except BudgetExceeded:
        return False
    return True


def test_spans_add_and_multiply_place_by_place() -> None:
    span = Span(low=1, typical=2, high=4)
    assert span + span == Span(low=2, typical=4, high=8)
    assert span * span * 0.5 == Span(low=0.5, typical=2, high=8)


def test_a_span_that_falls_is_refused() -> None:
    with pytest.raises(ValueError, match="must rise"):
        Span(low=2, typical=1, high=3)


def test_every_mode_has_its_stages() -> None:
    assert stages(estimated(SongPlan(60.0))) == ["mixing", "mixing", "mastering"]
    neural = ["generation", "discrimination", "separation", "mixing", "mixing", "mastering"]
    assert stages(estimated(NEURAL)) == neural
    assert stages(estimated(replace(NEURAL, mode="dual"))) == ["mixing", "generation", "mixing", "mastering"]


def test_a_warm_song_of_musicgen_large_on_an_a100_is_computed_as_by_hand() -> None:
    plan = replace(NEURAL, candidates=3, takes=1)
    generation = next(line for line in estimated(plan).lines if line.stage == "generation")
    # 64 s × 0.35 × (1 + 2 × 0.15) × 1.2 rounds, at $0.000583 + 2 × $0.0000131 + 24 × $0.00000222 a second
    assert generation.device == "A100-40GB"
    assert generation.seconds.typical == pytest.approx(34.944)
    assert generation.usd.typical == pytest.approx(34.944 * 0.00066248)


def test_everything_on_this_machine_is_free_and_still_takes_time() -> None:
    estimate = estimated(replace(NEURAL, runtime="local", device="cpu", warm=False))
    assert estimate.usd.high == 0.0
    assert estimate.seconds.low > 0
    assert {line.device for line in estimate.lines} == {"cpu"}


def test_a_cold_song_takes_and_costs_more_by_starts_and_waiting() -> None:
    warm, cold = estimated(NEURAL), estimated(replace(NEURAL, warm=False))
    gpus = {"generation", "discrimination", "separation"}
    more_s = {
        line.stage: line.seconds.typical - before.seconds.typical
        for before in warm.lines
        for line in cold.lines
        if line.stage == before.stage and line.stage in gpus
    }
    assert more_s == pytest.approx(dict.fromkeys(gpus, 20.0))
    assert [line.stage for line in cold.lines].count("idle") == 3
    assert cold.usd.typical > warm.usd.typical


def test_time_that_a_container_waits_does_not_delay_the_song() -> None:
    cold = estimated(replace(NEURAL, warm=False))
    assert cold.seconds.high == pytest.approx(sum(line.seconds.high for line in cold.lines if line.stage != "idle"))
    assert any(line.stage == "idle" and line.usd.high > 0 for line in cold.lines)


@pytest.mark.parametrize(
    ("changes", "raw_s"),
    [
        ({}, 64.0),
        ({"duration_s": 600.0}, 64.0),
        ({"duration_s": 30.0}, 35.0),
        ({"longest_s": 47.0}, 47.0),
        ({"mode": "dual"}, 180.0),
        ({"mode": "dual", "longest_s": 47.0}, 47.0),
    ],
    ids=str,
)
def test_engines_work_on_what_a_song_is_arranged_from_or_on_a_whole_layer(
    changes: dict[str, Any], raw_s: float
) -> None:
    plan = replace(NEURAL, **changes)
    assert plan.raw_s == raw_s
    generation = next(
        line for line in estimated(replace(plan, candidates=1, takes=1)).lines if line.stage == "generation"
    )
    assert generation.seconds.low == pytest.approx(raw_s * 0.175)


def test_candidates_of_one_batch_cost_less_than_separate_ones() -> None:
    def generation_s(candidates: int) -> float:
        return estimated(replace(NEURAL, candidates=candidates)).lines[0].seconds.typical

    assert generation_s(1) < generation_s(4) < 4 * generation_s(1)


def test_takes_are_expected_between_one_and_the_most() -> None:
    # Each take passes with probability 0.5: 1 + 0.5 + 0.25 takes.
    assert estimated(replace(NEURAL, takes=3)).takes == Span(low=1, typical=1.75, high=3)
    assert estimated(replace(NEURAL, takes=1)).takes == Span(low=1, typical=1, high=1)


def test_what_is_hosted_adds_worker_orchestration_and_storage() -> None:
    alone, hosted = estimated(NEURAL), estimated(replace(NEURAL, hosted=True))
    assert [line.usd.high for line in alone.lines if line.stage in ("mixing", "mastering")] == [0.0, 0.0, 0.0]
    assert all(line.usd.low > 0 for line in hosted.lines)
    assert {"orchestration", "storage"} <= set(stages(hosted))


def test_a_large_and_accurate_separator_costs_more() -> None:
    assert (
        estimated(replace(NEURAL, separator="htdemucs")).usd.typical
        < estimated(replace(NEURAL, separator="htdemucs_ft")).usd.typical
    )


def test_an_engine_that_nobody_measured_is_marked_as_a_guess() -> None:
    assert estimated(replace(NEURAL, engine="brand-new")).lines[0].guess
    assert not estimated(NEURAL).lines[0].guess


@pytest.mark.parametrize("device", ["cpu", "cuda", "H100"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_engine_has_figures_on_every_device(kind: str, device: str) -> None:
    assert THROUGHPUT.speed_of("brand-new", kind, device).kind == kind
    assert THROUGHPUT.place_of("modal", "brand-new", kind).idle_s.high > 0
    assert THROUGHPUT.start_of("elsewhere", device).load_s.high > 0


@pytest.mark.parametrize(
    "impossible",
    [{"duration_s": 0.0}, {"candidates": 0}, {"takes": 0}, {"engine": ""}],
    ids=lambda one: next(iter(one)),
)
def test_impossible_plans_are_refused(impossible: dict[str, float]) -> None:
    with pytest.raises(InvalidOption):
        replace(NEURAL, **impossible)


def test_what_is_reserved_for_a_call_covers_a_cold_start_and_the_dearest_speed() -> None:
    request = GenerationRequest("lofi", 180.0, seeds=(1, 2, 3))
    # 60 s of start, 180 s × 1.0 × (1 + 2 × 0.15)
    assert call_estimate_usd(info(), request, "modal", PRICES, DAY) == pytest.approx((60 + 234) * 0.00066248)
    assert call_estimate_usd(info(), request, "local", PRICES, DAY) == 0.0


def test_the_audio_of_a_request_is_its_output_or_its_input() -> None:
    sound = Waveform(np.zeros((2, 96_000), np.float32), 48_000)
    assert audio_s(GenerationRequest("lofi", 7.0)) == 7.0
    assert audio_s(SeparationRequest(sound)) == 2.0
    assert audio_s(SeparationRequest(sound, shifts=3)) == 6.0
    assert audio_s(DiscriminationRequest(sound)) == audio_s(MasteringRequest(sound)) == 2.0


def test_what_the_first_take_reserves_fits_the_budget_that_was_planned_with() -> None:
    plan = replace(NEURAL, warm=False)
    least = min(budget / 1000 for budget in range(1, 1000) if affordable(plan, budget / 1000))
    candidates, takes = fits(plan, least)
    assert (candidates, takes) == (1, 1)
    sound = Waveform(np.zeros((2, round(48_000 * plan.raw_s)), np.float32), 48_000)
    requests = (
        (info(), GenerationRequest("lofi", plan.raw_s)),
        (info("discriminator", "discriminator"), DiscriminationRequest(sound)),
        (info("htdemucs_ft", "separator"), SeparationRequest(sound)),
    )
    reserved = sum(call_estimate_usd(one, request, "modal", PRICES, DAY) for one, request in requests)
    assert least - 0.001 < reserved <= least


def test_more_money_never_buys_less() -> None:
    plan = replace(NEURAL, candidates=4, takes=4, warm=False)
    bought = [fits(plan, budget / 100) for budget in range(20, 60, 2)]
    assert all(later >= earlier for earlier, later in pairwise(bought))
    assert bought[0] < bought[-1] == (4, 4) == fits(plan, None)


def test_a_song_that_no_budget_is_needed_for_always_fits() -> None:
    assert fits(SongPlan(180.0), 0.0) == (3, 3)
    assert fits(replace(NEURAL, runtime="local"), 0.0) == (3, 3)


def test_a_song_beyond_its_budget_is_refused_by_name() -> None:
    with pytest.raises(BudgetExceeded, match="180 s by musicgen-large"):
        fits(NEURAL, 0.01)


def test_own_figures_are_tried_first(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(
        '[[speed]]\nengine = "musicgen-large"\nkind = "generator"\ndevices = ["gpu"]\n'
        's_per_audio_s = [1, 1, 1]\nsource = "a stopwatch"\nmeasured = 2026-11-20\n'
        '[[place]]\nengine = "musicgen*"\nkind = "generator"\ndevice = "H100"\nidle_s = [0, 0, 0]\n'
    )
    own = Throughput.load(file)
    line = estimate_song(replace(NEURAL, candidates=1, takes=1), PRICES, own, DAY).lines[0]
    assert (line.device, line.seconds.typical) == ("H100", pytest.approx(64 * 1.2))
    assert own.speed_of("musicgen-small", "generator", "gpu") == THROUGHPUT.speed_of(
        "musicgen-small", "generator", "gpu"
    )


def test_malformed_figures_are_reported_with_the_place(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('[[place]]\nengine = "x"\nkind = "generator"\n')
    with pytest.raises(CorruptData, match=r"place\.0\.device"):
        Throughput.load(file)
