"""The seam to PyAV: the package, or an error that says which extra installs it."""

from __future__ import annotations

import os

from stripline.errors import MissingDependency

# SVT-AV1 writes to standard error at every start unless this is set before it is loaded.
os.environ.setdefault("SVT_LOG", "0")

try:
    import av
except ImportError as error:
    raise MissingDependency("coding video and audio", "av", "video") from error

__all__ = ["av", "ffmpeg_version"]


def ffmpeg_version() -> str:
    """The version of the FFmpeg that PyAV brings."""
    return str(av.ffmpeg_version_info)
