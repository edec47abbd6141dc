"""The batch itself: tasks from the journal to a pool and back, within a budget of memory."""

from __future__ import annotations

import time
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, Literal

from stripline.batch.admit import Admission, all_memory, default_budget
from stripline.batch.events import (
    JobEnded,
    JobStarted,
    Progress,
    TaskEnded,
    TaskRetried,
    TaskStarted,
)
from stripline.batch.journal import jobs, planning, running
from stripline.batch.journal.history import totals
from stripline.batch.journal.lock import job_lock
from stripline.batch.journal.running import Ended
from stripline.batch.line import Flight, Line
from stripline.batch.places import remove_leftovers
from stripline.batch.retry import delay_seconds, failure_of
from stripline.batch.strays import remove_strays
from stripline.batch.task import Outcome, SourceId
from stripline.batch.work import do_work
from stripline.errors import WorkerLost, describe
from stripline.pools import default_pool, pool_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Executor, Future

    from stripline.batch.events import Event, Listener
    from stripline.batch.journal import Journal, Totals
    from stripline.batch.journal.jobs import Job
    from stripline.batch.journal.running import Queued
    from stripline.batch.task import Failure, Work

    Do = Callable[[Work], Outcome | Failure]

# Tasks that are given to the pool at once, as a multiple of what it runs at once: one that ends
# finds the next one waiting, and few have to be taken back when somebody stops the batch. Those
# that end within the given time are written down together, as long as this leaves the pool half of
# them: a transaction takes half a millisecond of a processor and of the interpreter's lock.
_IN_FLIGHT: Final = 4
_TOGETHER_SECONDS: Final = 0.05
# Each thread may keep so much from one task to the next, as a part of its share of the budget; so
# that is not admitted. What larger tasks took goes back to the system. Processes count what they
# keep as what they take by themselves.
_KEPT_SHARE: Final = 6
_SMALL_BYTES: Final = 48 << 20  # what gives less back takes too little time to pay for it
_PAGE: Final = 500  # what the plan ended, read from the journal at once
_PROGRESS_SECONDS: Final = 0.2
_CANCEL_SECONDS: Final = 1.0
RETRIES: Final = 3


@dataclass(slots=True)
class _Counts:
    done: int = 0
    failed: int = 0
    bytes_in: int = 0
    bytes_out: int = 0


class Run:
    """One run of a job, in the thread that calls it.

    Args:
        journal: Where the job is.
        job: Which.
        pool: Where tasks run: threads, an `IsolatedPool`, a cluster's executor. None for the
            shared pool of threads.
        do: What is done with each task; picklable, if the pool's workers are processes.
        memory_bytes: What tasks may need together; None for 60 % of what there is. Workers that are
            processes take their own part of it first. A task that needs more runs alone, if its
            picture streams; others fail as `OverBudget`. Without a number they do so only if they
            need more than there is.
        retries: How often a task is tried again that failed for a reason that may pass.
        listeners: Are told all that happens.
        in_flight: Tasks in the pool at once; None for four times its width.

    Raises:
        InvalidOption: The budget does not even hold the workers.
    """

    def __init__(
        self,
        journal: Journal,
        job: Job,
        *,
        pool: Executor | None = None,
        do: Do = do_work,
        memory_bytes: int | None = None,
        retries: int = RETRIES,
        listeners: Iterable[Listener] = (),
        in_flight: int | None = None,
    ) -> None:
        self._journal = journal
        self._job = job
        self._pool = pool or default_pool()
        self._do = do
        self._retries = retries
        self._listeners = tuple(listeners)
        width = pool_width(self._pool)
        workers = width * int(getattr(self._pool, "worker_bytes", 0))
        budget = default_budget() if memory_bytes is None else memory_bytes
        kept = 0 if workers else budget // _KEPT_SHARE
        self._admission = Admission(budget - workers - kept)
        most = all_memory() if memory_bytes is None else memory_bytes
        self._most_bytes = most - workers
        self._kept_bytes = max(_SMALL_BYTES, self._admission.budget // (_KEPT_SHARE * width))
        self._most = in_flight or _IN_FLIGHT * width
        self._line = Line(journal, job.id, self._admission)
        self._flying: dict[Future[Outcome | Failure], Flight] = {}
        self._arrived: SimpleQueue[Future[Outcome | Failure] | None] = SimpleQueue()
        self._ended: list[Ended] = []
        self._stop: Literal[0, 1, 2] = 0
        self._cancelled = self._paused = False
        self._counts, self._pending, self._skipped = _Counts(), 0, 0
        self._began = self._said = self._asked = 0.0

    def stop(self, *, now: bool = False) -> None:
        """Begin no more tasks; may be called from any thread or signal handler.

        Args:
            now: Whether not to wait for those that run either. Their files do not appear unless
                they are whole, and they count as not done.
        """
        self._stop = 2 if now else max(self._stop, 1)
        self._take_back()  # at once: a worker that gets free would begin the next one
        self._arrived.put(None)

    def pause(self) -> None:
        """Begin no tasks until `resume`; may be called from any thread."""
        self._paused = True

    def resume(self) -> None:
        """Go on after `pause`."""
        self._paused = False
        self._arrived.put(None)

    def run(self) -> Totals:
        """Do all that is to be done of the job.

        Returns:
            What became of the job, this run and those before.

        Raises:
            JobBusy: Somebody plans or runs it.
            JournalFailed: The database failed; what was not written down will be done again.
            WorkerLost: The pool as a whole broke.
        """
        with job_lock(self._journal, self._job.id):
            self._began = self._said = self._asked = time.monotonic()
            self._start()
            state: Literal["done", "failed", "interrupted", "cancelled"] = "interrupted"
            try:
                self._loop()
                state = self._state()
            finally:
                for future in self._flying:
                    future.cancel()
                self._end(state)
        self._tell(JobEnded(self._job.id, state))
        return totals(self._journal, self._job.id)

    def _start(self) -> None:
        jobs.set_state(self._journal, self._job.id, "running", started=time.time())
        with self._journal.transaction() as connection:
            left = running.left_running(connection, self._job.id)
            self._clean(left)
            running.requeue(connection, self._job.id, states=("running",))
            every, pending, size = planning.pending(connection, self._job.id)
        self._pending, self._skipped = pending, every - pending
        self._tell(JobStarted(self._job.id, every, pending, size))
        self._tell_planned()

    def _tell_planned(self) -> None:
        """Say what the plan found to be no task, as of any other task that is over."""
        last = 0
        while True:
            with self._journal.reading() as connection:
                plan = self._job.plans
                ended = running.ended_in_plan(connection, self._job.id, plan, last, _PAGE)
            for last, url, state, error in ended:
                self._tell(TaskEnded(last, url, state, None, error))
            if len(ended) < _PAGE:
                return

    def _end(self, state: Literal["done", "failed", "interrupted", "cancelled"]) -> None:
        if getattr(self._pool, "repeats_lost_calls", False):
            remove_strays(self._journal, self._job)
        job = jobs.job_of(self._journal, self._job.id)
        seconds = job.seconds + time.monotonic() - self._began
        jobs.set_state(self._journal, job.id, state, ended=time.time(), seconds=seconds)

    def _state(self) -> Literal["done", "failed", "interrupted", "cancelled"]:
        if self._cancelled:
            return "cancelled"
        if self._pending:
            return "interrupted"
        return "failed" if totals(self._journal, self._job.id).failed else "done"

    def _loop(self) -> None:
        while True:
            starting = self._admitted()
            self._write(starting)
            for flight in starting:
                self._submit(flight)
            if self._stop:
                self._take_back()
            if not self._flying and not self._ended and (self._stop or self._line.is_empty()):
                break
            if self._stop > 1:
                self._let_go()
                break
            self._collect()
            self._tell_progress()
            self._look_for_cancel()
        self._tell_progress(final=True)

    def _admitted(self) -> list[Flight]:
        """What may begin now."""
        starting: list[Flight] = []
        while not (self._stop or self._paused) and len(self._flying) + len(starting) < self._most:
            flight = self._line.next()
            if flight is None:
                break
            starting.append(flight)
        return starting

    def _write(self, starting: Sequence[Flight]) -> None:
        """Bring the journal up to date: what ended, and what is about to begin."""
        if not (starting or self._ended):
            return
        ended, self._ended = self._ended, []
        with self._journal.transaction() as connection:
            running.end(connection, self._job.id, ended)
            running.start(connection, [(flight.task, flight.attempt) for flight in starting])
        for one in ended:
            if one.state in {"done", "failed"}:
                error = str(one.failure) if one.failure else ""
                self._tell(TaskEnded(one.task.id, one.task.url, one.state, one.outcome, error))
        for flight in starting:
            task = flight.task
            self._tell(TaskStarted(task.id, task.url, flight.attempt, flight.memory_bytes))

    def _submit(self, flight: Flight) -> None:
        task = flight.task
        source = SourceId(task.url, task.size, task.version)
        work = self._job.spec.work(task.key, source, task.relative, task.memory_bytes)
        if task.memory_bytes > min(self._kept_bytes, self._most_bytes):
            over = self._most_bytes if task.memory_bytes > self._most_bytes else 0
            work = replace(work, gives_back=True, budget_bytes=over)
        try:
            future = self._pool.submit(self._do, work)
        except (BrokenExecutor, RuntimeError) as error:
            raise WorkerLost(f"the pool takes no more tasks: {describe(error)}") from error
        self._flying[future] = flight
        future.add_done_callback(self._arrived.put)

    def _collect(self) -> None:
        """Wait until something happens, or it is time to look around; take all that happened."""
        wait, until = _PROGRESS_SECONDS, None
        try:
            while True:
                future = self._arrived.get(timeout=wait)
                if future is not None and future in self._flying:
                    self._landed(self._flying.pop(future), future)
                now = time.monotonic()
                until = now + _TOGETHER_SECONDS if until is None else until
                hurry = future is None or 2 * len(self._flying) <= self._most
                wait = 0.0 if hurry else max(0.0, until - now)
        except Empty:
            pass

    def _landed(self, flight: Flight, future: Future[Outcome | Failure]) -> None:
        self._admission.leave(flight.memory_bytes)
        task, attempt = flight.task, flight.attempt
        if future.cancelled():
            self._ended.append(Ended(task, "queued", attempt - 1))
            return
        error = future.exception()
        result = future.result() if error is None else failure_of(error)
        if isinstance(result, Outcome):
            self._counts.done += 1
            self._counts.bytes_in += result.bytes_in
            self._counts.bytes_out += result.bytes_out
            self._pending -= 1
            self._ended.append(Ended(task, "done", attempt, outcome=result))
            return
        if error is not None:  # whoever did it may have died over it
            self._clean([task])
        again = self._try_again(flight, result)
        if not again:
            self._counts.failed += 1
            self._pending -= 1
        self._ended.append(Ended(task, "queued" if again else "failed", attempt, failure=result))

    def _try_again(self, flight: Flight, failure: Failure) -> bool:
        """Have a task that failed tried once more, if that can help."""
        again = replace(flight, attempt=flight.attempt + 1)
        seconds = 0.0
        if failure.alone and not flight.alone:
            self._line.try_alone(replace(again, alone=True))
        elif failure.retryable and not failure.alone and flight.attempt <= self._retries:
            seconds = delay_seconds(flight.attempt)
            self._line.try_later(again, seconds)
        else:
            return False
        task = flight.task
        self._tell(TaskRetried(task.id, task.url, flight.attempt, str(failure), seconds))
        return True

    def _take_back(self) -> None:
        """Cancel what the pool has not begun; their futures arrive as any other."""
        for future in list(self._flying):
            future.cancel()

    def _let_go(self) -> None:
        """Leave what runs, or end it where that can be done: its outputs will not appear."""
        self._collect()
        self._write(())
        kill = getattr(self._pool, "kill_workers", None)
        if kill is not None:
            kill()
        self._clean([flight.task for flight in self._flying.values()])

    def _clean(self, tasks: Sequence[Queued]) -> None:
        """Remove temporary files of attempts that were killed."""
        keys = {task.id: task.key for task in tasks}
        if keys:
            with self._journal.reading() as connection:
                claims = running.claims_of(connection, keys)
            remove_leftovers((keys[task], urls) for task, urls in claims.items())

    def _look_for_cancel(self) -> None:
        now = time.monotonic()
        if now - self._asked >= _CANCEL_SECONDS:
            self._asked = now
            if jobs.is_cancelled(self._journal, self._job.id):
                self._cancelled = True
                self._stop = max(self._stop, 1)

    def _tell_progress(self, *, final: bool = False) -> None:
        now = time.monotonic()
        if final or now - self._said >= _PROGRESS_SECONDS:
            self._said = now
            counts = self._counts
            self._tell(
                Progress(
                    done=counts.done,
                    failed=counts.failed,
                    skipped=self._skipped,
                    pending=self._pending,
                    running=len(self._flying),
                    bytes_in=counts.bytes_in,
                    bytes_out=counts.bytes_out,
                    memory_bytes=self._admission.used,
                    seconds=now - self._began,
                )
            )

    def _tell(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)


def run_job(
    journal: Journal,
    job: Job,
    *,
    pool: Executor | None = None,
    memory_bytes: int | None = None,
    retries: int = RETRIES,
    listeners: Iterable[Listener] = (),
) -> Totals:
    """Do all that is to be done of a job; see `Run`, which can be stopped from outside."""
    run = Run(
        journal, job, pool=pool, memory_bytes=memory_bytes, retries=retries, listeners=listeners
    )
    return run.run()
