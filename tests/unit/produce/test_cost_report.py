from __future__ import annotations

from datetime import UTC, date, datetime
from typing import get_args

import pytest

from aurax.produce.cost.estimate import Estimate, SongPlan, estimate_song
from aurax.produce.cost.ledger_line import LedgerLine, LineStatus
from aurax.produce.cost.prices import Prices
from aurax.produce.cost.report import CostRow, CostTable, PaidSong, cost_table, engines_paid
from aurax.produce.cost.throughput import Throughput
from aurax.produce.stages import COST_ROWS, Charge

DAY = date(2026, 11, 22)
PRICES, THROUGHPUT = Prices.load(), Throughput.load()
ENGINE = "musicgen-large"


def estimated(warm: bool) -> Estimate:
    plan = SongPlan(180.0, "neural", ENGINE, runtime="modal", warm=warm, hosted=True)
    return estimate_song(plan, PRICES, THROUGHPUT, DAY)


WARM, COLD = estimated(True), estimated(False)


def line(
    stage: Charge,
    micro_usd: int,
    engine: str = ENGINE,
    runtime: str = "modal",
    cold: bool = False,
    status: LineStatus = "settled",
) -> LedgerLine:
    return LedgerLine(
        song_id="one",
        at=datetime(2026, 11, 22, tzinfo=UTC),
        status=status,
        stage=stage,
        what=engine,
        engine=engine,
        runtime=runtime,
        device="A100-40GB",
        cold=cold,
        estimate_micro_usd=micro_usd,
        micro_usd=micro_usd,
    )


def table(*songs: PaidSong) -> CostTable:
    return cost_table(ENGINE, WARM, COLD, songs)


def row(costs: CostTable, name: str) -> CostRow:
    return next(one for one in (*costs.rows, costs.total) if one.name == name)


def typical_micro_usd(estimate: Estimate, name: str) -> int:
    return round(1e6 * sum(one.usd.typical for one in estimate.lines if one.stage in COST_ROWS[name]))


def test_the_rows_add_up_to_the_estimates() -> None:
    costs = table()
    assert costs.total.warm_usd.typical == pytest.approx(WARM.usd.typical)
    assert costs.total.cold_usd.high == pytest.approx(COLD.usd.high)
    assert [one.name for one in costs.rows] == list(COST_ROWS)


def test_every_charge_belongs_to_exactly_one_row() -> None:
    shown = [charge for charges in COST_ROWS.values() for charge in charges]
    assert sorted(shown) == sorted(set(get_args(Charge)))


def test_an_empty_ledger_measures_nothing() -> None:
    costs = table()
    assert costs.songs == 0
    assert all(one.measured is None for one in (*costs.rows, costs.total))


def test_measured_costs_are_scaled_to_three_minutes() -> None:
    costs = table(PaidSong(60.0, (line("generation", 30_000),)), PaidSong(120.0, (line("generation", 60_000),)))
    measured = row(costs, "generation").measured
    assert measured is not None
    # 9 cents for 180 s together
    assert measured.usd == pytest.approx(0.09)
    assert (measured.calls, measured.cold_calls, costs.songs) == (2, 0, 2)


def test_local_open_and_foreign_calls_are_not_measured() -> None:
    mine = (
        line("generation", 50_000),
        line("separation", 0, engine="htdemucs", runtime="local"),
        line("separation", 70_000, engine="htdemucs", status="reserved"),
    )
    costs = table(PaidSong(180.0, mine), PaidSong(180.0, (line("generation", 900_000, engine="ace-step"),)))
    assert row(costs, "separation").measured is None
    total = costs.total.measured
    assert total is not None
    assert total.usd == pytest.approx(0.05)
    assert costs.songs == 1


def test_a_failed_call_that_was_charged_is_measured() -> None:
    failed = line("generation", 20_000, status="failed")
    measured = row(table(PaidSong(180.0, (line("generation", 50_000), failed))), "generation").measured
    assert measured is not None
    assert measured.usd == pytest.approx(0.07)


@pytest.mark.parametrize(("share", "warns"), [(1.0, False), (1.25, False), (0.75, False), (1.35, True), (0.6, True)])
def test_a_warning_tells_where_measurement_and_estimate_differ_by_a_third(share: float, warns: bool) -> None:
    amount = round(typical_micro_usd(WARM, "generation") * share)
    costs = table(PaidSong(180.0, (line("generation", amount),)))
    assert any(warning.startswith("generation: measured") for warning in costs.warnings) is warns


def test_cold_calls_are_compared_with_the_cold_estimate() -> None:
    amount = typical_micro_usd(COLD, "separation")
    song = (line("generation", 1000), line("separation", amount, engine="htdemucs_ft", cold=True))
    measured = row(table(PaidSong(180.0, song)), "separation").measured
    assert measured is not None
    assert measured.difference == pytest.approx(0.0, abs=1e-4)


def test_a_song_above_the_cap_is_reported() -> None:
    costs = table(PaidSong(180.0, (line("generation", 700_000),)))
    assert any("above the cap of $0.60" in warning for warning in costs.warnings)
    assert not any("above the cap" in warning for warning in table().warnings)


def test_the_aim_depends_on_the_class_of_the_engine() -> None:
    aims = {
        engine: cost_table(engine, WARM, COLD, ()).target_usd for engine in ("musicgen-large", "ace-step", "brand-new")
    }
    assert aims == {"musicgen-large": 0.10, "ace-step": 0.01, "brand-new": None}


def test_the_engines_of_paid_songs_are_known() -> None:
    songs = [
        PaidSong(60.0, (line("generation", 1, engine="musicgen-small"),)),
        PaidSong(60.0, (line("generation", 0, engine="debug", runtime="local"),)),
        PaidSong(60.0, ()),
        PaidSong(60.0, (line("separation", 5, engine="htdemucs"), line("generation", 1, engine="ace-step"))),
    ]
    assert engines_paid(songs) == ("ace-step", "musicgen-small")
