"""The tables, for any database SQLAlchemy speaks to. `migrations/` builds exactly these (a test compares).

Columns follow the record types of `forestall.model.records`, nested values as JSON text. Times are instants as text, which
sort. `contents.seq` and `decisions.seq` are ledger positions: of the change that first kept the content, and of the line about
the decision, which orders the feed of decisions; `decisions.labels` are the labels of its findings, sorted. `banks.seq`,
`signals.seq` and `watchlists.seq` are positions of the change that wrote the row last; all rows of one change share one, so those
who follow them go by `(seq, id)`. `sightings.seq` is the position of the line about the content that was screened; forgetting a
sighting leaves it.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

_seq = BigInteger().with_variant(Integer, "sqlite")
"""A ledger position; on SQLite the type that makes a primary key the row's own number."""


def _texts(*names: str) -> list[Column[str]]:
    """Give text columns that always have a value."""
    return [Column(name, Text, nullable=False) for name in names]


contents = Table(
    "contents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("revision", Text, primary_key=True),
    *_texts("kind", "received", "audience", "retention", "language", "author", "thread", "url", "published"),
    *_texts("segments", "files", "facts", "purged"),
    Column("seq", _seq, nullable=False),
    Index("contents_by_retention", "retention", "purged", "received"),
    Index(
        "contents_by_thread", "thread", "seq", sqlite_where=text("thread <> ''"), postgresql_where=text("thread <> ''")
    ),
)

holdings = Table(
    "holdings",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("content", Text, primary_key=True),
    Column("revision", Text, primary_key=True),
    sqlite_with_rowid=False,
)
"""Which content holds which file. A row stays when content is purged; who asks looks at the content too."""

decisions = Table(
    "decisions",
    metadata,
    Column("id", Text, nullable=False, unique=True),
    *_texts("content", "revision", "outcome"),
    Column("priority", Float, nullable=False),
    *_texts("by", "at", "reasons", "excuses", "unknowns", "findings", "facts", "versions", "language"),
    Column("key", Text, unique=True),
    *_texts("case", "note"),
    *_texts("labels"),
    Column("seq", _seq, primary_key=True, autoincrement=False),
    Index("decisions_by_content", "content", "seq"),
    Index("decisions_by_outcome", "outcome", "seq"),
    Index(
        "decisions_by_labels", "labels", "seq", sqlite_where=text("labels <> ''"), postgresql_where=text("labels <> ''")
    ),
)

cases = Table(
    "cases",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("content", "revision", "decision"),
    Column("priority", Float, nullable=False),
    *_texts("outcome", "state", "opened", "rules", "concluded", "conclusion", "cluster", "queue", "due"),
    Column("severity", Integer, nullable=False),
    Column("weight", Float, nullable=False),
    *_texts("language", "holder", "leased", "snoozed"),
    Column("version", Integer, nullable=False),
    Index("cases_by_content", "content", "revision", "opened"),
    Index("cases_by_cluster", "cluster", "opened", "id"),
    Index("cases_by_time", "opened", "id"),
    Index(
        "cases_by_holder",
        "holder",
        "leased",
        sqlite_where=text("holder <> ''"),
        postgresql_where=text("holder <> ''"),
    ),
)
case_order = (cases.c.due, cases.c.weight.desc(), cases.c.priority.desc(), cases.c.opened, cases.c.id)
"""The order in which cases should be answered."""
Index("cases_by_due", cases.c.state, *case_order)
Index("cases_by_queue", cases.c.state, cases.c.queue, *case_order)

actions = Table(
    "actions",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("content", "revision", "decision", "rule", "kind", "approval", "state", "at", "note"),
    Column("jitter", Integer, nullable=False),
    *_texts("approvals", "undone"),
    Column("version", Integer, nullable=False),
    Index("actions_by_content", "content", "id"),
    Index("actions_by_state", "state", "id"),
)

crises = Table(
    "crises",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("kind", "title", "state", "author", "reason", "declared"),
    Column("hours", Integer, nullable=False),
    *_texts("second", "remark", "began", "until", "ended", "ended_by", "closing"),
    Column("version", Integer, nullable=False),
    Index("crises_by_state", "state", "id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("target", "kind", "body", "due", "state"),
    Column("attempts", Integer, nullable=False),
    *_texts("last_error"),
    Column("version", Integer, nullable=False),
    Index("deliveries_by_due", "state", "due", "id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("name"),
    Column("secret_sha256", Text, nullable=False, unique=True),
    *_texts("scopes", "created", "revoked"),
    Column("version", Integer, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("name", "role", "password_hash", "created", "disabled"),
    Column("version", Integer, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),
)

invites = Table(
    "invites",
    metadata,
    Column("id", Text, primary_key=True),
    Column("token_sha256", Text, nullable=False, unique=True),
    *_texts("role", "expires", "used"),
    Column("version", Integer, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("person", "created", "expires", "revoked"),
    Column("version", Integer, nullable=False),
)

banks = Table(
    "banks",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("name", "trust", "purpose", "state", "description", "distances"),
    Column("quality", Integer, nullable=False),
    *_texts("disabled_until", "expires", "exchange", "created"),
    Column("version", Integer, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),
    Column("seq", _seq, nullable=False),
    Index("banks_by_seq", "seq"),
)

signals = Table(
    "signals",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    *_texts("bank", "type", "value", "opinions"),
    Column("distance", Integer),
    *_texts("disabled_until", "expires"),
    Column("version", Integer, nullable=False),
    *_texts("head", "sources"),
    Column("seq", _seq, nullable=False),
    Index("signals_by_seq", "seq", "id"),
    Index("signals_by_type", "type", "seq", "id"),
    Index("signals_by_value", "bank", "type", "head", "id"),
)
"""Ids are spread evenly, so on SQLite they are deliberately not the row's own number: new rows go to the end of the table, and
only an index of ids is written all over. `head` is the beginning of `value`, which may be too long for an index.
"""

sightings = Table(
    "sightings",
    metadata,
    *_texts("id", "revision", "at", "traces", "forgotten"),
    Column("seq", _seq, primary_key=True, autoincrement=False),
    UniqueConstraint("id", "revision"),
    Index("sightings_by_age", "forgotten", "at"),
)

hunts = Table(
    "hunts",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("bank", "state", "started", "since", "cursor"),
    Column("looked", BigInteger, nullable=False),
    Column("matched", BigInteger, nullable=False),
    *_texts("finished", "error"),
    Column("version", Integer, nullable=False),
    Index("hunts_by_start", "started", "id"),
)

exchanges = Table(
    "exchanges",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("name", "kind", "bank", "address", "options"),
    Column("enabled", Boolean, nullable=False),
    *_texts("checkpoint"),
    Column("minutes", Integer, nullable=False),
    *_texts("due", "last_success", "last_error"),
    Column("added", BigInteger, nullable=False),
    Column("withdrawn", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    *_texts("created"),
    Column("version", Integer, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),
)

rulesets = Table(
    "rulesets",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("name", "digest", "bundle", "base", "state", "author", "reason", "proposed", "harsher", "proof"),
    *_texts("second", "remark", "decided"),
    Column("version", Integer, nullable=False),
    Index("rulesets_by_state", "state", "id"),
)

shadows = Table(
    "shadows",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("at", "fired", "unknown"),
    Index("shadows_by_time", "at", "id"),
)

watchlists = Table(
    "watchlists",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("name", "kind", "source", "dated", "imported", "by", "digest", "edition"),
    Column("size", Integer, nullable=False),
    Column("people", Integer, nullable=False),
    *_texts("expires", "expired", "removed"),
    Column("version", Integer, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),
    Column("seq", _seq, nullable=False),
    Index("watchlists_by_seq", "seq"),
)

editions = Table(
    "editions",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("list", "digest", "source", "dated", "imported", "by"),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("gone", Integer, nullable=False),
    Column("people", Integer, nullable=False),
    *_texts("entries"),
    Index("editions_by_list", "list", "id"),
)

seen = Table(
    "seen",
    metadata,
    Column("once", Text, primary_key=True),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Idempotency keys of committed changes, with the ledger positions they took."""

ledger = Table(
    "ledger",
    metadata,
    Column("seq", _seq, primary_key=True, autoincrement=False),
    *_texts("tag", "subject"),
    Column("entry", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Index("ledger_by_subject", "subject", "seq"),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", _seq, primary_key=True, autoincrement=False),
    *_texts("note"),
    Column("frontier", LargeBinary, nullable=False),
    *_texts("at"),
)
"""Signed checkpoints; the newest, with its frontier, is where the ledger goes on."""
