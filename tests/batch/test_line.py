"""Which task is next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from stripline.batch.admit import Admission, default_budget
from stripline.batch.journal import jobs
from stripline.batch.journal.schema import tasks
from stripline.batch.line import Flight, Line
from stripline.errors import InvalidOption
from stripline.pools import memory_limit
from tests.batch.support import spec_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stripline.batch import Journal


def line_of(
    journal: Journal, needs: Sequence[int], budget: int, tmp_path: Path
) -> tuple[Line, Admission]:
    """Tasks that need so much each, numbered from 1."""
    job = jobs.open_job(journal, ["a"], spec_for(tmp_path), "")
    rows = [
        {
            "job": job.id,
            "plan": 1,
            "state": "queued",
            "urgency": 0,
            "turn": 0,
            "key": "k",
            "url": f"/{number}",
            "relative": "r",
            "size": 1,
            "version": "v",
            "memory_bytes": need,
        }
        for number, need in enumerate(needs)
    ]
    with journal.transaction() as connection:
        connection.execute(insert(tasks), rows)
    admission = Admission(budget)
    return Line(journal, job.id, admission), admission


def drained(line: Line, admission: Admission) -> list[int]:
    """All tasks, one at a time."""
    order = []
    while (flight := line.next()) is not None:
        order.append(flight.task.id)
        admission.leave(flight.memory_bytes)
    return order


def test_all_tasks_come_once_and_in_order(any_journal: Journal, tmp_path: Path) -> None:
    line, admission = line_of(any_journal, [1] * 1_000, 10, tmp_path)
    assert not line.is_empty()
    assert drained(line, admission) == list(range(1, 1_001))
    assert line.is_empty()


def test_smaller_tasks_pass_a_large_one_but_not_for_ever(journal: Journal, tmp_path: Path) -> None:
    line, admission = line_of(journal, [100] + [1] * 200, 101, tmp_path)
    admission.enter(2)  # something runs all the time, and the large one does not fit beside it
    passed = drained(line, admission)
    assert passed == list(range(2, 66))
    admission.leave(2)
    assert drained(line, admission) == [1, *range(66, 202)]


def test_a_task_larger_than_the_budget_runs_with_nothing_beside_it(
    journal: Journal, tmp_path: Path
) -> None:
    line, admission = line_of(journal, [500, 1], 100, tmp_path)
    first = line.next()
    assert first is not None
    assert first.memory_bytes == 500
    assert line.next() is None
    admission.leave(500)
    assert drained(line, admission) == [2]


def test_what_is_tried_alone_waits_for_all_others_and_holds_them_back(
    journal: Journal, tmp_path: Path
) -> None:
    line, admission = line_of(journal, [1, 1, 1], 100, tmp_path)
    first, second = line.next(), line.next()
    assert first is not None
    assert second is not None
    admission.leave(1)
    line.try_alone(Flight(first.task, 2, alone=True))
    assert line.next() is None
    admission.leave(1)
    again = line.next()
    assert again == Flight(first.task, 2, alone=True)


def test_what_is_tried_later_goes_first_when_its_time_has_come(
    journal: Journal, tmp_path: Path
) -> None:
    line, admission = line_of(journal, [1, 1, 1], 100, tmp_path)
    first = line.next()
    assert first is not None
    admission.leave(1)
    line.try_later(Flight(first.task, 2), 3_600)
    line.try_later(Flight(first.task, 3), 0)
    assert line.next() == Flight(first.task, 3)
    admission.leave(1)
    assert drained(line, admission) == [2, 3]
    assert not line.is_empty()


def test_the_default_budget_is_below_what_there_is() -> None:
    limit = memory_limit()
    assert default_budget() > 0
    if limit is not None:
        assert default_budget() <= 0.6 * limit


def test_no_budget_is_refused() -> None:
    with pytest.raises(InvalidOption):
        Admission(0)
