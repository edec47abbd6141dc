from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

from stripline.webcodecs.control_queue import ControlQueue
from tests.support import run_script
from tests.webcodecs.echo_codec import Picture


def held(queue: ControlQueue) -> threading.Event:
    """Keep the thread busy until the event is set."""
    begun, go = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        assert go.wait(10)

    queue.put(hold)
    assert begun.wait(10)
    return go


def test_messages_run_in_order_on_one_thread() -> None:
    queue = ControlQueue("test")
    seen: list[tuple[int, bool]] = []
    for number in range(100):
        queue.put(lambda number: seen.append((number, queue.is_worker())), number)
    queue.end()
    assert queue.thread is not None
    queue.thread.join(10)
    assert seen == [(number, True) for number in range(100)]
    assert not queue.is_worker()


def test_clear_drops_what_has_not_begun_but_keeps_what_must_run() -> None:
    queue = ControlQueue("test")
    go, seen = held(queue), []
    dropped = Picture()
    freed = weakref.ref(dropped)
    queue.put(lambda picture: seen.append(repr(picture)), dropped)
    queue.put(seen.append, "b", keep=True)
    queue.put(seen.append, "c")
    del dropped
    queue.clear()
    assert freed() is None
    queue.put(lambda: seen.append("d"))
    queue.end()
    queue.put(lambda: seen.append("late"))
    go.set()
    assert queue.thread is not None
    queue.thread.join(10)
    assert seen == ["b", "d"]


def test_clear_after_the_end_leaves_the_end() -> None:
    queue = ControlQueue("test")
    go, seen = held(queue), []
    queue.put(lambda: seen.append("dropped"))
    queue.end()
    queue.clear()
    go.set()
    assert queue.thread is not None
    queue.thread.join(10)
    assert seen == []


def test_garbage_ends_the_thread() -> None:
    queue = ControlQueue("test")
    held(queue).set()
    thread = queue.thread
    assert thread is not None
    del queue
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()


def test_the_process_ends_with_work_in_the_queue() -> None:
    code = """
from stripline.webcodecs.control_queue import ControlQueue
queue = ControlQueue("test")
for _ in range(1000):
    queue.put(lambda: sum(range(10000)))
print("over")
"""
    assert run_script(code) == "over\n"


def test_no_thread_after_it_is_taken_for_the_worker() -> None:
    queue = ControlQueue("test")
    queue.put(lambda: None)
    queue.end()
    assert queue.thread is not None
    queue.thread.join(10)
    # The system gives a thread's identity to the next one.
    seen: list[bool] = []
    later = threading.Thread(target=lambda: seen.append(queue.is_worker()))
    later.start()
    later.join(10)
    assert seen == [False]


def test_a_signals_handler_may_call_from_within_a_call() -> None:
    queue = ControlQueue("test")
    held(queue).set()
    messages = queue._worker.messages
    seen: list[str] = []

    class Interrupted:
        def put(self, message: Any) -> None:
            queue._worker.messages = messages
            queue.clear()
            queue.put(seen.append, "within")
            messages.put(message)

    queue._worker.messages = Interrupted()  # type: ignore[assignment]  # as if interrupted there
    caller = threading.Thread(target=queue.put, args=(seen.append, "call"), daemon=True)
    caller.start()
    caller.join(10)
    assert not caller.is_alive()
    queue.end()
    assert queue.thread is not None
    queue.thread.join(10)
    assert seen == ["within", "call"]


def test_a_thread_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    queue, seen = ControlQueue("test"), list[str]()

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="start"):
            queue.put(seen.append, "lost")
    assert queue.put(seen.append, "run")
    queue.end()
    assert queue.thread is not None
    queue.thread.join(10)
    assert seen == ["run"]
    assert not queue.put(seen.append, "late")
