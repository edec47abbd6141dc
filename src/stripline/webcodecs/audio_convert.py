"""Audio samples of one format as another (section 9.3.3, "Magnitude of the audio samples").

Integers are shifted to more or fewer bits, so that minimum and bias stay exact. To and from
floating point the negative and the positive half are scaled each by itself, so that minimum, bias
and maximum become -1, 0 and 1; web-platform-tests ask for that. What is beyond an integer's range
is clipped, and what is no number becomes silence; floating point is never clipped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stripline.webcodecs.enums import AudioSampleFormat
    from stripline.webcodecs.media import AudioMedia

__all__ = ["SAMPLE_TYPES", "audio_frames", "convert_samples", "is_planar", "sample_bytes"]

_BITS: Final = {"u8": 8, "s16": 16, "s32": 32}
SAMPLE_TYPES: Final = {"u8": "|u1", "s16": "<i2", "s32": "<i4", "f32": "<f4"}
"""The numpy type of each sample type; more than a byte is little-endian."""


def is_planar(name: AudioSampleFormat) -> bool:
    """Whether each channel is a plane of its own."""
    return name.endswith("-planar")


def sample_bytes(name: AudioSampleFormat) -> int:
    """Bytes of one sample of one channel."""
    return np.dtype(SAMPLE_TYPES[_sample_type(name)]).itemsize


def _sample_type(name: AudioSampleFormat) -> str:
    return name.removesuffix("-planar")


def audio_frames(media: AudioMedia) -> NDArray[Any]:
    """All samples, without a copy unless the channels lie apart; shape (frames, channels)."""
    kind = SAMPLE_TYPES[_sample_type(media.format)]
    if not is_planar(media.format):
        samples = np.frombuffer(media.planes[0], kind)
        return samples.reshape(media.frames, media.channels)
    return np.stack([np.frombuffer(plane, kind) for plane in media.planes], axis=1)


def convert_samples(
    samples: NDArray[Any], source: AudioSampleFormat, wanted: AudioSampleFormat
) -> NDArray[Any]:
    """Samples of one type as another; their arrangement stays.

    Args:
        samples: Any shape, of the type of `source`.
        source: Their format.
        wanted: The format to convert to.
    """
    have, want = _sample_type(source), _sample_type(wanted)
    if have == want:
        return samples
    if have == "f32":
        return _from_float(samples, want)
    bits = _BITS[have]
    signed = samples.astype(np.int64) - (128 if have == "u8" else 0)
    if want == "f32":
        half = float(1 << (bits - 1))
        scaled = np.where(signed < 0, signed / half, signed / (half - 1))
        return scaled.astype(SAMPLE_TYPES["f32"])
    shift = _BITS[want] - bits
    shifted = signed << shift if shift > 0 else signed >> -shift
    return (shifted + (128 if want == "u8" else 0)).astype(SAMPLE_TYPES[want])


def _from_float(samples: NDArray[Any], want: str) -> NDArray[Any]:
    half = float(1 << (_BITS[want] - 1))
    clipped = np.nan_to_num(samples.astype(np.float64), nan=0.0).clip(-1, 1)
    scaled = np.round(np.where(clipped < 0, clipped * half, clipped * (half - 1)))
    return (scaled + (128 if want == "u8" else 0)).astype(SAMPLE_TYPES[want])
