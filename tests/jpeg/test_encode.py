from __future__ import annotations

import io
import os
import stat
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import stripline
from stripline import Metadata, PlanarFrame, inspect
from stripline.errors import (
    InvalidDimensions,
    InvalidOption,
    SourceFailed,
    TargetNotSeekable,
    TooFewRows,
    UnsupportedPixels,
)
from stripline.pools import SerialExecutor, default_pool
from tests.support import HeldExecutor, decode, noise, photograph, psnr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray


class Pipe(io.BytesIO):
    """A target that cannot seek."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation("seek")

    def tell(self) -> int:
        raise io.UnsupportedOperation("tell")


def rows_of(pixels: NDArray[np.uint8], count: int = 7) -> Iterator[bytes]:
    for top in range(0, len(pixels), count):
        yield pixels[top : top + count].tobytes()


def test_a_photograph(photo: NDArray[np.uint8]) -> None:
    jpeg = stripline.encode(photo)
    assert psnr(decode(jpeg), photo) > 50
    info = inspect(jpeg)
    assert (info.width, info.height) == (512, 512)
    assert (info.quality, info.quality_exact, info.sampling) == (100, True, "4:4:4")


@pytest.mark.parametrize(
    "pool",
    [
        SerialExecutor,
        lambda: ThreadPoolExecutor(1),
        lambda: ThreadPoolExecutor(3),
        lambda: ProcessPoolExecutor(2, mp_context=get_context("spawn")),
        lambda: ProcessPoolExecutor(2, mp_context=get_context("forkserver")),
    ],
    ids=["serial", "1 thread", "3 threads", "spawned", "forkserver"],
)
def test_any_pool_gives_the_same_bytes(
    pool: Callable[[], Any], large_photo: NDArray[np.uint8]
) -> None:
    expected = stripline.encode(large_photo, quality=80)
    with pool() as executor:
        assert stripline.encode(large_photo, quality=80, pool=executor) == expected
        rows = rows_of(large_photo)
        assert stripline.encode(rows, width=1024, quality=80, pool=executor) == expected


def test_from_threads_of_the_default_pool_itself(large_photo: NDArray[np.uint8]) -> None:
    # As many as the pool has threads, and more: none may wait for a thread that another one holds.
    futures = [default_pool().submit(stripline.encode, large_photo) for _ in range(8)]
    assert {future.result(timeout=60) for future in futures} == {stripline.encode(large_photo)}


def test_a_single_strip_needs_no_pool(photo: NDArray[np.uint8]) -> None:
    pool = HeldExecutor()
    assert stripline.encode(photo[:256, :256].copy(), pool=pool)
    assert pool.most_waiting == 0


@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    rows=st.integers(1, 71),
    known=st.booleans(),
)
def test_every_way_in_gives_the_same_bytes(height: int, width: int, rows: int, known: bool) -> None:
    pixels = noise(height, width)
    expected = stripline.encode(pixels)
    told = height if known else None
    assert stripline.encode(rows_of(pixels, rows), width=width, height=told) == expected
    assert stripline.encode(pixels.tobytes(), width=width, height=told) == expected
    assert stripline.encode(Image.fromarray(pixels)) == expected
    assert stripline.encode(np.flip(np.flip(pixels, 2).copy(), 2)) == expected
    assert stripline.encode(pixels[..., ::-1].copy(), format="bgr") == expected
    ppm = b"P6 %d %d 255\n" % (width, height) + pixels.tobytes()
    assert stripline.encode(io.BytesIO(ppm)) == expected
    assert b"".join(stripline.iter_encode(rows_of(pixels, rows), width, height)) == expected


def test_a_reused_buffer_is_copied(large_photo: NDArray[np.uint8]) -> None:
    def rows() -> Iterator[bytearray]:
        buffer = bytearray(1024 * 3 * 64)
        for top in range(0, 1536, 64):
            buffer[:] = large_photo[top : top + 64].tobytes()
            yield buffer
        buffer[:] = bytes(len(buffer))

    assert stripline.encode(rows(), width=1024) == stripline.encode(large_photo)


@pytest.mark.parametrize("size", [(100, 90), (1536, 1024)], ids=["one strip", "many strips"])
@pytest.mark.parametrize("known", [True, False])
def test_every_way_out_gives_the_same_bytes(
    tmp_path: Path, size: tuple[int, int], known: bool, large_photo: NDArray[np.uint8]
) -> None:
    pixels = large_photo[: size[0], : size[1]]
    expected = stripline.encode(pixels)

    def encode(target: Any) -> int:
        height = size[0] if known else None
        written: int = stripline.encode(rows_of(pixels), target, width=size[1], height=height)
        return written

    assert encode(tmp_path / "a.jpg") == len(expected)
    assert (tmp_path / "a.jpg").read_bytes() == expected
    memory = io.BytesIO(b"before")
    memory.seek(0, os.SEEK_END)
    assert encode(memory) == len(expected)
    assert memory.getvalue() == b"before" + expected
    with (tmp_path / "b.jpg").open("wb", buffering=0) as file:
        encode(file)
    assert (tmp_path / "b.jpg").read_bytes() == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "b.jpg"]


def test_a_pipe_takes_what_has_a_height(photo: NDArray[np.uint8]) -> None:
    target = Pipe()
    assert stripline.encode(photo, target) > 0
    assert target.getvalue() == stripline.encode(photo)


def test_an_unknown_height_in_a_pipe_is_refused_before_any_work() -> None:
    read = []

    def rows() -> Iterator[bytes]:
        read.append(True)
        yield bytes(30)

    target = Pipe()
    with pytest.raises(TargetNotSeekable, match="give height="):
        stripline.encode(rows(), target, width=10)
    with pytest.raises(TargetNotSeekable, match="give height="):
        stripline.iter_encode(rows(), 10)
    assert not read
    assert target.getvalue() == b""


def test_iter_encode_checks_options_at_once() -> None:
    with pytest.raises(InvalidOption, match="quality is 0"):
        stripline.iter_encode([], 10, 10, quality=0)
    with pytest.raises(InvalidDimensions, match="width is 0"):
        stripline.iter_encode([], 0, 10)


def test_iter_encode_gives_bytes_before_the_rows_end(large_photo: NDArray[np.uint8]) -> None:
    given_rows = []

    def rows() -> Iterator[bytes]:
        for batch in rows_of(large_photo, 64):
            given_rows.append(64)
            yield batch

    chunks = stripline.iter_encode(rows(), 1024, 1536, pool=SerialExecutor())
    assert next(chunks).startswith(b"\xff\xd8")
    assert sum(given_rows) < 1536
    assert all(chunks)


def test_progress_counts_rows(large_photo: NDArray[np.uint8]) -> None:
    for height in (1536, None):
        seen: list[tuple[int, int | None]] = []
        rows = rows_of(large_photo)

        def note(done: int, total: int | None, seen: list[Any] = seen) -> None:
            seen.append((done, total))

        stripline.encode(rows, width=1024, height=height, progress=note)
        assert seen == [(512 * (n + 1), height) for n in range(3)]


def test_progress_of_a_single_strip() -> None:
    seen = []
    stripline.encode(noise(9, 9), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(9, 9)]


@pytest.mark.parametrize("background", [(255, 255, 255), (10, 200, 30)])
def test_transparency_shows_the_background(background: tuple[int, int, int]) -> None:
    pixels = np.zeros((32, 32, 4), np.uint8)
    pixels[:, 16:] = (200, 100, 50, 255)
    found = decode(stripline.encode(pixels, background=background))
    assert np.abs(found[:, :8].astype(int) - background).max() <= 2
    assert np.abs(found[:, 24:].astype(int) - (200, 100, 50)).max() <= 2
    whiteish = decode(stripline.encode(pixels))
    assert whiteish[0, 0].min() >= 253


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:4:0", "4:2:0", "grey"])
def test_subsampling(photo: NDArray[np.uint8], subsampling: Any) -> None:
    jpeg = stripline.encode(photo, quality=95, subsampling=subsampling)
    assert inspect(jpeg).sampling == subsampling
    expected = photo
    if subsampling == "grey":
        expected = np.asarray(Image.fromarray(photo).convert("L"))
    assert psnr(decode(jpeg), expected) > 32


def test_a_video_frame() -> None:
    luma = np.full((32, 32), 120, np.uint8)
    chroma = np.full((16, 16), 128, np.uint8)
    jpeg = stripline.encode(PlanarFrame("i420", 32, 32, [luma, chroma, chroma]))
    assert inspect(jpeg).sampling == "4:2:0"
    assert np.abs(decode(jpeg).astype(int) - 120).max() <= 1
    packed = luma.tobytes() + chroma.tobytes() * 2
    assert stripline.encode(packed, width=32, height=32, format="i420") == jpeg


def test_a_file_of_any_format(tmp_path: Path) -> None:
    Image.fromarray(photograph()).save(tmp_path / "a.png")
    assert stripline.encode(tmp_path / "a.png") == stripline.encode(photograph())
    assert stripline.encode(str(tmp_path / "a.png"), tmp_path / "a.jpg", quality=80) > 0
    assert inspect(tmp_path / "a.jpg").quality == 80


def test_a_file_keeps_its_look_and_on_request_all_else(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    Image.fromarray(photograph()).save(
        tmp_path / "a.jpg", exif=exif, icc_profile=b"profile", xmp=b"xmp", dpi=(300, 300)
    )
    plain = inspect(stripline.encode(tmp_path / "a.jpg"))
    assert (plain.orientation, plain.icc_bytes, plain.xmp_bytes) == (6, 7, 0)
    assert (plain.exif_bytes, plain.density) == (26, None)
    kept = stripline.encode(tmp_path / "a.jpg", metadata="keep")
    info = inspect(kept)
    assert (info.orientation, info.icc_bytes, info.xmp_bytes) == (6, 7, 3)
    assert (info.exif_bytes > 26, info.density) == (True, (300, 300))
    assert b"Maker" in kept
    bare = inspect(stripline.encode(tmp_path / "a.jpg", metadata=Metadata(comment="c")))
    assert (bare.orientation, bare.icc_bytes, bare.comment) == (1, 0, "c")


def test_a_file_may_replace_its_own_source(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(photograph()).save(path)
    expected = stripline.encode(path, quality=50)
    stripline.encode(path, path, quality=50)
    assert path.read_bytes() == expected


def test_a_replaced_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.touch(mode=0o600)
    stripline.encode(noise(9, 9), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("height", "width"), [(1, 65_535), (65_535, 1), (9, 65_535)])
def test_the_largest_sides(height: int, width: int) -> None:
    pixels = np.tile(np.arange(256, dtype=np.uint8), height * width // 256 + 1)
    pixels = pixels[: height * width].reshape(height, width)
    # FFmpeg's decoder, because libjpeg stops at 65,500.
    with av.open(io.BytesIO(stripline.encode(pixels)), "r", format="jpeg_pipe") as container:
        frame = next(container.decode(video=0))
    assert np.abs(frame.to_ndarray().astype(int) - pixels).max() <= 2


@pytest.mark.parametrize(
    ("source", "options", "error"),
    [
        (np.zeros((0, 5, 3), np.uint8), {}, InvalidDimensions),
        (np.zeros((5, 5, 3), np.float32), {}, UnsupportedPixels),
        ([bytes(15)], {"width": 5, "height": 2}, TooFewRows),
        ([], {"width": 5}, TooFewRows),
        ("/no/such/file.png", {}, SourceFailed),
    ],
)
def test_errors_leave_no_file(
    tmp_path: Path, source: Any, options: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        stripline.encode(source, tmp_path / "a.jpg", **options)
    assert not list(tmp_path.iterdir())


def test_unknown_options_are_type_errors() -> None:
    with pytest.raises(TypeError, match="qualty"):
        stripline.encode(noise(5, 5), qualty=3)  # type: ignore[call-overload]  # is tested


def test_an_unknown_option_is_named_with_those_there_are() -> None:
    misspelt: dict[str, Any] = {"qualty": 90}
    with pytest.raises(TypeError, match="no option qualty; there are quality, subsampling, "):
        stripline.encode(noise(16, 16), **misspelt)
