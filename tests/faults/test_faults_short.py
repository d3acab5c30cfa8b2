"""The short version of `make test-faults`: one fault of each kind, on songs of ten seconds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from laboratory import Kind, Laboratory
from outcome import HEADER, Outcome, rows
from plan import damages, no_object_store, no_temporal_database
from trials import Undisturbed, hang, kill_one, kill_while_starting, two_at_once

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def normal(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return Undisturbed(Laboratory(tmp_path_factory.mktemp("undisturbed")))


@pytest.fixture
def laboratory(tmp_path: Path) -> Iterator[Laboratory]:
    laboratory = Laboratory(tmp_path)
    yield laboratory
    laboratory.kill_everything()


@pytest.mark.parametrize("kind", ["worker", "render", "temporal", "client"])
def test_a_kill_costs_time_and_nothing_else(laboratory: Laboratory, normal: Undisturbed, kind: Kind) -> None:
    moment_s = random.Random(kind).uniform(0.3, 0.9) * normal.wall_s
    outcome = kill_one(laboratory, normal, kind, moment_s)
    assert outcome.good, outcome


def test_a_server_killed_at_its_start_is_started_again(laboratory: Laboratory, normal: Undisturbed) -> None:
    outcome = kill_while_starting(laboratory, normal, "temporal", 0.1)
    assert outcome.good, outcome


def test_a_hung_render_process_is_replaced(laboratory: Laboratory, normal: Undisturbed) -> None:
    outcome = hang(laboratory, normal, "render", 0.4 * normal.wall_s)
    assert outcome.good, outcome


def test_two_of_the_same_at_once_get_two_names(laboratory: Laboratory, normal: Undisturbed) -> None:
    outcome = two_at_once(laboratory, normal)
    assert outcome.good, outcome


def test_damaged_objects_are_made_again(laboratory: Laboratory, normal: Undisturbed) -> None:
    outcome = damages(random.Random(1), normal)[0](laboratory, normal)
    assert outcome.good, outcome


def test_servers_that_cannot_run_are_told(tmp_path: Path, normal: Undisturbed) -> None:
    for trial in (no_temporal_database, no_object_store):
        outcome = trial(Laboratory(tmp_path / trial.__name__), normal)
        assert outcome.good, outcome
        assert outcome.verdict == "refused"


def test_the_table_counts_what_went_wrong() -> None:
    outcomes = [Outcome("kill", "survived", 1.0), Outcome("kill", "lost", 3.0, orphans=2, litter=1)]
    found = rows(outcomes)
    assert found[0] == ("kill", "2", "1", "0", "1", "0", "2", "1", "2.0 s", "3.0 s")
    assert found[1][0] == "all"
    assert len(found[1]) == len(HEADER)
    assert [one.good for one in outcomes] == [True, False]
