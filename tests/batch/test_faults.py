"""A whole job among faults: each is named, and all the rest is done."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from typing import TYPE_CHECKING

from stripline.batch import Rules, plan_job, run_job
from stripline.batch.events import TaskStarted
from stripline.batch.journal.history import task_rows
from stripline.pools import SerialExecutor
from tests.batch.support import errors, files_below, found_in, make_pictures, spec_for

if TYPE_CHECKING:
    from pathlib import Path

    from stripline.batch import Journal


def test_every_fault_is_named_and_the_rest_is_done(journal: Journal, tmp_path: Path) -> None:
    source = make_pictures(tmp_path / "in", 50)
    for number in range(0, 50, 10):
        torn = source / f"p{number:04}.jpg"
        torn.write_bytes(torn.read_bytes()[:-300])
    (source / "dir.jpg").mkdir()
    os.mkfifo(source / "pipe.jpg")
    (source / "text.jpg").write_text("no picture")
    (source / "empty.png").touch()
    found = list(found_in(source))
    job = plan_job(journal, found, spec_for(tmp_path / "out"), inputs=["in"])

    def listen(event: object) -> None:
        if isinstance(event, TaskStarted) and event.source.endswith("p0001.jpg"):
            (source / "p0044.jpg").unlink()
            (source / "p0045.jpg").unlink()
            os.mkfifo(source / "p0045.jpg")

    sums = run_job(journal, job, listeners=[listen])
    assert sums.state == "failed"
    assert (sums.done, sums.failed) == (43, 11)
    assert dict(sums.causes) == {"CorruptImage": 5, "SourceFailed": 4, "UnsupportedFormat": 2}
    said = errors(journal, job)
    assert len(said) == 11
    assert "FileNotFoundError" in said["p0044.jpg"]
    assert "no regular file" in said["p0045.jpg"]
    assert "ends early" in said["p0010.jpg"]
    assert len(files_below(tmp_path / "out")) == 43
    again = plan_job(journal, found_in(source), spec_for(tmp_path / "out"), inputs=["in"])
    assert run_job(journal, again).done == 43


def test_a_disk_that_becomes_full(journal: Journal, tmp_path: Path, small_disk: Path) -> None:
    source = make_pictures(tmp_path / "in", 30, side=256)
    recipe = {"output": {"format": "png", "effort": 0}}
    job = plan_job(journal, found_in(source), spec_for(small_disk, recipe), inputs=["in"])
    sums = run_job(journal, job)
    assert sums.state == "failed"
    assert sums.done >= 1
    assert dict(sums.causes) == {"SinkFailed": 30 - sums.done}
    assert all("No space left" in text for text in errors(journal, job).values())
    assert Counter(row.attempts for row in task_rows(journal, job.id)) == {1: 30}
    assert len(files_below(small_disk)) == sums.done
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    again = plan_job(
        journal,
        found_in(source),
        spec_for(small_disk, recipe),
        inputs=["in"],
        rules=Rules(retry_failed=True),
    )
    assert run_job(journal, again, pool=SerialExecutor()).done == 30
