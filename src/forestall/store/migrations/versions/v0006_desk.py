"""The desk: cases in queues with deadlines, held by people; actions on the platform; crises."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_COLUMNS = (
    "id, content, revision, decision, priority, outcome, state, opened, rules, concluded, conclusion, cluster, version"
)
_LANGUAGE = "coalesce((SELECT language FROM decisions WHERE decisions.id = cases_0005.decision), 'und')"


def upgrade() -> None:
    """Make the cases anew with where they wait, and the new tables."""
    _cases()
    op.create_table(
        "actions",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("content", "revision", "decision", "rule", "kind", "approval", "state", "at", "note"),
        sa.Column("jitter", sa.Integer, nullable=False),
        *_texts("approvals", "undone"),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("actions_by_content", "actions", ["content", "id"])
    op.create_index("actions_by_state", "actions", ["state", "id"])
    op.create_table(
        "crises",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("kind", "title", "state", "author", "reason", "declared"),
        sa.Column("hours", sa.Integer, nullable=False),
        *_texts("second", "remark", "began", "until", "ended", "ended_by", "closing"),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("crises_by_state", "crises", ["state", "id"])


def _texts(*names: str) -> list[sa.Column[str]]:
    """Give text columns that always have a value."""
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _cases() -> None:
    """Give each case its place in the order: as before by priority, in no queue and without a deadline."""
    for index in ("cases_by_content", "cases_by_cluster", "cases_by_priority"):
        op.drop_index(index, "cases")
    op.rename_table("cases", "cases_0005")
    cases = op.create_table(
        "cases",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("content", "revision", "decision"),
        sa.Column("priority", sa.Float, nullable=False),
        *_texts("outcome", "state", "opened", "rules", "concluded", "conclusion", "cluster", "queue", "due"),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("weight", sa.Float, nullable=False),
        *_texts("language", "holder", "leased", "snoozed"),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.execute(
        f"INSERT INTO cases ({_COLUMNS}, queue, due, severity, weight, language, holder, leased, snoozed)"  # noqa: S608 - constants of this file
        f" SELECT {_COLUMNS}, '', '', 0, priority, {_LANGUAGE}, '', '', '' FROM cases_0005"
    )
    op.drop_table("cases_0005")
    op.create_index("cases_by_content", "cases", ["content", "revision", "opened"])
    op.create_index("cases_by_cluster", "cases", ["cluster", "opened", "id"])
    op.create_index("cases_by_time", "cases", ["opened", "id"])
    order = [cases.c.due, cases.c.weight.desc(), cases.c.priority.desc(), cases.c.opened, cases.c.id]
    op.create_index("cases_by_due", "cases", [cases.c.state, *order])
    op.create_index("cases_by_queue", "cases", [cases.c.state, cases.c.queue, *order])
    op.create_index(
        "cases_by_holder",
        "cases",
        ["holder", "leased"],
        sqlite_where=sa.text("holder <> ''"),
        postgresql_where=sa.text("holder <> ''"),
    )
