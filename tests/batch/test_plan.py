"""What becomes a task, what is done already, and which mistakes are shown before any work."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from stripline.batch import Found, Journal, PassedOver, Rules, plan_job, run_job
from stripline.batch.discovery import discover
from stripline.batch.journal.history import task_rows
from stripline.batch.look import look_at
from stripline.errors import InvalidOption
from stripline.streams.object_store import sink_at
from tests.batch.support import errors, files_below, found_in, make_pictures, spec_for, states

if TYPE_CHECKING:
    from pathlib import Path

    from stripline.batch import Job, Spec


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three pictures."""
    return make_pictures(tmp_path / "in", 3)


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    return spec_for(tmp_path / "out")


def plan(journal: Journal, source: Path, spec: Spec, **rules: Any) -> Job:
    return plan_job(journal, found_in(source), spec, inputs=[str(source)], rules=Rules(**rules))


def queued(journal: Journal, job: Job) -> list[str]:
    return [name for name, state in states(journal, job).items() if state == "queued"]


def test_what_is_done_is_not_done_again(any_journal: Journal, source: Path, spec: Spec) -> None:
    job = plan(any_journal, source, spec)
    assert queued(any_journal, job) == ["p0000.jpg", "p0001.jpg", "p0002.jpg"]
    assert run_job(any_journal, job).state == "done"
    again = plan(any_journal, source, spec)
    assert again.id == job.id
    assert queued(any_journal, again) == []
    assert run_job(any_journal, again).done == 3


def test_only_what_is_missing_or_changed_is_done(
    any_journal: Journal, source: Path, spec: Spec, tmp_path: Path
) -> None:
    run_job(any_journal, plan(any_journal, source, spec))
    (tmp_path / "out" / "p0000.jpg").unlink()
    make_pictures(tmp_path / "new", 5)
    (tmp_path / "new" / "p0004.jpg").rename(source / "p0001.jpg")
    (tmp_path / "new" / "p0003.jpg").rename(source / "p0003.jpg")
    job = plan(any_journal, source, spec)
    assert queued(any_journal, job) == ["p0000.jpg", "p0001.jpg", "p0003.jpg"]
    assert run_job(any_journal, job).done == 4
    assert len(files_below(tmp_path / "out")) == 4


def test_force_does_everything_again(journal: Journal, source: Path, spec: Spec) -> None:
    run_job(journal, plan(journal, source, spec))
    assert len(queued(journal, plan(journal, source, spec, force=True))) == 3


def test_failed_tasks_wait_until_they_are_asked_for(
    journal: Journal, source: Path, spec: Spec
) -> None:
    (source / "p0001.jpg").write_bytes(b"\xff\xd8\xff torn")
    assert run_job(journal, plan(journal, source, spec)).failed == 1
    assert states(journal, plan(journal, source, spec))["p0001.jpg"] == "failed"
    make_pictures(source, 2)
    assert queued(journal, plan(journal, source, spec)) == ["p0000.jpg", "p0001.jpg"]


def test_retry_failed(journal: Journal, source: Path, spec: Spec, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "p0001.jpg").mkdir()  # so that no file can be put there
    job = plan(journal, source, spec, replace=True)
    assert run_job(journal, job, retries=0).failed == 1
    (tmp_path / "out" / "p0001.jpg").rmdir()
    assert queued(journal, plan(journal, source, spec)) == []
    job = plan(journal, source, spec, retry_failed=True)
    assert queued(journal, job) == ["p0001.jpg"]
    assert run_job(journal, job).done == 3


def test_what_another_job_did_counts(
    any_journal: Journal, source: Path, spec: Spec, tmp_path: Path
) -> None:
    run_job(any_journal, plan(any_journal, source, spec))
    job = plan_job(any_journal, found_in(source), spec, inputs=["named differently"])
    assert job.id == 2
    assert set(states(any_journal, job).values()) == {"skipped"}
    assert errors(any_journal, job)["p0000.jpg"] == ": job 1 did the same"
    (tmp_path / "out" / "p0001.jpg").unlink()
    job = plan_job(any_journal, found_in(source), spec, inputs=["named differently"])
    assert queued(any_journal, job) == ["p0001.jpg"]


def test_sources_that_are_gone_are_no_longer_waited_for(
    journal: Journal, source: Path, spec: Spec
) -> None:
    plan(journal, source, spec)
    (source / "p0001.jpg").unlink()
    job = plan(journal, source, spec)
    assert states(journal, job)["p0001.jpg"] == "skipped"
    assert errors(journal, job)["p0001.jpg"] == ": it is no longer there"
    make_pictures(source, 2)
    assert "p0001.jpg" in queued(journal, plan(journal, source, spec))


def test_a_few_files_of_a_watched_folder_leave_the_others_alone(
    journal: Journal, source: Path, spec: Spec
) -> None:
    plan(journal, source, spec)
    one = [found for found in found_in(source) if "p0002" in found.url]
    job = plan_job(journal, one, spec, inputs=[str(source)], rules=Rules(complete=False))
    assert len(queued(journal, job)) == 3


def test_outputs_that_collide_are_refused(any_journal: Journal, source: Path, spec: Spec) -> None:
    (source / "p0000.jpeg").write_bytes((source / "p0001.jpg").read_bytes())
    with pytest.raises(InvalidOption, match=r"p0000.jpeg and .*p0000.jpg would both become"):
        plan(any_journal, source, spec)


def test_two_variants_of_one_name_are_refused(
    any_journal: Journal, source: Path, spec: Spec
) -> None:
    both = replace(spec, variants={"a": spec.variants[""], "b": spec.variants[""]})
    with pytest.raises(InvalidOption, match="would both become"):
        plan(any_journal, source, both)


def test_a_name_is_free_when_its_source_is_gone(
    any_journal: Journal, source: Path, spec: Spec
) -> None:
    run_job(any_journal, plan(any_journal, source, spec))
    (source / "p0000.jpg").rename(source / "p0000.jpeg")
    job = plan(any_journal, source, spec)
    assert queued(any_journal, job) == ["p0000.jpeg"]
    assert run_job(any_journal, job).state == "done"
    assert queued(any_journal, plan(any_journal, source, spec)) == []


def test_files_that_nobody_made_are_not_replaced(
    any_journal: Journal, source: Path, spec: Spec, tmp_path: Path
) -> None:
    precious = tmp_path / "out" / "p0001.jpg"
    precious.parent.mkdir()
    precious.write_bytes(b"precious")
    for _ in range(2):  # a plan that was refused leaves nothing behind
        with pytest.raises(InvalidOption, match=r"p0001.jpg exist already"):
            plan(any_journal, source, spec)
    assert states(any_journal, plan(any_journal, source, spec, replace=True)) == dict.fromkeys(
        ("p0000.jpg", "p0001.jpg", "p0002.jpg"), "queued"
    )


def test_changed_sources_replace_their_own_outputs_even_after_a_refused_plan(
    any_journal: Journal, source: Path, spec: Spec, tmp_path: Path
) -> None:
    run_job(any_journal, plan(any_journal, source, spec))
    (source / "p0000.jpg").write_bytes((source / "p0001.jpg").read_bytes())
    (source / "p0001.jpeg").write_bytes((source / "p0001.jpg").read_bytes())
    with pytest.raises(InvalidOption, match="would both become"):
        plan(any_journal, source, spec)
    (source / "p0001.jpeg").unlink()
    job = plan(any_journal, source, spec)
    assert queued(any_journal, job) == ["p0000.jpg"]
    assert run_job(any_journal, job).state == "done"
    outputs = files_below(tmp_path / "out")
    assert outputs["p0000.jpg"] == outputs["p0001.jpg"]


def test_inputs_are_never_replaced(any_journal: Journal, source: Path) -> None:
    with pytest.raises(InvalidOption, match=r"p0000.jpg.*would be replaced"):
        plan(any_journal, source, spec_for(source), replace=True)


def test_an_output_that_is_a_file_is_refused(journal: Journal, source: Path) -> None:
    with pytest.raises(InvalidOption, match="is a file"):
        plan(journal, source, spec_for(source / "p0000.jpg" / "below"))


def test_an_output_that_cannot_be_written_is_refused(journal: Journal, source: Path) -> None:
    with pytest.raises(InvalidOption, match="cannot be written to"):
        plan(journal, source, spec_for(type(source)("/proc/out")))


def test_no_room_is_noticed_before_any_work(
    journal: Journal, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 100})
    monkeypatch.setattr("stripline.batch.plan.shutil.disk_usage", lambda _: usage)
    with pytest.raises(InvalidOption, match="room for 100 bytes"):
        plan(journal, source, spec_for(tmp_path / "out"))
    with pytest.raises(InvalidOption, match="room for 100 bytes"):
        plan(journal, source, replace(spec_for(tmp_path), output=f"file://{tmp_path}/out"))
    assert not (tmp_path / "out").exists()


def test_what_is_no_picture_is_reported(journal: Journal, source: Path, spec: Spec) -> None:
    (source / "notes.txt").write_text("nothing to see")
    (source / "fake.png").write_text("nothing to see")
    (source / "dir.jpg").mkdir()
    os.mkfifo(source / "pipe.jpg")
    found: list[Found | PassedOver] = [
        *found_in(source),
        Found(str(source / "gone.jpg"), "gone.jpg", 1, "1"),
        PassedOver("/x/empty.jpg", "empty.jpg", "it is empty"),
        PassedOver("/x/shut.jpg", "shut.jpg", "PermissionError: not yours", failed=True),
    ]
    job = plan_job(journal, found, spec, inputs=["a"])
    by_state: dict[str, set[str]] = {}
    for name, state in states(journal, job).items():
        by_state.setdefault(state, set()).add(name)
    assert by_state == {
        "queued": {"p0000.jpg", "p0001.jpg", "p0002.jpg"},
        "skipped": {"notes.txt", "empty.jpg"},
        "failed": {"fake.png", "dir.jpg", "pipe.jpg", "gone.jpg", "shut.jpg"},
    }
    said = errors(journal, job)
    assert said["shut.jpg"] == "PermissionError: not yours"
    assert "no regular file" in said["pipe.jpg"]
    assert "FileNotFoundError" in said["gone.jpg"]


def test_names_that_are_not_utf8_are_reported(
    any_journal: Journal, source: Path, spec: Spec
) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    (source / "p0000.jpg").rename(source / name)
    job = plan(any_journal, source, spec)
    assert states(any_journal, job)["caf\\xe9.jpg"] == "failed"
    assert "rename it" in errors(any_journal, job)["caf\\xe9.jpg"]


@pytest.mark.parametrize(
    ("order", "expected"),
    [("found", "abcd"), ("smallest", "bdca"), ("largest", "acdb")],
)
def test_order_and_priority(
    any_journal: Journal, source: Path, spec: Spec, order: str, expected: str, tmp_path: Path
) -> None:
    folder = tmp_path / "sizes"
    folder.mkdir()
    picture = (source / "p0000.jpg").read_bytes()
    for name, extra in {"a": 900, "b": 100, "c": 500, "d": 300}.items():
        (folder / f"{name}.jpg").write_bytes(picture + bytes(extra))
    plan(any_journal, folder, spec)  # an order that is asked for later holds too
    job = plan(any_journal, folder, spec, order=order)
    done: list[str] = []
    run_in_order(any_journal, job, done)
    assert "".join(done) == expected
    urgent = Rules(order=order, priority=lambda found: "c" in found.relative, force=True)  # type: ignore[arg-type]
    job = plan_job(any_journal, found_in(folder), spec, inputs=[str(folder)], rules=urgent)
    done.clear()
    run_in_order(any_journal, job, done)
    assert "".join(done) == "c" + expected.replace("c", "")


def run_in_order(journal: Journal, job: Job, done: list[str]) -> None:
    from stripline.batch.events import TaskStarted

    def listen(event: object) -> None:
        if isinstance(event, TaskStarted):
            done.append(event.source[-5])

    run_job(journal, job, listeners=[listen])


def test_every_task_says_what_it_needs(journal: Journal, source: Path, spec: Spec) -> None:
    from sqlalchemy import select

    from stripline.batch.journal.schema import tasks

    job = plan(journal, source, spec)
    with journal.reading() as connection:
        needs = connection.execute(select(tasks.c.memory_bytes)).scalars().all()
    assert len(needs) == len(list(task_rows(journal, job.id))) == 3
    assert all(10 << 20 < need < 20 << 20 for need in needs)


def test_files_in_stores_need_themselves_in_memory_as_well(source: Path) -> None:
    file = next(found_in(source))
    sink = sink_at("memory:///plan/p0000.jpg")
    sink.write((source / "p0000.jpg").read_bytes())
    sink.commit()
    (stored,) = discover(["memory:///plan/p0000.jpg"])
    assert isinstance(stored, Found)
    local, fetched = (look_at(one, spec_for(source / "out")) for one in (file, stored))
    assert fetched.memory_bytes == local.memory_bytes + file.size > file.size
