"""From files that were found to tasks in the journal, with all mistakes shown before any work."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from stripline.batch.journal import jobs, planning
from stripline.batch.journal.lock import job_lock
from stripline.batch.journal.planning import Claim, Entry
from stripline.batch.journal.schema import CHANGED, NEW
from stripline.batch.look import Look, look_at
from stripline.batch.places import is_local
from stripline.batch.task import Found, PassedOver
from stripline.errors import InvalidOption, describe
from stripline.pools import limit_heaps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy.engine import Connection

    from stripline.batch.journal import Journal
    from stripline.batch.journal.jobs import Job
    from stripline.batch.journal.planning import Known
    from stripline.batch.spec import Spec

T = TypeVar("T")
Order = Literal["found", "smallest", "largest"]
"""Which task goes first, among those of one priority: as they were found, or by size of source."""

# Files in one transaction and one look at what is known of them.
_CHUNK: Final = 500
# Headers are read by so many threads where disks or networks let one wait, as those answer several
# at once. Where they do not, threads stand in each other's way: 0.15 ms a file in place of 0.05.
# The first few files of a chunk tell.
_LOOKERS: Final = 4
_TRIED: Final = 4
_WAIT_SECONDS: Final = 0.001
_MOST_NAMED: Final = 3
# Problems and claims to be settled that are held in memory; more are only counted.
_MOST_HELD: Final = 10_000


@dataclass(frozen=True, slots=True)
class Rules:
    """How a plan deals with what it comes upon.

    Attributes:
        order: Which task goes first.
        priority: Of a file; the highest goes first, whatever the order.
        retry_failed: Whether what failed before is tried again, though nothing changed.
        force: Whether what is done is done again.
        replace: Whether files that no job made may be replaced.
        complete: Whether what is planned is all there is, so that sources that are missing from it
            are gone. Not so for the few files that a watched folder reports.
    """

    order: Order = "found"
    priority: Callable[[Found], int] | int = 0
    retry_failed: bool = False
    force: bool = False
    replace: bool = False
    complete: bool = True


def plan_job(
    journal: Journal,
    found: Iterable[Found | PassedOver],
    spec: Spec,
    *,
    inputs: Sequence[str],
    label: str = "",
    rules: Rules | None = None,
) -> Job:
    """Write down what is to be done with each file, or find that it is done.

    A source that is done in the journal, in the state in which it is now, by the same recipes, to
    the same places, is not opened: only what is missing or changed becomes a task. Memory does not
    grow with the number of files.

    Args:
        journal: Where it is written.
        found: The files.
        spec: What is done with each.
        inputs: What was named. The same inputs and specification are the same job, begun anew or
            continued.
        label: What people call it; the inputs if empty.
        rules: How to deal with what is there; None for the defaults.

    Returns:
        The job, to be run.

    Raises:
        InvalidOption: Outputs would replace inputs, each other or files that no job made, or cannot
            be written, or there is no room for them. Nothing is changed then.
        JobBusy: Somebody plans or runs the same job now.
        JournalFailed: The database failed.
    """
    job = jobs.open_job(journal, inputs, spec, label or ", ".join(inputs))
    with job_lock(journal, job.id):
        _check_writable(spec)
        with journal.transaction() as connection:
            planning.withdraw(connection, job.id)  # of a plan that was killed
        planner = _Planner(journal, job, spec, rules or Rules())
        try:
            for chunk in _chunks(found, _CHUNK):
                planner.take(chunk)
            planner.accept()
        except BaseException:
            with journal.transaction() as connection:
                planning.withdraw(connection, job.id)
            raise
        finally:
            planner.close()
    return jobs.job_of(journal, job.id)


class _Planner:
    """A plan in the making."""

    def __init__(self, journal: Journal, job: Job, spec: Spec, rules: Rules) -> None:
        self._journal = journal
        self._job = job
        self._spec = spec
        self._rules = rules
        self._plan = jobs.begin_plan(journal, job)
        self._least_bytes = 0
        self._existing: list[str] = []
        self._refused: list[tuple[Claim, int]] = []
        self._problems = 0
        self._stack = ExitStack()
        limit_heaps()  # before there are threads
        self._lookers = self._stack.enter_context(ThreadPoolExecutor(_LOOKERS, "stripline-look"))

    def close(self) -> None:
        self._stack.close()

    def take(self, chunk: Sequence[Found | PassedOver]) -> None:
        """Plan some files."""
        named = (_nameable(file) for file in chunk)
        files = {file.url: file for file in named}  # what is named twice is done once
        keys = {
            file.url: self._spec.key(file.source, file.relative) if isinstance(file, Found) else ""
            for file in files.values()
        }
        with self._journal.reading() as connection:
            before = planning.known(connection, self._job.id, files)
            settled = self._settled(connection, keys, before)
            elsewhere = self._done_elsewhere(connection, keys, settled)
        wanted = [
            file
            for url, file in files.items()
            if isinstance(file, Found) and url not in settled and url not in elsewhere
        ]
        looks = self._looks(wanted)
        looked = {look.found.url: look for look in looks}
        entries = []
        for url, file in files.items():
            if isinstance(file, PassedOver):
                entries.append(self._passed_over(file))
            elif url in looked:
                entries.append(self._entry(looked[url], keys[url]))
            elif url in elsewhere:
                entries.append(self._done_before(file, keys[url], elsewhere[url]))
        with self._journal.transaction() as connection:
            self._note_strangers(connection, looks)
            planning.keep(connection, [before[url].id for url in settled], self._plan)
            numbers = planning.write(connection, self._job.id, self._plan, entries, before)
            self._claim(connection, looks, numbers)

    def _looks(self, files: Sequence[Found]) -> list[Look]:
        """Their headers: one after the other, or several at once where that is quicker."""
        look = partial(look_at, spec=self._spec)
        first, rest = [], files[_TRIED:]
        quickest = math.inf  # of a few, as other programs may be in the way of one
        for file in files[:_TRIED]:
            began = time.perf_counter()
            first.append(look(file))
            quickest = min(quickest, time.perf_counter() - began)
        waits = quickest > _WAIT_SECONDS
        return [*first, *(self._lookers.map(look, rest) if waits else map(look, rest))]

    def _settled(
        self, connection: Connection, keys: dict[str, str], before: dict[str, Known]
    ) -> set[str]:
        """Sources of which nothing is new."""
        same = {url: known for url, known in before.items() if known.key and known.key == keys[url]}
        again = {"skipped", NEW, CHANGED}
        if self._rules.force:
            again |= {"done", "failed"}
        if self._rules.retry_failed:
            again |= {"failed"}
        done = {known.id for known in same.values() if known.state == "done"}
        missing = _with_missing_files(connection, done)
        return {
            url
            for url, known in same.items()
            if known.state not in again and known.id not in missing
        }

    def _done_elsewhere(
        self, connection: Connection, keys: dict[str, str], settled: set[str]
    ) -> dict[str, Known]:
        """Sources with which another job did the same, by URL."""
        if self._rules.force or self._spec.output is None:
            return {}
        wanted = {key: url for url, key in keys.items() if key and url not in settled}
        others = planning.done_elsewhere(connection, self._job.id, wanted)
        missing = _with_missing_files(connection, {known.id for known in others.values()})
        return {wanted[key]: known for key, known in others.items() if known.id not in missing}

    def _entry(self, look: Look, key: str) -> Entry:
        found, rules = look.found, self._rules
        priority = rules.priority if isinstance(rules.priority, int) else rules.priority(found)
        turns = {"found": 0, "smallest": found.size, "largest": -found.size}
        self._least_bytes += look.least_bytes
        return Entry(
            url=found.url,
            relative=found.relative,
            size=found.size,
            version=found.version,
            key=key,
            state=("skipped" if look.skipped else "failed") if look.error else NEW,
            urgency=-priority,
            turn=turns[rules.order],
            memory_bytes=look.memory_bytes,
            cause="" if look.skipped else look.cause,
            error=look.error,
        )

    def _passed_over(self, file: PassedOver) -> Entry:
        where = (file.url, file.relative, 0, "", "")
        if not file.failed:
            return Entry(*where, "skipped", 0, 0, 0, "", file.reason)
        cause, _, said = file.reason.partition(": ")
        return Entry(*where, "failed", 0, 0, 0, cause, said)

    def _done_before(self, file: Found, key: str, other: Known) -> Entry:
        reason = f"job {other.state} did the same"
        where = (file.url, file.relative, file.size, file.version)
        return Entry(*where, key, "skipped", 0, 0, 0, "", reason)

    def _note_strangers(self, connection: Connection, looks: Iterable[Look]) -> None:
        """Remember files that exist and that no job made or was to make."""
        if self._rules.replace:
            return
        names = {url for look in looks for _, url in look.names if is_local(url)}
        there = {url for url in names if os.path.lexists(url)}
        strange = there - planning.are_ours(connection, there) if there else there
        self._note(self._existing, sorted(strange))

    def _claim(
        self, connection: Connection, looks: Iterable[Look], numbers: dict[str, int]
    ) -> None:
        claims = [
            Claim(url, numbers[look.found.url], variant)
            for look in looks
            for variant, url in look.names
        ]
        if claims:
            self._note(self._refused, planning.claim(connection, self._job.id, claims))

    def _note(self, held: list[T], new: Sequence[T]) -> None:
        held.extend(new[: max(0, _MOST_HELD - len(held))])
        self._problems += len(new)

    def accept(self) -> None:
        """Make tasks of it all, if nothing is wrong.

        Raises:
            InvalidOption: Something is.
        """
        self._check_room()
        if self._existing:
            _refuse(self._existing, "exist already: allow to replace them, or give another folder")
        with self._journal.transaction() as connection:
            self._settle_claims(connection)
            sources = planning.written_over(connection, self._job.id, self._plan)
            if sources:
                _refuse(sources, "would be replaced by outputs: give another folder or template")
            planning.accept(connection, self._job.id, self._plan, complete=self._rules.complete)
            planning.reorder(connection, self._job.id, self._rules.order)
        jobs.set_state(self._journal, self._job.id, "queued")

    def _settle_claims(self, connection: Connection) -> None:
        """Names that two tasks want go to the one whose source is still there."""
        tasks = {number for one, owner in self._refused for number in (one.task, owner)}
        sources = planning.sources_of(connection, tasks) if tasks else {}
        gone = self._plan if self._rules.complete else 0
        stale = [
            (one, owner)
            for one, owner in self._refused
            if sources[owner][1] < gone or _is_gone(sources[owner][0])
        ]
        real = [pair for pair in self._refused if pair not in stale]
        if real:
            one, owner = real[0]
            more = f" ({len(real):,} such names)" if len(real) > 1 else ""
            raise InvalidOption(
                f"{sources[owner][0]} and {sources[one.task][0]} would both become"
                f" {one.url}{more}: give a template with {{ext}}, {{variant}} or {{width}}, or"
                " other folders"
            )
        planning.take_over(connection, self._job.id, stale)

    def _check_room(self) -> None:
        output = self._spec.output
        if output is None or not is_local(output):
            return
        free = shutil.disk_usage(_nearest(Path(output))).free
        if self._least_bytes > free:
            raise InvalidOption(
                f"{output} has room for {free:,} bytes, and the outputs will take"
                f" {self._least_bytes:,} at the very least: free some, or give another folder"
            )


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _nameable(file: Found | PassedOver) -> Found | PassedOver:
    """The file, or why it cannot be written down: databases take no names that are not UTF-8."""
    try:
        file.url.encode()
        file.relative.encode()
    except UnicodeEncodeError as error:
        url, relative = (
            text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            for text in (file.url, file.relative)
        )
        reason = f"{type(error).__name__}: the name is not valid UTF-8: rename it"
        return PassedOver(url, relative, reason, failed=True)
    return file


def _with_missing_files(connection: Connection, tasks: set[int]) -> set[int]:
    """Those tasks whose files are no longer what they made. Of stores the journal is believed."""
    if not tasks:
        return set()
    missing = set()
    for task, files in planning.made(connection, tasks).items():
        if any(is_local(url) and _size(url) != size for url, size in files):
            missing.add(task)
    return missing


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - a hundred thousand times
    except OSError:
        return None


def _is_gone(url: str) -> bool:
    """Whether a source on this machine is no longer there."""
    return is_local(url) and not os.path.lexists(url)


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _check_writable(spec: Spec) -> None:
    """Refuse an output where no file can be made.

    Raises:
        InvalidOption: It is a file, or not writable.
    """
    if spec.output is None or not is_local(spec.output):
        return
    nearest = _nearest(Path(spec.output))
    if not nearest.is_dir():
        raise InvalidOption(f"{nearest} is a file: give a folder for the outputs")
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise InvalidOption(f"{spec.output} cannot be written to: {describe(error)}") from error


def _refuse(names: Sequence[str], why: str) -> None:
    rest = len(names) - _MOST_NAMED
    more = f" and {rest:,} more" if rest > 0 else ""
    raise InvalidOption(f"{', '.join(names[:_MOST_NAMED])}{more} {why}")
