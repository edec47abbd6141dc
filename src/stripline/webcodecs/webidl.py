"""The arguments of frames and chunks, as Web IDL takes them: dictionaries, numbers, buffers.

A value that cannot be converted is a `TypeError`, as the specification says throughout
(https://webidl.spec.whatwg.org/, "Type mapping").
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from numbers import Real
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from stripline.webcodecs.exceptions import DataCloneError
from stripline.webcodecs.members import enumeration, integer, refuse_other_spellings

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Buffer

__all__ = [
    "UNSIGNED_LONG_MAX",
    "BufferSource",
    "as_float",
    "buffer_to_read",
    "buffer_to_write",
    "check_transfer",
    "enum_member",
    "gather",
    "is_transferred",
    "kept_bytes",
    "long_long",
    "require",
    "unsigned_long",
    "unsigned_long_long",
]

UNSIGNED_LONG_MAX: Final = 2**32 - 1
unsigned_long: Final = integer(0, UNSIGNED_LONG_MAX)
unsigned_long_long: Final = integer(0, 2**64 - 1)
long_long: Final = integer(-(2**63), 2**63 - 1)

_NO_SAMPLE_BYTES: Final = 8

_Enum = TypeVar("_Enum", bound=StrEnum)

# Anything with the buffer protocol; numpy says so of its arrays from Python 3.12 on only.
BufferSource: TypeAlias = "Buffer | NDArray[Any]"


def gather(
    what: str, init: object, keywords: Mapping[str, Any], known: frozenset[str]
) -> dict[str, Any]:
    """One dictionary of an init dictionary and keyword arguments; keywords win.

    Args:
        what: The dictionary's name, for messages.
        init: A mapping or None. Unknown members are ignored, as in a browser.
        keywords: Keyword arguments. An unknown one is a mistake in a call and raises.
        known: The members there are.

    Returns:
        Known members only. A member that is None counts as absent.

    Raises:
        TypeError: `init` is no mapping, a keyword argument is unknown, or a name is spelt as in
            JavaScript.
    """
    if init is not None and not isinstance(init, Mapping):
        raise TypeError(f"{what} must be a dict, not {type(init).__name__}")
    for name in keywords:
        if name not in known:
            raise TypeError(f"{what} has no member {name!r}; it has {', '.join(sorted(known))}")
    if init:
        refuse_other_spellings(init, known)
    given = {**init, **keywords} if init else keywords
    return {name: value for name, value in given.items() if value is not None and name in known}


def require(what: str, members: Mapping[str, Any], *names: str) -> None:
    """Raise a TypeError unless all these members are there."""
    if not members.keys() >= set(names):
        missing = [name for name in names if name not in members]
        raise TypeError(f"{what} needs {', '.join(missing)}")


def as_float(value: object) -> float:
    """A number as floating point: infinite when it is too large, NaN when it is none."""
    try:
        return float(value) if isinstance(value, Real) else math.nan
    except OverflowError:
        return math.inf


def enum_member(kind: type[_Enum], value: object, name: str) -> _Enum:
    """The member of an enumeration, given itself or its text."""
    if isinstance(value, kind):
        return value
    member: _Enum = enumeration(kind)(value, name)
    return member


def buffer_to_read(data: object, name: str) -> memoryview:
    """The bytes of anything with the buffer protocol, row by row.

    No copy is made of a contiguous buffer.

    Raises:
        TypeError: `data` has no buffer, one that was released, or one of numbers of eight bytes,
            which no samples are: numpy makes such arrays where nothing else is asked for.
    """
    view = _view(data, name)
    if view.itemsize == _NO_SAMPLE_BYTES:
        raise TypeError(
            f"{name} holds numbers of eight bytes, which no samples are: convert it with astype()"
        )
    if view.nbytes == 0:
        return memoryview(b"")
    if view.c_contiguous:
        try:
            return view.cast("B")
        except TypeError:  # numbers of the other byte order
            pass
    return memoryview(view.tobytes())


def buffer_to_write(destination: object, name: str) -> memoryview:
    """A buffer's bytes, to be written into.

    Raises:
        TypeError: It has no buffer, or one that is read-only or has gaps.
    """
    view = _view(destination, name)
    if view.readonly or not view.c_contiguous:
        raise TypeError(f"{name} must be writable and contiguous")
    return view.cast("B") if view.nbytes else memoryview(bytearray())


def _view(data: object, name: str) -> memoryview:
    try:
        return memoryview(data)  # type: ignore[arg-type]  # what it takes is what is asked
    except (TypeError, ValueError, BufferError) as error:
        raise TypeError(f"{name} must be a buffer that can be used: {error}") from error


def kept_bytes(data: object, view: memoryview, transfer: object) -> memoryview:
    """Bytes that will not change: a copy, unless `data` is handed over or cannot change.

    Args:
        data: What the caller gave.
        view: The bytes of it that are needed.
        transfer: The buffers that are handed over, which `check_transfer` looks at.
    """
    if is_transferred(data, transfer) or isinstance(data, bytes):
        return view.toreadonly()
    return memoryview(bytes(view))


def is_transferred(data: object, transfer: object) -> bool:
    """Whether `data` is among the buffers that the caller hands over.

    Python cannot take a buffer away from its owner as a browser does. Handing one over means
    that it is used where it lies, without a copy, and must not be changed any more.
    """
    return isinstance(transfer, Iterable) and any(item is data for item in transfer)


def check_transfer(transfer: object) -> None:
    """Look at the buffers that a caller hands over, when all else has been found right.

    Raises:
        TypeError: It is no list of buffers.
        DataCloneError: A buffer is listed twice, or was released.
    """
    if transfer is None:
        return
    if not isinstance(transfer, Sequence) or isinstance(transfer, str | bytes):
        raise TypeError(f"transfer must be a list of buffers, not {transfer!r}")
    for item in transfer:
        try:
            memoryview(item).release()
        except (ValueError, BufferError) as error:
            raise DataCloneError(f"transfer lists a buffer that cannot be used: {error}") from error
        except TypeError:
            raise TypeError(f"transfer lists {item!r}, which is no buffer") from None
    if len({id(item) for item in transfer}) != len(transfer):
        raise DataCloneError("transfer lists the same buffer twice")
