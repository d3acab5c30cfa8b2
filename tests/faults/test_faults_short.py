"""The short version of `make test-faults`: a few faults on both backends, on songs of ten seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from backends import SharedServers, shared_servers
from findings import KeptSong, wrong_events
from laboratory import Laboratory
from outcome import HEADER, Outcome, rows
from plan import no_object_store
from server_trials import both_killed
from session_trials import hasty_session_killed
from trials import Undisturbed, kill_one

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def normal(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return Undisturbed(Laboratory(tmp_path_factory.mktemp("undisturbed")))


@pytest.fixture
def laboratory(tmp_path: Path) -> Iterator[Laboratory]:
    laboratory = Laboratory(tmp_path)
    yield laboratory
    laboratory.kill_everything()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedServers]:
    with shared_servers(tmp_path_factory.mktemp("shared")) as servers:
        yield servers


@pytest.fixture
def shared(tmp_path: Path, servers: SharedServers) -> Iterator[Laboratory]:
    """A laboratory on PostgreSQL and S3; a song there is the same as on SQLite and a folder."""
    laboratory = Laboratory(tmp_path, given_backend=servers.backend())
    yield laboratory
    laboratory.kill_everything()


def test_a_kill_costs_time_and_nothing_else(laboratory: Laboratory, normal: Undisturbed) -> None:
    outcome = kill_one(laboratory, normal, "worker", 0.6 * normal.wall_s)
    assert outcome.good, outcome


def test_servers_that_cannot_run_are_told(tmp_path: Path, normal: Undisturbed) -> None:
    outcome = no_object_store(Laboratory(tmp_path / "refused"), normal)
    assert outcome.good, outcome
    assert outcome.verdict == "refused"


def test_database_and_object_server_killed_in_mid_song_lose_nothing(shared: Laboratory, normal: Undisturbed) -> None:
    outcome = both_killed(shared, normal, 0.7 * normal.wall_s, 1.0)
    assert outcome.good, outcome


def test_a_session_survives_its_worker(shared: Laboratory, normal: Undisturbed) -> None:
    outcome = hasty_session_killed(shared, None, "worker", 0.8 * normal.wall_s)
    assert outcome.good, outcome


def test_the_table_counts_what_went_wrong() -> None:
    outcomes = [
        Outcome("kill", "survived", 1.0, backend="a"),
        Outcome("kill", "lost", 3.0, orphans=2, litter=1, backend="a"),
        Outcome("kill", "survived", 1.0, events=3, backend="b"),
    ]
    found = rows(outcomes)
    assert found[0] == ("kill", "a", "2", "0", "1", "0", "1", "0", "0", "0", "2", "0", "0", "1", "2.0 s", "3.0 s")
    assert [row[:3] for row in found[1:]] == [
        ("kill", "b", "1"),
        ("all", "a", "2"),
        ("all", "b", "1"),
        ("all", "both", "3"),
    ]
    assert {len(row) for row in found} == {len(HEADER)}
    assert [one.good for one in outcomes] == [True, False, False]


def test_an_event_that_is_lost_and_one_that_is_there_twice_are_found() -> None:
    normal = Counter({"mix.started/take 1.0": 1, "mix.finished/take 1.0": 1})
    song = KeptSong("1", "delivered", "", "", Counter({"mix.started/take 1.0": 2, "objects.damaged/1": 1}))
    assert wrong_events(song, normal) == ["lost: mix.finished/take 1.0", "more: mix.started/take 1.0"]
