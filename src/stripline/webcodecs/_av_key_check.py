"""Whether a key frame of VP8 or VP9 is whole.

FFmpeg's own decoders are the fastest, but take zeros for what is missing at a key frame's end and
tell nobody. libvpx notices, so it decodes the key frames too, for its verdict alone. Cut delta
frames are mostly noticed by FFmpeg itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs._av import av
from stripline.webcodecs.exceptions import EncodingError
from stripline.webcodecs.key_chunks import is_surely_delta

if TYPE_CHECKING:
    from stripline.webcodecs.codec_string import VideoCodec

__all__ = ["check_key_frame"]

_CHECKERS: Final = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
# VP9 specification, section 6.2: the high bit of the profile, which libvpx may lack (over 8 bits).
_VP9_HIGH_PROFILE: Final = 0x10


def check_key_frame(codec: VideoCodec, data: bytes) -> None:
    """Decode a key frame of VP8 or VP9; other codecs' pass.

    Args:
        codec: What the codec string says.
        data: A chunk that is not empty; one that is no key frame passes.

    Raises:
        EncodingError: It is damaged.
    """
    name = _CHECKERS.get(codec.kind)
    if name is None or is_surely_delta(codec, data, None):
        return
    if codec.kind == "vp9" and data[0] & _VP9_HIGH_PROFILE:
        return
    # A new one each time: once it has pictures, libvpx makes up for parts of a VP8 frame.
    context = av.CodecContext.create(name, "r")
    context.thread_count = 1
    packet: av.Packet[Any] = av.Packet(len(data))
    packet.update(data)
    try:
        context.decode(packet)  # type: ignore[attr-defined]  # it is a VideoCodecContext
    except av.FFmpegError as error:
        raise EncodingError(f"the key frame is damaged: {name} says {error}") from error
