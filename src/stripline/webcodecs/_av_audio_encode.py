"""The backend of AudioEncoder: samples in, chunks and metadata out, by FFmpeg's encoders.

FFmpeg counts samples from minus the encoder's delay on. Here the first chunk has the time of the
first input: a chunk's time is that of the input sample as many samples on as packets before it
hold. What the encoder holds back at first is heard as much later; Opus says how much in its
description, and AudioDecoder takes that away again.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from stripline.webcodecs._av import av, opened
from stripline.webcodecs._av_audio_frames import AV_SAMPLE_FORMATS, av_from_audio_media
from stripline.webcodecs._av_audio_plan import plan_audio_encoder
from stripline.webcodecs._opus_silence import SilenceGate
from stripline.webcodecs.audio_convert import audio_frames, convert_samples, is_planar, sample_bytes
from stripline.webcodecs.audio_headers import adts_header, flac_description
from stripline.webcodecs.chunks import EncodedAudioChunk
from stripline.webcodecs.enums import EncodedAudioChunkType
from stripline.webcodecs.exceptions import EncodingError
from stripline.webcodecs.media import AudioMedia
from stripline.webcodecs.sample_clock import SampleClock, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from av.audio.codeccontext import AudioCodecContext
    from numpy.typing import NDArray

    from stripline.webcodecs.audio_data import AudioData
    from stripline.webcodecs.enums import AudioSampleFormat

__all__ = ["AudioEncodeBackend"]

_VORBIS_BLOCK: Final = 1024  # of FFmpeg's encoder, which feeds it by 64 samples


class AudioEncodeBackend:
    """Encodes samples on the codec's thread."""

    def __init__(self) -> None:
        self._context: AudioCodecContext | None = None
        self._config: dict[str, Any] = {}

    def configure(self, config: dict[str, Any]) -> None:
        """Open the encoder; with the configuration it has, change nothing."""
        if config == self._config:
            return
        self.close()
        self._plan = plan_audio_encoder(config)
        self._open(self._plan.formats[0])
        self._config = config
        self._announce = True

    def _open(self, sample_format: AudioSampleFormat) -> None:
        plan = self._plan
        context = av.CodecContext.create(plan.encoder, "w")
        assert isinstance(context, av.AudioCodecContext)  # noqa: S101 - all of the plan's are
        context.sample_rate, context.time_base = plan.rate, Fraction(1, plan.rate)
        context.layout, context.format = plan.layout, AV_SAMPLE_FORMATS[sample_format]
        if plan.bitrate is not None:
            context.bit_rate = plan.bitrate
        self._context = opened(context, plan.encoder, plan.options)
        self._format = sample_format
        self._clock = SampleClock(plan.rate)
        self._gate = SilenceGate(plan.rate) if plan.usedtx else None
        self._count = 0  # frames of input
        self._position = 0  # samples in packets

    def work(self, data: AudioData) -> Iterator[tuple[Any, ...]]:
        """Encode some samples and close them."""
        with data:
            self._refuse_other_kinds(data)
            wanted = self._wanted_format(data)
            if self._context is not None and wanted != self._format:
                yield from self.drain()
                self._context, self._announce = None, True
            if self._context is None:
                self._open(wanted)
            packets = self._send(data)
        yield from self._chunks(packets)

    def _refuse_other_kinds(self, data: AudioData) -> None:
        """Nothing is resampled or mixed ("Encode", section 5.5)."""
        given = (data.sample_rate, data.number_of_channels)
        wanted = (self._config["sample_rate"], self._config["number_of_channels"])
        if given != wanted:
            raise EncodingError(
                f"the audio of timestamp {data.timestamp} has {given[0]:g} Hz and {given[1]} "
                f"channels; the encoder is configured for {wanted[0]} Hz and {wanted[1]}"
            )

    def _wanted_format(self, data: AudioData) -> AudioSampleFormat:
        """The narrowest format that holds the samples; never one narrower than before."""
        narrow, wide = self._plan.formats[0], self._plan.formats[-1]
        assert data.format is not None  # noqa: S101 - `encode` refuses closed audio
        fits = sample_bytes(data.format) <= sample_bytes(narrow)
        return narrow if fits and self._format == narrow else wide

    def _send(self, data: AudioData) -> Iterable[av.Packet[Any]]:
        assert self._context is not None  # noqa: S101 - `work` has opened it
        rate = self._config["sample_rate"]
        media = data._media()  # noqa: SLF001 - made for this
        samples = convert_samples(audio_frames(media), media.format, self._format)
        frame = av_from_audio_media(_media(samples, self._format, rate), self._plan.layout)
        frame.pts, frame.time_base = self._count, Fraction(1, rate)
        scale = self._plan.rate / rate
        position = round(self._count * scale)
        self._clock.add(position, data.timestamp)
        if self._gate is not None:
            self._gate.hear(samples, position, scale)
        self._count += media.frames
        return self._encode(frame)

    def _encode(self, frame: av.AudioFrame | None) -> Iterable[av.Packet[Any]]:
        assert self._context is not None  # noqa: S101 - the callers have opened it
        try:
            return self._context.encode(frame)
        except (av.FFmpegError, ValueError) as error:
            raise EncodingError(f"{self._plan.encoder} failed: {error}") from error

    def drain(self) -> Iterator[tuple[Any, ...]]:
        """Take all packets out. An encoder that was drained is dead and is opened anew later."""
        if self._context is None or not self._count:
            return
        packets = self._encode(None)
        yield from self._chunks(packets)
        self._open(self._format)

    def close(self) -> None:
        """Let the encoder go."""
        self._context, self._config = None, {}

    def _chunks(self, packets: Iterable[av.Packet[Any]]) -> Iterator[tuple[Any, ...]]:
        for packet in packets:
            data = bytes(packet)
            if not data:  # FLAC's last one only carries its description again, with totals
                continue
            frames = self._frames(packet)
            position, self._position = self._position, self._position + frames
            if self._gate is not None and not self._gate.passes(position, position + frames):
                continue
            if self._plan.adts:
                channels = self._config["number_of_channels"]
                data = adts_header(len(data), self._plan.rate, channels) + data
            chunk = EncodedAudioChunk(
                type=EncodedAudioChunkType.KEY,
                timestamp=self._clock.time(position),
                duration=microseconds(frames, self._plan.rate),
                data=data,
            )
            yield chunk, self._metadata()

    def _frames(self, packet: av.Packet[Any]) -> int:
        """The samples that a packet decodes to; FFmpeg cuts the last one to what was put in."""
        if not self._plan.whole_packets:
            return packet.duration or 0
        assert self._context is not None  # noqa: S101 - it gave the packet
        return max(self._context.frame_size, _VORBIS_BLOCK * (self._plan.encoder == "vorbis"))

    def _metadata(self) -> dict[str, Any]:
        if not self._announce:
            return {}
        self._announce = False
        names = ("codec", "sample_rate", "number_of_channels")
        output = {name: self._config[name] for name in names}
        description = self._description()
        if description is not None:
            output["description"] = description
        return {"decoder_config": output}

    def _description(self) -> bytes | None:
        """What a decoder needs to know: OpusHead, AudioSpecificConfig, fLaC, Vorbis' headers."""
        assert self._context is not None  # noqa: S101 - it gave the packet
        extradata = self._context.extradata
        if extradata is None or self._plan.adts:
            return None
        return flac_description(extradata) if self._plan.codec.kind == "flac" else extradata


def _media(samples: NDArray[Any], name: AudioSampleFormat, rate: int) -> AudioMedia:
    """Samples of shape (frames, channels), laid out as their format says."""
    frames, channels = samples.shape
    rows = samples.T if is_planar(name) else samples.reshape(1, -1)
    planes = tuple(np.ascontiguousarray(row).data.cast("B") for row in rows)
    return AudioMedia(name, rate, channels, frames, planes)
