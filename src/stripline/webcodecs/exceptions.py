"""The errors of the web platform that WebCodecs speaks of, as Python exceptions.

::

    StriplineError
    └── DOMException                     has a `name` and a `message`, as in a browser
        ├── AbortError                   the work was given up: `reset()` or `close()`
        ├── DataCloneError               an object that cannot be handed over, closed or detached
        ├── DataError                    the chunk does not fit here: a key chunk is needed first
        ├── EncodingError                the data could not be encoded or decoded
        ├── InvalidAccessError           the object does not allow this use
        ├── InvalidStateError            the object is not in a state that allows the call
        ├── NotSupportedError            no codec here does what the configuration asks for
        ├── OperationError               the operation failed for a reason of its own
        ├── QuotaExceededError           resources ran out
        └── SecurityError                the source may not be read

The names are those of Web IDL, section 2.8.1 ("Base DOMException error names"). `TypeError` of the
specification is Python's own; its `RangeError` is `RangeError` here, a `ValueError`.

All classes survive pickling, so they may cross process boundaries.
"""

from __future__ import annotations

from typing import Final

from stripline.errors import StriplineError

__all__ = [
    "AbortError",
    "DOMException",
    "DataCloneError",
    "DataError",
    "EncodingError",
    "InvalidAccessError",
    "InvalidStateError",
    "NotSupportedError",
    "OperationError",
    "QuotaExceededError",
    "RangeError",
    "SecurityError",
]


_LEGACY_CODES: Final = {
    "NotSupportedError": 9,
    "InvalidStateError": 11,
    "InvalidAccessError": 15,
    "SecurityError": 18,
    "AbortError": 20,
    "QuotaExceededError": 22,
    "DataCloneError": 25,
}


class DOMException(StriplineError):
    """Base of the web platform's errors.

    Attributes:
        name: The error's name in the specification: "InvalidStateError", ...; of a plain
            `DOMException` it may be chosen, and is "Error" by default.
        message: What happened.
        code: The number that old browsers gave the name, 0 for most.
    """

    def __init__(self, message: str = "", name: str | None = None) -> None:
        super().__init__(message)
        own = type(self).__name__
        self.message = message
        self.name = name or ("Error" if own == "DOMException" else own)

    @property
    def code(self) -> int:
        """The name's legacy code (Web IDL, section 2.8.1), or 0."""
        return _LEGACY_CODES.get(self.name, 0)


class AbortError(DOMException):
    """The work was given up, by `reset()` or `close()`."""


class DataCloneError(DOMException):
    """An object that cannot be handed over, because it is closed or detached."""


class DataError(DOMException):
    """The chunk cannot be taken here: after `configure()` and `flush()` a key chunk comes first."""


class EncodingError(DOMException):
    """The data could not be encoded or decoded; the cause is kept where there is one."""


class InvalidAccessError(DOMException):
    """The object does not allow this use."""


class InvalidStateError(DOMException):
    """The object is not in a state that allows the call: not configured, or closed."""


class NotSupportedError(DOMException):
    """No codec here does what the configuration asks for."""


class OperationError(DOMException):
    """The operation failed for a reason of its own."""


class QuotaExceededError(DOMException):
    """Resources ran out."""


class SecurityError(DOMException):
    """The source may not be read."""


class RangeError(ValueError):
    """A number outside of what the object has: ECMAScript's RangeError."""
