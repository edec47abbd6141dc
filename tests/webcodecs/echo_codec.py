"""A codec with the real state machine and a backend that gives back what it gets."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar

from stripline.webcodecs.codec import Codec
from stripline.webcodecs.exceptions import EncodingError, NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stripline.webcodecs.exceptions import DOMException


class Picture:
    """An input that can be seen to be freed."""


class EchoBackend:
    """Gives each item out at once, or with the next one when it is configured with a delay.

    The item "bad" fails; a threading.Event is waited for before it is given out.
    """

    def __init__(self) -> None:
        self.held: list[object] = []
        self.config: dict[str, Any] = {}
        self.closed = False

    def configure(self, config: dict[str, Any]) -> None:
        if config.get("codec") == "bogus":
            raise NotSupportedError("bogus")
        self.config = config

    def work(self, item: object) -> Iterator[tuple[object]]:
        if isinstance(item, threading.Event):
            assert item.wait(10)
        if item == "bad":
            raise EncodingError("bad")
        if item == "bug":
            raise ZeroDivisionError("bug")
        self.held.append(item)
        while len(self.held) > self.config.get("delay", 0):
            yield (self.held.pop(0),)

    def drain(self) -> Iterator[tuple[object]]:
        while self.held:
            yield (self.held.pop(0),)

    def close(self) -> None:
        self.closed = True


class EchoCodec(Codec[dict[str, Any], object]):
    """Of the four codecs' shape."""

    output_arguments: ClassVar[int] = 1

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.backends: list[EchoBackend] = []

    @property
    def queue_size(self) -> int:
        return self._queue_size

    def configure(self, **config: Any) -> None:
        self._configure(config)

    def put(self, item: object) -> None:
        with self._lock:
            self._refuse_unconfigured("put()")
            self._enqueue(item)

    def _new_backend(self) -> EchoBackend:
        self.backends.append(EchoBackend())
        return self.backends[-1]

    def _finish(self, output: tuple[object, ...]) -> tuple[object, ...]:
        if output == ("unfinished",):
            raise EncodingError("unfinished")
        return output


class Log:
    """What a codec said."""

    def __init__(self, *, loop: bool = True, **config: Any) -> None:
        self.outputs: list[object] = []
        self.errors: list[DOMException] = []
        self.states: list[str] = []
        self.sizes: list[int] = []
        self.codec = EchoCodec(self.outputs.append, self._error)
        self.codec.ondequeue = lambda: self.sizes.append(self.codec.queue_size)
        self.codec.configure(**config)
        assert isinstance(self.codec._delivery.is_here(), bool)
        assert self.codec._delivery.is_here() is loop

    def _error(self, error: DOMException) -> None:
        self.errors.append(error)
        self.states.append(self.codec.state)
