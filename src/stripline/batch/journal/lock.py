"""One runner a job, and none left behind by a process that was killed."""

from __future__ import annotations

import fcntl
import os
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import text

from stripline.errors import JobBusy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stripline.batch.journal.database import Journal


@contextmanager
def job_lock(journal: Journal, job: int) -> Iterator[None]:
    """Hold a job for oneself. The system lets go of it when the process ends, however it does.

    Beside an SQLite file it is a locked file, `NAME.job-7.lock`; in PostgreSQL an advisory lock. A
    database in memory belongs to one process, which has to see to it by itself.

    Raises:
        JobBusy: Somebody else has it.
        JournalFailed: The database failed.
    """
    if journal.file is not None:
        with _locked_file(journal.file.with_name(f"{journal.file.name}.job-{job}.lock"), job):
            yield
    elif journal.url.get_backend_name() == "postgresql":
        # The number's upper half says whose lock it is: the database may serve other programs.
        number = (zlib.crc32(b"stripline job") >> 1) << 32 | job
        with journal.engine.connect() as connection:
            held = connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": number})
            if not held.scalar():
                raise _busy(job)
            connection.commit()  # the lock is the session's; no transaction stays open for hours
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": number})
                connection.commit()
    else:
        yield


@contextmanager
def _locked_file(path: Path, job: int) -> Iterator[None]:
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had it before may have removed it between our opening and locking it.
            if _is_at(file, path):
                yield
                path.unlink(missing_ok=True)
                return
        except BlockingIOError:
            raise _busy(job) from None
        finally:
            os.close(file)


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _busy(job: int) -> JobBusy:
    return JobBusy(
        f"job {job} is planned or run by another process: wait for it, or stop it by"
        f" `stripline jobs cancel {job}`"
    )
