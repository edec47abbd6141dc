from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from stripline.webcodecs import delivery as module
from stripline.webcodecs.delivery import HOLD_TASKS, LoopDelivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextvars import Context


class CountingLoop(asyncio.SelectorEventLoop):
    """Counts how often it is to be woken; is not run."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[Callable[[], object]] = []

    def call_soon(self, callback: Callable[[], object], *, context: Context) -> None:  # type: ignore[override]  # noqa: ARG002 - of another signature
        self.runs.append(callback)


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[CountingLoop]:
    monkeypatch.setattr(module, "HOLD_SECONDS", 1e9)
    with closing(CountingLoop()) as loop:
        yield loop


def test_held_tasks_are_told_of_together(loop: CountingLoop) -> None:
    done: list[int] = []
    delivery = LoopDelivery(loop)
    delivery.hold(done.append, 0)
    assert loop.runs == []
    delivery.wake(waiting=5)  # the last wake-up was long ago
    assert len(loop.runs) == 1
    delivery.post(done.append, 1)  # the loop is being woken already
    assert len(loop.runs) == 1
    loop.runs.pop()()
    assert done == [0, 1]


def test_tasks_are_held_while_inputs_wait_up_to_a_bound(loop: CountingLoop) -> None:
    done: list[int] = []
    delivery = LoopDelivery(loop)
    delivery.post(lambda: None)
    loop.runs.pop()()
    for number in range(HOLD_TASKS):
        assert loop.runs == []
        delivery.hold(done.append, number)
        delivery.wake(waiting=3)
    loop.runs.pop()()
    assert done == list(range(HOLD_TASKS))


def test_nothing_is_held_when_nothing_waits(loop: CountingLoop) -> None:
    delivery = LoopDelivery(loop)
    delivery.post(lambda: None)
    loop.runs.pop()()
    delivery.hold(lambda: None)
    delivery.wake()
    assert len(loop.runs) == 1


def test_tasks_for_a_closed_loop_are_dropped() -> None:
    loop = asyncio.new_event_loop()
    delivery = LoopDelivery(loop)
    loop.close()
    done: list[int] = []
    delivery.hold(done.append, 0)
    delivery.wake()
    assert not delivery._tasks
    assert done == []


def test_tasks_are_dropped_when_the_loop_is_closed_before_it_wakes(loop: CountingLoop) -> None:
    delivery = LoopDelivery(loop)
    delivery.post(lambda: None)
    delivery.post(lambda: None)
    assert len(delivery._tasks) == 2
    loop.close()
    delivery.post(lambda: None)
    assert not delivery._tasks
