"""What an ImageDecoder is given: its members, and where its bytes come from (section 10.2)."""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Any, Final, TypedDict

from stripline.webcodecs import members as m
from stripline.webcodecs.enums import ColorSpaceConversion
from stripline.webcodecs.events import taking
from stripline.webcodecs.exceptions import DataError
from stripline.webcodecs.webidl import check_transfer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from stripline.webcodecs.webidl import BufferSource

__all__ = [
    "ImageDecodeOptions",
    "ImageDecoderInit",
    "check_init",
    "check_options",
    "essence",
    "image_essence",
    "is_buffer",
    "pieces",
]

_READ_BYTES: Final = 65_536

# A media type between white space (MIME Sniffing, section 4.4); its parameters do not matter.
_NAME: Final = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MEDIA_TYPE: Final = re.compile(
    rf"[\t\n\r ]*({_NAME}/{_NAME})[\t\n\r ]*(?:;.*)?", re.DOTALL | re.ASCII
)


class ImageDecoderInit(TypedDict, total=False):
    """What to decode; `type` and `data` are required (section 10.3)."""

    type: str
    data: BufferSource | AsyncIterable[bytes] | Any
    color_space_conversion: ColorSpaceConversion | str
    desired_width: int
    desired_height: int
    prefer_animation: bool
    transfer: Sequence[BufferSource]


class ImageDecodeOptions(TypedDict, total=False):
    """Which frame to decode (section 10.4)."""

    frame_index: int
    complete_frames_only: bool


def _anything(value: Any, name: str) -> Any:  # noqa: ANN401, ARG001 - checked later
    return value


_INIT: Final = m.dictionary(
    type=m.text,
    data=_anything,
    color_space_conversion=m.enumeration(ColorSpaceConversion),
    desired_width=m.unsigned,
    desired_height=m.unsigned,
    prefer_animation=m.boolean,
    transfer=_anything,
)
_OPTIONS: Final = m.dictionary(frame_index=m.unsigned, complete_frames_only=m.boolean)


def essence(media_type: object) -> str:
    """A media type in small letters, without parameters.

    Raises:
        TypeError: It is none.
    """
    match = _MEDIA_TYPE.fullmatch(media_type) if isinstance(media_type, str) else None
    if match is None:
        raise TypeError(f"type is a media type, such as image/png, not {media_type!r}")
    return match[1].lower()


def image_essence(media_type: object) -> str:
    """A media type of images in small letters, without parameters.

    Raises:
        TypeError: It is none.
    """
    kind = essence(media_type)
    if not kind.startswith("image/"):
        raise TypeError(f"{kind} is no media type of images, such as image/png")
    return kind


def check_init(init: Mapping[str, Any] | None, more: Mapping[str, Any]) -> dict[str, Any]:
    """Check an ImageDecoderInit; give its known members.

    Raises:
        TypeError: It is not valid ("valid ImageDecoderInit", section 10.3).
        DataCloneError: `transfer` lists a buffer twice, or one that was released.
    """
    given = m.convert(_INIT, init, more, required=("type", "data"))
    essence(given["type"])
    if ("desired_width" in given) != ("desired_height" in given):
        raise TypeError("desired_width and desired_height go together: give both or none")
    data = given["data"]
    if is_buffer(data):
        if not memoryview(data).nbytes:
            raise TypeError("data is empty")
    elif not isinstance(data, AsyncIterable) and not callable(getattr(data, "read", None)):
        raise TypeError(
            f"data is a buffer, an async iterable of bytes or has an async read(), not {data!r}"
        )
    check_transfer(given.get("transfer"))
    return given


def check_options(options: Mapping[str, Any] | None, more: Mapping[str, Any]) -> dict[str, Any]:
    """Check ImageDecodeOptions, and fill what is missing.

    Raises:
        TypeError: They are not valid.
    """
    return {
        "frame_index": 0,
        "complete_frames_only": True,
        **m.convert(_OPTIONS, options, more),
    }


def is_buffer(data: object) -> bool:
    """Whether this has bytes in memory.

    Raises:
        TypeError: It had, and was released.
    """
    try:
        memoryview(data)  # type: ignore[arg-type]  # that is what is asked
    except ValueError as error:
        raise TypeError(f"data is a buffer that cannot be used: {error}") from error
    except TypeError:
        return False
    return True


async def pieces(data: Any) -> AsyncIterator[bytes]:  # noqa: ANN401 - anything like a stream
    """The bytes of a stream as they come.

    Raises:
        DataError: It gives something else than bytes.
    """
    read = getattr(data, "read", None)
    if not callable(read):
        async for piece in data:
            yield _bytes(piece)
        return
    take = taking(read, 1)  # `read()` or `read(n)`
    while True:
        answer = take(_READ_BYTES)
        piece = _bytes(await answer if inspect.isawaitable(answer) else answer)
        if not piece:
            return
        yield piece


def _bytes(piece: Any) -> bytes:  # noqa: ANN401 - to be checked
    try:
        return memoryview(piece).tobytes()
    except TypeError:
        raise DataError(f"the stream gave {piece!r}, which is no bytes") from None
