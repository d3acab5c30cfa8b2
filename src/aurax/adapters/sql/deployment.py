"""What tells a database from every other: an id made with its tables, which goes with every copy of them."""

from __future__ import annotations

from sqlalchemy import select

from aurax.adapters.sql.database import Database
from aurax.adapters.sql.tables import DeploymentRow


async def deployment_id(database: Database) -> str:
    """The id of the database, and so of everything that works with it.

    Args:
        database: a migrated database.
    """
    async with database.reading() as connection:
        found: str = (await connection.scalars(select(DeploymentRow.id))).one()
        return found
