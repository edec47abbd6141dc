"""Conversions of dictionary members, as Web IDL makes them (Web IDL, section 3.2).

A converter takes a value and the member's name, for messages, and gives the value as it is kept,
or raises TypeError.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from enum import StrEnum

__all__ = [
    "Converter",
    "Members",
    "boolean",
    "codec",
    "convert",
    "data",
    "dictionary",
    "enumeration",
    "integer",
    "number",
    "one_of",
    "positive",
    "refuse_other_spellings",
    "text",
    "unsigned",
]

Converter: TypeAlias = Callable[[Any, str], Any]
Members: TypeAlias = Mapping[str, Converter]


def convert(
    members: Converter,
    given: Mapping[str, Any] | None,
    more: Mapping[str, Any],
    required: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Convert a dictionary given as a mapping, as keyword arguments, or both.

    Args:
        members: A converter made by `dictionary`.
        given: The mapping.
        more: Keyword arguments; they win.
        required: Members that must be there.

    Raises:
        TypeError: One is missing, or is not what it should be.
    """
    if given is not None and not isinstance(given, Mapping):
        raise TypeError(f"a dict is expected, not {given!r}")
    both = {**(given or {}), **more}
    for name in required:
        if both.get(name) is None:
            raise TypeError(f"{name} is required")
    converted: dict[str, Any] = members(both, "")
    return converted


def dictionary(defaults: Mapping[str, Any] | None = None, /, **members: Converter) -> Converter:
    """A dictionary with these members; unknown ones are left out, None is not given.

    Args:
        defaults: What members are that are not given; any other is then absent.
        members: Converters of all members.
    """
    absent = defaults or {}

    def convert_members(value: Any, name: str) -> dict[str, Any]:  # noqa: ANN401 - to be checked
        if not isinstance(value, Mapping):
            to_json = getattr(value, "to_json", None)  # a VideoColorSpace
            if not callable(to_json):
                raise TypeError(f"{name} is a dict, not {value!r}")
            value = to_json()
        prefix = f"{name}." if name else ""
        refuse_other_spellings(value, members, prefix)
        given = {
            member: converter(value[member], prefix + member)
            for member, converter in members.items()
            if value.get(member) is not None
        }
        return given | {member: absent[member] for member in absent if member not in given}

    return convert_members


def refuse_other_spellings(
    given: Iterable[object], known: Collection[str], prefix: str = ""
) -> None:
    """Refuse names that are meant for others, as in JavaScript: keyFrame for key_frame.

    Names of a newer specification are ignored, but these would be ignored by mistake.

    Raises:
        TypeError: There is one.
    """
    for name in given:
        if name not in known and isinstance(name, str):
            plain = name.replace("_", "").lower()
            for meant in known:
                if meant.replace("_", "") == plain:
                    raise TypeError(f"{prefix}{name} is written {prefix}{meant}")


@cache
def enumeration(kind: type[StrEnum]) -> Converter:
    """One of an enumeration, or its string."""

    def convert_enum(value: Any, name: str) -> StrEnum:  # noqa: ANN401 - to be checked
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(f'"{member}"' for member in kind)
            raise TypeError(f"{name} is {value!r}, but may be {known}") from None

    return convert_enum


def integer(least: int, most: int) -> Converter:
    """A whole number in a range; a fraction is cut off ([EnforceRange])."""

    def convert_integer(value: Any, name: str) -> int:  # noqa: ANN401 - to be checked
        whole = value if type(value) is int else _whole(value, name)
        if not least <= whole <= most:
            raise TypeError(f"{name} is {value}, but may be {least} to {most}")
        return whole

    return convert_integer


def one_of(*allowed: int) -> Converter:
    """One of several whole numbers."""
    values = frozenset(allowed)

    def convert_choice(value: Any, name: str) -> int:  # noqa: ANN401 - to be checked
        whole = _whole(value, name)
        if whole not in values:
            raise TypeError(f"{name} may not be {value}")
        return whole

    return convert_choice


def _whole(value: Any, name: str) -> int:  # noqa: ANN401 - to be checked
    try:
        number = value.__index__() if hasattr(value, "__index__") else float(value)
        return int(number)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{name} is a whole number, not {value!r}") from None


unsigned = integer(0, 2**32 - 1)
positive = integer(1, 2**32 - 1)


def number(value: Any, name: str) -> float:  # noqa: ANN401 - to be checked
    """A finite number."""
    try:
        converted = float(value)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{name} is a number, not {value!r}") from None
    if not math.isfinite(converted):
        raise TypeError(f"{name} is {value}, but must be finite")
    return int(converted) if isinstance(value, int) else converted


def boolean(value: Any, name: str) -> bool:  # noqa: ANN401, ARG001 - anything is true or false
    """Whether it is true."""
    return bool(value)


def text(value: Any, name: str) -> str:  # noqa: ANN401 - to be checked
    """A string."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is a string, not {value!r}")
    return str(value)


def codec(value: Any, name: str) -> str:  # noqa: ANN401 - to be checked
    """A string that is not empty but for white space."""
    string = text(value, name)
    if not string.strip(" \t\n\f\r"):
        raise TypeError(f"{name} is empty")
    return string


def data(value: Any, name: str) -> bytes:  # noqa: ANN401 - to be checked
    """A copy of a buffer's bytes."""
    try:
        return memoryview(value).tobytes()
    except (TypeError, ValueError, BufferError) as error:  # ValueError: it was released
        raise TypeError(f"{name} is bytes or another buffer that can be read: {error}") from error
