"""Opening a journal."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from sqlalchemy import create_engine, event, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from stripline.batch.journal.schema import VERSION, about, metadata
from stripline.errors import InvalidOption, JournalFailed, MissingDependency, describe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from sqlalchemy.engine import URL, Connection, Engine

# How long a writer waits for another process that writes to the same SQLite file.
_BUSY_SECONDS: Final = 60
_READS: Final = "stripline_reads"
_BACKENDS: Final = frozenset({"sqlite", "postgresql"})


class Journal:
    """A database of jobs, safe against being killed at any instant.

    In SQLite a transaction that was committed survives the end of the process, not always that of
    the machine (write-ahead log, `synchronous=NORMAL`): after a power failure the last tasks may be
    done once more, and nothing is damaged.

    Args:
        where: A file, made if it is not there, or an SQLAlchemy URL: `sqlite:///...`,
            `postgresql://...`. `sqlite://` is one in memory.

    Raises:
        InvalidOption: Not such a URL, another database's, or the journal of a later stripline.
        JournalFailed: The database cannot be opened.
        MissingDependency: PostgreSQL without psycopg.
    """

    def __init__(self, where: str | os.PathLike[str]) -> None:
        self.url = _url_of(where)
        self.engine = _engine(self.url)
        try:
            self._check_version()
        except BaseException:
            self.close()
            raise

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    @property
    def file(self) -> Path | None:
        """Where it lies, if it is an SQLite file."""
        if self.url.get_backend_name() != "sqlite" or self.url.database in {None, "", ":memory:"}:
            return None
        return Path(str(self.url.database))

    def _check_version(self) -> None:
        """Make the tables if they are not there."""
        with journal_errors():
            metadata.create_all(self.engine)
        with self.transaction() as connection:
            found: int | None = connection.execute(select(about.c.version)).scalar()
            if found is None:
                connection.execute(insert(about).values(version=VERSION))
        if found is not None and found > VERSION:
            raise InvalidOption(
                f"the journal {self} has version {found}, this stripline knows {VERSION}:"
                " use a later stripline, or another journal"
            )

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose changes become visible, and last, together when it is left well.

        Raises:
            JournalFailed: The database failed; nothing was changed.
        """
        with journal_errors(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of everything and waits for no writer.

        Raises:
            JournalFailed: The database failed.
        """
        with journal_errors(), self.engine.connect() as connection:
            yield connection.execution_options(**{_READS: True})


@contextmanager
def journal_errors() -> Iterator[None]:
    """The database's errors as ours."""
    try:
        yield
    except DBAPIError as error:
        raise JournalFailed(describe(error.orig or error)) from error


def _url_of(where: str | os.PathLike[str]) -> URL:
    text = os.fspath(where)
    if "://" not in text:
        text = f"sqlite:///{os.path.abspath(text)}"  # noqa: PTH100 - of a path that may not exist
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise InvalidOption(f"journal {text!r}: {describe(error)}") from error
    if url.get_backend_name() not in _BACKENDS:
        shown = url.render_as_string(hide_password=True)
        raise InvalidOption(
            f"journal {shown}: {url.get_backend_name()} is no database for it: give a file,"
            " sqlite:///FILE or postgresql://USER@HOST/NAME"
        )
    # SQLAlchemy's own choice of driver differs between its releases.
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _engine(url: URL) -> Engine:
    try:
        if url.get_backend_name() != "sqlite":
            return create_engine(url, pool_pre_ping=True)
        engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    except ImportError as error:
        raise MissingDependency(
            f"a journal in {url.get_backend_name()}", str(error.name), "postgres"
        ) from error
    except NoSuchModuleError as error:
        raise InvalidOption(f"journal: {describe(error)}") from error  # another driver
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - sqlite3's or another
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # At once as a writer: one that began as a reader is refused, rather than made to wait, if
    # another process wrote in between.
    reads = connection.get_execution_options().get(_READS)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
