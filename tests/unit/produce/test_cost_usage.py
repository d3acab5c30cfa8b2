from __future__ import annotations

from datetime import date

import pytest

from aurax.engines.runtime import Usage
from aurax.errors import InvalidOption
from aurax.produce.cost.prices import Prices
from aurax.produce.cost.usage import priced_on, usd_of

DAY = date(2026, 11, 22)
PRICES = Prices.load()


def usage(runtime: str, device: str, seconds: float = 100.0) -> Usage:
    return Usage(engine="x", runtime=runtime, device=device, seconds=seconds, cold=False)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_calls_on_this_machine_are_free(device: str) -> None:
    assert usd_of(usage("local", device), PRICES, DAY) == 0.0
    assert priced_on(usage("local", device), PRICES, DAY) is None


def test_a_gpu_is_charged_with_its_cores_and_memory() -> None:
    # 100 s × ($0.000583 + 2 cores × $0.0000131 + 24 GiB × $0.00000222)
    assert usd_of(usage("modal", "A100-40GB"), PRICES, DAY) == pytest.approx(0.066248, abs=1e-9)


def test_a_function_without_a_gpu_is_charged_with_cores_and_memory_alone() -> None:
    # 100 s × (4 cores × $0.0000131 + 8 GiB × $0.00000222)
    assert usd_of(usage("modal", "cpu"), PRICES, DAY) == pytest.approx(0.007016, abs=1e-9)


def test_cost_is_proportional_to_time() -> None:
    whole = usd_of(usage("modal", "T4", 60.0), PRICES, DAY)
    assert usd_of(usage("modal", "T4", 30.0), PRICES, DAY) == pytest.approx(whole / 2, rel=1e-12)


def test_the_date_of_the_applied_price_is_known() -> None:
    assert priced_on(usage("modal", "T4"), PRICES, DAY) == PRICES.price_at("modal/T4", DAY).valid_from
    assert priced_on(usage("modal", "cpu"), PRICES, DAY) == PRICES.price_at("modal/core", DAY).valid_from


def test_a_device_without_a_price_is_refused() -> None:
    with pytest.raises(InvalidOption, match="V100"):
        usd_of(usage("modal", "V100"), PRICES, DAY)
