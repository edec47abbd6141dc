"""The formats that containers are written in: their names, file endings and FFmpeg's options."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from stripline.webcodecs.exceptions import NotSupportedError

__all__ = ["format_of", "options_of"]

_FORMATS: Final = ("mp4", "webm", "matroska")
_ENDINGS: Final = {
    ".mp4": "mp4",
    ".m4a": "mp4",
    ".m4v": "mp4",
    ".mov": "mp4",
    ".webm": "webm",
    ".mkv": "matroska",
    ".mka": "matroska",
}


def format_of(target: object, name: str | None) -> str:
    """The format that is asked for, or that the target's name ends with.

    Raises:
        NotSupportedError: It is unknown.
    """
    if name is None:
        ending = ""
        if isinstance(target, str | os.PathLike):
            ending = Path(target).suffix.lower()
        if ending not in _ENDINGS:
            raise NotSupportedError(
                f"no container is named like {ending!r}: give format=, one of {', '.join(_FORMATS)}"
            )
        return _ENDINGS[ending]
    if name not in _FORMATS:
        raise NotSupportedError(f"the format {name!r} is none of {', '.join(_FORMATS)}")
    return name


def options_of(name: str, *, pieces: bool, low_latency: bool) -> dict[str, str]:
    """FFmpeg's options of the format."""
    if name == "mp4":
        # Where tracks begin is counted in units of the movie: FFmpeg's usual one is a millisecond.
        exact = {"movie_timescale": "1000000"}
        if not pieces:
            return exact
        cut = "frag_every_frame" if low_latency else "frag_keyframe"
        # The header waits for the first fragment, which tells where the tracks begin.
        return exact | {"movflags": f"{cut}+delay_moov+default_base_moof"}
    options = {"live": "1"} if pieces else {}
    if low_latency:
        options["cluster_time_limit"] = "1"
    return options
