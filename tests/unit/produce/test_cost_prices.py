from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from aurax.errors import CorruptData, InvalidOption
from aurax.produce.cost.prices import Price, Prices
from aurax.produce.cost.throughput import Throughput

DAY = date(2026, 11, 22)

OWN = """
[[price]]
name = "modal/T4"
usd = 0.0001
per = "second"
valid_from = 2026-06-01
checked = 2026-11-20
source = "a contract"

[[price]]
name = "modal/T4"
usd = 0.0002
per = "second"
valid_from = 2026-12-01
checked = 2026-11-20
source = "a contract"
"""


def own(folder: Path, text: str) -> Path:
    file = folder / "prices.toml"
    file.write_text(text)
    return file


def price(valid_from: date, usd: str, checked: date = DAY) -> Price:
    return Price(name="x", usd=Decimal(usd), per="second", valid_from=valid_from, checked=checked, source="a page")


def test_the_listed_gpu_prices_are_in_the_table() -> None:
    listed = {
        "T4": "0.000164",
        "L4": "0.000222",
        "A10": "0.000306",
        "L40S": "0.000542",
        "A100-40GB": "0.000583",
        "A100-80GB": "0.000694",
        "H100": "0.001097",
    }
    prices = Prices.load()
    assert {device: str(prices.price_at(f"modal/{device}", DAY).usd) for device in listed} == listed


def test_every_gpu_with_a_price_has_a_container_and_the_other_way_round() -> None:
    prices = Prices.load()
    priced = {one.name.removeprefix("modal/") for one in prices.prices if one.name.startswith("modal/")}
    containers = {one.device for one in prices.containers if one.runtime == "modal"}
    assert containers - {"cpu"} == priced - {"core", "ram"}


def test_every_place_of_the_throughput_table_has_a_price() -> None:
    prices = Prices.load()
    for place in Throughput.load().place:
        assert prices.container(place.runtime, place.device).device == place.device


def test_the_price_of_a_day_is_the_latest_that_began_by_then() -> None:
    table = Prices((price(date(2026, 5, 1), "2"), price(date(2026, 1, 1), "1"), price(date(2027, 1, 1), "3")))
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 4, 30), date(2026, 5, 1), date(2027, 6, 1))
    assert [int(table.price_at("x", day).usd) for day in days] == [1, 1, 1, 2, 3]


def test_an_unknown_price_says_where_to_add_it() -> None:
    with pytest.raises(InvalidOption, match="AURAX_PRICES"):
        Prices.load().price_at("modal/B200", DAY)
    with pytest.raises(InvalidOption, match="AURAX_PRICES"):
        Prices.load().container("modal", "B200")


def test_own_prices_replace_those_of_the_same_name_and_no_others(tmp_path: Path) -> None:
    prices = Prices.load(own(tmp_path, OWN))
    assert [str(prices.price_at("modal/T4", day).usd) for day in (DAY, date(2026, 12, 1))] == ["0.0001", "0.0002"]
    assert prices.price_at("modal/L4", DAY) == Prices.load().price_at("modal/L4", DAY)


def test_prices_are_exact_decimals() -> None:
    assert sum((Prices.load().price_at("modal/core", DAY).usd for _ in range(10)), Decimal(0)) == Decimal("0.000131")


def test_a_price_is_stale_after_a_hundred_and_twenty_days() -> None:
    table = Prices((price(date(2026, 1, 1), "1", checked=date(2026, 7, 25)),))
    assert table.warning(date(2026, 11, 22)) is None
    warning = table.warning(date(2026, 11, 23))
    assert warning is not None
    assert "2026-07-25" in warning
    assert "AURAX_PRICES" in warning


def test_an_old_price_that_no_longer_holds_is_not_stale() -> None:
    table = Prices((price(date(2020, 1, 1), "1", checked=date(2020, 1, 1)), price(date(2026, 1, 1), "2")))
    assert table.stale(DAY) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (OWN.replace("0.0001", "-1"), "usd"),
        (OWN.replace('"second"', '"fortnight"'), "per"),
        (OWN.replace("2026-06-01", '"soon"'), "valid_from"),
        (OWN.replace("checked", "looked_at"), "checked"),
        ("[[price", "TOML"),
    ],
)
def test_a_malformed_file_of_prices_is_reported_with_the_place(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(CorruptData, match=found):
        Prices.load(own(tmp_path, text))


def test_a_missing_file_of_prices_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="AURAX_PRICES"):
        Prices.load(tmp_path / "none.toml")
