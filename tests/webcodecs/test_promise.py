from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from stripline.webcodecs.promise import Promise


def test_it_is_waited_for_on_a_thread() -> None:
    promise: Promise[int] = Promise()
    with pytest.raises(TimeoutError):
        promise.result(0)
    threading.Thread(target=promise.resolve, args=(3,)).start()
    assert promise.result(10) == 3
    assert promise.exception() is None
    promise.resolve(4)
    promise.reject(KeyError())
    assert promise.result() == 3


def test_it_is_awaited_on_any_loop_as_often_as_one_likes() -> None:
    promise: Promise[int] = Promise()

    async def run() -> list[int]:
        threading.Timer(0, promise.resolve, (3,)).start()
        return [*await asyncio.gather(promise, promise), await promise]

    assert asyncio.run(run()) == [3, 3, 3]

    async def once_more() -> int:
        return await asyncio.wait_for(promise, 10)

    assert asyncio.run(once_more()) == 3


def test_rejections_are_raised_and_silent_when_nobody_looks() -> None:
    promise: Promise[None] = Promise.rejected(KeyError("x"))
    assert isinstance(promise.exception(), KeyError)

    async def run() -> None:
        with pytest.raises(KeyError):
            await promise

    asyncio.run(run())
    Promise.rejected(KeyError("nobody"))
    gc.collect()  # a warning would fail the test


def test_cancelling_who_awaits_leaves_it() -> None:
    promise: Promise[int] = Promise()

    async def wait() -> int:
        return await promise

    async def run() -> int:
        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not promise.done()
        promise.resolve(1)
        return await promise

    assert asyncio.run(run()) == 1


def test_it_is_settled_after_the_loop_is_gone() -> None:
    promise: Promise[int] = Promise()

    async def wait() -> int:
        return await promise

    async def run() -> None:
        asyncio.ensure_future(wait())  # noqa: RUF006 - it is to be left behind
        await asyncio.sleep(0)

    asyncio.run(run())
    thread = threading.Thread(target=promise.resolve, args=(5,))
    thread.start()
    thread.join(10)
    assert promise.result() == 5


def test_callbacks_get_the_promise() -> None:
    promise: Promise[int] = Promise()
    seen: list[int] = []
    promise.add_done_callback(lambda done: seen.append(done.result()))
    promise.resolve(2)
    assert seen == [2]


def test_it_is_a_coroutine_for_tasks() -> None:
    promise: Promise[int] = Promise()
    failing: Promise[int] = Promise()

    async def run() -> None:
        tasks = [asyncio.create_task(each) for each in (promise, promise, promise, failing)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        threading.Timer(0, promise.resolve, (3,)).start()
        threading.Timer(0, failing.reject, (KeyError("no"),)).start()
        with pytest.raises(asyncio.CancelledError):
            await tasks[1]
        assert [await tasks[0], await tasks[2]] == [3, 3]
        with pytest.raises(KeyError):
            await tasks[3]
        async with asyncio.TaskGroup() as group:
            group.create_task(promise)

    asyncio.run(run())
    assert asyncio.run(promise) == 3
    assert not promise._steps


def test_a_loop_that_was_closed_is_not_woken(caplog: pytest.LogCaptureFixture) -> None:
    promise: Promise[None] = Promise()

    async def wait() -> None:
        await promise

    loop = asyncio.new_event_loop()
    task = loop.create_task(wait())
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    promise.resolve(None)  # on the thread of the loop
    assert not caplog.records
    task._log_destroy_pending = False  # type: ignore[attr-defined]  # the loop went without it
