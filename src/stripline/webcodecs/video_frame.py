"""VideoFrame: one picture of a video, with its time and what is known of it (section 9.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, Unpack

from stripline.webcodecs.color_space import REC709, SRGB, VideoColorSpace
from stripline.webcodecs.exceptions import DataCloneError
from stripline.webcodecs.frame_copy import copy_allocation, copy_pixels
from stripline.webcodecs.frame_geometry import oriented
from stripline.webcodecs.frame_init import (
    BUFFER_MEMBERS,
    FRAME_MEMBERS,
    VideoFrameBufferInit,
    VideoFrameCopyToOptions,
    clone_metadata,
)
from stripline.webcodecs.frame_layout import DOMRect, PlaneLayout
from stripline.webcodecs.frame_sources import Picture, picture_from
from stripline.webcodecs.media import Media, MediaReference
from stripline.webcodecs.orientation import UPRIGHT, Orientation
from stripline.webcodecs.pixel_formats import pixel_format
from stripline.webcodecs.plane_views import visible_planes
from stripline.webcodecs.promise import Promise
from stripline.webcodecs.webidl import (
    check_transfer,
    gather,
    long_long,
    require,
    unsigned_long_long,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from numpy.typing import DTypeLike, NDArray

    from stripline.webcodecs.enums import VideoPixelFormat
    from stripline.webcodecs.webidl import BufferSource

__all__ = ["VideoFrame"]

_Frame = TypeVar("_Frame", bound="VideoFrame")


class VideoFrame(MediaReference[Media]):
    """One picture of a video. Cannot be changed, only closed.

    `VideoFrame(data, {...})` or `VideoFrame(data, format="I420", ...)`: `data` is

    - any buffer, with `format`, `coded_width`, `coded_height` and `timestamp`. The bytes are copied
      unless `data` cannot change (`bytes`), or is listed in `transfer` too and will not be changed
      any more. They hold all coded pixels, tightly packed plane after plane, or as `layout` says;
    - a picture, with `timestamp`: a numpy array of uint8, H x W x 3 (RGB), H x W x 4 (RGBA) or
      H x W (grey), where `format="BGRX"` or another RGB format names another order of channels;
      a Pillow image, whose Exif orientation becomes rotation and flip; or an `av.VideoFrame`,
      which brings its own timestamp and is not copied;
    - another VideoFrame, whose pixels are shared. `visible_rect` crops, `rotation` and `flip` turn
      it further, `alpha="discard"` drops the alpha channel. `metadata` is not taken over, as the
      specification has it.

    A frame may be used in a `with` statement, which closes it. Pictures take memory: close what is
    not needed any more.

    Raises:
        TypeError: A member that is missing, or not what it must be.
        InvalidStateError: A closed frame, a picture without pixels, or an image that was closed or
            is damaged.
        DataCloneError: `transfer` lists a buffer twice, or one that was released; or `metadata`
            cannot be copied.
        NotSupportedError: A picture in a format for which there is no `VideoPixelFormat`.
    """

    __slots__ = (
        "_color_space",
        "_display",
        "_duration",
        "_metadata",
        "_orientation",
    )

    _color_space: VideoColorSpace
    _display: tuple[int, int]
    _duration: int | None
    _metadata: dict[str, Any]
    _orientation: Orientation

    _noun: ClassVar[str] = "frame"

    def __init__(
        self,
        data: VideoFrame | BufferSource | Any,  # noqa: ANN401 - Pillow, numpy and PyAV may be absent
        init: VideoFrameBufferInit | Mapping[str, Any] | None = None,
        /,
        **members: Unpack[VideoFrameBufferInit],
    ) -> None:
        if isinstance(data, VideoFrame):
            given = gather("VideoFrameInit", init, members, FRAME_MEMBERS)
            base = data._picture()  # noqa: SLF001 - of the same class
        else:
            given = gather("VideoFrameBufferInit", init, members, BUFFER_MEMBERS)
            base = picture_from(data, given)
        media = base.media
        shown = base.display or base.orientation.sides(*media.visible[2:])
        seen = oriented(media, base.orientation, shown, given)
        space = _pick_color_space(given.get("color_space", base.color_space), media.format)
        duration = given.get("duration", base.duration)
        if duration is not None:
            duration = unsigned_long_long(duration, "duration")
        if base.timestamp is None:
            require("VideoFrameInit", given, "timestamp")
        timestamp = long_long(given.get("timestamp", base.timestamp), "timestamp")
        check_transfer(given.get("transfer"))
        self._take(*seen, timestamp, duration, space, clone_metadata(given.get("metadata")))

    @classmethod
    def _from_media(
        cls,
        media: Media,
        timestamp: int,
        duration: int | None = None,
        color_space: VideoColorSpace | None = None,
        *,
        orientation: Orientation = UPRIGHT,
        display_size: tuple[int, int] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Self:
        """A frame of pixels that nobody will change: "Create a VideoFrame" of section 9.4.6.

        Args:
            media: The pixels, shared and not copied.
            timestamp: Microseconds.
            duration: Microseconds, or None.
            color_space: None for that of the format: sRGB or REC709.
            orientation: How it must be turned to be shown.
            display_size: Width and height as shown, after the rotation; None for the visible size.
            metadata: Copied.
        """
        frame = cls.__new__(cls)
        frame._take(  # noqa: SLF001 - of this class
            media,
            orientation,
            display_size or orientation.sides(*media.visible[2:]),
            timestamp,
            duration,
            color_space or _pick_color_space(None, media.format),
            clone_metadata(metadata) if metadata else {},
        )
        return frame

    def _take(  # noqa: PLR0917 - all that a frame is
        self,
        media: Media,
        orientation: Orientation,
        display: tuple[int, int],
        timestamp: int,
        duration: int | None,
        color_space: VideoColorSpace,
        metadata: dict[str, Any],
    ) -> None:
        self._resource = media
        self._orientation = orientation
        self._display = display
        self._timestamp = timestamp
        self._duration = duration
        self._color_space = color_space
        self._metadata = metadata

    def _picture(self) -> Picture:
        return Picture(
            self._media(),
            self._color_space,
            self._orientation,
            self._timestamp,
            self._duration,
            self._display,
        )

    @property
    def format(self) -> VideoPixelFormat | None:
        """How the samples lie in memory; None once closed."""
        return self._resource.format if self._resource else None

    @property
    def coded_width(self) -> int:
        """Width in pixels, invisible ones included; 0 once closed."""
        return self._resource.coded_width if self._resource else 0

    @property
    def coded_height(self) -> int:
        """Height in pixels, invisible ones included; 0 once closed."""
        return self._resource.coded_height if self._resource else 0

    @property
    def coded_rect(self) -> DOMRect | None:
        """All pixels; None once closed."""
        return DOMRect(0, 0, self.coded_width, self.coded_height) if self._resource else None

    @property
    def visible_rect(self) -> DOMRect | None:
        """The visible pixels; None once closed."""
        return DOMRect(*self._resource.visible) if self._resource else None

    @property
    def rotation(self) -> int:
        """Degrees clockwise, 0, 90, 180 or 270, to turn it before it is shown."""
        return self._orientation.rotation

    @property
    def flip(self) -> bool:
        """Whether to mirror it left to right after it is turned."""
        return self._orientation.flip

    @property
    def display_width(self) -> int:
        """Width when shown, turned and with square pixels; 0 once closed."""
        return self._display[0]

    @property
    def display_height(self) -> int:
        """Height when shown, turned and with square pixels; 0 once closed."""
        return self._display[1]

    @property
    def duration(self) -> int | None:
        """How long it is shown, in microseconds, or None when not known; kept when closed."""
        return self._duration

    @property
    def color_space(self) -> VideoColorSpace:
        """What the numbers mean as colours; all None once closed."""
        return self._color_space

    def metadata(self) -> dict[str, Any]:
        """A copy of the metadata given at construction.

        Raises:
            InvalidStateError: The frame is closed.
        """
        self._media()
        return clone_metadata(self._metadata)

    def allocation_size(
        self,
        options: VideoFrameCopyToOptions | Mapping[str, Any] | None = None,
        /,
        **members: Unpack[VideoFrameCopyToOptions],
    ) -> int:
        """The bytes that `copy_to()` needs with the same options.

        Raises:
            InvalidStateError: The frame is closed.
            TypeError: A rect or layout that does not fit the frame.
            NotSupportedError: A format other than RGBA, RGBX, BGRA and BGRX is asked for.
        """
        return copy_allocation(self._media(), options, members)

    def copy_to(
        self,
        destination: BufferSource,
        options: VideoFrameCopyToOptions | Mapping[str, Any] | None = None,
        /,
        **members: Unpack[VideoFrameCopyToOptions],
    ) -> Promise[list[PlaneLayout]]:
        """Copy pixels into a buffer; bytes between rows and planes are left alone.

        Args:
            destination: A writable buffer of at least `allocation_size()` bytes.
            options: `rect`, the pixels to copy (default: the visible ones); `layout`, an offset and
                stride in bytes per plane (default: tight); `format`, "RGBA", "RGBX", "BGRA" or
                "BGRX" to convert (default: as they are); `color_space`, "srgb" or "display-p3",
                of what is converted.
            members: The same as keyword arguments.

        Returns:
            An awaitable of the layout of each plane; the copy is made before this returns.
            It is rejected with what
            `allocation_size()` raises, and with a TypeError if the destination is too small.
        """
        promise: Promise[list[PlaneLayout]] = Promise()
        try:
            media = self._media()
            promise.resolve(copy_pixels(media, self._color_space, destination, options, members))
        except Exception as error:  # noqa: BLE001 - a promise takes whatever went wrong
            promise.reject(error)
        return promise

    def planes(self) -> tuple[NDArray[Any], ...]:
        """The visible samples of each plane, read-only and without a copy.

        Returns:
            Arrays of shape (rows, samples), or (rows, samples, components) for the chroma of NV12
            and for RGB formats; uint8, or little-endian uint16 for more than 8 bits. They stay
            valid when the frame is closed.

        Raises:
            InvalidStateError: The frame is closed.
        """
        return visible_planes(self._media())

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 - numpy's protocol
        """The visible pixels of an RGB format, H x W x 4, without a copy unless asked for."""
        planes = self.planes()
        if len(planes) > 1:
            raise TypeError(
                f"{self.format} has {len(planes)} planes and is no single array; use planes(), "
                'or copy_to(destination, format="RGBA")'
            )
        array = planes[0]
        if dtype is not None and dtype != array.dtype:
            if copy is False:
                raise ValueError(f"the samples are {array.dtype}; {dtype} needs a copy")
            return array.astype(dtype)
        return array.copy() if copy else array

    def clone(self) -> Self:
        """A frame of its own life that shares the pixels.

        Raises:
            InvalidStateError: The frame is closed.
        """
        return self._from_media(
            self._media(),
            self._timestamp,
            self._duration,
            self._color_space,
            orientation=self._orientation,
            display_size=self._display,
            metadata=self._metadata,
        )

    def close(self) -> None:
        """Give the pixels up; they are freed with the last clone. Twice is once."""
        self._resource = None
        self._display, self._orientation = (0, 0), UPRIGHT
        self._color_space = _NO_COLORS
        self._metadata = {}

    def __reduce__(self) -> tuple[Any, ...]:
        if self._resource is None:
            raise DataCloneError("a closed frame cannot be handed over")
        return _unpickled, (type(self), {name: getattr(self, name) for name in _SLOTS})

    def __repr__(self) -> str:
        what = "closed"
        if self._resource:
            what = f"{self.format} {self.coded_width}x{self.coded_height}"
        return f"<VideoFrame {what} timestamp={self._timestamp} duration={self._duration}>"


_NO_COLORS = VideoColorSpace()
_SLOTS = (*VideoFrame.__slots__, "_resource", "_timestamp")


def _unpickled(kind: type[_Frame], state: Mapping[str, Any]) -> _Frame:
    frame = kind.__new__(kind)
    for name, value in state.items():
        setattr(frame, name, value)
    return frame


def _pick_color_space(given: object, name: VideoPixelFormat) -> VideoColorSpace:
    """The algorithm "Pick Color Space" of section 9.4.6."""
    if isinstance(given, VideoColorSpace):
        return given
    if given is not None:
        return VideoColorSpace(given)  # type: ignore[arg-type]  # it checks
    return SRGB if pixel_format(name).is_rgb else REC709
