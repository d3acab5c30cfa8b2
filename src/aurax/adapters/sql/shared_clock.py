"""The clock that decides what has expired and what counts today: the one that every process shares."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aurax.adapters.sql.database import Database
from aurax.adapters.sql.tables import UtcDateTime, now


async def shared_now(database: Database, connection: AsyncConnection) -> datetime:
    """This moment: by PostgreSQL's clock, or by this machine's where the database is a file on it.

    A worker whose clock is wrong thus neither accepts an expired key nor refuses a valid one.

    Args:
        database: of the connection.
        connection: open.
    """
    if database.is_sqlite:
        return now()
    moment: datetime = (await connection.execute(select(func.clock_timestamp(type_=UtcDateTime())))).scalar_one()
    return moment
