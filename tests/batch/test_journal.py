"""Opening a journal, jobs in it, and holding one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from stripline.batch import Journal
from stripline.batch.journal import jobs
from stripline.batch.journal.history import made_by, task_rows, totals
from stripline.batch.journal.lock import job_lock
from stripline.batch.journal.schema import about
from stripline.batch.plan import plan_job
from stripline.batch.run import run_job
from stripline.errors import InvalidOption, JobBusy, JournalFailed
from tests.batch.support import found_in, make_pictures, spec_for

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import sys
from stripline.batch import Journal
from stripline.batch.journal.lock import job_lock
with job_lock(Journal(sys.argv[1]), 7):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_same_inputs_and_recipes_are_the_same_job(any_journal: Journal, tmp_path: Path) -> None:
    one = jobs.open_job(any_journal, ["a", "b"], spec_for(tmp_path), "first")
    again = jobs.open_job(any_journal, ["a", "b"], spec_for(tmp_path), "again")
    others = [
        jobs.open_job(any_journal, ["a"], spec_for(tmp_path), ""),
        jobs.open_job(any_journal, ["a", "b"], spec_for(tmp_path / "x"), ""),
        jobs.open_job(any_journal, ["a", "b"], spec_for(tmp_path, {"orient": False}), ""),
    ]
    assert again == one
    assert len({one.id, *(job.id for job in others)}) == 4
    assert [job.id for job in jobs.all_jobs(any_journal)] == [4, 3, 2, 1]
    assert one.spec == spec_for(tmp_path)


def test_a_job_is_still_there_when_the_journal_is_opened_again(
    journal_url: str, tmp_path: Path
) -> None:
    with Journal(journal_url) as journal:
        job = jobs.open_job(journal, ["a"], spec_for(tmp_path), "label")
    with Journal(journal_url) as journal:
        assert jobs.job_of(journal, job.id) == job
        jobs.forget(journal, job.id)
        with pytest.raises(InvalidOption, match="no job 1 "):
            jobs.job_of(journal, job.id)


def test_history_says_what_was_made_and_what_failed(any_journal: Journal, tmp_path: Path) -> None:
    source = make_pictures(tmp_path / "in", 3)
    (source / "torn.jpg").write_bytes((source / "p0000.jpg").read_bytes()[:900])
    (source / "notes.txt").write_text("no picture")
    spec = spec_for(tmp_path / "out")
    job = plan_job(any_journal, found_in(source), spec, inputs=["in"])
    sums = run_job(any_journal, job)
    assert sums == totals(any_journal, job.id)
    assert sums.state == "failed"
    assert dict(sums.tasks) == {"done": 3, "failed": 1, "skipped": 1}
    assert dict(sums.causes) == {"CorruptImage": 1}
    assert sums.bytes_in == sum((source / f"p000{n}.jpg").stat().st_size for n in range(3))
    outputs = list((tmp_path / "out").iterdir())
    assert sums.bytes_out == sum(path.stat().st_size for path in outputs)
    assert sums.saved_bytes == sums.bytes_in - sums.bytes_out
    assert sums.per_second > 0
    (row,) = [row for row in task_rows(any_journal, job.id, "done") if "p0001" in row.url]
    (made,) = made_by(any_journal, row.id)
    assert (made.url, made.format, made.width, made.height, made.quality) == (
        str(tmp_path / "out" / "p0001.jpg"),
        *("jpeg", 40, 40, 80),
    )
    assert made.bytes == (tmp_path / "out" / "p0001.jpg").stat().st_size == row.bytes_out
    assert row.worker.endswith(f":{os.getpid()}")
    assert row.attempts == 1
    jobs.forget(any_journal, job.id)
    assert not list(task_rows(any_journal, job.id))


def test_one_runner_a_job(any_journal: Journal, tmp_path: Path) -> None:
    source = make_pictures(tmp_path / "in", 1)
    spec = spec_for(tmp_path / "out")
    job = plan_job(any_journal, found_in(source), spec, inputs=["in"])
    with job_lock(any_journal, job.id):
        with pytest.raises(JobBusy, match="job 1 is planned or run"):
            run_job(any_journal, job)
        with pytest.raises(JobBusy):
            plan_job(any_journal, found_in(source), spec, inputs=["in"])
        with job_lock(any_journal, job.id + 1):
            pass
    assert run_job(any_journal, job).done == 1


def test_a_killed_process_holds_no_job(journal_url: str) -> None:
    with Journal(journal_url) as journal:
        command = [sys.executable, "-c", HOLDER, journal_url]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen(command, **pipes) as holder:  # type: ignore[call-overload]
            assert holder.stdout.readline() == b"held\n"
            with pytest.raises(JobBusy), job_lock(journal, 7):
                pass
            holder.send_signal(signal.SIGKILL)
            holder.wait()
            _until_free(journal)


def _until_free(journal: Journal) -> None:
    """PostgreSQL notices the end of a connection when it looks for it; SQLite's file is at once."""
    for _ in range(10_000):
        try:
            with job_lock(journal, 7):
                return
        except JobBusy:
            assert journal.file is None
    pytest.fail("the lock outlives its holder")


def test_an_unfinished_job_can_be_cancelled_once(any_journal: Journal, tmp_path: Path) -> None:
    job = jobs.open_job(any_journal, ["a"], spec_for(tmp_path), "")
    jobs.cancel(any_journal, job)
    job = jobs.job_of(any_journal, job.id)
    assert job.state == "cancelled"
    assert jobs.is_cancelled(any_journal, job.id)
    with pytest.raises(InvalidOption, match="nothing to cancel"):
        jobs.cancel(any_journal, job)


def test_a_journal_of_a_later_stripline_is_left_alone(journal_url: str) -> None:
    with Journal(journal_url) as journal, journal.transaction() as connection:
        connection.execute(update(about).values(version=99))
    with pytest.raises(InvalidOption, match="version 99"):
        Journal(journal_url)


@pytest.mark.parametrize("url", ["://", "sqlite+nothing:///x"])
def test_what_is_no_journal_is_refused(url: str) -> None:
    with pytest.raises(InvalidOption):
        Journal(url)


@pytest.mark.parametrize("name", ["oracle", "mysql", "nothing"])
def test_other_databases_are_refused_with_those_that_will_do(name: str) -> None:
    with pytest.raises(InvalidOption, match=f"{name} is no database.*sqlite.*postgresql") as caught:
        Journal(f"{name}://me:secret@host/x")
    assert "secret" not in str(caught.value)


def test_errors_of_the_database_are_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"no database" * 100)
    with pytest.raises(JournalFailed, match="not a database"):
        Journal(tmp_path / "file")
    with pytest.raises(JournalFailed, match="unable to open"):
        Journal(tmp_path / "nowhere" / "journal.db")
    with pytest.raises(JournalFailed, match=r"refused|failed"):
        Journal("postgresql://nobody@127.0.0.1:1/none")


def test_passwords_are_not_shown(tmp_path: Path) -> None:
    with pytest.raises(JournalFailed) as caught:
        Journal("postgresql://me:secret@127.0.0.1:1/none")
    assert "secret" not in str(caught.value)
    with Journal(tmp_path / "j.db") as journal:
        assert str(journal) == f"sqlite:///{tmp_path}/j.db"
