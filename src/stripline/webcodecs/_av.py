"""The seam to PyAV: the package, or an error that says which extra installs it, and its codecs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from stripline.errors import MissingDependency
from stripline.webcodecs.exceptions import NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping

# SVT-AV1 writes to standard error at every start unless this is set before it is loaded.
os.environ.setdefault("SVT_LOG", "0")

try:
    import av
except ImportError as error:
    raise MissingDependency("coding video and audio", "av", "video") from error

__all__ = ["av", "ffmpeg_version", "opened"]

Context = TypeVar("Context", bound=av.CodecContext)


def ffmpeg_version() -> str:
    """The version of the FFmpeg that PyAV brings."""
    return str(av.ffmpeg_version_info)


def opened(
    context: Context, name: str, options: Mapping[str, str], description: bytes | None = None
) -> Context:
    """Open one of FFmpeg's codecs.

    Args:
        context: The codec, set up but for these.
        name: FFmpeg's name of it.
        options: Its options.
        description: The extradata of a decoder.

    Raises:
        NotSupportedError: FFmpeg refuses, for instance the description.
    """
    context.options = dict(options)
    if description is not None:
        context.extradata = description
    try:
        context.open()
    except (av.FFmpegError, ValueError) as error:
        raise NotSupportedError(f"{name} refuses the configuration: {error}") from error
    return context
