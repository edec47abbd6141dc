"""Killed at any instant, and nothing lost, nothing done twice, nothing left behind."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import random
import signal
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from stripline.batch import Journal, Rules, Run, open_cluster, plan_job, run_job
from stripline.batch.events import TaskEnded, TaskStarted
from stripline.batch.journal.history import task_rows
from stripline.batch.run import RETRIES
from stripline.pools.isolated import IsolatedPool
from tests.batch.lives import kill_worker_always, kill_worker_at, live
from tests.batch.support import Told, errors, files_below, found_in, make_pictures, spec_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from stripline.batch.events import Event
    from stripline.batch.run import Do

# The server has everything imported, and gives birth in some milliseconds.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.batch.lives", "stripline.batch.work", "stripline.image"])

_CHANCE = random.Random(20)


class Lives:
    """Processes that work on the same batch one after another."""

    def __init__(self, source: Path, output: Path, journal_url: str, pool: str) -> None:
        self._arguments = (source, output, journal_url, pool)
        self._journal_url = journal_url
        self.lines: list[str] = []

    def live(self, lines: int | None) -> None:
        """One life, which ends by itself, or when it has said so many lines."""
        done = self._done()
        ours, theirs = _CONTEXT.Pipe(duplex=False)
        process = _CONTEXT.Process(target=live, args=(*self._arguments, theirs))
        process.start()
        theirs.close()
        said: list[str] = []
        with os.fdopen(os.dup(ours.fileno()), encoding="utf-8") as pipe:
            while lines is None or len(said) < lines:
                line = pipe.readline()
                if not line:
                    break
                said.append(line.rstrip())
            if lines is not None:
                let_pass()
                process.kill()
            said += [line.rstrip() for line in pipe]
        process.join()
        ours.close()
        begun = {line.removeprefix("begin ") for line in said if line.startswith("begin ")}
        assert not begun & done, "done before, and begun again"
        self.lines += said

    def _done(self) -> set[str]:
        with Journal(self._journal_url) as journal:
            return {row.relative for row in task_rows(journal, 1, "done")}


class Killer:
    """Kills one of some processes at random instants, and sees that nothing is done twice.

    Args:
        kills: How often.
        chance: Of a kill when a task begins or ends.
        processes: Those that are there now, by their numbers.
    """

    def __init__(self, kills: int, chance: float, processes: Callable[[], Sequence[int]]) -> None:
        self.left = kills
        self.ended: list[str] = []
        self._chance = chance
        self._processes = processes

    def __call__(self, event: Event) -> None:
        if isinstance(event, TaskStarted):
            assert event.source not in self.ended, "done before, and begun again"
        elif isinstance(event, TaskEnded) and event.state == "done":
            self.ended.append(event.source)
        elif not isinstance(event, TaskEnded):
            return
        there = self._processes()
        if self.left and there and _CHANCE.random() < self._chance:
            self.left -= 1
            let_pass()
            with contextlib.suppress(ProcessLookupError):
                os.kill(_CHANCE.choice(there), signal.SIGKILL)


def let_pass() -> None:
    """Up to the time of some tasks: what is heard of is their beginnings and ends alone."""
    for _ in range(_CHANCE.randrange(300_000)):
        pass


def undisturbed(folder: Path, pictures: int) -> dict[str, bytes]:
    """What a batch makes of so many pictures, in `folder/in`, if nobody disturbs it."""
    source = make_pictures(folder / "in", pictures)
    with Journal(folder / "whole.db") as journal:
        job = plan_job(journal, found_in(source), spec_for(folder / "whole"), inputs=["in"])
        assert run_job(journal, job).done == pictures
    made = files_below(folder / "whole")
    for data in made.values():
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            assert image.size == (40, 40)
    return made


def run_to_the_end(journal: Journal, folder: Path, pool: Executor, killer: Killer) -> None:
    """Run a batch, and again for what its workers died over twice."""
    spec, rules = spec_for(folder / "out"), Rules(retry_failed=True)
    state = ""
    while state != "done":
        job = plan_job(journal, found_in(folder / "in"), spec, inputs=["in"], rules=rules)
        sums = run_job(journal, job, pool=pool, listeners=[killer])
        assert set(sums.causes) <= {"WorkerLost"}, errors(journal, job)
        state = sums.state


@pytest.mark.parametrize("pool", ["threads", "isolated"])
def test_a_batch_survives_being_killed(tmp_path: Path, pool: str, full_size: bool) -> None:
    pictures, kills = (500, 50) if full_size or pool == "threads" else (40, 5)
    made = undisturbed(tmp_path, pictures)
    output = tmp_path / "out"
    lives = Lives(tmp_path / "in", output, str(tmp_path / "journal.db"), pool)
    for _ in range(kills):
        lives.live(lines=_CHANCE.randrange(16))
    lives.live(lines=None)
    assert lives.lines[-1] == "over done"
    assert files_below(output) == made
    ended = [line for line in lives.lines if line.startswith("done ")]
    # What was written down in a life's last instant was not said any more.
    assert pictures - 4 * kills <= len(set(ended)) == len(ended) <= pictures
    assert lives.lines.count("planned") > kills // 2
    assert lives.lines.count("over done") == 1


def test_a_batch_survives_decoders_being_killed(
    journal: Journal, tmp_path: Path, full_size: bool
) -> None:
    pictures, kills = (500, 50) if full_size else (60, 6)
    made = undisturbed(tmp_path, pictures)
    with IsolatedPool(2) as pool:

        def processes() -> list[int]:
            numbers = []
            for keeper in pool._keepers:
                with contextlib.suppress(ValueError):  # it is being let go of
                    numbers.append(keeper._process.pid if keeper._process is not None else None)
            return [number for number in numbers if number is not None]

        killer = Killer(kills, 2 * kills / pictures, processes)
        run_to_the_end(journal, tmp_path, pool, killer)
    assert killer.left == 0
    assert sorted(killer.ended) == sorted(map(str, (tmp_path / "in").iterdir()))
    assert files_below(tmp_path / "out") == made


def test_a_batch_survives_workers_of_a_cluster_being_killed(
    journal: Journal, tmp_path: Path, full_size: bool
) -> None:
    pictures, kills = (500, 50) if full_size else (40, 2)
    made = undisturbed(tmp_path, pictures)
    with open_cluster("local", workers=2) as cluster:

        def processes() -> list[int]:
            nannies = cluster._client.cluster.workers.values()
            return [nanny.pid for nanny in nannies if nanny.pid]

        killer = Killer(kills, 2 * kills / pictures, processes)
        run_to_the_end(journal, tmp_path, cluster, killer)
    assert killer.left == 0
    assert sorted(killer.ended) == sorted(map(str, (tmp_path / "in").iterdir()))
    assert files_below(tmp_path / "out") == made


def test_a_batch_in_postgresql_survives_being_killed(tmp_path: Path, postgres_url: str) -> None:
    source = make_pictures(tmp_path / "in", 60)
    lives = Lives(source, tmp_path / "out", postgres_url, "threads")
    for lines in (0, 3, 9, 17):
        lives.live(lines)
    lives.live(None)
    assert lives.lines[-1] == "over done"
    assert len(files_below(tmp_path / "out")) == 60


@pytest.mark.parametrize(("do", "done"), [(kill_worker_at, 12), (kill_worker_always, 11)])
def test_a_decoder_that_dies_costs_one_picture_at_most(
    journal: Journal, tmp_path: Path, do: Do, done: int
) -> None:
    source = make_pictures(tmp_path / "in", 12)
    job = plan_job(journal, found_in(source), spec_for(tmp_path / "out"), inputs=["in"])
    told = Told()
    with IsolatedPool(2) as pool:
        sums = Run(journal, job, pool=pool, do=do, listeners=[told]).run()
    assert (sums.done, sums.failed) == (done, 12 - done)
    assert len(files_below(tmp_path / "out")) == done
    rows = {row.relative: row for row in task_rows(journal, job.id)}
    assert rows["p0007.jpg"].attempts == 2 < RETRIES
    if done < 12:
        assert "ended by signal 6" in errors(journal, job)["p0007.jpg"]
