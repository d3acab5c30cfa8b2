"""The ledger reserves money before a call and keeps it in whole micro-dollars."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_MICRO = 1_000_000


def upgrade() -> None:
    with op.batch_alter_table("ledger") as batch:
        batch.add_column(sa.Column("reservation", sa.String(length=32), nullable=True))
        batch.add_column(sa.Column("key", sa.String(length=200), nullable=True))
        batch.add_column(sa.Column("status", sa.String(length=16), nullable=True))
        batch.add_column(sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("stage", sa.String(length=32), nullable=True))
        batch.add_column(sa.Column("engine", sa.String(length=100), nullable=True))
        batch.add_column(sa.Column("runtime", sa.String(length=32), nullable=True))
        batch.add_column(sa.Column("device", sa.String(length=64), nullable=True))
        batch.add_column(sa.Column("seconds", sa.Double(), nullable=True))
        batch.add_column(sa.Column("cold", sa.Boolean(), nullable=True))
        batch.add_column(sa.Column("load_s", sa.Double(), nullable=True))
        batch.add_column(sa.Column("audio_s", sa.Double(), nullable=True))
        batch.add_column(sa.Column("estimate_micro_usd", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("micro_usd", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("tokens_in", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("tokens_out", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("priced_on", sa.Date(), nullable=True))
    _fill()
    with op.batch_alter_table("ledger") as batch:
        for name, kind in _FILLED.items():
            batch.alter_column(name, existing_type=kind, nullable=False)
        batch.drop_column("cost_usd")
        batch.create_unique_constraint(op.f("uq_ledger_reservation"), ["reservation"])
        batch.create_index("ix_ledger_key_status", ["key", "status"], unique=False)
        batch.create_index(op.f("ix_ledger_at"), ["at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("ledger") as batch:
        batch.add_column(sa.Column("cost_usd", sa.Numeric(precision=12, scale=6, asdecimal=False), nullable=True))
    ledger = sa.table("ledger", sa.column("cost_usd", sa.Numeric(12, 6)), sa.column("micro_usd", sa.BigInteger()))
    op.execute(ledger.update().values(cost_usd=sa.cast(ledger.c.micro_usd, sa.Numeric(18, 6)) / _MICRO))
    with op.batch_alter_table("ledger") as batch:
        batch.alter_column("cost_usd", existing_type=sa.Numeric(precision=12, scale=6), nullable=False)
        batch.drop_index(op.f("ix_ledger_at"))
        batch.drop_index("ix_ledger_key_status")
        batch.drop_constraint(op.f("uq_ledger_reservation"), type_="unique")
        for name in (*_FILLED, "settled_at", "engine", "runtime", "device", "priced_on"):
            batch.drop_column(name)


_FILLED: dict[str, sa.types.TypeEngine[Any]] = {
    "reservation": sa.String(length=32),
    "key": sa.String(length=200),
    "status": sa.String(length=16),
    "stage": sa.String(length=32),
    "seconds": sa.Double(),
    "cold": sa.Boolean(),
    "load_s": sa.Double(),
    "audio_s": sa.Double(),
    "estimate_micro_usd": sa.BigInteger(),
    "micro_usd": sa.BigInteger(),
    "tokens_in": sa.BigInteger(),
    "tokens_out": sa.BigInteger(),
}
"""New columns that every line has."""


def _fill() -> None:
    """Give older lines, which held only what they cost, the values of a settled call."""
    ledger = sa.table(
        "ledger",
        sa.column("id", sa.BigInteger()),
        sa.column("at", sa.DateTime(timezone=True)),
        sa.column("settled_at", sa.DateTime(timezone=True)),
        sa.column("cost_usd", sa.Numeric(12, 6)),
        *(sa.column(name, kind) for name, kind in _FILLED.items()),
    )
    number = sa.cast(ledger.c.id, sa.String(20))
    micro = sa.cast(sa.func.round(ledger.c.cost_usd * _MICRO), sa.BigInteger())
    op.execute(
        ledger.update().values(
            reservation=sa.literal("before-0002-") + number,
            key=sa.literal("before-0002/") + number,
            status="settled",
            settled_at=ledger.c.at,
            stage="orchestration",
            seconds=0.0,
            cold=sa.false(),
            load_s=0.0,
            audio_s=0.0,
            estimate_micro_usd=micro,
            micro_usd=micro,
            tokens_in=0,
            tokens_out=0,
        )
    )
