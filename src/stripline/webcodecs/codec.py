"""The one state machine of all four codecs (sections 3 to 6 of WebCodecs).

Calls put messages on a control queue and return at once; the codec's thread works them off with a
backend. What can be seen from outside (state, queue size, pending flushes, callbacks) changes only
in calls and in tasks that the delivery runs, in order, so nobody sees it out of step.

Every `reset()`, `close()` and error begins a new generation. Work, outputs and tasks carry the
generation they belong to and are dropped when it is over.

Choices where the specification leaves one:

* The error callback runs before pending flushes are rejected.
* `dequeue` may be scheduled again from inside its own handler.
* An exception that a callback raises is reported (see `delivery`) and the codec goes on.
* A second `configure()` with another configuration first completes the work before it.
"""

from __future__ import annotations

import threading
from abc import abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Self, TypeVar

from stripline.webcodecs.backend import callbacks, dom_exception
from stripline.webcodecs.control_queue import ControlQueue
from stripline.webcodecs.delivery import Delivery, LoopDelivery, ThreadDelivery, running_loop
from stripline.webcodecs.enums import CodecState
from stripline.webcodecs.events import Event, EventHandler, EventTarget
from stripline.webcodecs.exceptions import AbortError, InvalidStateError
from stripline.webcodecs.forking import watch_forks
from stripline.webcodecs.promise import Promise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stripline.webcodecs.backend import Backend
    from stripline.webcodecs.exceptions import DOMException
    from stripline.webcodecs.streaming import Feed

__all__ = ["Codec"]

_LOOP_GONE: Final = "the asyncio loop that the codec was made on is closed: make another codec"

Config = TypeVar("Config")
Input = TypeVar("Input")


class Codec(EventTarget, Generic[Config, Input]):
    """Base of the four codecs.

    Args:
        output: Called with each output.
        error: Called once, with the error that closed the codec.

    Attributes:
        ondequeue: Called when the queue size has gone down; None for none.
    """

    output_arguments: ClassVar[int]
    """How many arguments the output callback gets."""

    ondequeue = EventHandler("dequeue")

    def __init__(
        self,
        init: Mapping[str, Any] | Callable[..., object] | None = None,
        output: Callable[..., object] | None = None,
        error: Callable[..., object] | None = None,
    ) -> None:
        super().__init__()
        self._output, self._error = callbacks(init, output, error, self.output_arguments)
        self._lock = threading.RLock()
        self._state = CodecState.UNCONFIGURED
        self._queue_size = 0
        self._flushes: list[Promise[None]] = []
        self._closed_by: DOMException | None = None
        self._told = False  # whether the error callback has run
        self._dequeue_scheduled = False
        self._generation = 0
        self._feed: Feed[Any] | None = None  # what `stream` listens with
        # These two belong to the codec's thread.
        self._backend: Backend[Config, Input] | None = None
        self._active: Config | None = None
        self._failed = -1  # the last generation that failed: its remaining work is not begun
        self._queue = ControlQueue(f"stripline-{type(self).__name__}")
        loop = running_loop()
        self._delivery: Delivery = (
            ThreadDelivery(self._queue) if loop is None else LoopDelivery(loop)
        )
        watch_forks(self)

    # What each codec adds.

    @abstractmethod
    def _new_backend(self) -> Backend[Config, Input]:
        """Make the object that does the work; called on the codec's thread."""

    def _finish(self, output: tuple[Any, ...]) -> tuple[Any, ...]:
        """Make what the callback gets of a backend's output, on the thread that delivers it.

        Gives it back as it is unless overridden.
        """
        return output

    # Calls.

    @property
    def state(self) -> CodecState:
        """Whether the codec is "unconfigured", "configured" or "closed"."""
        return self._state

    def _configure(self, config: Config) -> None:
        """Take a configuration that is checked already.

        Raises:
            InvalidStateError: The codec is closed.
        """
        with self._lock:
            self._refuse_closed("configure()")
            self._queue.put(self._run_configure, self._generation, config)
            self._state = CodecState.CONFIGURED

    def _enqueue(self, item: Input) -> None:
        """Queue an input; the caller has checked it and the state under the lock."""
        self._queue_size += 1
        self._queue.put(self._run_work, self._generation, item)

    def flush(self) -> Promise[None]:
        """Complete all work that is queued and emit its outputs.

        Returns:
            A promise, resolved when the outputs of all work before the call have been delivered.
            It is rejected with InvalidStateError when the codec is not configured, with AbortError
            by `reset()` and `close()`, and with the codec's error if it fails. Without a loop the
            codec may have failed before the call, at any time; then it is that error too.
        """
        with self._lock:
            promise: Promise[None] = Promise(self._delivery.is_here)
            if self._closed_by is not None and isinstance(self._delivery, ThreadDelivery):
                if self._told:
                    promise.reject(self._closed_by)
                else:
                    self._flushes.append(promise)
                return promise
            if self._state is not CodecState.CONFIGURED:
                return Promise.rejected(self._not_configured("flush()"))
            if self._delivery.is_gone():
                return Promise.rejected(InvalidStateError(_LOOP_GONE))
            if not self._queue.put(self._run_flush, self._generation, promise):
                return Promise.rejected(InvalidStateError("flush() when the process ends"))
            self._flushes.append(promise)
            return promise

    def reset(self) -> None:
        """Drop all work and the configuration; pending flushes are rejected with AbortError.

        No output of earlier work is delivered any more. A callback that runs on another thread
        meanwhile is waited for, for a second at most.

        Raises:
            InvalidStateError: The codec is closed.
        """
        self._stop("reset()", CodecState.UNCONFIGURED)

    def close(self) -> None:
        """Drop all work and release everything, for good; see `reset`.

        Raises:
            InvalidStateError: The codec is closed already.
        """
        self._stop("close()", CodecState.CLOSED)

    def _stop(self, call: str, state: CodecState) -> None:
        with self._lock:
            self._refuse_closed(call)
            flushes, lowered = self._abort(state)
        self._after_abort(lowered=lowered)
        for promise in flushes:
            promise.reject(AbortError(f"the work was given up: {call} was called"))
        if not self._delivery.is_here():
            self._delivery.settle()

    def _refuse_closed(self, call: str) -> None:
        if self._state is CodecState.CLOSED:
            raise InvalidStateError(f"{call} on a codec that is closed") from self._closed_by

    def _refuse_unconfigured(self, call: str) -> None:
        if self._state is not CodecState.CONFIGURED:
            raise self._not_configured(call)

    def _not_configured(self, call: str) -> InvalidStateError:
        advice = ": call configure() first" if self._state is CodecState.UNCONFIGURED else ""
        error = InvalidStateError(f"{call} on a codec that is {self._state}{advice}")
        error.__cause__ = self._closed_by
        return error

    # Changes that calls and delivered tasks make. No callback runs under the lock.

    def _abort(self, state: CodecState) -> tuple[list[Promise[None]], bool]:
        """Begin a new generation, under the lock; give the flushes and whether inputs drop."""
        self._generation += 1
        self._state = state
        self._queue.clear()
        if self._queue.thread is not None:
            self._queue.put(self._release, keep=True)
        flushes, self._flushes = self._flushes, []
        lowered, self._queue_size = self._queue_size > 0, 0
        return flushes, lowered

    def _after_abort(self, *, lowered: bool) -> None:
        """What `_abort` leaves to be done without the lock."""
        if lowered:
            self._schedule_dequeue()
        feed = self._feed  # the loop's thread may take it away
        if feed is not None:
            self._delivery.post(feed.changed)
        if self._state is CodecState.CLOSED:
            self._queue.end()

    def _schedule_dequeue(self) -> None:
        with self._lock:
            if self._dequeue_scheduled:
                return
            self._dequeue_scheduled = True
        self._delivery.post_late(self._fire_dequeue)

    # Tasks that the delivery runs.

    def _fire_dequeue(self) -> None:
        self._dequeue_scheduled = False
        if self._feed is not None:
            self._feed.changed()
        if self._registrations:
            self._delivery.call(self.dispatch_event, Event("dequeue", self))

    def _report_listener(self, error: Exception) -> None:
        self._delivery.report(error)

    def _took_one(self, generation: int) -> None:
        with self._lock:
            if generation != self._generation:
                return
            self._queue_size -= 1
            if self._dequeue_scheduled:
                return
        self._schedule_dequeue()

    def _deliver(self, generation: int, output: tuple[Any, ...]) -> None:
        if generation != self._generation:
            return
        try:
            output = self._finish(output)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported as the codec's
            self._close_on_error(generation, dom_exception(error))
            return
        # Another thread may have called reset() meanwhile; if it does after this line, it waits.
        if generation != self._generation:
            return
        self._delivery.call(self._output, *output)
        if self._feed is not None:
            self._feed.arrived(output[0])

    def _resolve_flush(self, promise: Promise[None]) -> None:
        with self._lock:
            if promise not in self._flushes:
                return
            self._flushes.remove(promise)
        self._delivery.call(promise.resolve, None)

    def _close_on_error(self, generation: int, error: DOMException) -> None:
        with self._lock:
            if generation != self._generation:
                return
            flushes, lowered = self._abort(CodecState.CLOSED)
            self._closed_by = error
        self._after_abort(lowered=lowered)
        try:
            self._delivery.call(self._error, error)
        finally:  # the callback may leave the loop
            with self._lock:
                self._told = True
                flushes += self._flushes
                self._flushes = []
            for promise in flushes:
                self._delivery.call(promise.reject, error)

    # Messages that the codec's thread runs. What they have to tell is held until another input was
    # begun, or there is none.

    def _is_over(self, generation: int) -> bool:
        return generation == self._failed or generation != self._generation

    def _run_configure(self, generation: int, config: Config) -> None:
        if self._is_over(generation):
            return
        self._delivery.wake()
        try:
            if self._backend is None:
                self._backend = self._new_backend()
            elif config != self._active:
                self._emit(generation, self._backend.drain())
            self._backend.configure(config)
            self._active = config
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported as the codec's
            self._fail(generation, error)
        self._delivery.wake(len(self._queue))

    def _run_work(self, generation: int, item: Input) -> None:
        if self._is_over(generation) or self._backend is None:
            return
        self._delivery.hold(self._took_one, generation)
        self._delivery.wake(len(self._queue))
        try:
            self._emit(generation, self._backend.work(item))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported as the codec's
            self._fail(generation, error)
        if not self._queue:
            self._delivery.wake()

    def _run_flush(self, generation: int, promise: Promise[None]) -> None:
        if self._is_over(generation) or self._backend is None:
            return
        self._delivery.wake()
        try:
            self._emit(generation, self._backend.drain())
            self._delivery.hold_alone(self._resolve_flush, promise)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported as the codec's
            self._fail(generation, error)
        self._delivery.wake()
        if self._delivery.is_gone():
            promise.reject(InvalidStateError(_LOOP_GONE))

    def _emit(self, generation: int, outputs: Iterable[tuple[Any, ...]]) -> None:
        for output in outputs:
            if generation != self._generation:
                return
            self._delivery.hold(self._deliver, generation, output)

    def _fail(self, generation: int, error: Exception) -> None:
        self._failed = generation
        self._delivery.post(self._close_on_error, generation, dom_exception(error))

    def _release(self) -> None:
        self._delivery.wake()
        backend, self._backend, self._active = self._backend, None, None
        if backend is not None:
            backend.close()

    def _give_up(self) -> Backend[Config, Input] | None:
        """Close in a forked process, where this codec has no thread; give the useless backend."""
        self._lock = threading.RLock()  # a thread that is not here may hold the old one
        self._state = CodecState.CLOSED
        self._queue_size = 0
        self._closed_by = InvalidStateError(
            "the codec belongs to the process that this one was forked from: make another here"
        )
        self._told = True
        for promise in self._flushes:
            promise.give_up(self._closed_by)
        self._flushes = []
        return self._backend

    # Comforts that the web does not have.

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Flush and close, or raise what has closed the codec; see `__aexit__`."""
        try:
            if kind is None and self._state is CodecState.CONFIGURED:
                self.flush().result()
        finally:
            self._close_if_open()
        self._raise_what_closed(kind)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Flush and close, or raise what has closed the codec.

        With an exception on its way the codec is closed only.
        """
        try:
            if kind is None and self._state is CodecState.CONFIGURED:
                await self.flush()
        finally:
            self._close_if_open()
        self._raise_what_closed(kind)

    def _raise_what_closed(self, kind: type[BaseException] | None) -> None:
        if kind is None and self._closed_by is not None:
            raise self._closed_by

    def _close_if_open(self) -> None:
        with suppress(InvalidStateError):
            self.close()
