"""The loop: order, budget, attempts, stopping, and what listeners are told."""

from __future__ import annotations

import re
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from stripline.batch import Found, Journal, PassedOver, Rules, Run, plan_job, run_job
from stripline.batch.events import (
    JobEnded,
    JobStarted,
    Progress,
    TaskEnded,
    TaskRetried,
    TaskStarted,
)
from stripline.batch.journal import jobs
from stripline.batch.journal.history import task_rows
from stripline.batch.retry import failure_of
from stripline.batch.task import Failure, Outcome
from stripline.batch.work import do_work
from stripline.errors import CorruptImage, InvalidOption, SinkFailed, WorkerLost
from stripline.pools import SerialExecutor
from tests.batch.support import Told, errors, files_below, found_in, make_pictures, spec_for, states
from tests.support import LosingExecutor, photograph

if TYPE_CHECKING:
    from collections.abc import Callable

    from stripline.batch import Job
    from stripline.batch.task import Work


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return make_pictures(tmp_path / "in", 6)


@pytest.fixture
def job(journal: Journal, source: Path, tmp_path: Path) -> Job:
    """Six pictures to be done."""
    return plan_job(journal, found_in(source), spec_for(tmp_path / "out"), inputs=["in"])


@pytest.fixture(autouse=True)
def no_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow each other at once."""
    monkeypatch.setattr("stripline.batch.run.delay_seconds", lambda _: 0.0)


def outcome(work: Work) -> Outcome:
    return Outcome((), work.source.size, 0.0, "here")


def name_of(work: Work) -> str:
    return Path(work.source.url).name


class Failing:
    """Fails so many times at each picture of a name."""

    def __init__(self, name: str, times: int, error: Exception) -> None:
        self.left = times
        self.seen: list[str] = []
        self._name = name
        self._error = error

    def __call__(self, work: Work) -> Outcome | Failure:
        self.seen.append(name_of(work))
        if name_of(work) == self._name and self.left:
            self.left -= 1
            return failure_of(self._error)
        return outcome(work)


def test_listeners_hear_all_of_it_in_order(journal: Journal, job: Job, source: Path) -> None:
    told = Told()
    sums = run_job(journal, job, listeners=[told])
    sizes = sum(path.stat().st_size for path in source.iterdir())
    assert told.events[0] == JobStarted(job.id, 6, 6, sizes)
    assert told.events[-1] == JobEnded(job.id, "done")
    started, ended = told.of(TaskStarted), told.of(TaskEnded)
    assert [event.attempt for event in started] == [1] * 6
    assert {event.task for event in started} == {event.task for event in ended}
    for event in ended:
        (begun,) = [one for one in started if one.task == event.task]
        assert told.events.index(begun) < told.events.index(event)
        assert event.state == "done"
        (file,) = event.outcome.written
        assert Path(file.url).stat().st_size == file.bytes
    last = told.of(Progress)[-1]
    assert (last.done, last.pending, last.running, last.memory_bytes) == (6, 0, 0, 0)
    assert (last.bytes_in, last.bytes_out) == (sizes, sums.bytes_out)


def test_listeners_hear_of_what_ended_in_the_plan(journal: Journal, tmp_path: Path) -> None:
    source = make_pictures(tmp_path / "in", 2)
    (source / "bad.jpg").write_bytes(b"no picture")
    files: list[Found | PassedOver] = [
        *found_in(source),
        PassedOver("/x/empty.jpg", "empty.jpg", "empty"),
        PassedOver("/x/shut.jpg", "shut.jpg", "PermissionError: not yours", failed=True),
    ]
    told = Told()
    job = plan_job(journal, files, spec_for(tmp_path / "out"), inputs=["in"])
    run_job(journal, job, listeners=[told])
    assert isinstance(told.events[0], JobStarted)
    ended = told.of(TaskEnded)
    assert [(Path(one.source).name, one.state) for one in ended[:3]] == [
        *(("bad.jpg", "failed"), ("empty.jpg", "skipped"), ("shut.jpg", "failed")),
    ]
    assert ended[0].error.startswith("UnsupportedFormat: ")
    assert [one.error for one in ended[1:3]] == ["empty", "PermissionError: not yours"]
    assert [one.state for one in ended[3:]] == ["done", "done"]


def test_the_journal_says_done_before_listeners_hear_it(journal: Journal, job: Job) -> None:
    def listen(event: object) -> None:
        if isinstance(event, TaskEnded):
            rows = {row.id: row.state for row in task_rows(journal, job.id)}
            assert rows[event.task] == event.state

    run_job(journal, job, listeners=[listen])


def test_passing_errors_are_tried_again(journal: Journal, job: Job) -> None:
    do, told = Failing("p0002.jpg", 3, SinkFailed(5, "the disk sighed")), Told()
    sums = Run(journal, job, do=do, pool=SerialExecutor(), retries=3, listeners=[told]).run()
    assert sums.done == 6
    assert do.seen.count("p0002.jpg") == 4
    assert [event.attempt for event in told.of(TaskRetried)] == [1, 2, 3]
    assert "the disk sighed" in told.of(TaskRetried)[0].error
    (row,) = [row for row in task_rows(journal, job.id) if row.attempts != 1]
    assert (row.attempts, row.error) == (4, "")


def test_not_for_ever(journal: Journal, job: Job) -> None:
    do = Failing("p0002.jpg", 99, SinkFailed(5, "the disk sighed"))
    sums = Run(journal, job, do=do, pool=SerialExecutor(), retries=2).run()
    assert (sums.done, sums.failed, sums.state) == (5, 1, "failed")
    assert do.seen.count("p0002.jpg") == 3
    assert errors(journal, job) == {
        "p0002.jpg": "SinkFailed: target failed after 5 bytes: the disk sighed"
    }


def test_bad_input_is_never_tried_again(journal: Journal, job: Job) -> None:
    do, told = Failing("p0002.jpg", 99, CorruptImage("torn")), Told()
    Run(journal, job, do=do, pool=SerialExecutor(), listeners=[told]).run()
    assert do.seen.count("p0002.jpg") == 1
    assert told.of(TaskRetried) == []
    assert [event.error for event in told.of(TaskEnded) if event.error] == ["CorruptImage: torn"]


def test_what_may_have_lacked_memory_is_tried_once_more_alone(journal: Journal, job: Job) -> None:
    beside: list[int] = []
    running: set[str] = set()
    lock = threading.Lock()

    def do(work: Work) -> Outcome | Failure:
        with lock:
            running.add(name_of(work))
            if name_of(work) == "p0001.jpg":
                beside.append(len(running))
        result = failure_of(MemoryError()) if name_of(work) == "p0001.jpg" else do_work(work)
        with lock:
            running.remove(name_of(work))
        return result

    with ThreadPoolExecutor(4) as pool:
        sums = Run(journal, job, do=do, pool=pool).run()
    assert (sums.done, sums.failed) == (5, 1)
    assert len(beside) == 2
    assert beside[1] == 1


def test_errors_that_nobody_foresaw_cost_one_task(journal: Journal, job: Job) -> None:
    def do(work: Work) -> Outcome:
        if name_of(work) == "p0003.jpg":
            raise ZeroDivisionError("oops")
        return outcome(work)

    sums = Run(journal, job, do=do).run()
    assert (sums.done, sums.failed) == (5, 1)
    assert errors(journal, job) == {"p0003.jpg": "ZeroDivisionError: oops"}


def test_a_pool_that_is_broken_ends_the_run_and_loses_nothing(journal: Journal, job: Job) -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(WorkerLost, match="takes no more"):
        run_job(journal, job, pool=pool)
    assert jobs.job_of(journal, job.id).state == "interrupted"
    assert run_job(journal, job).done == 6


class Budgeted(ThreadPoolExecutor):
    """Checks what is admitted whenever something is submitted."""

    def __init__(self, needs: dict[str, int], budget: int) -> None:
        super().__init__(8)
        self.needs = needs
        self.budget = budget
        self.inside: dict[Future[Any], int] = {}
        self.most = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        need = args[0].memory_bytes
        used = sum(need for future, need in self.inside.items() if not future.done()) + need
        alone = used == need
        assert used <= self.budget or alone
        future = super().submit(fn, *args, **kwargs)
        self.inside[future] = need
        self.most = max(self.most, sum(not future.done() for future in self.inside))
        return future


def test_tasks_begin_only_while_they_fit_together(
    journal: Journal, source: Path, tmp_path: Path
) -> None:
    for number, side in enumerate((128, 256, 384, 448)):
        make_pictures(tmp_path / "sized", 1, side)
        (tmp_path / "sized" / "p0000.jpg").rename(source / f"s{number}.jpg")
    job = plan_job(journal, found_in(source), spec_for(tmp_path / "out"), inputs=["in"])
    with journal.reading() as connection:
        from stripline.batch.journal.running import page

        needs = {task.url: task.memory_bytes for task in page(connection, job.id, None, 99)}
    largest = max(needs.values())
    for budget in (largest // 2, largest, 2 * largest, 100 * largest):
        again = plan_job(
            journal, found_in(source), spec_for(tmp_path / f"out{budget}"), inputs=["in"]
        )
        with Budgeted(needs, budget) as pool:
            assert run_job(journal, again, pool=pool, memory_bytes=budget).done == 10
            assert (pool.most == 1) == (budget <= largest)


def test_what_neither_streams_nor_fits_is_refused_with_both_numbers(
    journal: Journal, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    picture = Image.fromarray(photograph(4, 4))
    picture.save(tmp_path / "in/streams.jpg")
    picture.save(tmp_path / "in/whole.jpg", progressive=True)
    spec = spec_for(tmp_path / "out")
    job = plan_job(journal, found_in(tmp_path / "in"), spec, inputs=["in"])
    budget = 17_000_000  # both need more, of which the progressive one holds 17.6 MB
    assert run_job(journal, job, memory_bytes=budget).causes == {"OverBudget": 1}
    assert re.search(
        rf"may take \d\d,\d+,\d+ bytes .* {budget:,}", errors(journal, job)["whole.jpg"]
    )
    rules = Rules(retry_failed=True)
    plan_job(journal, found_in(tmp_path / "in"), spec, inputs=["in"], rules=rules)
    assert run_job(journal, job, memory_bytes=18_000_000).done == 2


def test_what_needs_more_than_there_is_at_all_is_refused(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    Image.fromarray(photograph(4, 4)).save(tmp_path / "in/whole.jpg", progressive=True)
    job = plan_job(journal, found_in(tmp_path / "in"), spec_for(tmp_path / "out"), inputs=["in"])
    monkeypatch.setattr("stripline.batch.admit.all_memory", lambda: 1_000_000)
    monkeypatch.setattr("stripline.batch.run.all_memory", lambda: 18_000_000)
    assert run_job(journal, job).done == 1
    monkeypatch.setattr("stripline.batch.run.all_memory", lambda: 17_000_000)
    rules = Rules(force=True)
    plan_job(
        journal, found_in(tmp_path / "in"), spec_for(tmp_path / "out"), inputs=["in"], rules=rules
    )
    assert run_job(journal, job).causes == {"OverBudget": 1}


def test_stop_finishes_what_runs_and_begins_no_more(
    journal: Journal, job: Job, tmp_path: Path
) -> None:
    def do(work: Work) -> Outcome | Failure:
        run.stop()
        return do_work(work)

    with ThreadPoolExecutor(1) as pool:
        run = Run(journal, job, pool=pool, do=do)
        sums = run.run()
    assert sums.state == "interrupted"
    assert 1 <= sums.done < 6
    assert sums.pending == 6 - sums.done
    assert len(files_below(tmp_path / "out")) == sums.done
    assert run_job(journal, job).state == "done"


def test_stop_now_waits_for_nothing_and_leaves_nothing(
    journal: Journal, job: Job, tmp_path: Path
) -> None:
    stopped, late = threading.Event(), threading.Event()

    def do(work: Work) -> Outcome | Failure:
        from stripline.streams import FileSink

        target = Path(work.outputs[0].url.format(ext="jpg"))
        target.parent.mkdir(exist_ok=True)
        sink = FileSink(target, mark=work.key[:8])
        sink.write(b"half")
        run.stop(now=True)
        stopped.wait()
        try:
            sink.commit()
        except FileNotFoundError:
            late.set()
        return outcome(work)

    with ThreadPoolExecutor(1) as pool:
        run = Run(journal, job, pool=pool, do=do)
        sums = run.run()
        assert sums.state == "interrupted"
        assert files_below(tmp_path / "out") == {}
        stopped.set()
    assert late.is_set()
    assert files_below(tmp_path / "out") == {}
    assert run_job(journal, job).done == 6


def test_a_job_can_be_cancelled_from_elsewhere(
    journal: Journal, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stripline.batch.run._CANCEL_SECONDS", 0.0)

    def listen(event: object) -> None:
        if isinstance(event, TaskEnded):
            with Journal(str(journal.file)) as other:
                jobs.cancel(other, jobs.job_of(other, job.id))

    with ThreadPoolExecutor(1) as pool:
        sums = Run(journal, job, pool=pool, listeners=[listen], in_flight=2).run()
    assert sums.state == "cancelled"
    assert sums.done < 6
    assert run_job(journal, job).state == "done"


def test_pause_and_resume(journal: Journal, job: Job) -> None:
    seen: list[Progress] = []

    def listen(event: object) -> None:
        if isinstance(event, TaskEnded):
            run.pause()
        if isinstance(event, Progress) and event.running == 0 and event.pending:
            seen.append(event)
            run.resume()

    run = Run(journal, job, pool=SerialExecutor(), in_flight=2, listeners=[listen])
    assert run.run().done == 6
    assert len(seen) >= 1


def test_calls_that_a_pool_loses_stay_to_be_done(journal: Journal, job: Job) -> None:
    run = Run(journal, job, pool=LosingExecutor(), in_flight=2)

    def listen(event: object) -> None:
        if isinstance(event, TaskStarted):
            run.stop()

    run._listeners = (listen,)
    assert run.run().pending == 6
    assert set(states(journal, job).values()) == {"queued"}


def test_an_error_of_a_listener_is_its_own(journal: Journal, job: Job) -> None:
    def listen(event: object) -> None:
        if isinstance(event, TaskEnded):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_job(journal, job, listeners=[listen])
    assert jobs.job_of(journal, job.id).state == "interrupted"
    assert run_job(journal, job).done == 6


def test_a_budget_must_be_there(journal: Journal, job: Job) -> None:
    with pytest.raises(InvalidOption, match="memory budget"):
        run_job(journal, job, memory_bytes=0)
