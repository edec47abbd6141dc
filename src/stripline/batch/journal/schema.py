"""The journal's tables."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

VERSION: Final = 1
"""Raised when the tables change in a way that an older stripline cannot work with."""

# A task's states, beside those of `stripline.batch.events`: while a plan is made, nothing of it is
# work yet. `NEW` is a file that was not known, `CHANGED` one that was.
NEW: Final = "new"
CHANGED: Final = "changed"

metadata: Final = MetaData()
# SQLite numbers rows by itself in a column of this very type only.
_ROW: Final = BigInteger().with_variant(Integer(), "sqlite")

about: Final = Table(
    "stripline_journal",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
)

jobs: Final = Table(
    "job",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("identity", String(32), nullable=False, unique=True),  # of inputs and specification
    Column("label", Text, nullable=False),
    Column("inputs", Text, nullable=False),  # JSON
    Column("spec", Text, nullable=False),  # JSON
    Column("state", String(12), nullable=False),
    Column("created", Float, nullable=False),  # seconds since 1970, as all times here
    Column("started", Float),  # the last run
    Column("ended", Float),
    Column("seconds", Float, nullable=False, default=0.0),  # of all runs together
    Column("plans", Integer, nullable=False, default=0),  # how many were made; numbers them
    Column("cancel", Boolean, nullable=False, default=False),
)

tasks: Final = Table(
    "task",
    metadata,
    Column("id", _ROW, primary_key=True),
    Column("job", ForeignKey("job.id", ondelete="CASCADE"), nullable=False),
    Column("url", Text, nullable=False),
    Column("relative", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("version", Text, nullable=False),
    Column("key", String(32), nullable=False),
    Column("plan", Integer, nullable=False),  # the last one that came upon it
    Column("state", String(10), nullable=False),
    Column("urgency", Integer, nullable=False),  # minus the priority: the lowest goes first
    Column("turn", BigInteger, nullable=False),  # among those of one urgency
    Column("memory_bytes", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("cause", Text, nullable=False, default=""),  # class of the error
    Column("error", Text, nullable=False, default=""),  # or why it was skipped
    Column("bytes_out", BigInteger, nullable=False, default=0),
    Column("seconds", Float, nullable=False, default=0.0),
    Column("worker", Text, nullable=False, default=""),
    Column("ended", Float),
    Column("warnings", Text, nullable=False, default=""),  # one a line
    Column("fallback", Text, nullable=False, default=""),
    Column("cached", Boolean, nullable=False, default=False),
    Index("task_by_url", "job", "url", unique=True),
    Index("task_by_key", "key"),
    Index("task_by_turn", "job", "state", "urgency", "turn", "id"),
)

outputs: Final = Table(
    "output",
    metadata,
    Column("job", ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("url", Text, primary_key=True),  # so that no two tasks of a job can claim one name
    Column("task", ForeignKey("task.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("variant", Text, nullable=False),
    Column("format", Text),  # this and the rest: once it is made
    Column("width", Integer),
    Column("height", Integer),
    Column("bytes", BigInteger),
    Column("quality", Integer),
    Column("score", Float),
    Index("output_by_url", "url"),
)
