"""Threads: earlier posts of a thread are found without reading all contents."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the index; contents without a thread are not in it."""
    threaded = sa.text("thread <> ''")
    op.create_index(
        "contents_by_thread", "contents", ["thread", "seq"], sqlite_where=threaded, postgresql_where=threaded
    )
