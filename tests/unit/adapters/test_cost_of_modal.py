"""The tables of prices and figures speak of the functions that are really deployed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from aurax.adapters.modal.functions import FUNCTIONS, ModalFunction, function_for
from aurax.engines.engine import EngineInfo
from aurax.engines.engine_registry import load_engines
from aurax.produce.cost.prices import Prices
from aurax.produce.cost.throughput import Throughput

ENGINES = [spec.info for spec in load_engines().values()]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.name)
def test_a_function_takes_the_cores_and_the_memory_that_are_charged(function: ModalFunction) -> None:
    container = Prices.load().container("modal", function.device)
    assert (container.cores, container.ram_gib) == (Decimal(function.cores), Decimal(function.memory_mib) / 1024)


@pytest.mark.parametrize("info", ENGINES, ids=lambda one: one.name)
def test_an_engine_is_estimated_on_the_device_that_runs_it_and_with_its_waiting(info: EngineInfo) -> None:
    place, function = Throughput.load().place_of("modal", info.name, info.kind), function_for(info)
    assert (place.device, place.idle_s.high) == (function.device, function.scaledown_s)
