"""Known material: banks and their signals, the signals of what was screened, retro-hunts, exchanges, and clusters of cases."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the new tables, and give cases a cluster."""
    _clusters()
    _banks()
    _sightings()
    _hunts()
    _exchanges()


def _texts(*names: str) -> list[sa.Column[str]]:
    """Give text columns that always have a value."""
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _clusters() -> None:
    """Make the cases anew with a `cluster`, which the old ones have empty."""
    for index in ("cases_by_content", "cases_by_priority"):
        op.drop_index(index, "cases")
    op.rename_table("cases", "cases_0001")
    op.create_table(
        "cases",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("content", "revision", "decision"),
        sa.Column("priority", sa.Float, nullable=False),
        *_texts("outcome", "state", "opened", "rules", "concluded", "conclusion", "cluster"),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.execute(
        "INSERT INTO cases (id, content, revision, decision, priority, outcome, state, opened, rules, concluded, conclusion,"
        " cluster, version) SELECT id, content, revision, decision, priority, outcome, state, opened, rules, concluded,"
        " conclusion, '', version FROM cases_0001"
    )
    op.drop_table("cases_0001")
    op.create_index("cases_by_content", "cases", ["content", "revision", "opened"])
    op.create_index("cases_by_priority", "cases", ["state", sa.text("priority DESC"), "opened", "id"])
    op.create_index("cases_by_cluster", "cases", ["cluster", "opened", "id"])


def _banks() -> None:
    """Make the banks and their signals."""
    op.create_table(
        "banks",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("name", "trust", "purpose", "state", "description", "distances"),
        sa.Column("quality", sa.Integer, nullable=False),
        *_texts("disabled_until", "expires", "exchange", "created"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False, unique=True),
        sa.Column("seq", _SEQ, nullable=False),
    )
    op.create_index("banks_by_seq", "banks", ["seq"])
    op.create_table(
        "signals",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        *_texts("bank", "type", "value", "opinions"),
        sa.Column("distance", sa.Integer),
        *_texts("disabled_until", "expires"),
        sa.Column("version", sa.Integer, nullable=False),
        *_texts("head", "sources"),
        sa.Column("seq", _SEQ, nullable=False),
    )
    op.create_index("signals_by_seq", "signals", ["seq", "id"])
    op.create_index("signals_by_type", "signals", ["type", "seq", "id"])
    op.create_index("signals_by_value", "signals", ["bank", "type", "head", "id"])


def _sightings() -> None:
    """Make the signals of what was screened."""
    op.create_table(
        "sightings",
        *_texts("id", "revision", "at", "traces", "forgotten"),
        sa.Column("seq", _SEQ, primary_key=True, autoincrement=False),
        sa.UniqueConstraint("id", "revision"),
    )
    op.create_index("sightings_by_age", "sightings", ["forgotten", "at"])


def _hunts() -> None:
    """Make the retro-hunts."""
    op.create_table(
        "hunts",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("bank", "state", "started", "since", "cursor"),
        sa.Column("looked", sa.BigInteger, nullable=False),
        sa.Column("matched", sa.BigInteger, nullable=False),
        *_texts("finished", "error"),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("hunts_by_start", "hunts", ["started", "id"])


def _exchanges() -> None:
    """Make the exchanges."""
    op.create_table(
        "exchanges",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("name", "kind", "bank", "address", "options"),
        sa.Column("enabled", sa.Boolean, nullable=False),
        *_texts("checkpoint"),
        sa.Column("minutes", sa.Integer, nullable=False),
        *_texts("due", "last_success", "last_error"),
        sa.Column("added", sa.BigInteger, nullable=False),
        sa.Column("withdrawn", sa.BigInteger, nullable=False),
        sa.Column("refused", sa.BigInteger, nullable=False),
        *_texts("created"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False, unique=True),
    )
