"""Every host that runs engines follows the contract of `RuntimeSpec`."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from typing import get_args

import pytest
import typer

from aurax.adapters.cli.main import app
from aurax.engines.engine_registry import load_engines
from aurax.engines.requests import Kind
from aurax.engines.runtime import Usage
from aurax.engines.runtime_registry import RuntimeSpec, load_runtimes
from aurax.produce.cost.prices import Prices
from aurax.produce.cost.throughput import Throughput
from aurax.produce.cost.usage import priced_on, usd_per_second

RUNTIMES = list(load_runtimes().values())
ENGINES = [spec.info for spec in load_engines().values()]
DAY = date(2026, 11, 22)


@pytest.fixture(params=RUNTIMES, ids=lambda spec: spec.name)
def runtime(request: pytest.FixtureRequest) -> RuntimeSpec:
    spec: RuntimeSpec = request.param
    return spec


def test_its_name_is_a_word_that_is_no_command_of_aurax(runtime: RuntimeSpec) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9-]*", runtime.name)
    assert runtime.name not in {command.name for command in app.registered_commands}


def test_every_installed_engine_has_a_device_a_price_and_a_start_there(runtime: RuntimeSpec) -> None:
    prices, figures = Prices.load(), Throughput.load()
    if prices.is_free(runtime.name):
        assert runtime.figures is None
        return
    assert {info.kind for info in ENGINES} == set(get_args(Kind))
    for info in ENGINES:
        device = figures.place_of(runtime.name, info.name, info.kind).device
        usage = Usage(engine=info.name, runtime=runtime.name, device=device, seconds=1.0, cold=False)
        assert usd_per_second(runtime.name, device, prices, DAY) > 0
        assert priced_on(usage, prices, DAY) is not None
        assert figures.start_of(runtime.name, device).load_s.high > 0


def test_its_commands_are_a_group_of_aurax(runtime: RuntimeSpec) -> None:
    groups = {group.name for group in app.registered_groups}
    if runtime.commands is None:
        assert runtime.name not in groups
    else:
        assert isinstance(runtime.commands(), typer.Typer)
        assert runtime.name in groups


def test_finding_hosts_and_starting_the_command_imports_no_client() -> None:
    program = (
        "import sys; before = set(sys.modules); from aurax.adapters.cli.main import app; "
        "from aurax.engines.runtime_registry import load_runtimes; load_runtimes(); "
        "print(sorted({'modal', 'grpclib', 'torch', 'temporalio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
