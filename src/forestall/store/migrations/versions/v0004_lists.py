"""Lists: what rules and detectors look up, and the editions in which they came."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables of lists and their editions."""
    op.create_table(
        "watchlists",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("name", "kind", "source", "dated", "imported", "by", "digest", "edition"),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        *_texts("expires", "expired", "removed"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False, unique=True),
        sa.Column("seq", _SEQ, nullable=False),
    )
    op.create_index("watchlists_by_seq", "watchlists", ["seq"])
    op.create_table(
        "editions",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("list", "digest", "source", "dated", "imported", "by"),
        sa.Column("added", sa.Integer, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("gone", sa.Integer, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        *_texts("entries"),
    )
    op.create_index("editions_by_list", "editions", ["list", "id"])


def _texts(*names: str) -> list[sa.Column[str]]:
    """Give text columns that always have a value."""
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
