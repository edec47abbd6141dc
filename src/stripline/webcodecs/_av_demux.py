"""The seam to FFmpeg's demuxers: bytes of a container in, tracks and packets out."""

from __future__ import annotations

import math
import struct
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs._av import av
from stripline.webcodecs._av_frames import color_space_from_numbers
from stripline.webcodecs._av_mux import ALPHA_ID
from stripline.webcodecs._av_opus_delay import opus_delay
from stripline.webcodecs.containers.named import Facts, name_of
from stripline.webcodecs.containers.track import Track
from stripline.webcodecs.containers.wholeness import missing_bytes
from stripline.webcodecs.exceptions import DataError, InvalidStateError
from stripline.webcodecs.orientation import UPRIGHT, Orientation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from av.container import InputContainer

    from stripline.webcodecs.containers.source import Source

__all__ = ["AvDemuxer", "orientation_of"]

# Containers that are read. Lists that name other files (playlists, concatenations) are none.
_FORMATS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,ogg,wav,mp3,aac,flac,mpegts,mpeg,avi,flv,ivf,h264,hevc"
)
# A picture of more pixels is not looked at: 16384 x 16384, as decoders here take.
_MOST_PIXELS: Final = 16_384 * 16_384
# Chunks that are looked at ahead, for the first picture, which says how it is turned, say.
_LOOKED_AT: Final = 32
# Containers whose places are found by time alone, so that no key chunk need be there; or by the
# time of decoding, so that it may be another one.
_FOUND_BY_TIME: Final = frozenset({"mpegts", "mpeg", "avi", "flv"})
# Containers in which FFmpeg finds no place before the first.
_WITHOUT_BEFORE: Final = frozenset({"avi", "flv", "ivf"})
_EARLIEST: Final = -(1 << 62)  # ticks before all that is there
_MICROSECONDS: Final = 1_000_000
_LATEST: Final = (1 << 63) - 1  # of a chunk's timestamps, which are numbers of 64 bits


class AvDemuxer:
    """One container that is being read.

    Attributes:
        tracks: Of video and audio, in the container's order.
        others: Streams that no codec of WebCodecs reads, by FFmpeg's names.
        format: FFmpeg's name of the container.
        duration: Microseconds, or None where the container does not say.
        why_not: Why a stream of a codec that is known is no track; empty if there is none.

    Raises:
        DataError: It cannot be read.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.why_not = ""
        self._packets: Iterator[Any] | None = None
        self._ahead: deque[Any] = deque()
        try:
            self._container: InputContainer = av.open(
                source,
                "r",
                options={"max_pixels": str(_MOST_PIXELS)},
                container_options={"format_whitelist": _FORMATS, "protocol_whitelist": "none"},
                buffer_size=1 << 16,
            )
        except (av.FFmpegError, ValueError, UnicodeError) as error:
            source.raise_error()
            raise DataError(
                f"{source.name} cannot be read as a container: it is damaged, or of an unknown kind"
            ) from error
        source.raise_error()
        self.format = self._container.format.name
        length = self._container.duration
        self.duration = None if not length or length < 0 else int(length)
        # The stubs do not say that a stream without a decoder has no context.
        streams: list[Any] = list(self._container.streams)
        self._streams = [
            stream
            for stream in streams
            if stream.type in {"video", "audio"}
            and stream.codec_context is not None
            and not stream.disposition & av.stream.Disposition.attached_pic
        ]
        self._numbers = {stream.index for stream in self._streams}
        found = {stream.index: self._track(stream) for stream in self._streams}
        self.tracks = tuple(track for track in found.values() if track is not None)
        self.others = tuple(
            str(stream.codec_context.codec.canonical_name) if stream.codec_context else stream.type
            for stream in streams
            if found.get(stream.index) is None
        )
        if not self.tracks:
            self._refuse_cut()
        self._streams = [stream for stream in self._streams if found[stream.index] is not None]
        self._numbers = {track.number for track in self.tracks}
        self._ahead = deque(one for one in self._ahead if one.stream.index in self._numbers)
        # FFmpeg's parser of VP9 puts the mean duration, or none, in the place of those of MP4.
        self._guessed = {
            track.number
            for track in self.tracks
            if track.codec.startswith("vp09") and "mov" in self.format
        }

    def read(self) -> tuple[int, Any] | None:
        """The next packet and its track's number; None at the end.

        Raises:
            DataError: The container is damaged there.
        """
        packet = self._ahead.popleft() if self._ahead else self._fetch()
        if packet is None:
            self._refuse_cut()
            return None
        if packet.is_corrupt:
            raise DataError(f"the container is damaged near {self._time(packet)} µs")
        number = packet.stream.index
        if number in self._guessed and packet.pts is not None:
            following = next((one for one in self._peek() if one.stream.index == number), None)
            end = (packet.stream.start_time or 0) + (packet.stream.duration or 0)
            if following is not None and following.pts is not None:
                end = following.pts
            packet.duration = max(0, end - packet.pts)
        return number, packet

    def _refuse_cut(self) -> None:
        missing = missing_bytes(self._source)
        if missing:
            raise DataError(f"{self._source.name} is cut off: {missing:,} bytes are missing")

    def _time(self, packet: Any) -> int | None:  # noqa: ANN401 - a packet of any stream
        ticks: int | None = packet.pts if packet.pts is not None else packet.dts
        if ticks is None:
            return None
        time: Fraction = (ticks + _delay(packet.stream)) * packet.time_base
        return round(time * _MICROSECONDS)

    def times(self, packet: Any) -> tuple[int, int | None]:  # noqa: ANN401 - as above
        """Timestamp and duration of a packet in microseconds.

        Raises:
            DataError: It has no time, or one that a chunk cannot have.
        """
        timestamp = self._time(packet)
        if timestamp is None:
            raise DataError("the container gives a chunk without a time")
        ticks = packet.duration
        length = round(ticks * packet.time_base * _MICROSECONDS) if ticks else None
        if abs(timestamp) > _LATEST or not 0 <= (length or 0) <= _LATEST:
            raise DataError(f"the container is damaged near {timestamp} µs")
        return timestamp, length

    def alpha(self, packet: Any) -> bytes | None:  # noqa: ANN401 - as above
        """The chunk of an alpha channel that lies beside a packet of VP8 or VP9."""
        if not packet.has_sidedata("matroska_block_additional"):
            return None
        addition = bytes(packet.get_sidedata("matroska_block_additional"))
        return addition[8:] if addition[:8] == ALPHA_ID else None

    def _fetch(self) -> Any:  # noqa: ANN401 - as above
        if not self._streams:
            return None
        if self._packets is None:
            self._packets = self._container.demux(self._streams)
        try:
            for packet in self._packets:
                if packet.size and packet.stream.index in self._numbers:
                    return packet
        except (av.FFmpegError, ValueError) as error:
            self._source.raise_error()
            raise DataError(f"the container is damaged: {error}") from error
        except IndexError as error:  # what PyAV raises of a stream that was not there before
            raise DataError("the container is damaged: a stream begins in the middle") from error
        self._source.raise_error()
        return None

    def seek(self, number: int, timestamp: int) -> None:
        """Go to the last key chunk of a track that is not after a time.

        Raises:
            InvalidStateError: The source cannot seek.
            DataError: FFmpeg cannot find it.
        """
        if not self._source.seekable():
            raise InvalidStateError("the source cannot seek")
        stream: Any = self._container.streams[number]
        ticks = math.floor(timestamp / _MICROSECONDS / stream.time_base)
        # Half a tick of rounding in either direction must not lead to the key chunk before.
        ticks += round((ticks + 1) * stream.time_base * _MICROSECONDS) <= timestamp
        ticks -= _delay(stream)
        if self.format in _FOUND_BY_TIME:
            self._scan(stream, timestamp, ticks)
            return
        self._go(stream, ticks, timestamp)
        if stream.type == "audio":
            self._skip_to(number, timestamp)

    def _go(self, stream: Any, ticks: int, timestamp: int) -> None:  # noqa: ANN401 - of any kind
        least = (stream.start_time or 0) if self.format in _WITHOUT_BEFORE else _EARLIEST
        try:
            self._container.seek(max(ticks, least), stream=stream)
        except (av.FFmpegError, ValueError, OverflowError) as error:
            self._source.raise_error()
            raise DataError(f"{timestamp:,} µs cannot be found: {error}") from error
        self._ahead.clear()
        self._packets = None

    def _scan(self, stream: Any, timestamp: int, ticks: int) -> None:  # noqa: ANN401 - as above
        """Go to a key chunk where the container does not tell which ones are: read from before."""
        second = math.ceil(1 / stream.time_base)
        begin = stream.start_time or 0
        for doubled in range(64):
            place = ticks - (second << doubled)
            self._go(stream, place if place > begin else _EARLIEST, timestamp)
            if self._keep_from_key(stream.index, timestamp):
                return
            if place <= begin:  # there is none before: it is the first one
                self._go(stream, _EARLIEST, timestamp)
                self._keep_from_key(stream.index, None)
                return

    def _keep_from_key(self, number: int, timestamp: int | None) -> bool:
        """Drop what is before a track's last key chunk up to a time, or, for None, its first one.

        Returns:
            Whether there is one.
        """
        found = False
        while (packet := self._fetch()) is not None:
            ours = packet.stream.index == number
            time = self._time(packet)
            early = timestamp is None or (time is not None and time <= timestamp)
            if ours and packet.is_keyframe and early:
                self._ahead.clear()
                found = True
            if found:
                self._ahead.append(packet)
            # Chunks come in decoding order, and none is decoded after it is shown.
            decoded = None if packet.dts is None else packet.dts * packet.time_base * _MICROSECONDS
            if ours and (found if timestamp is None else decoded and decoded > timestamp):
                break
        return found

    def _skip_to(self, number: int, timestamp: int) -> None:
        """Drop a track's chunks while the next one is early enough.

        Where an MP4's edit list begins within a chunk, FFmpeg goes back to one too many.
        """
        early = []
        for packet in self._peek():
            if packet.stream.index == number:
                time = self._time(packet)
                if not packet.is_keyframe or time is None or time > timestamp:
                    break
                early.append(packet)
        for packet in early[:-1]:
            self._ahead.remove(packet)

    def close(self) -> None:
        """Let the container go."""
        self._ahead.clear()
        self._packets = None
        self._container.close()

    def _track(self, stream: Any) -> Track | None:  # noqa: ANN401 - of video or audio
        context = stream.codec_context
        first = next((one for one in self._peek() if one.stream.index == stream.index), None)
        is_video = stream.type == "video"
        facts = Facts(
            codec=context.codec.canonical_name,
            extradata=context.extradata or b"",
            first=b"" if first is None else bytes(first),
            profile=int("".join(filter(str.isdigit, context.profile or "")) or 0)
            if is_video
            else 0,
            pixels=context.width * context.height if is_video else 0,
            bits=context.format.components[0].bits if is_video and context.format else 8,
        )
        try:
            named = name_of(facts)
        except ValueError as error:
            raise DataError(f"the {facts.codec} stream is damaged: {error}") from error
        if named is None:
            return None
        if self.format == "avi" and is_video and context.reorder_depth:
            self.why_not = "AVI does not say when reordered pictures (B-frames) are shown"
            return None
        config: dict[str, Any] = {"codec": named.codec}
        if named.description is not None:
            config["description"] = named.description
        config |= self._video(stream) if is_video else self._audio(context)
        length, rate = stream.duration, stream.average_rate if is_video else None
        return Track(
            number=stream.index,
            kind="video" if is_video else "audio",
            decoder_config=config,
            duration=round(length * stream.time_base * _MICROSECONDS) if length else None,
            frames=stream.frames or None,
            frame_rate=float(rate) if rate else None,
            language=None if stream.language in {None, "und"} else stream.language,
        )

    def _video(self, stream: Any) -> dict[str, Any]:  # noqa: ANN401 - of video
        context = stream.codec_context
        width, height = context.width, context.height
        if not width or not height:
            raise DataError(f"the {context.name} stream does not say how large its pictures are")
        config: dict[str, Any] = {"coded_width": width, "coded_height": height}
        aspect = stream.sample_aspect_ratio or context.sample_aspect_ratio
        if aspect and aspect != 1:
            shape = aspect * width / height
            config["display_aspect_width"] = shape.numerator
            config["display_aspect_height"] = shape.denominator
        colors = color_space_from_numbers(
            context.color_primaries, context.color_trc, context.colorspace, context.color_range
        )
        known = {name: value for name, value in colors.to_json().items() if value is not None}
        if known:
            config["color_space"] = known
        turn = self._turn(stream)
        if turn != UPRIGHT:
            config |= {"rotation": turn.rotation, "flip": turn.flip}
        return config

    def _audio(self, context: Any) -> dict[str, Any]:  # noqa: ANN401 - of audio
        if not context.sample_rate or not context.layout.nb_channels:
            raise DataError(f"the {context.name} stream does not say its rate and channels")
        return {
            "sample_rate": context.sample_rate,
            "number_of_channels": context.layout.nb_channels,
        }

    def _peek(self) -> Iterator[Any]:
        """The next packets, which stay to be read."""
        at = 0
        while at < _LOOKED_AT:
            if at == len(self._ahead):
                packet = self._fetch()
                if packet is None:
                    return
                self._ahead.append(packet)
            yield self._ahead[at]
            at += 1

    def _turn(self, stream: Any) -> Orientation:  # noqa: ANN401 - of video
        """How pictures are turned, which PyAV only tells of decoded ones."""
        if not {"mov", "matroska"} & set(self.format.split(",")):
            return UPRIGHT
        context = stream.codec_context
        context.thread_type = "SLICE"
        try:
            for packet in self._peek():
                if packet.stream.index != stream.index:
                    continue
                for frame in context.decode(packet):
                    return orientation_of(frame)
            for frame in context.decode(None):
                return orientation_of(frame)
        except (av.FFmpegError, ValueError):
            # Whoever decodes the damaged chunk is told so; it says nothing of a turn.
            return UPRIGHT
        return UPRIGHT


def _delay(stream: Any) -> int:  # noqa: ANN401 - of any kind
    """Ticks that packets are earlier than chunks."""
    context = stream.codec_context
    if context is None or context.codec.canonical_name != "opus" or not context.extradata:
        return 0
    try:
        return opus_delay(context.extradata, stream.time_base)
    except ValueError:  # whoever decodes the track is told so
        return 0


def orientation_of(frame: Any) -> Orientation:  # noqa: ANN401 - an av.VideoFrame
    """The turn in the display matrix of a frame, to the nearest quarter (14496-12, 8.3.2)."""
    side = frame.side_data.get("DISPLAYMATRIX")
    if side is None or len(bytes(side)) < 36:
        return UPRIGHT
    a, b, _, c, d = struct.unpack("=9i", bytes(side)[:36])[:5]
    # A mirroring turns the plane inside out: its determinant is negative.
    flip = a * d - b * c < 0
    if flip:
        a, c = -a, -c
    return Orientation.parse(math.degrees(math.atan2(b, d)), flip)
