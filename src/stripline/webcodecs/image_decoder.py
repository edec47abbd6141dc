"""ImageDecoder: pictures and animations to frames (section 10)."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Self, Unpack

from stripline.webcodecs.control_queue import ControlQueue
from stripline.webcodecs.delivery import running_loop
from stripline.webcodecs.exceptions import (
    AbortError,
    DataError,
    DOMException,
    EncodingError,
    InvalidStateError,
    NotSupportedError,
    RangeError,
)
from stripline.webcodecs.image_data import (
    check_init,
    check_options,
    essence,
    image_essence,
    is_buffer,
    pieces,
)
from stripline.webcodecs.image_source import IMAGE_TYPES, ImageSource
from stripline.webcodecs.image_tracks import ImageTrack, ImageTrackList
from stripline.webcodecs.promise import Promise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stripline.webcodecs.image_data import ImageDecodeOptions, ImageDecoderInit
    from stripline.webcodecs.video_frame import VideoFrame

__all__ = ["ImageDecodeResult", "ImageDecoder"]


class ImageDecodeResult(dict[str, Any]):
    """What `decode()` gives: a dict whose members are attributes too."""

    @property
    def image(self) -> VideoFrame:
        """The frame, to be closed by who takes it."""
        image: VideoFrame = self["image"]
        return image

    @property
    def complete(self) -> bool:
        """Whether it is final; here always."""
        return bool(self["complete"])


class _Request:
    """One call of `decode()`."""

    def __init__(self, index: int, promise: Promise[ImageDecodeResult]) -> None:
        self.index = index
        self.promise = promise


class ImageDecoder:
    """Decodes pictures and animations to frames, on a thread of its own.

    JPEG, PNG and APNG, GIF, WebP and AVIF. Takes an init dict or keyword arguments: `type`, a media
    type; `data`, the whole file as bytes or another buffer, or a stream: any async iterable of
    bytes, an `asyncio.StreamReader`, or an object with an async `read()`; `prefer_animation`,
    which track to select where there are several. `desired_width` and `desired_height` are hints
    that are not followed, and colour profiles are not applied whatever `color_space_conversion`
    says; a buffer in `transfer` is copied like any other. Of another type than these, all promises
    are rejected with NotSupportedError.

    A stream is read on the asyncio loop that runs when the decoder is made. Frames of GIF, APNG and
    animated WebP can be had as they come in; a still picture and AVIF need all of their data.

    Luma and chroma are given out as they are: JPEG, lossy WebP and AVIF give I420, I422 or I444;
    all else gives RGBA, or RGBX where there is no alpha. The orientation is not applied: it is the
    frame's `rotation` and `flip`.

    Raises:
        TypeError: A member that is missing or not what it must be; no loop runs that could read
            the stream.
        DataCloneError: `transfer` lists a buffer twice, or one that was released.
    """

    def __init__(
        self,
        init: ImageDecoderInit | Mapping[str, Any] | None = None,
        /,
        **members: Unpack[ImageDecoderInit],
    ) -> None:
        from stripline.webcodecs._image_pillow import is_supported  # noqa: PLC0415 - loads Pillow

        given = check_init(init, members)
        loop, data = running_loop(), given["data"]
        streamed = not is_buffer(data)
        if streamed and loop is None:
            raise TypeError("a stream needs a running asyncio loop to read it: give bytes instead")
        self._type = essence(given["type"])
        self._prefer_animation = given.get("prefer_animation")
        self._lock = threading.RLock()
        self._thread = threading.get_ident() if streamed else None
        self._tracks = ImageTrackList()
        self._completed: Promise[None] = Promise(self._is_reader)
        self._pending: list[_Request] = []
        self._failure: DOMException | None = None
        self._closed = False
        self._complete = False
        self._queue = ControlQueue("stripline-ImageDecoder")
        self._reading: asyncio.Task[None] | None = None
        if self._type not in IMAGE_TYPES or not is_supported(IMAGE_TYPES[self._type]):
            self._end(NotSupportedError(f"no decoder here reads {self._type!r}"))
            return
        self._source = ImageSource(self._type)
        if streamed and loop is not None:
            self._reading = loop.create_task(self._read(data))
        else:
            self._complete = True
            self._completed.resolve(None)
            self._queue.put(partial(self._feed, bytes(memoryview(data)), final=True))

    @property
    def type(self) -> str:
        """The media type; empty once closed."""
        return self._type

    @property
    def complete(self) -> bool:
        """Whether all data has come in."""
        return self._complete

    @property
    def completed(self) -> Promise[None]:
        """Resolved when all data has come in: at once unless it is a stream.

        What the data says is known when `tracks.ready` is resolved.
        """
        return self._completed

    @property
    def tracks(self) -> ImageTrackList:
        """The tracks; wait for their `ready`."""
        return self._tracks

    @staticmethod
    def is_type_supported(media_type: str) -> Promise[bool]:
        """Find out whether pictures of a media type can be decoded.

        Returns:
            A promise; rejected with TypeError when it is no media type of images (section 10.2).
        """
        from stripline.webcodecs._image_pillow import is_supported  # noqa: PLC0415 - loads Pillow

        promise: Promise[bool] = Promise()
        try:
            name = IMAGE_TYPES.get(image_essence(media_type))
            promise.resolve(name is not None and is_supported(name))
        except TypeError as error:
            promise.reject(error)
        return promise

    def decode(
        self,
        options: ImageDecodeOptions | Mapping[str, Any] | None = None,
        /,
        **members: Unpack[ImageDecodeOptions],
    ) -> Promise[ImageDecodeResult]:
        """Decode a frame of the selected track, as soon as its data has come in.

        Args:
            options: `frame_index` (default 0); `complete_frames_only`, which changes nothing here,
                as no half frames are given.
            members: The same as keyword arguments.

        Returns:
            A promise of an ImageDecodeResult. Rejected with TypeError for a wrong option,
            InvalidStateError when the decoder is closed or no track is selected, RangeError when
            there is no such frame, EncodingError when it is damaged, AbortError by `reset()`,
            `close()` and the selection of another track.
        """
        promise: Promise[ImageDecodeResult] = Promise(self._is_reader)
        try:
            index = check_options(options, members)["frame_index"]
        except TypeError as error:
            promise.reject(error)
            return promise
        with self._lock:
            refusal = self._refusal()
            if refusal is None:
                self._pending.append(_Request(index, promise))
        if refusal is not None:
            promise.reject(refusal)
        else:
            self._queue.put(self._work)
        return promise

    def _refusal(self) -> DOMException | None:
        """Why nothing can be decoded now, under the lock."""
        if self._failure is not None:
            return self._failure
        if self._closed:
            return InvalidStateError("decode() on an ImageDecoder that is closed")
        if len(self._tracks) and self._tracks.selected_track is None:
            return InvalidStateError("no track is selected: set `selected` of one")
        return None

    def reset(self) -> None:
        """Give up all decodes that are pending, with AbortError."""
        self._abort(AbortError("the decode was given up: reset() was called"))

    def close(self) -> None:
        """Give everything up, for good; twice is once."""
        self._end(AbortError("the decode was given up: close() was called"), failed=False)

    def _abort(self, error: DOMException) -> None:
        with self._lock:
            dropped, self._pending = self._pending, []
        for request in dropped:
            request.promise.reject(error)

    def _end(self, error: DOMException, *, failed: bool = True) -> None:
        """Close, with the error that promises are rejected with."""
        with self._lock:
            if self._closed:
                return
            self._closed, self._type = True, ""
            self._failure = error if failed else None
            self._tracks._tracks = []  # noqa: SLF001 - the two are one
        reading = self._reading
        if reading is not None:
            with suppress(RuntimeError):  # the loop is closed, and the reading over
                reading.get_loop().call_soon_threadsafe(reading.cancel)
        self._abort(error)
        self._tracks.ready.reject(error)
        self._completed.reject(error)
        self._queue.clear()
        if self._queue.thread is not None:
            self._queue.put(self._source.close)
        self._queue.end()

    def _is_reader(self) -> bool:
        """Whether the calling thread is the one that must read the stream meanwhile."""
        return not self._complete and self._thread == threading.get_ident()

    async def _read(self, data: object) -> None:
        try:
            async for piece in pieces(data):
                self._queue.put(partial(self._feed, piece, final=False))
        except DataError as error:  # a piece that is no bytes
            self._end_reading(error)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever it is, the stream cannot be read
            reason = str(error) or type(error).__name__
            failure = DOMException(f"the stream cannot be read: {reason}", "NotReadableError")
            failure.__cause__ = error
            self._end_reading(failure)
        else:
            self._reading = None
            self._queue.put(partial(self._feed, b"", final=True))

    def _end_reading(self, error: DOMException) -> None:
        self._reading = None
        self._end(error)

    def _select(self, track: ImageTrack, selected: bool) -> None:  # noqa: FBT001 - a setter's value
        with self._lock:
            if track not in self._tracks or track.selected == selected:
                return
            for other in self._tracks:
                other._selected = selected and other is track  # noqa: SLF001 - the two are one
        self._abort(AbortError("the decode was given up: another track was selected"))

    # Messages that the decoder's thread runs.

    def _feed(self, data: bytes, *, final: bool) -> None:
        try:
            self._source.feed(data, final=final)
        except EncodingError as error:
            with self._lock:
                self._failure = error
            self._tracks.ready.reject(error)
            self._abort(error)
        else:
            self._update_tracks()
        if final:
            self._complete = True
        self._work()
        if final:
            self._completed.resolve(None)

    def _update_tracks(self) -> None:
        scans = self._source.tracks
        if not scans:
            return
        with self._lock:
            if self._closed:
                return
            if not len(self._tracks):
                self._establish()
            for track, scan in zip(self._tracks, scans, strict=True):
                track.animated = scan.animated
                track.frame_count = max(1, len(scan.ends))
                track.repetition_count = scan.repetitions
        self._tracks.ready.resolve(None)

    def _establish(self) -> None:
        scans = self._source.tracks
        tracks = [
            ImageTrack(
                self._select,
                animated=scan.animated,
                frame_count=max(1, len(scan.ends)),
                repetition_count=scan.repetitions,
            )
            for scan in scans
        ]
        wanted = self._source.primary
        for index, track in enumerate(tracks):
            if track.animated == self._prefer_animation:
                wanted = index
                break
        tracks[wanted]._selected = True  # noqa: SLF001 - the two are one
        self._tracks._tracks = tracks  # noqa: SLF001 - the two are one

    def _work(self) -> None:
        """Decode what was asked for first, until a request waits for its data (section 10.2.2)."""
        while self._work_one():
            pass

    def _work_one(self) -> bool:
        """Settle the first request; False when there is none, or it waits."""
        source = self._source
        with self._lock:
            track = self._tracks.selected_index
            if not self._pending or track < 0:
                return False
            request = self._pending[0]
        if not source.has(track, request.index) and not source.final:
            return False
        result: ImageDecodeResult | None = None
        failure: Exception | None = None
        try:
            if request.index >= max(1, len(source.tracks[track].ends)):
                count = self._tracks[track].frame_count
                raise RangeError(f"frame {request.index} of a track of {count}")  # noqa: TRY301 - one place settles
            result = ImageDecodeResult(image=source.decode(track, request.index), complete=True)
        except (DOMException, RangeError) as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - whatever it is, the picture cannot be decoded
            failure = EncodingError(f"the decoder failed: {type(error).__name__}: {error}")
            failure.__cause__ = error
        self._settle(request, result, failure)
        return True

    def _settle(
        self, request: _Request, result: ImageDecodeResult | None, failure: Exception | None
    ) -> None:
        with self._lock:
            wanted = request in self._pending
            if wanted:
                self._pending.remove(request)
        if failure is not None:
            request.promise.reject(failure)
        elif wanted and result is not None:
            request.promise.resolve(result)
        elif result is not None:
            result.image.close()

    # A comfort that the web does not have.

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()
