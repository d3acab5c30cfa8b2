from typing import get_args

import pytest

from aurax.produce.cost.throughput import Throughput
from aurax.produce.stages import ENGINE_CHARGES, STAGES, Mode, StageName, stage, stages_of


def test_every_stage_has_one_row_in_the_order_of_its_names() -> None:
    assert [one.name for one in STAGES] == list(get_args(StageName))


@pytest.mark.parametrize("mode", get_args(Mode))
def test_every_mode_begins_with_the_prompt_and_ends_with_the_delivery(mode: Mode) -> None:
    names = [one.name for one in stages_of(mode)]
    assert (names[0], names[-1]) == ("intent", "deliver")


def test_only_modes_with_an_engine_have_stages_that_call_engines() -> None:
    assert [bool([one for one in stages_of(mode) if one.engines]) for mode in get_args(Mode)] == [False, True, True]


def test_what_a_stage_calls_and_how_long_it_takes_can_be_estimated() -> None:
    worker = Throughput.load().worker
    for one in STAGES:
        assert not one.worker_time or getattr(worker, one.worker_time).high > 0
        assert set(one.engines) <= set(ENGINE_CHARGES)


def test_a_stage_that_nobody_knows_is_refused() -> None:
    with pytest.raises(KeyError):
        stage("dance")  # type: ignore[arg-type]
