"""What a codec is made of: something that does the work, two callbacks, and what they get."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from stripline.webcodecs.events import callback_of
from stripline.webcodecs.exceptions import DOMException, EncodingError, NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Backend", "callbacks", "dom_exception"]

Config_contra = TypeVar("Config_contra", contravariant=True)
Input_contra = TypeVar("Input_contra", contravariant=True)


class Backend(Protocol[Config_contra, Input_contra]):
    """What does the work of one codec, on the codec's thread only.

    Outputs are the arguments of the output callback. Errors are `DOMException`s; any other is
    reported as an `EncodingError`.
    """

    def configure(self, config: Config_contra) -> None:
        """Get ready for a configuration; called again, after `drain`, with another one.

        With an equal one it is called without `drain` and keeps what is under way.

        Raises:
            NotSupportedError: It cannot be done.
        """

    def work(self, item: Input_contra) -> Iterable[tuple[Any, ...]]:
        """Encode or decode one input; give what comes out, maybe of earlier ones."""

    def drain(self) -> Iterable[tuple[Any, ...]]:
        """Give all that is still inside."""

    def close(self) -> None:
        """Release everything."""


def callbacks(
    init: Mapping[str, Any] | Callable[..., object] | None,
    output: Callable[..., object] | None,
    error: Callable[..., object] | None,
    arguments: int,
) -> tuple[Callable[..., object], Callable[..., object]]:
    """Take the two callbacks of a constructor apart.

    Args:
        init: A dict with "output" and "error", or the output callback, or None.
        output: The output callback; the error callback when `init` is the output callback.
        error: The error callback.
        arguments: How many arguments the output callback gets.

    Raises:
        TypeError: One is missing, no function or an async one, or there is one too many.
    """
    if callable(init):
        if output is not None and error is not None:
            raise TypeError("a codec takes two callbacks, output= and error=; three are given")
        output, error = init, output if error is None else error
    elif isinstance(init, Mapping):
        output, error = init.get("output", output), init.get("error", error)
    elif init is not None:
        raise TypeError(f"a codec needs a dict or functions, not {init!r}")
    for name, callback in (("output", output), ("error", error)):
        if not callable(callback):
            raise TypeError(f"a codec needs a function as {name}=, not {callback!r}")
    assert output is not None  # noqa: S101 - checked in the loop above
    assert error is not None  # noqa: S101 - checked in the loop above
    return callback_of(output, arguments), callback_of(error, 1)


def dom_exception(error: Exception) -> DOMException:
    """An error of a backend as callbacks get it, with its cause."""
    if isinstance(error, DOMException):
        return error
    found: DOMException = EncodingError(f"the codec failed: {type(error).__name__}: {error}")
    if isinstance(error, ImportError):  # PyAV is not installed; the message says how to
        found = NotSupportedError(str(error))
    found.__cause__ = error
    return found
