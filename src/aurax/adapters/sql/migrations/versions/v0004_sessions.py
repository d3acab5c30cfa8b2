"""Sessions keep their state; songs know their owner, the version they are and the one they came from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("title", sa.String(length=200), nullable=True))
    op.add_column("sessions", sa.Column("state", sa.JSON(), nullable=True))
    op.add_column("sessions", sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("songs", sa.Column("user_id", sa.String(length=32), nullable=True))
    op.add_column("songs", sa.Column("parent_id", sa.String(length=32), nullable=True))
    op.add_column("songs", sa.Column("version", sa.String(length=64), nullable=True))
    op.add_column("songs", sa.Column("note", sa.String(), nullable=True))
    op.add_column("songs", sa.Column("rating", sa.Integer(), nullable=True))
    op.add_column("songs", sa.Column("rating_words", sa.String(), nullable=True))
    op.create_index("ix_songs_user_id", "songs", ["user_id"])
    op.create_index("ix_songs_parent_id", "songs", ["parent_id"])


def downgrade() -> None:
    op.drop_index("ix_songs_parent_id", table_name="songs")
    op.drop_index("ix_songs_user_id", table_name="songs")
    for name in ("rating_words", "rating", "note", "version", "parent_id", "user_id"):
        op.drop_column("songs", name)
    for name in ("updated_at", "state", "title"):
        op.drop_column("sessions", name)
