"""The ground floor: contents, decisions, cases, deliveries, people and keys, and the ledger with its checkpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _content_and_decisions()
    _cases_and_deliveries()
    _people_and_keys()
    _ledger()


def _texts(*names: str) -> list[sa.Column[str]]:
    """Give text columns that always have a value."""
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _content_and_decisions() -> None:
    """Make what is screened and what was concluded."""
    op.create_table(
        "contents",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("revision", sa.Text, primary_key=True),
        *_texts("kind", "received", "audience", "retention", "language", "author", "thread", "url", "published"),
        *_texts("segments", "files", "facts", "purged"),
        sa.Column("seq", _SEQ, nullable=False),
    )
    op.create_index("contents_by_retention", "contents", ["retention", "purged", "received"])
    op.create_table(
        "holdings",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("content", sa.Text, primary_key=True),
        sa.Column("revision", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.Text, nullable=False, unique=True),
        *_texts("content", "revision", "outcome"),
        sa.Column("priority", sa.Float, nullable=False),
        *_texts("by", "at", "reasons", "excuses", "unknowns", "findings", "facts", "versions", "language"),
        sa.Column("key", sa.Text, unique=True),
        *_texts("case", "note"),
        sa.Column("seq", _SEQ, primary_key=True, autoincrement=False),
    )
    op.create_index("decisions_by_content", "decisions", ["content", "seq"])
    op.create_index("decisions_by_outcome", "decisions", ["outcome", "seq"])


def _cases_and_deliveries() -> None:
    """Make the questions put to people and the messages going out."""
    op.create_table(
        "cases",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("content", "revision", "decision"),
        sa.Column("priority", sa.Float, nullable=False),
        *_texts("outcome", "state", "opened", "rules", "concluded", "conclusion"),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("cases_by_content", "cases", ["content", "revision", "opened"])
    op.create_index("cases_by_priority", "cases", ["state", sa.text("priority DESC"), "opened", "id"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("target", "kind", "body", "due", "state"),
        sa.Column("attempts", sa.Integer, nullable=False),
        *_texts("last_error"),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("deliveries_by_due", "deliveries", ["state", "due", "id"])


def _people_and_keys() -> None:
    """Make who works at the desk and who calls the API."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("name"),
        sa.Column("secret_sha256", sa.Text, nullable=False, unique=True),
        *_texts("scopes", "created", "revoked"),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("name", "role", "password_hash", "created", "disabled"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "invites",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("token_sha256", sa.Text, nullable=False, unique=True),
        *_texts("role", "expires", "used"),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("person", "created", "expires", "revoked"),
        sa.Column("version", sa.Integer, nullable=False),
    )


def _ledger() -> None:
    """Make the ledger, its signed checkpoints, and the idempotency keys of committed changes."""
    op.create_table(
        "seen",
        sa.Column("once", sa.Text, primary_key=True),
        sa.Column("first_seq", sa.BigInteger, nullable=False),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger",
        sa.Column("seq", _SEQ, primary_key=True, autoincrement=False),
        *_texts("tag", "subject"),
        sa.Column("entry", sa.LargeBinary, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
    )
    op.create_index("ledger_by_subject", "ledger", ["subject", "seq"])
    op.create_table(
        "checkpoints",
        sa.Column("size", _SEQ, primary_key=True, autoincrement=False),
        *_texts("note"),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        *_texts("at"),
    )
