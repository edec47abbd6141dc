"""One track that a muxer writes: what is known of it, and which chunks it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from stripline.webcodecs.chunks import EncodedAudioChunk, EncodedVideoChunk
from stripline.webcodecs.config_checks import check_audio_decoder, check_video_decoder
from stripline.webcodecs.enums import EncodedVideoChunkType
from stripline.webcodecs.exceptions import DataError, NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stripline.webcodecs.containers.decode_order import DecodeOrder
    from stripline.webcodecs.containers.stored import Stored

__all__ = ["Chunk", "Kind", "Outgoing", "check_first", "checked", "configure", "shift_of"]

Chunk: TypeAlias = EncodedVideoChunk | EncodedAudioChunk
Kind: TypeAlias = Literal["video", "audio"]

# Of the last chunk, where neither its duration nor an earlier step says: a frame at 30 a second.
_NOMINAL_DURATION: Final = 33_333
# Microseconds before zero at which sound may begin: what an encoder is heard late by is not to be
# heard, which is at most 2,112 samples at 24,000 Hz (AAC with spectral band replication), or 88 ms.
_MOST_HEARD_LATE: Final = 100_000


@dataclass(slots=True)
class Outgoing:
    """One track that is being written."""

    kind: Kind
    config: dict[str, Any] | None = None
    stored: Stored | None = None
    order: DecodeOrder[tuple[Chunk, bytes | None]] | None = None
    number: int = -1
    has_alpha: bool = False
    held: list[tuple[Chunk, bytes | None]] = field(default_factory=list)
    last: int | None = None
    step: int = _NOMINAL_DURATION


def checked(kind: Kind, config: Mapping[str, Any]) -> dict[str, Any]:
    """A decoder's configuration that a container can store.

    Raises:
        TypeError: It is not valid.
    """
    found = (check_video_decoder if kind == "video" else check_audio_decoder)(config, {})
    if kind == "video" and "coded_width" not in found:
        raise TypeError("a container needs coded_width and coded_height of a video track")
    return found


def check_first(track: Outgoing, chunk: Chunk) -> None:
    """Whether a track can begin with a chunk.

    Raises:
        DataError: It cannot.
    """
    if track.config is None:
        raise DataError(
            f"the first {track.kind} chunk needs a configuration: pass the encoder's metadata on"
        )
    if chunk.type != EncodedVideoChunkType.KEY:
        raise DataError(f"the first {track.kind} chunk must be a key chunk")


def configure(track: Outgoing, config: Mapping[str, Any]) -> None:
    """Give a track its configuration, which is stored once, before its first chunk.

    Raises:
        TypeError: It is not valid.
        NotSupportedError: The track has another one.
    """
    known = checked(track.kind, config)
    if track.config is None or track.last is None:
        track.config = known
        return
    ignored = {"optimize_for_latency", "hardware_acceleration"}  # they do not matter for decoding
    changed = sorted(
        name
        for name in {*track.config, *known} - ignored
        if track.config.get(name) != known.get(name)
    )
    if changed:
        raise NotSupportedError(
            f"the track's {', '.join(changed)} changed: a container holds one configuration a "
            "track; begin another file"
        )


def shift_of(tracks: Iterable[Outgoing]) -> int:
    """Microseconds by which an MP4 in one piece is later than its chunks, lest some are lost.

    Its edit lists hide what lies before zero. FFmpeg moreover misreads the times of pictures unless
    one begins at zero, and drops a track that ends before.
    """
    begins = {"video": 0, "audio": 0}
    for track in tracks:
        times = [chunk.timestamp for chunk, _ in track.held]
        begins[track.kind] = min([begins[track.kind], *times])
    heard_late = begins["video"] - begins["audio"] <= _MOST_HEARD_LATE
    return -begins["video"] if heard_late else -begins["audio"]
