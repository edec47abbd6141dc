"""Temporary files of workers that died unnoticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripline.batch.journal import jobs
from stripline.batch.journal.history import task_rows
from stripline.batch.plan import plan_job
from stripline.batch.run import run_job
from stripline.batch.strays import remove_strays
from tests.batch.support import files_below, found_in, make_pictures, spec_for

if TYPE_CHECKING:
    from pathlib import Path

    from stripline.batch import Journal


def test_only_those_of_the_job_go(any_journal: Journal, tmp_path: Path) -> None:
    folder, out = make_pictures(tmp_path / "in", 2), tmp_path / "out"
    job = plan_job(any_journal, found_in(folder), spec_for(out), inputs=["in"])
    run_job(any_journal, job)
    whole = files_below(out)
    assert remove_strays(any_journal, job) == 0
    spec = job.spec
    keys = [spec.key(found.source, found.relative) for found in found_in(folder)]
    (out / "deep").mkdir()
    for name in (
        f".{keys[0][:8]}01234567.stripline",
        f"deep/.{keys[1][:8]}deadbeef.stripline",
        ".00000000deadbeef.stripline",  # another job's
        f".{keys[0][:8]}.txt",
    ):
        (out / name).write_bytes(b"half")
    assert remove_strays(any_journal, jobs.job_of(any_journal, job.id)) == 2
    left = {**whole, ".00000000deadbeef.stripline": b"half", f".{keys[0][:8]}.txt": b"half"}
    assert files_below(out) == left
    assert len(list(task_rows(any_journal, job.id, "done"))) == 2


def test_no_folder_no_strays(journal: Journal, tmp_path: Path) -> None:
    job = jobs.open_job(journal, ["in"], spec_for(tmp_path / "nowhere"), "")
    assert remove_strays(journal, job) == 0
