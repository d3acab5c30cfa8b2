"""Whose a row is: the conditions and look-ups by which people are kept apart."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aurax.adapters.sql.tables import ProjectRow, SessionRow, SongRow
from aurax.errors import NotFound
from aurax.services.people.principal import Owner

Owned = type[SongRow] | type[ProjectRow] | type[SessionRow]


def owned(table: Owned, owner: Owner) -> ColumnElement[bool]:
    """The condition that a row is an owner's.

    Args:
        table: one whose rows have owners.
        owner: id of the person; None for rows of nobody.
    """
    return table.user_id.is_(None) if owner is None else table.user_id == owner


async def find_owned(connection: AsyncConnection, table: Owned, owner: Owner, row_id: str, what: str) -> Any:
    """An owner's row.

    Args:
        connection: open.
        table: where to look.
        owner: id of the person; None for rows of nobody.
        row_id: its id, or the beginning of it that no other row of this owner shares.
        what: a row is, such as `song`.

    Raises:
        NotFound: none of their rows, or several, begin like this; somebody else's are as none.
    """
    statement = select(table.__table__).where(owned(table, owner), table.id.startswith(row_id, autoescape=True))
    found = (await connection.execute(statement.order_by(table.id).limit(2))).all() if row_id else ()
    exact = [row for row in found if row.id == row_id]
    if len(exact or found) != 1:
        raise NotFound(
            f"the id of one {what}, or the beginning of it",
            f"{row_id!r}, which {f'several {what}s share' if found else f'no {what} has'}",
            f"look it up in the list of {what}s",
        )
    return (exact or found)[0]
