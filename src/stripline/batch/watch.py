"""Folders whose pictures are worked on as they come: new, changed, moved, deleted.

What happens in a folder only says where to look. A file is taken once nothing has changed about it
for a while; then it is planned and run as any other, so the journal knows of it, and a watch that
is ended at any moment catches up when it begins again.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Final, Literal

from stripline.batch.discovery import discover, place_of, walk_of
from stripline.batch.journal import jobs
from stripline.batch.journal.sources import files_of, sources_at
from stripline.batch.places import is_local
from stripline.batch.plan import Rules, plan_job
from stripline.batch.restless import Restless
from stripline.batch.run import Run
from stripline.batch.selection import Selection
from stripline.batch.task import Found, PassedOver
from stripline.errors import InvalidOption, MissingDependency, SourceFailed
from stripline.streams.object_listing import remove_stored, stored_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from stripline.batch.journal import Journal
    from stripline.batch.journal.jobs import Job
    from stripline.batch.spec import Spec

    Changes = Iterable[tuple[object, str]]

_GONE: Final = "it is no longer there"


class Watcher:
    """A watch over folders.

    Args:
        journal: Where jobs are.
        folders: Which; all of them must be there at first. They may go away and come back later.
        spec: What is done with each picture.
        begin: Makes the run of a job: on which pool, in how much memory, who listens. None for the
            defaults.
        selection: Which files are wanted; None for all.
        rules: How plans deal with what is there; None for the defaults. Whether they are complete
            is decided here.
        settle_seconds: How long nothing may have changed about a file before it is taken.
        deleted: What becomes of the results of sources that go away: they stay (`keep`), or those
            that are still as they were made go as well (`remove`).
        polling: Whether to look at the folders again and again, as network file systems need it;
            None for what the system recommends.
        clock: Seconds, from any beginning.

    Raises:
        InvalidOption: A folder is none, is not there, or is the output.
    """

    def __init__(
        self,
        journal: Journal,
        folders: Sequence[str],
        spec: Spec,
        *,
        begin: Callable[[Job], Run] | None = None,
        selection: Selection | None = None,
        rules: Rules | None = None,
        settle_seconds: float = 1.0,
        deleted: Literal["keep", "remove"] = "keep",
        polling: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal = journal
        self._folders = tuple(dict.fromkeys(place_of(folder) for folder in folders))
        for folder in self._folders:
            if not Path(folder).is_dir():
                raise InvalidOption(f"{folder}: there is no such folder to watch")
        self._spec = spec
        self._output = None if spec.output is None else place_of(spec.output)
        self._begin = begin or (lambda job: Run(journal, job))
        self._selection = selection or Selection()
        for folder in self._folders:
            walk_of(folder, self._selection, self._folders, self._output)
        self._rules = rules or Rules()
        self._settle_seconds = settle_seconds
        self._restless = Restless(settle_seconds)
        self._deleted = deleted
        self._polling = polling
        self._clock = clock
        self._stopped = Event()
        self._run: Run | None = None

    def stop(self, *, now: bool = False) -> None:
        """End the watch; may be called from any thread or signal handler.

        Args:
            now: Whether not to wait for tasks that run.
        """
        self._stopped.set()
        run = self._run
        if run is not None:
            run.stop(now=now)

    def watch(self) -> None:
        """Watch until `stop`.

        Raises:
            InvalidOption: What is there at first cannot be planned; see `plan_job`.
            MissingDependency: The extra `batch` is not installed.
            JobBusy: Somebody else runs the same job.
            JournalFailed: The database failed.
        """
        while not self._stopped.is_set():
            there = self._identities()
            if not there:
                self._stopped.wait(self._settle_seconds)
                continue
            try:
                self._watch_these(there)
            except FileNotFoundError:
                if self._identities() == there:
                    raise

    def _watch_these(self, there: dict[str, tuple[int, int]]) -> None:
        """Watch as long as these are the folders that are there."""
        for number, changes in enumerate(self._changes(list(there))):
            if number == 0:  # from now on nothing escapes
                self.catch_up()
            self.notice(changes)
            self.take()
            if self._identities() != there:
                break

    def catch_up(self) -> None:
        """Do what is to be done of all that is there."""
        there = [folder for folder in self._folders if Path(folder).is_dir()]
        if not there:
            return
        complete = len(there) == len(self._folders)
        found = discover(there, self._selection, output=self._output)
        self._work(self._at_rest(found), complete=complete)

    def notice(self, changes: Changes) -> None:
        """Remember where something happened.

        Args:
            changes: What (it does not matter) and where, as `watchfiles` tells it.
        """
        now = self._clock()
        for _, path in changes:
            if not self._is_output(path):
                self._restless.touch(path, now)

    def take(self) -> None:
        """Work on what has stood still since it was noticed, and see to what is gone."""
        now = self._clock()
        there, gone = self._restless.settled(now)
        files: dict[str, Found | PassedOver] = {}
        for path in there:
            is_folder = Path(path).is_dir()
            for found in self._found_at(path):
                if is_folder and isinstance(found, Found):
                    self._restless.touch(found.url, now)  # it may have come with the folder
                else:
                    files[found.url] = found
        for path in gone:
            files.update((one.url, one) for one in self._forgotten(path))
        if files and not self._stopped.is_set():
            self._work(list(files.values()), complete=False)

    def _changes(self, folders: list[str]) -> Iterator[Changes]:
        """What happens, and nothing at all when it is time to look around."""
        try:
            from watchfiles import watch  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingDependency("watching folders", "watchfiles", "batch") from error
        return watch(
            *folders,
            watch_filter=None,
            debounce=max(1, int(self._settle_seconds * 1000)),
            rust_timeout=max(1, int(self._settle_seconds * 500)),
            stop_event=self._stopped,
            yield_on_timeout=True,
            force_polling=self._polling,
            ignore_permission_denied=True,
        )

    def _identities(self) -> dict[str, tuple[int, int]]:
        """The folders that are there. One that was made anew is another one."""
        found = {}
        for folder in self._folders:
            with suppress(OSError):
                status = Path(folder).stat()
                found[folder] = (status.st_dev, status.st_ino)
        return found

    def _is_output(self, path: str) -> bool:
        return self._output is not None and f"{path}/".startswith(f"{self._output}/")

    def _at_rest(self, found: Iterable[Found | PassedOver]) -> Iterator[Found | PassedOver]:
        """Files that were not written to just now; the others are noticed."""
        for one in found:
            if isinstance(one, Found) and is_local(one.url):
                age = time.time() - int(one.version) / 1e9
                if 0 <= age < self._settle_seconds:
                    self._restless.touch(one.url, self._clock())
                    continue
            yield one

    def _found_at(self, path: str) -> Iterator[Found | PassedOver]:
        """What lies at a path, as seen from the nearest of the folders that it lies in."""
        root = self._root_of(path)
        if root is not None and Path(root).is_dir():
            walk = walk_of(root, self._selection, self._folders, self._output)
            yield from walk.files_at(path[len(root) :].strip("/"))

    def _root_of(self, path: str) -> str | None:
        above = [root for root in self._folders if f"{path}/".startswith(f"{root}/")]
        return max(above, key=len, default=None)

    def _forgotten(self, path: str) -> list[PassedOver]:
        """Sources at a path that is gone, or below it; their results go too, if that was asked."""
        if self._deleted == "keep" or self._root_of(path) in {None, path}:
            return []  # a folder of ours that is gone may come back
        job = jobs.open_job(self._journal, self._folders, self._spec, ", ".join(self._folders))
        with self._journal.reading() as connection:
            sources = sources_at(connection, job.id, path)
            made = {url: files_of(connection, job.id, url) for url in sources}
        gone = [url for url in sources if not os.path.lexists(url)]
        for url in gone:
            for file, size in made[url]:
                _remove(file, size)
        return [PassedOver(url, sources[url], _GONE) for url in gone]

    def _work(self, found: Iterable[Found | PassedOver], *, complete: bool) -> None:
        """Plan and run; what cannot be planned together is planned one by one."""
        try:
            job = self._planned(found, complete=complete)
        except InvalidOption as error:
            if not isinstance(found, list):
                raise  # it was so when the watch began
            if len(found) > 1:
                for one in found:
                    self._work([one], complete=False)
                return
            (one,) = found
            failed = PassedOver(one.url, one.relative, f"InvalidOption: {error}", failed=True)
            job = self._planned([failed], complete=False)
        self._run = self._begin(job)
        if self._stopped.is_set():
            self._run.stop()
        self._run.run()
        self._run = None

    def _planned(self, found: Iterable[Found | PassedOver], *, complete: bool) -> Job:
        rules = Rules(
            order=self._rules.order,
            priority=self._rules.priority,
            retry_failed=self._rules.retry_failed and complete,
            force=self._rules.force and complete,
            replace=self._rules.replace,
            complete=complete,
        )
        return plan_job(self._journal, found, self._spec, inputs=self._folders, rules=rules)


def _remove(file: str, size: int) -> None:
    """Remove a result, unless somebody made something else of it."""
    if not is_local(file):
        with suppress(SourceFailed):  # a store that fails keeps it; nothing waits for it
            stored = stored_file(file)
            if stored is not None and stored.size == size:
                remove_stored(file)
        return
    with suppress(OSError):
        if os.lstat(file).st_size == size:
            Path(file).unlink()
