"""How each contestant encodes and decodes a clip: stripline, plain PyAV, webcodecs-py."""

from __future__ import annotations

import asyncio
import importlib.machinery
import importlib.util
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import av
import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext

from bench_pictures import photograph
from stripline.webcodecs import VideoDecoder, VideoEncoder, VideoFrame
from stripline.webcodecs._av_decode_plan import plan_decoder
from stripline.webcodecs._av_encode_plan import plan_encoder
from stripline.webcodecs._av_video_decode import open_decoder
from stripline.webcodecs._av_video_encode import open_encoder
from stripline.webcodecs.color_space import REC709

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from numpy.typing import NDArray

WIDTH, HEIGHT, RATE = 1280, 720, 30
# So many different pictures are held; they come again and again.
PICTURES = 60


@dataclass(frozen=True, slots=True)
class Took:
    """What a contestant took.

    Attributes:
        seconds: From start to end.
        cpu: Seconds that processors worked for it, on all threads.
    """

    seconds: float
    cpu: float


class Stopwatch:
    """Counts both kinds of seconds from when it is made."""

    def __init__(self) -> None:
        self._began = (time.perf_counter(), time.process_time())

    def stop(self) -> Took:
        """What it took until now."""
        return Took(time.perf_counter() - self._began[0], time.process_time() - self._began[1])


@dataclass(frozen=True, slots=True)
class Clip:
    """What is encoded.

    Attributes:
        pictures: I420, each an array of height * 3 / 2 x width bytes.
        count: How many frames.
    """

    pictures: list[NDArray[np.uint8]]
    count: int

    def __iter__(self) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Timestamps in microseconds, and pictures."""
        for index in range(self.count):
            yield index * 1_000_000 // RATE, self.pictures[index % len(self.pictures)]


def make_clip(count: int) -> Clip:
    """A window that wanders to and fro over a photograph."""
    still = np.tile(photograph("astronaut.png"), (3, 4, 1))
    pictures = []
    for index in range(min(count, PICTURES)):
        away = 4 * min(index, PICTURES - index)
        window = np.ascontiguousarray(still[away : away + HEIGHT, 2 * away : 2 * away + WIDTH])
        frame = av.VideoFrame.from_ndarray(window, "rgb24").reformat(format="yuv420p")
        pictures.append(np.ascontiguousarray(frame.to_ndarray(), np.uint8))
    return Clip(pictures, count)


def config_for(codec: str) -> dict[str, Any]:
    """The same settings for all."""
    return {
        "codec": codec,
        "width": WIDTH,
        "height": HEIGHT,
        "framerate": RATE,
        "bitrate": 2_500_000,
        "latency_mode": "realtime",
    }


def _frames(clip: Clip, *, copied: bool) -> Iterator[VideoFrame]:
    for timestamp, picture in clip:
        with VideoFrame(
            picture,
            format="I420",
            coded_width=WIDTH,
            coded_height=HEIGHT,
            timestamp=timestamp,
            transfer=None if copied else [picture],
        ) as frame:
            yield frame


def encode(
    config: dict[str, Any], clip: Clip, encoders: int = 1, *, copied: bool = True
) -> tuple[Took, list[Any]]:
    """What stripline takes for some encoders at once, and the first one's chunks.

    Args:
        config: Of the encoders.
        clip: What each of them encodes.
        encoders: How many.
        copied: Whether `VideoFrame` copies each picture, while the encoder works on the one before.
            It is used where it lies otherwise (`transfer`).
    """
    outputs: list[list[Any]] = [[] for _ in range(encoders)]

    async def one(output: list[Any]) -> None:
        encoder = VideoEncoder(output=lambda *both: output.append(both), error=print)
        async with encoder:
            encoder.configure(config)
            async for _ in encoder.stream(_frames(clip, copied=copied), max_queue=8):
                pass

    async def all_of_them() -> None:
        await asyncio.gather(*(one(output) for output in outputs))

    watch = Stopwatch()
    asyncio.run(all_of_them())
    took = watch.stop()
    assert all(len(output) == clip.count for output in outputs)  # noqa: S101 - a benchmark's check
    return took, outputs[0]


def encode_plainly(config: dict[str, Any], clip: Clip) -> Took:
    """What a loop over PyAV's encoder takes, opened with the same options."""
    watch = Stopwatch()
    context = open_encoder(config, plan_encoder(config), REC709)
    packets = 0
    for timestamp, picture in clip:
        frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
        frame.pts, frame.time_base = timestamp, context.time_base
        frame.pict_type = 0 if packets else 1
        packets += sum(len(bytes(packet)) > 0 for packet in context.encode(frame))
    packets += sum(len(bytes(packet)) > 0 for packet in context.encode(None))
    took = watch.stop()
    assert packets == clip.count  # noqa: S101 - a benchmark's check
    return took


def decode(config: dict[str, Any], chunks: list[Any]) -> Took:
    """What stripline takes to decode, every plane looked at."""
    count = 0

    async def run() -> None:
        nonlocal count
        decoder = VideoDecoder(output=lambda _: None, error=print)
        async with decoder:
            decoder.configure(config)
            async for frame in decoder.stream((chunk for chunk, _ in chunks), max_queue=8):
                with frame:
                    count += len(frame.planes()) > 0

    watch = Stopwatch()
    asyncio.run(run())
    took = watch.stop()
    assert count == len(chunks)  # noqa: S101 - a benchmark's check
    return took


def decode_plainly(config: dict[str, Any], chunks: list[Any], *, same: bool) -> Took:
    """What a loop over PyAV's decoder takes.

    Args:
        config: As for `VideoDecoder`.
        chunks: The chunks.
        same: Open the decoder with the same options, threads among them; as PyAV opens it
            otherwise.
    """
    watch = Stopwatch()
    plan = plan_decoder(config)
    if same:
        context = open_decoder(plan)
    else:
        context = cast("VideoCodecContext", VideoCodecContext.create(plan.decoder, "r"))
        if plan.description is not None:
            context.extradata = plan.description
    count = 0
    packets = [Packet(bytes(chunk)) for chunk, _ in chunks]
    for packet in [*packets, None]:
        for frame in context.decode(packet):
            # Rows and samples without the padding, as `VideoFrame.planes()` gives them.
            planes = [
                np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[
                    :, : plane.width
                ]
                for plane in frame.planes
            ]
            count += len(planes) > 0
    took = watch.stop()
    assert count == len(chunks)  # noqa: S101 - a benchmark's check
    return took


def webcodecs_py() -> ModuleType | None:
    """The package webcodecs-py, whose module has the name of a benchmark here; None without."""
    here = Path(__file__).parent
    paths = [path for path in sys.path if Path(path).resolve() != here]
    spec = importlib.machinery.PathFinder.find_spec("webcodecs", paths)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    # Its parts find each other by this name.
    sys.modules["webcodecs"] = module
    spec.loader.exec_module(module)
    return module


def encode_with_webcodecs_py(
    peer: Any,  # noqa: ANN401 - a module that may be missing
    config: dict[str, Any],
    clip: Clip,
) -> tuple[Took, list[bytes]]:
    """What webcodecs-py takes, and what comes out; its libraries are its own."""
    chunks: list[Any] = []
    watch = Stopwatch()
    encoder = peer.VideoEncoder(lambda chunk, *_: chunks.append(chunk), print)
    encoder.configure({**config, "latency_mode": peer.LatencyMode.REALTIME})
    for timestamp, picture in clip:
        members = {
            "format": peer.VideoPixelFormat.I420,
            "coded_width": WIDTH,
            "coded_height": HEIGHT,
            "timestamp": timestamp,
        }
        with peer.VideoFrame(picture.reshape(-1), members) as frame:
            encoder.encode(frame)
    encoder.flush()
    took = watch.stop()
    assert len(chunks) == clip.count  # noqa: S101 - a benchmark's check
    encoder.close()
    return took, [_bytes(chunk) for chunk in chunks]


def _bytes(chunk: Any) -> bytes:  # noqa: ANN401 - of a module that may be missing
    data = np.empty(chunk.byte_length, np.uint8)
    chunk.copy_to(data)
    return data.tobytes()


def rate_of(chunks: list[bytes]) -> int:
    """Bits a second of what was encoded."""
    return sum(map(len, chunks)) * 8 * RATE // len(chunks)


def psnr(config: dict[str, Any], chunks: list[bytes], clip: Clip) -> float:
    """How near the decoded pictures are, in decibels: the mean over all, of the luma."""
    context = open_decoder(plan_decoder({"codec": config["codec"]}))
    values: list[float] = []
    for chunk in [*chunks, None]:
        for frame in context.decode(None if chunk is None else Packet(chunk)):
            true = clip.pictures[len(values) % len(clip.pictures)][:HEIGHT]
            away = frame.to_ndarray(format="yuv420p")[:HEIGHT].astype(np.float64) - true
            values.append(10 * np.log10(255**2 / np.mean(away**2)))
    assert len(values) == clip.count  # noqa: S101 - a benchmark's check
    return float(np.mean(values))
