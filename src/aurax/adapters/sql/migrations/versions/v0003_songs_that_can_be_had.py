"""Songs know what was asked, what was made, and where it was collected to, so that they can be had later."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("songs") as batch:
        batch.add_column(sa.Column("request", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("result", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("collected_to", sa.String(), nullable=True))
    songs = sa.table("songs", sa.column("status", sa.String(16)), sa.column("collected_to", sa.String()))
    # Older songs were collected as soon as they were made; where to was not noted.
    op.execute(songs.update().where(songs.c.status == "delivered").values(collected_to=""))


def downgrade() -> None:
    # One by one: a batch would make the table again on SQLite, and other tables refer to its rows.
    for name in ("collected_to", "result", "request"):
        op.drop_column("songs", name)
