"""Whole jobs from store to store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stripline.batch import Journal, Spec, discover, plan_job, run_job
from stripline.batch.events import TaskEnded
from stripline.errors import SourceFailed
from stripline.image import Recipe
from stripline.streams.object_listing import stored_files
from stripline.streams.object_store import sink_at
from tests.batch.support import THUMBNAIL, Told, errors, make_pictures, states

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stripline.batch import Job
    from tests.stores import FaultyProxy


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(f"sqlite:///{tmp_path}/jobs.db")
    yield journal
    journal.close()


@pytest.fixture
def sources(bucket: str, tmp_path: Path) -> str:
    """Five pictures and a text in two folders of a bucket."""
    for path in make_pictures(tmp_path / "pictures", 5).iterdir():
        put(f"{bucket}/in/deep/{path.name}", path.read_bytes())
    put(f"{bucket}/in/notes.txt", b"no picture")
    return bucket


def put(url: str, data: bytes) -> None:
    sink = sink_at(url)
    sink.write(data)
    sink.commit()


def plan(journal: Journal, bucket: str) -> Job:
    spec = Spec({"": Recipe.read(THUMBNAIL)}, f"{bucket}/in/out", "{stem}.{ext}")
    inputs = [f"{bucket}/in"]
    return plan_job(journal, discover(inputs, output=spec.output), spec, inputs=inputs)


def test_only_what_is_new_or_changed_is_fetched(
    journal: Journal, sources: str, tmp_path: Path
) -> None:
    run_job(journal, plan(journal, sources))
    made = {file.relative for file in stored_files(f"{sources}/in/out")}
    assert made == {f"deep/p{number:04}.jpg" for number in range(5)}
    job = plan(journal, sources)
    assert set(states(journal, job).values()) == {"done", "skipped"}
    other = make_pictures(tmp_path / "other", 1, side=80) / "p0000.jpg"
    put(f"{sources}/in/deep/p0003.jpg", other.read_bytes())
    told = Told()
    run_job(journal, plan(journal, sources), listeners=[told])
    ended = [event.source for event in told.of(TaskEnded) if event.state == "done"]
    assert ended == [f"{sources}/in/deep/p0003.jpg"]


def test_what_the_store_refuses_is_named_and_the_rest_is_done(
    journal: Journal, sources: str, faults: FaultyProxy
) -> None:
    job = plan(journal, sources)
    faults.fails = lambda method, path: (
        403 if (method, path[-9:]) in {("GET", "p0001.jpg"), ("PUT", "p0002.jpg")} else None
    )
    totals = run_job(journal, job)
    assert (totals.done, totals.failed) == (3, 2)
    failed = errors(journal, job)
    assert failed["p0001.jpg"].startswith("SourceFailed")
    assert failed["p0002.jpg"].startswith("SinkFailed")
    assert all("403" in failed[name] for name in ("p0001.jpg", "p0002.jpg"))


def test_what_fails_for_a_while_is_done_later(
    journal: Journal, sources: str, faults: FaultyProxy
) -> None:
    job = plan(journal, sources)
    faults.fail_times(9, 503, "PUT")  # more than one request's own attempts
    assert run_job(journal, job, retries=5).done == 5


def test_a_plan_that_loses_its_store_changes_nothing(
    journal: Journal, sources: str, faults: FaultyProxy
) -> None:
    run_job(journal, plan(journal, sources))
    faults.fails = lambda method, path: 500 if method == "GET" and "list-type" in path else None
    with pytest.raises(SourceFailed, match="500"):
        plan(journal, sources)
    faults.fails = lambda *_: None
    assert set(states(journal, plan(journal, sources)).values()) == {"done", "skipped"}
