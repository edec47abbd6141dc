"""Audio samples to and from the frames of PyAV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np

from stripline.webcodecs.audio_convert import is_planar, sample_bytes
from stripline.webcodecs.enums import AudioSampleFormat
from stripline.webcodecs.exceptions import NotSupportedError
from stripline.webcodecs.media import AudioMedia

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AV_SAMPLE_FORMATS", "audio_media_from_av", "av_from_audio_media", "default_layout"]

AV_SAMPLE_FORMATS: Final = {
    AudioSampleFormat.U8: "u8",
    AudioSampleFormat.S16: "s16",
    AudioSampleFormat.S32: "s32",
    AudioSampleFormat.F32: "flt",
    AudioSampleFormat.U8_PLANAR: "u8p",
    AudioSampleFormat.S16_PLANAR: "s16p",
    AudioSampleFormat.S32_PLANAR: "s32p",
    AudioSampleFormat.F32_PLANAR: "fltp",
}
_FROM_AV: Final = {theirs: ours for ours, theirs in AV_SAMPLE_FORMATS.items()}

# Types without an equal here, and the one that holds the most of them.
_NARROWED: Final = {
    "dbl": (AudioSampleFormat.F32, "<f8"),
    "dblp": (AudioSampleFormat.F32_PLANAR, "<f8"),
}

# FFmpeg's default layouts (av_channel_layout_default) for 1 to 8 channels.
_LAYOUTS: Final = ("mono", "stereo", "2.1", "4.0", "5.0", "5.1", "6.1", "7.1")


def default_layout(channels: int) -> str:
    """FFmpeg's name for so many channels, in no particular places beyond eight."""
    return _LAYOUTS[channels - 1] if channels <= len(_LAYOUTS) else f"{channels} channels"


def audio_media_from_av(frame: av.AudioFrame) -> AudioMedia:
    """The samples of a frame of PyAV, shared; those of 64-bit floating point are narrowed to 32.

    Raises:
        NotSupportedError: Samples of 64-bit integers.
    """
    theirs, channels, frames = frame.format.name, frame.layout.nb_channels, frame.samples
    name, kind = _NARROWED.get(theirs, (_FROM_AV.get(theirs), ""))
    if name is None:
        raise NotSupportedError(f"there is no AudioSampleFormat for FFmpeg's {theirs!r}")
    count = channels if is_planar(name) else 1
    samples = frames * channels // count
    planes = []
    # PyAV lists more planes than there are from 9 channels on.
    for plane in frame.planes[:count]:
        view = memoryview(plane).toreadonly()
        if kind:
            numbers: NDArray[Any] = np.frombuffer(view, kind, samples)
            view = numbers.astype("<f4").data.cast("B").toreadonly()
        planes.append(view[: samples * sample_bytes(name)])
    return AudioMedia(name, frame.sample_rate, channels, frames, tuple(planes))


def av_from_audio_media(media: AudioMedia, layout: str | None = None) -> av.AudioFrame:
    """The samples as a frame of PyAV, copied, as PyAV cannot share them.

    Args:
        media: The samples.
        layout: FFmpeg's name of the channels' places; None for its default.
    """
    frame = av.AudioFrame(
        format=AV_SAMPLE_FORMATS[media.format],
        layout=layout or default_layout(media.channels),
        samples=media.frames,
        align=True,
    )
    frame.sample_rate = round(media.sample_rate)
    for plane, samples in zip(frame.planes, media.planes, strict=False):
        memoryview(plane)[: samples.nbytes] = samples
    return frame
