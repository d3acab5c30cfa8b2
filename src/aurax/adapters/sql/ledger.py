"""The ledger: money is reserved before a paid call and settled after it, so that no budget is overspent.

What counts against a budget is the sum of all lines: the estimate of a call that runs, the real cost of one that has
ended. A line that is never settled, because its worker died and nobody repeated the call, goes on counting with its
estimate: the money was probably spent.
"""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aurax.adapters.sql.database import Database, repeating
from aurax.adapters.sql.shared_clock import shared_now
from aurax.adapters.sql.tables import LedgerRow, SongRow, UserRow, now
from aurax.engines.runtime import Usage
from aurax.errors import InvalidOption
from aurax.produce.cost.budget import budget_exceeded, monthly_cap_exceeded, personal_limit_exceeded
from aurax.produce.cost.ledger_line import LedgerLine, LineStatus
from aurax.produce.cost.money import from_micro_usd, to_micro_usd
from aurax.produce.stages import Charge
from aurax.services.people.limits import Limits
from aurax.services.ports import Reservation

_TURN = 4_117_092
"""Any number; PostgreSQL programs that reserve wait for each other on it."""


@repeating
class Ledger:
    """Reserving, settling and reading what calls cost.

    Args:
        database: a migrated database.
        defaults: limits of everybody who has none of their own.
    """

    def __init__(self, database: Database, defaults: Limits | None = None) -> None:
        self._database = database
        self._defaults = defaults or Limits()

    async def reserve(
        self,
        song_id: str | None,
        stage: Charge,
        what: str,
        estimate_usd: float,
        *,
        key: str,
        budget_usd: float | None = None,
        monthly_cap_usd: float | None = None,
    ) -> Reservation:
        """Reserve money for a call, in one transaction with the check that it is there.

        Calls that are expected to cost nothing are never refused. An attempt that finds a reservation of the same key
        still open takes it over, with its own estimate.

        Args:
            song_id: the song, already in the database.
            stage: what it is for.
            what: the call, in a few words; the first 100 characters are kept.
            estimate_usd: the most that the call is expected to cost.
            key: names the call, so that a repeated attempt does not reserve twice; unique over all songs, at most
                200 characters.
            budget_usd: what the song may cost in all; None for no limit.
            monthly_cap_usd: what all calls of this calendar month (UTC) may cost; None for no limit.

        Raises:
            BudgetExceeded: the budget, the cap, or the limit of the person whose song it is does not leave that much.
                Nothing was reserved.
            InvalidOption: an amount is negative or no number.
        """
        estimate = to_micro_usd(estimate_usd)
        budget = None if budget_usd is None else to_micro_usd(budget_usd)
        cap = None if monthly_cap_usd is None else to_micro_usd(monthly_cap_usd)
        async with self._database.writing() as connection:
            await self._database.take_turns(connection, _TURN)  # a cap concerns every song: there is no row to lock
            # Which month it is must not depend on the clock of this worker.
            at = await shared_now(self._database, connection)
            reservation = Reservation(uuid.uuid4().hex, key, song_id, stage, what, from_micro_usd(estimate), at)
            held = await connection.scalar(
                select(LedgerRow.id).where(LedgerRow.key == key, LedgerRow.status == "reserved")
            )
            others = LedgerRow.id != held if held is not None else LedgerRow.id.is_not(None)
            if estimate and budget is not None:
                spent = await _sum(connection, and_(others, LedgerRow.song_id == song_id))
                if spent + estimate > budget:
                    raise budget_exceeded(what, estimate, spent, budget)
            if estimate and cap is not None:
                month = month_of(reservation.at)
                spent = await _sum(connection, and_(others, _within(month)))
                if spent + estimate > cap:
                    raise monthly_cap_exceeded(what, estimate, spent, cap, month)
            owner = await _owner(connection, song_id)
            if estimate and owner is not None:
                await self._check_person(connection, owner, reservation, estimate, others)
            values = _reserved(reservation, estimate) | {"user_id": owner}
            if held is None:
                await connection.execute(insert(LedgerRow).values(values))
            else:
                await connection.execute(update(LedgerRow).where(LedgerRow.id == held).values(values))
        return reservation

    async def settle(
        self,
        reservation: Reservation,
        usage: Usage | None,
        usd: float,
        *,
        tokens_in: int = 0,
        tokens_out: int = 0,
        priced_on: date | None = None,
    ) -> None:
        """Write what a finished call really cost in place of what was reserved. May be repeated without harm.

        Args:
            reservation: of the call.
            usage: what it used; None for calls without an engine.
            usd: what it cost, even where that is more than was reserved.
            tokens_in: of a language model.
            tokens_out: of a language model.
            priced_on: since when the applied price is valid.
        """
        await self._close(reservation, "settled", usage, usd, tokens_in, tokens_out, priced_on)

    async def release(
        self, reservation: Reservation, usage: Usage | None = None, usd: float = 0.0, *, priced_on: date | None = None
    ) -> None:
        """Give back what a failed or cancelled call did not use. May be repeated without harm.

        Args:
            reservation: of the call.
            usage: what was used before it failed, where that is known.
            usd: what that cost; it stays in the ledger.
            priced_on: since when the applied price is valid.
        """
        await self._close(reservation, "failed", usage, usd, 0, 0, priced_on)

    async def lines(self) -> tuple[LedgerLine, ...]:
        """Every line, in order."""
        return await self._lines(select(LedgerRow.__table__))

    async def song_lines(self, song_id: str) -> tuple[LedgerLine, ...]:
        """The lines of a song, in order."""
        return await self._lines(select(LedgerRow.__table__).where(LedgerRow.song_id == song_id))

    async def month_lines(self, month: str) -> tuple[LedgerLine, ...]:
        """The lines of a calendar month, in order.

        Args:
            month: such as `2026-11`, in UTC.

        Raises:
            InvalidOption: that is no month.
        """
        return await self._lines(select(LedgerRow.__table__).where(_within(month)))

    async def _check_person(
        self,
        connection: AsyncConnection,
        owner: str,
        reservation: Reservation,
        estimate_micro_usd: int,
        others: ColumnElement[bool],
    ) -> None:
        own = await connection.scalar(select(UserRow.limits).where(UserRow.id == owner))
        limit_usd = self._defaults.with_own(own).usd_per_month
        if limit_usd is None:
            return
        limit, month = to_micro_usd(limit_usd), month_of(reservation.at)
        spent = await _sum(connection, and_(others, LedgerRow.user_id == owner, _within(month)))
        if spent + estimate_micro_usd > limit:
            raise personal_limit_exceeded(reservation.what, estimate_micro_usd, spent, limit, month)

    async def _close(
        self,
        reservation: Reservation,
        status: LineStatus,
        usage: Usage | None,
        usd: float,
        tokens_in: int,
        tokens_out: int,
        priced_on: date | None,
    ) -> None:
        used: dict[str, Any] = {} if usage is None else usage.model_dump()
        ended = {
            **used,
            "status": status,
            "settled_at": now(),
            "micro_usd": to_micro_usd(usd),
            "tokens_in": tokens_in,
            "tokens_out": tokens_out,
            "priced_on": priced_on,
        }
        mine = LedgerRow.reservation == reservation.id
        async with self._database.writing() as connection:
            await self._database.take_turns(connection, _TURN)
            current = await connection.scalar(select(LedgerRow.status).where(mine))
            if current == "reserved":
                await connection.execute(update(LedgerRow).where(mine).values(ended))
            elif current is None:
                # Another attempt took the line over, but this one has worked too, and its work was charged as well.
                values = _reserved(reservation, to_micro_usd(reservation.estimate_usd)) | ended
                values["user_id"] = await _owner(connection, reservation.song_id)
                await connection.execute(insert(LedgerRow).values(values))

    async def _lines(self, statement: Select[Any]) -> tuple[LedgerLine, ...]:
        async with self._database.reading() as connection:
            rows = await connection.execute(statement.order_by(LedgerRow.id))
            return tuple(LedgerLine.model_validate(row) for row in rows)


def month_of(moment: datetime) -> str:
    """The calendar month in UTC, such as `2026-11`."""
    return moment.astimezone(UTC).strftime("%Y-%m")


def month_range(month: str) -> tuple[datetime, datetime]:
    """Its first moment and that of the next month, in UTC.

    Args:
        month: such as `2026-11`.

    Raises:
        InvalidOption: that is no month.
    """
    try:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
        year, before = divmod(first.year * 12 + first.month, 12)
        return first, first.replace(year=year, month=before + 1)
    except ValueError:
        raise InvalidOption("a month such as 2026-11", repr(month), "write it like this") from None


def _within(month: str) -> ColumnElement[bool]:
    first, following = month_range(month)
    return and_(LedgerRow.at >= first, LedgerRow.at < following)


def _reserved(reservation: Reservation, estimate_micro_usd: int) -> dict[str, Any]:
    return {
        "reservation": reservation.id,
        "key": reservation.key,
        "status": "reserved",
        "song_id": reservation.song_id,
        "at": reservation.at,
        "stage": reservation.stage,
        "what": reservation.what[:100],
        "estimate_micro_usd": estimate_micro_usd,
        "micro_usd": estimate_micro_usd,
    }


async def _owner(connection: AsyncConnection, song_id: str | None) -> str | None:
    if song_id is None:
        return None
    owner: str | None = await connection.scalar(select(SongRow.user_id).where(SongRow.id == song_id))
    return owner


async def _sum(connection: AsyncConnection, condition: ColumnElement[bool]) -> int:
    # PostgreSQL sums 64-bit numbers as decimals.
    return int(await connection.scalar(select(func.coalesce(func.sum(LedgerRow.micro_usd), 0)).where(condition)) or 0)
