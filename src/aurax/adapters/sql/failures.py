"""What a database's failures mean, in plain words, and whether trying again can help."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aurax.errors import AuraxError, CorruptData, InvalidOption, ServiceUnavailable, StorageFull, is_disk_full

_LEAST_ROOM_BYTES = 1024 * 1024
_AGAIN = "it is tried again; if it stays so, look at the server"
_GONE = "start it or correct AURAX_DATABASE_URL"

_UNAVAILABLE = {
    "08": _GONE,
    "53300": "give the server more max_connections, or lower AURAX_DATABASE_POOL_SIZE and AURAX_DATABASE_POOL_OVERFLOW",
    "53": "give the server more memory",
    "57P04": "the database was dropped; make it again",
    "57P": _GONE,
    "57014": "raise AURAX_DATABASE_STATEMENT_TIMEOUT_S if the server is only slow",
    "55P03": "raise AURAX_DATABASE_LOCK_TIMEOUT_S if the server is only slow",
    "40": _AGAIN,
    "25006": "point AURAX_DATABASE_URL at the primary server, not at a copy that can only be read",
    "25P": _AGAIN,
    "58": "look at the server's log",
}
"""What to do, by the beginning of the SQLSTATE; all of these may pass by themselves. The longest beginning counts.

Source: PostgreSQL's documentation, appendix A, "Error Codes".
"""
_REFUSED = {
    "22": "shorten what is too long, and leave out characters that are no text",
    "28": "correct user and password in AURAX_DATABASE_URL, or let this user in in the server's pg_hba.conf",
    "3D000": "make it with 'createdb', or correct AURAX_DATABASE_URL",
    "42501": "grant this user what it needs: all rights on the database's tables, and CREATE to upgrade it",
    "42P01": "run 'aurax db upgrade'",
    "42703": "run 'aurax db upgrade'",
}
"""What to do about what does not pass by itself."""


def plain_error(error: Exception, place: str, *, is_sqlite: bool) -> AuraxError | None:
    """The error in plain words; None for one that is a mistake in the program.

    Args:
        error: of SQLAlchemy, of a driver, or of the system.
        place: where the database is, without a password.
        is_sqlite: whether it is a file.
    """
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    if is_sqlite:
        return _of_sqlite(error, str(cause), place)
    if is_disk_full(cause) or sqlstate(error) == "53100":
        return StorageFull(f"room for {place}", str(cause), "free some disk space of the server and try again")
    state = sqlstate(error)
    if "unsupported startup parameter" in str(cause):  # PgBouncer's words
        fix = "add ?statement_cache_size=0 to AURAX_DATABASE_URL"
        return InvalidOption(f"the pooler at {place} to be told as such", str(cause), fix)
    if state and (fix := _longest(_REFUSED, state)):
        return InvalidOption(f"the database at {place} to be usable", str(cause), fix)
    if state and (fix := _longest(_UNAVAILABLE, state)):
        return ServiceUnavailable(f"the database at {place} to do its work", str(cause), fix)
    if isinstance(error, PoolTimeout):
        fix = "raise AURAX_DATABASE_POOL_SIZE or AURAX_DATABASE_POOL_OVERFLOW, or do less at once"
        return ServiceUnavailable(f"a free connection to the database at {place}", "all are in use", fix)
    if _is_lost(error):
        found = str(cause) or "no answer in time"
        return ServiceUnavailable(f"the database at {place} to answer", found, _GONE)
    return None


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's five characters for what went wrong; empty where the server did not say anything."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(cause, "sqlstate", None) or "")


def server_answered(error: BaseException) -> bool:
    """Whether a PostgreSQL server itself reported the failure that led to an error."""
    return error.__cause__ is not None and sqlstate(error.__cause__) != ""


def _longest(fixes: dict[str, str], state: str) -> str:
    return next((fixes[state[:length]] for length in (5, 3, 2) if state[:length] in fixes), "")


def _is_lost(error: Exception) -> bool:
    if isinstance(error, DBAPIError):
        # The driver's own mistakes about connections that went away have no SQLSTATE.
        return error.connection_invalidated or (not sqlstate(error) and "connection" in str(error.orig).lower())
    # The driver's own errors, and the system's, come as they are while it connects.
    return isinstance(error, OSError) or type(error).__module__.partition(".")[0] == "asyncpg"


def _of_sqlite(error: Exception, found: str, place: str) -> AuraxError | None:
    message = found.lower()
    if "malformed" in message or "not a database" in message:
        return CorruptData(
            f"a SQLite database at {place}",
            found,
            "move this file away to start with an empty database, or put a copy of it back; nothing was deleted",
        )
    if is_disk_full(error) or ("i/o error" in message and _has_no_room(place)):
        return StorageFull(f"room for {place}", found, "free some disk space and try again")
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if "locked" in message or "unable to open" in message or lost or isinstance(error, OSError):
        return ServiceUnavailable(
            f"the database at {place} to be usable",
            found,
            "check that the folder can be written and that no other program holds the file",
        )
    return None


def _has_no_room(file: str) -> bool:
    """Whether a failure to read or write is one of room; SQLite does not say so of every file it grows."""
    try:
        return shutil.disk_usage(Path(file).parent).free < _LEAST_ROOM_BYTES
    except OSError:
        return False
