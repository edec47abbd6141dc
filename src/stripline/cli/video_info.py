"""`stripline video info`: what a video or audio file holds."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stripline.cli import _files, _options, _text
from stripline.cli._errors import reported

if TYPE_CHECKING:
    from stripline.webcodecs.containers import Demuxer, Track


def info(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="A video or audio file, or - for one on standard input."
        ),
    ],
    *,
    as_json: _options.AsJson = False,
) -> None:
    """Say what a video or audio file is: its container, and each track's codec, size and rate."""
    with reported():
        from stripline.webcodecs.containers import Demuxer  # noqa: PLC0415 - not for --help

        with Demuxer(sys.stdin.buffer if source == _files.STANDARD_STREAM else source) as demuxer:
            facts = _facts(demuxer)
        if source != _files.STANDARD_STREAM:
            facts["file_bytes"] = os.stat(source).st_size  # noqa: PTH116 - it is a string anyway
            facts["missing_bytes"] = _missing_bytes(source)
    if as_json:
        typer.echo(json.dumps({"file": source, **facts}, indent=2))
        return
    for name, value in _lines(facts):
        typer.echo(f"{name:<12} {value}")


def _missing_bytes(name: str) -> int:
    from stripline.webcodecs.containers.source import Source  # noqa: PLC0415 - not for --help
    from stripline.webcodecs.containers.wholeness import missing_bytes  # noqa: PLC0415 - as above

    source = Source(name)
    try:
        return missing_bytes(source)
    finally:
        source.close()


def _facts(demuxer: Demuxer) -> dict[str, Any]:
    return {
        "container": demuxer.format,
        "duration": _seconds(demuxer.duration),
        "tracks": [_track(track) for track in demuxer.tracks],
        "other_streams": list(demuxer.others),
    }


def _seconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / 1e6


def _track(track: Track) -> dict[str, Any]:
    config = {name: value for name, value in track.decoder_config.items() if name != "description"}
    return {
        "kind": track.kind,
        **config,
        "frame_rate": track.frame_rate,
        "frames": track.frames,
        "duration": _seconds(track.duration),
        "language": track.language,
    }


def _lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    lines = [("container", facts["container"])]
    if facts["duration"] is not None:
        lines.append(("duration", f"{facts['duration']:.3f} s"))
    for track in facts["tracks"]:
        words = _video_words(track) if track["kind"] == "video" else _audio_words(track)
        if track["language"] is not None:
            words.append(track["language"])
        lines.append((track["kind"], ", ".join([track["codec"], *words])))
    if facts["other_streams"]:
        lines.append(("others", ", ".join(facts["other_streams"])))
    if "file_bytes" in facts:
        lines.append(("file", _text.byte_count(facts["file_bytes"])))
    if facts.get("missing_bytes"):
        lines.append(("cut off", f"{facts['missing_bytes']:,} bytes are missing at the end"))
    return lines


def _video_words(track: dict[str, Any]) -> list[str]:
    words = [f"{track['coded_width']:,} x {track['coded_height']:,}"]
    if "display_aspect_width" in track:
        words.append(f"shown {track['display_aspect_width']}:{track['display_aspect_height']}")
    if track["frame_rate"] is not None:
        words.append(f"{track['frame_rate']:.5g} frames/s")
    if track["frames"] is not None:
        words.append(f"{track['frames']:,} frames")
    if colours := _colour_words(track.get("color_space") or {}):
        words.append("/".join(colours))
    if track.get("rotation"):
        words.append(f"turned by {track['rotation']} degrees")
    if track.get("flip"):
        words.append("mirrored")
    return words


def _colour_words(space: dict[str, Any]) -> list[str]:
    names = [space[name] for name in ("primaries", "transfer", "matrix") if space.get(name)]
    return [*dict.fromkeys(map(str, names)), *(["full range"] if space.get("full_range") else [])]


def _audio_words(track: dict[str, Any]) -> list[str]:
    count = track["number_of_channels"]
    channels = {1: "mono", 2: "stereo"}.get(count, f"{count} channels")
    return [f"{track['sample_rate']:,} Hz", channels]
