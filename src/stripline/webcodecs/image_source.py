"""A picture file that may still be coming in: its tracks, and its frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stripline.webcodecs.exceptions import EncodingError
from stripline.webcodecs.image_avif import with_sequence_first
from stripline.webcodecs.image_scan import SCANNERS, Scan
from stripline.webcodecs.video_frame import VideoFrame

if TYPE_CHECKING:
    from stripline.webcodecs._image_apng import ApngPictures
    from stripline.webcodecs._image_av import AvPictures
    from stripline.webcodecs._image_pillow import PillowPictures
    from stripline.webcodecs.color_space import VideoColorSpace
    from stripline.webcodecs.media import Media
    from stripline.webcodecs.orientation import Orientation

__all__ = ["IMAGE_TYPES", "ImageSource"]

IMAGE_TYPES: Final = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/apng": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
}
"""Media types, and Pillow's name of each."""

_GIF_TRAILER: Final = b"\x3b"
_PNG_END: Final = bytes.fromhex("0000000049454e44ae426082")  # an empty IEND and its checksum


@dataclass(slots=True)
class _Reader:
    """An open file: frames up to `last` can be asked for."""

    pictures: ApngPictures | PillowPictures | AvPictures
    last: int


class ImageSource:
    """The bytes of a picture file.

    Args:
        media_type: One of `IMAGE_TYPES`.
    """

    def __init__(self, media_type: str) -> None:
        self._type = media_type
        self._is_png = IMAGE_TYPES[media_type] == "PNG"
        self._data = bytearray()
        self._scan = Scan()
        self._readers: dict[int, _Reader] = {}
        self._orientation: Orientation | None = None
        self.final = False
        """Whether all bytes have come."""
        self.tracks: list[Scan] = []
        """The tracks, as far as they are known; none before the first bytes say so."""

    def feed(self, data: bytes | bytearray | memoryview, *, final: bool) -> None:
        """Take more bytes.

        Raises:
            EncodingError: They are no such picture.
        """
        self._data += data
        self.final = final
        if self._type == "image/avif":
            # Where things are is often said at the end: wait for it.
            self.tracks = _scan_avif(bytes(self._data)) if final else []
            return
        SCANNERS[self._type](self._scan, self._data, final=final)
        self.tracks = [self._scan] if self._scan.known else []
        if final and not self.tracks:
            raise EncodingError("the data ends before it says what it holds")

    @property
    def primary(self) -> int:
        """The track that is shown unless another is asked for."""
        moving = self._data[8:12] == b"avis"  # the major brand of AVIF sequences
        return len(self.tracks) - 1 if moving else 0

    def has(self, track: int, index: int) -> bool:
        """Whether a frame has come whole."""
        return index < len(self.tracks[track].ends)

    def decode(self, track: int, index: int) -> VideoFrame:
        """Decode a frame.

        Raises:
            EncodingError: It is damaged or cut.
        """
        scan = self.tracks[track]
        if not self.has(track, index):
            raise EncodingError(f"frame {index} is cut: the data ends within it")
        if self._orientation is None:
            self._orientation = self._read_orientation()
        media, colors = self._frame(track, index)
        return VideoFrame._from_media(  # noqa: SLF001 - made for this
            media,
            timestamp=sum(duration or 0 for duration in scan.durations[:index]),
            duration=scan.durations[index],
            color_space=colors,
            orientation=self._orientation,
        )

    def _read_orientation(self) -> Orientation:
        from stripline.webcodecs._image_apng import still_png  # noqa: PLC0415 - loads Pillow
        from stripline.webcodecs._image_pillow import read_orientation  # noqa: PLC0415 - loads Pillow

        data = self._upto(0, 0)
        return read_orientation(still_png(data) if self._is_png else data, IMAGE_TYPES[self._type])

    def _frame(self, track: int, index: int) -> tuple[Media, VideoColorSpace | None]:
        from stripline.webcodecs._image_av import AvPictures  # noqa: PLC0415 - loads PyAV

        reader = self._readers.get(track)
        if reader is None or index > reader.last:
            if reader is not None:
                reader.pictures.close()
            last = len(self.tracks[track].ends) - 1
            reader = self._readers[track] = _Reader(self._open(track, last), last)
        try:
            if isinstance(reader.pictures, AvPictures):
                return reader.pictures.frame(index)
            return reader.pictures.media(index), None
        except EncodingError:
            # Pillow takes half a frame for a whole one when it is asked again.
            self._readers.pop(track).pictures.close()
            raise

    def _open(self, track: int, last: int) -> ApngPictures | PillowPictures | AvPictures:
        from stripline.webcodecs._image_apng import ApngPictures, still_png  # noqa: PLC0415 - loads Pillow
        from stripline.webcodecs._image_av import AvPictures  # noqa: PLC0415 - loads PyAV
        from stripline.webcodecs._image_pillow import (  # noqa: PLC0415 - loads Pillow
            PillowPictures,
            jpeg_components,
        )

        scan, data = self.tracks[track], self._upto(track, last)
        ycbcr = scan.ycbcr
        if self._type == "image/jpeg":
            ycbcr = jpeg_components(data) != 4  # FFmpeg takes CMYK for green, blue, red and alpha
        if ycbcr:
            return AvPictures(data, scan.stream)
        if self._is_png and scan.animated:
            return ApngPictures(data)
        if self._is_png:
            data = still_png(data)
        if self._type == "image/avif":
            data = with_sequence_first(data, first=scan.animated)
        alpha = scan.animated or self._type == "image/gif"
        name = IMAGE_TYPES[self._type]
        return PillowPictures(data, name, alpha=alpha, animated=scan.animated)

    def _upto(self, track: int, last: int) -> bytes:
        """A file that ends with a frame: all of it, or what has come and an end put to it."""
        scan = self.tracks[track]
        # Pillow wants the end of a PNG, and libwebp refuses an animation that is shorter than its
        # header says.
        ends = (scan.animated and self._type != "image/avif") or self._is_png
        cut = ends and not scan.whole
        if self.final and not cut:
            return bytes(self._data)
        data = bytes(self._data[: scan.ends[last]])
        if self._type == "image/gif":
            return data + _GIF_TRAILER
        if self._is_png and not scan.whole:
            return data + _PNG_END
        if self._type == "image/webp":
            return data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:]
        return data

    def close(self) -> None:
        """Let everything go."""
        for reader in self._readers.values():
            reader.pictures.close()
        self._readers.clear()
        self._data.clear()


def _scan_avif(data: bytes) -> list[Scan]:
    from stripline.webcodecs._image_av import scan_avif  # noqa: PLC0415 - loads PyAV

    return scan_avif(data)
