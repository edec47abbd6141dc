"""The encoders that are measured, behind one signature.

All of stripline's peers here stand on libjpeg-turbo (pyvips' wheel on mozjpeg, with its slow
features off), encode a picture on one thread, and use the standard Huffman tables, as stripline
does. All use the accurate integer DCT, except that simplejpeg follows libjpeg-turbo's own choice:
accurate from quality 96 up, fast below.
"""

from __future__ import annotations

import importlib
import io
import os
from typing import TYPE_CHECKING, Protocol

# Read by libvips when it starts. Encoding itself has one thread; this keeps its pipeline to one.
os.environ["VIPS_CONCURRENCY"] = "1"

from stripline import jpeg
from stripline.pools import SerialExecutor

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy as np
    from numpy.typing import NDArray
    from typing_extensions import Buffer

    Picture = NDArray[np.uint8]


class Encode(Protocol):
    """Encode an RGB picture of shape (height, width, 3) to a JPEG file's bytes, or count them."""

    def __call__(self, picture: Picture, quality: int, sampling: jpeg.Sampling, /) -> bytes | int:
        """`sampling` is 4:4:4 or 4:2:0."""
        ...


def stripline(pool: Executor | None) -> Encode:
    """Stripline on a pool; None is one thread, the caller's."""
    where = SerialExecutor() if pool is None else pool

    def encode(picture: Picture, quality: int, sampling: jpeg.Sampling) -> bytes:
        return jpeg.encode(picture, quality=quality, subsampling=sampling, pool=where)

    return encode


class _Passing:
    """A sink that counts the bytes that pass, as they do on their way to a socket."""

    can_patch = False

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: Buffer) -> None:
        self.size += memoryview(data).nbytes

    def patch(self, offset: int, data: bytes) -> None:
        raise NotImplementedError

    def commit(self) -> None:
        pass

    def abort(self) -> None:
        pass


def streamed(pool: Executor | None) -> Encode:
    """Stripline on a pool, the file's bytes given on as they come and not kept."""
    where = SerialExecutor() if pool is None else pool

    def encode(picture: Picture, quality: int, sampling: jpeg.Sampling) -> int:
        sink = _Passing()
        jpeg.encode(picture, sink, quality=quality, subsampling=sampling, pool=where)
        return sink.size

    return encode


def _simplejpeg() -> Encode:
    import simplejpeg

    def encode(picture: Picture, quality: int, sampling: jpeg.Sampling) -> bytes:
        result: bytes = simplejpeg.encode_jpeg(
            picture, quality, "RGB", sampling.replace(":", ""), fastdct=False
        )
        return result

    return encode


def _pillow() -> Encode:
    from PIL import Image

    def encode(picture: Picture, quality: int, sampling: jpeg.Sampling) -> bytes:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling=sampling)
        return file.getvalue()

    return encode


def _opencv() -> Encode:
    import cv2

    cv2.setNumThreads(1)
    factors = {
        "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
        "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    }

    def encode(picture: Picture, quality: int, sampling: jpeg.Sampling) -> bytes:
        # The array is taken as BGR, OpenCV's order: the colours come out swapped, the work and
        # the detail are the same, and no conversion is charged to OpenCV.
        settings = [cv2.IMWRITE_JPEG_QUALITY, quality]
        settings += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factors[sampling]]
        done, encoded = cv2.imencode(".jpg", picture, settings)
        if not done:
            message = "OpenCV could not encode the picture"
            raise RuntimeError(message)
        return encoded.tobytes()

    return encode


def _pyvips() -> Encode:
    import pyvips

    pyvips.cache_set_max(0)  # otherwise a second encode of the same array costs nothing

    def encode(picture: Picture, quality: int, sampling: jpeg.Sampling) -> bytes:
        height, width, bands = picture.shape
        image = pyvips.Image.new_from_memory(picture.data, width, height, bands, "uchar")
        mode = "off" if sampling == "4:4:4" else "on"
        result: bytes = image.jpegsave_buffer(Q=quality, subsample_mode=mode)
        return result

    return encode


# Name shown -> module it needs, and how to make its encoder.
_PEERS = {
    "simplejpeg": ("simplejpeg", _simplejpeg),
    "Pillow": ("PIL", _pillow),
    "OpenCV": ("cv2", _opencv),
    "pyvips": ("pyvips", _pyvips),
}


def peers() -> dict[str, Encode]:
    """The peers that are installed; says which are not."""
    found = {}
    for name, (module, make) in _PEERS.items():
        try:
            importlib.import_module(module)
        except ModuleNotFoundError:
            print(f'{name} is not installed and not measured: pip install "stripline[bench]"')
            continue
        found[name] = make()
    return found
