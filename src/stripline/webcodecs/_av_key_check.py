"""Whether a key frame of VP8 or VP9 is whole.

FFmpeg's own decoders are the fastest, but take zeros for what is missing at a key frame's end and
tell nobody. libvpx notices, so it decodes the key frames too, for its verdict alone, while FFmpeg
is at work. Cut delta frames are mostly noticed by FFmpeg itself.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs._av import av
from stripline.webcodecs.exceptions import EncodingError
from stripline.webcodecs.key_chunks import is_surely_delta

if TYPE_CHECKING:
    from stripline.webcodecs.codec_string import VideoCodec

__all__ = ["KeyCheck", "begin_key_check"]

_CHECKERS: Final = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
# VP9 specification, section 6.2: the high bit of the profile, which libvpx may lack (over 8 bits).
_VP9_HIGH_PROFILE: Final = 0x10


def begin_key_check(codec: VideoCodec, data: bytes) -> KeyCheck | None:
    """Begin to find out whether a key frame of VP8 or VP9 is whole.

    Args:
        codec: What the codec string says.
        data: A chunk that is not empty.

    Returns:
        The check; None for other codecs, and for what is no key frame or cannot be checked.
    """
    name = _CHECKERS.get(codec.kind)
    if name is None or is_surely_delta(codec, data, None):
        return None
    if codec.kind == "vp9" and data[0] & _VP9_HIGH_PROFILE:
        return None
    return KeyCheck(name, data)


class KeyCheck:
    """Decodes a key frame on a thread of its own.

    Args:
        decoder: FFmpeg's name of the decoder.
        data: The chunk.
    """

    def __init__(self, decoder: str, data: bytes) -> None:
        self._decoder = decoder
        self._error: Exception | None = None
        self._thread = threading.Thread(
            target=self._run, args=(data,), name="stripline-key-check", daemon=False
        )
        self._thread.start()

    def _run(self, data: bytes) -> None:
        # A new one each time: once it has pictures, libvpx makes up for parts of a VP8 frame.
        context = av.CodecContext.create(self._decoder, "r")
        context.thread_count = 1
        packet: av.Packet[Any] = av.Packet(len(data))
        packet.update(data)
        try:
            context.decode(packet)  # type: ignore[attr-defined]  # it is a VideoCodecContext
        except Exception as error:  # noqa: BLE001 - whatever it is, `verdict` raises it
            self._error = error

    def verdict(self) -> None:
        """Wait for the end of the check.

        Raises:
            EncodingError: The key frame is damaged.
        """
        self._thread.join()
        if isinstance(self._error, av.FFmpegError):
            raise EncodingError(
                f"the key frame is damaged: {self._decoder} says {self._error}"
            ) from self._error
        if self._error is not None:
            raise self._error
