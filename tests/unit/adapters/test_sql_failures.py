"""What a database's failures mean, and whether trying again can help."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError

from aurax.adapters.sql.address import Limits, database_url, open_engine
from aurax.adapters.sql.failures import plain_error
from aurax.errors import AuraxError, InvalidOption, ServiceUnavailable, StorageFull


class DriverError(Exception):
    """As the driver reports what the server said."""

    def __init__(self, sqlstate: str, words: str = "the server's words") -> None:
        super().__init__(words)
        self.sqlstate = sqlstate


def of_server(sqlstate: str, words: str = "the server's words") -> AuraxError | None:
    error = DBAPIError("SELECT 1", {}, DriverError(sqlstate, words))
    return plain_error(error, "postgresql://me:***@host/songs", is_sqlite=False)


@pytest.mark.parametrize(
    "sqlstate",
    ["08006", "40001", "40P01", "53200", "53300", "55P03", "57014", "57P01", "57P02", "57P03", "25006", "58030"],
)
def test_what_passes_by_itself_is_tried_again(sqlstate: str) -> None:
    found = of_server(sqlstate)
    assert isinstance(found, ServiceUnavailable)
    assert found.retryable


@pytest.mark.parametrize("sqlstate", ["28P01", "28000", "3D000", "42501", "42P01", "22001", "22021"])
def test_what_stays_as_it_is_is_not_tried_again(sqlstate: str) -> None:
    found = of_server(sqlstate)
    assert isinstance(found, InvalidOption)
    assert not found.retryable


@pytest.mark.parametrize("sqlstate", ["23505", "23503", "42601", "XX000"])
def test_a_mistake_of_the_program_is_not_dressed_up(sqlstate: str) -> None:
    assert of_server(sqlstate, "the connection of a row to another one") is None


def test_a_full_disk_of_the_server_is_told_as_such() -> None:
    assert isinstance(of_server("53100"), StorageFull)


@pytest.mark.parametrize("lost", [ConnectionRefusedError("refused"), TimeoutError(), ConnectionResetError("reset")])
def test_a_server_that_is_not_there_is_unavailable(lost: OSError) -> None:
    found = plain_error(lost, "postgresql://me:***@host/songs", is_sqlite=False)
    assert isinstance(found, ServiceUnavailable)
    assert found.found


@pytest.mark.parametrize("option", ["timeout=soon", "command_timeout=x", "statement_cache_size=1.5"])
def test_an_option_that_must_be_a_number_is_checked(option: str) -> None:
    with pytest.raises(InvalidOption, match="to be a number"):
        open_engine(database_url(f"postgresql+asyncpg://me@host/songs?{option}"), Limits())


def test_limits_that_are_off_are_off_on_the_server_too() -> None:
    settings = Limits(statement_timeout_s=0, lock_timeout_s=0).server_settings
    assert set(settings.values()) == {"0"}
