"""People can be disabled and limited, keys have scopes and expire, projects are archived, admissions are counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("users", sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("users", sa.Column("limits", sa.JSON(), nullable=True))
    op.add_column("api_keys", sa.Column("scopes", sa.String(length=200), nullable=False, server_default=""))
    op.add_column("api_keys", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("projects", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("ledger", sa.Column("user_id", sa.String(length=32), nullable=True))
    op.create_index("ix_ledger_user_id", "ledger", ["user_id"])
    op.create_table(
        "admissions",
        sa.Column("id", _COUNTER, autoincrement=True, nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("song_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_admissions_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_admissions"),
    )
    op.create_index("ix_admissions_user_id_at", "admissions", ["user_id", "at"])


def downgrade() -> None:
    op.drop_table("admissions")
    op.drop_index("ix_ledger_user_id", table_name="ledger")
    op.drop_column("ledger", "user_id")
    op.drop_column("projects", "archived_at")
    for name in ("expires_at", "scopes"):
        op.drop_column("api_keys", name)
    for name in ("limits", "disabled_at"):
        op.drop_column("users", name)
