"""Where a database is: from a path or an address to an engine, or to an error in plain words."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, InvalidRequestError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from aurax.errors import InvalidOption, MissingExtra, StorageFull, is_disk_full

_POSTGRESQL_OPTIONS = frozenset(
    {"ssl", "timeout", "command_timeout", "statement_cache_size", "prepared_statement_cache_size"}
)
"""What may follow the `?` of an address; the driver fails over anything else."""


def database_url(location: Path | str) -> URL:
    """Understand where a database is.

    Args:
        location: the path of a SQLite file, taken as it is, or an address.

    Raises:
        InvalidOption: the address cannot be understood.
    """
    if isinstance(location, Path):
        return URL.create("sqlite+aiosqlite", database=str(location))
    try:
        url = make_url(location)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise _not_understood("an address that cannot be read") from None
    if backend not in ("sqlite", "postgresql"):
        raise _not_understood(f"one of {backend}")
    unknown = sorted(set(url.query) - (_POSTGRESQL_OPTIONS if backend == "postgresql" else frozenset()))
    if unknown:
        raise InvalidOption(
            "no options in AURAX_DATABASE_URL but " + ", ".join(sorted(_POSTGRESQL_OPTIONS)),
            ", ".join(unknown),
            "remove them; instead of sslmode=require write ssl=require",
        )
    return url


def open_engine(url: URL) -> AsyncEngine:
    """An engine for an address; connects to nothing yet.

    Raises:
        InvalidOption: the address names no asynchronous driver, or options that it does not know.
        MissingExtra: the driver is not installed.
    """
    try:
        return create_async_engine(url)
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"the package {error.name} to reach a database of {url.get_backend_name()}",
            "it is not installed",
            "run: pip install 'aurax[postgres]'",
        ) from error
    except (ArgumentError, InvalidRequestError, NoSuchModuleError, TypeError, ValueError):
        raise _not_understood(f"one of {url.drivername}") from None


def make_folder(folder: Path) -> None:
    """Make the folder of a SQLite file.

    Raises:
        InvalidOption: it cannot be made.
        StorageFull: no room is left for it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if is_disk_full(error):
            raise StorageFull(f"room for {folder}", str(error), "free some disk space and try again") from error
        raise InvalidOption(
            f"{folder} to be a folder for the database",
            error.strerror or str(error),
            "correct AURAX_DATABASE_URL or AURAX_DATA_DIR",
        ) from error


def _not_understood(found: str) -> InvalidOption:
    return InvalidOption(
        "AURAX_DATABASE_URL such as sqlite:////folder/songs.db or postgresql://user:password@host:5432/songs",
        found,
        "correct or unset it; special characters of a password are written as %xx",
    )
