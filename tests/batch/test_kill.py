"""Killed at any instant, and nothing lost, nothing done twice, nothing left behind."""

from __future__ import annotations

import multiprocessing
import os
import random
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from stripline.batch import Journal, Run, plan_job, run_job
from stripline.batch.journal.history import task_rows
from stripline.batch.run import RETRIES
from stripline.pools.isolated import IsolatedPool
from tests.batch.lives import kill_worker_always, kill_worker_at, live
from tests.batch.support import Told, errors, files_below, found_in, make_pictures, spec_for

if TYPE_CHECKING:
    from pathlib import Path

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
                # What was said came at the beginning or end of a task; most of its instants lie
                # between. So many rounds take up to the time of some tasks.
                for _ in range(_CHANCE.randrange(300_000)):
                    pass
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


@pytest.mark.parametrize(("pool", "pictures", "kills"), [("threads", 500, 50), ("isolated", 40, 5)])
def test_a_batch_survives_being_killed(
    tmp_path: Path, pool: str, pictures: int, kills: int
) -> None:
    source = make_pictures(tmp_path / "in", pictures)
    with Journal(tmp_path / "whole.db") as journal:
        job = plan_job(journal, found_in(source), spec_for(tmp_path / "whole"), inputs=["in"])
        assert run_job(journal, job).done == pictures
    output = tmp_path / "out"
    lives = Lives(source, output, str(tmp_path / "journal.db"), pool)
    for _ in range(kills):
        lives.live(lines=_CHANCE.randrange(16))
    lives.live(lines=None)
    assert lives.lines[-1] == "over done"
    assert files_below(output) == files_below(tmp_path / "whole")
    ended = [line for line in lives.lines if line.startswith("done ")]
    # What was written down in a life's last instant was not said any more.
    assert pictures - 4 * kills <= len(set(ended)) == len(ended) <= pictures
    assert lives.lines.count("planned") > kills // 2
    assert lives.lines.count("over done") == 1
    for path in output.iterdir():
        with Image.open(path) as image:
            image.load()
            assert image.size == (40, 40)


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
