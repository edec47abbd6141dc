"""VideoColorSpace: what the numbers of a frame mean as colours (section 9.9)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar, Unpack

from stripline.webcodecs.enums import (
    VideoColorPrimaries,
    VideoMatrixCoefficients,
    VideoTransferCharacteristics,
)
from stripline.webcodecs.webidl import enum_member, gather

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stripline.webcodecs.configs import VideoColorSpaceInit

__all__ = ["REC709", "SRGB", "VideoColorSpace"]


_Enum = TypeVar("_Enum", bound=StrEnum)

_MEMBERS: Final = frozenset({"primaries", "transfer", "matrix", "full_range"})


class VideoColorSpace:
    """Colour primaries, transfer characteristics, matrix and range. Cannot be changed.

    `VideoColorSpace({"matrix": "bt709"})` and `VideoColorSpace(matrix="bt709")` are the same.

    Raises:
        TypeError: A member that is none of these.
    """

    __slots__ = ("_full_range", "_matrix", "_primaries", "_transfer")

    def __init__(
        self,
        init: VideoColorSpaceInit | Mapping[str, Any] | VideoColorSpace | None = None,
        /,
        **members: Unpack[VideoColorSpaceInit],
    ) -> None:
        given = gather(
            "VideoColorSpaceInit",
            init.to_json() if isinstance(init, VideoColorSpace) else init,
            members,
            _MEMBERS,
        )
        self._primaries = _optional(VideoColorPrimaries, given, "primaries")
        self._transfer = _optional(VideoTransferCharacteristics, given, "transfer")
        self._matrix = _optional(VideoMatrixCoefficients, given, "matrix")
        value = given.get("full_range")
        self._full_range = None if value is None else bool(value)

    @property
    def primaries(self) -> VideoColorPrimaries | None:
        """One of "bt709", "bt470bg", "smpte170m", "bt2020", "smpte432", or None: not known."""
        return self._primaries

    @property
    def transfer(self) -> VideoTransferCharacteristics | None:
        """One of "bt709", "smpte170m", "iec61966-2-1", "linear", "pq", "hlg", or None."""
        return self._transfer

    @property
    def matrix(self) -> VideoMatrixCoefficients | None:
        """One of "rgb", "bt709", "bt470bg", "smpte170m", "bt2020-ncl", or None."""
        return self._matrix

    @property
    def full_range(self) -> bool | None:
        """Whether black is 0 and white the highest number; None when not known."""
        return self._full_range

    def to_json(self) -> dict[str, Any]:
        """All four members as a new dict; None where not known."""
        return {
            "primaries": self._primaries,
            "transfer": self._transfer,
            "matrix": self._matrix,
            "full_range": self._full_range,
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, VideoColorSpace):
            return NotImplemented
        return self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash((self._primaries, self._transfer, self._matrix, self._full_range))

    def __reduce__(self) -> tuple[type[VideoColorSpace], tuple[dict[str, Any]]]:
        return VideoColorSpace, (self.to_json(),)

    def __repr__(self) -> str:
        known = (f"{name}={value}" for name, value in self.to_json().items())
        return f"VideoColorSpace({', '.join(known)})"


def _optional(enum: type[_Enum], given: Mapping[str, Any], name: str) -> _Enum | None:
    return enum_member(enum, given[name], name) if name in given else None


SRGB: Final = VideoColorSpace(
    primaries="bt709", transfer="iec61966-2-1", matrix="rgb", full_range=True
)
"""The "sRGB Color Space" of section 9.9: what RGB frames have unless another is given."""

REC709: Final = VideoColorSpace(
    primaries="bt709", transfer="bt709", matrix="bt709", full_range=False
)
"""The "REC709 Color Space" of section 9.9: what all other frames have unless one is given."""
