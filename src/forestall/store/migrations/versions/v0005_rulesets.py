"""Rules themselves: versions of the ruleset, what shadow rules would have said, and decisions found by the labels of their findings."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_COLUMNS = (
    "id, content, revision, outcome, priority, by, at, reasons, excuses, unknowns, findings, facts, versions, language, key,"
    ' "case", note'
)
_LABELS = (
    "(SELECT coalesce(group_concat(label, ' '), '') FROM (SELECT DISTINCT json_extract(value, '$.label') AS label"
    " FROM json_each(findings) ORDER BY 1))"
)


def upgrade() -> None:
    """Make the decisions anew with their labels, and the new tables."""
    _labels()
    op.create_table(
        "rulesets",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("name", "digest", "bundle", "base", "state", "author", "reason", "proposed", "harsher", "proof"),
        *_texts("second", "remark", "decided"),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("rulesets_by_state", "rulesets", ["state", "id"])
    op.create_table("shadows", sa.Column("id", sa.Text, primary_key=True), *_texts("at", "fired", "unknown"))
    op.create_index("shadows_by_time", "shadows", ["at", "id"])


def _texts(*names: str) -> list[sa.Column[str]]:
    """Give text columns that always have a value."""
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _labels() -> None:
    """Give each decision the labels of its findings, each once, sorted."""
    for index in ("decisions_by_content", "decisions_by_outcome"):
        op.drop_index(index, "decisions")
    op.rename_table("decisions", "decisions_0004")
    op.create_table(
        "decisions",
        sa.Column("id", sa.Text, nullable=False, unique=True),
        *_texts("content", "revision", "outcome"),
        sa.Column("priority", sa.Float, nullable=False),
        *_texts("by", "at", "reasons", "excuses", "unknowns", "findings", "facts", "versions", "language"),
        sa.Column("key", sa.Text, unique=True),
        *_texts("case", "note", "labels"),
        sa.Column("seq", _SEQ, primary_key=True, autoincrement=False),
    )
    op.execute(
        f"INSERT INTO decisions ({_COLUMNS}, labels, seq)"  # noqa: S608 - constants of this file
        f" SELECT {_COLUMNS}, {_LABELS}, seq FROM decisions_0004 ORDER BY seq"
    )
    op.drop_table("decisions_0004")
    op.create_index("decisions_by_content", "decisions", ["content", "seq"])
    op.create_index("decisions_by_outcome", "decisions", ["outcome", "seq"])
    labelled = sa.text("labels <> ''")
    op.create_index(
        "decisions_by_labels", "decisions", ["labels", "seq"], sqlite_where=labelled, postgresql_where=labelled
    )
