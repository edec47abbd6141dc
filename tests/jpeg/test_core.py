from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.errors import (
    StriplineError,
    TooFewRows,
    TooManyRows,
    UnsupportedPixels,
    WrongRowSize,
)
from stripline.jpeg import inspect
from stripline.jpeg._engine import StripTask, run_strip
from stripline.jpeg._plan import SAMPLINGS, make_plan
from stripline.jpeg.core import EncoderCore, Piece
from stripline.streams import IteratorRows, PlanarFrame, Rows, packed_rows
from tests.support import decode, noise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from stripline.jpeg import PixelFormat, Sampling

pytestmark = pytest.mark.usefixtures("small_strips")

CHANNELS: dict[PixelFormat, int] = {
    "grey": 1,
    "rgb": 3,
    "bgr": 3,
    "rgba": 4,
    "bgra": 4,
    "rgbx": 4,
    "bgrx": 4,
}


def make_core(
    width: int,
    height: int | None,
    pixel_format: PixelFormat = "rgb",
    subsampling: Sampling = "4:4:4",
) -> EncoderCore:
    source = IteratorRows([], width, height, pixel_format)
    return EncoderCore(make_plan(source, quality=90, subsampling=subsampling))


def whole(pixels: NDArray[np.uint8], *, stable: bool = True) -> Rows:
    size = pixels.shape[1] * (pixels.shape[2] if pixels.ndim == 3 else 1)
    return Rows((memoryview(pixels.tobytes()),), (size,), pixels.shape[0], stable)


def finished_file(core: EncoderCore, batches: Iterable[Rows]) -> bytes:
    """The file with every strip encoded as soon as it is there."""
    pieces: list[Piece] = []
    for batch in batches:
        for task in core.feed(batch):
            core.accept(task.index, run_strip(task))
            pieces += core.ready()
    for task in core.finish():
        core.accept(task.index, run_strip(task))
    return finished(core, pieces)


def finished(core: EncoderCore, pieces: list[Piece]) -> bytes:
    """The file, from what was ready before."""
    file = bytearray(b"".join([*pieces, *core.ready()]))
    if core.patch is not None:
        at, data = core.patch
        file[at : at + len(data)] = data
    return bytes(file)


@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    pixel_format=st.sampled_from(list(CHANNELS)),
    sampling=st.sampled_from(SAMPLINGS),
    known=st.booleans(),
    chance=st.randoms(use_true_random=True),
)
def test_bytes_depend_on_pixels_and_options_alone(
    height: int,
    width: int,
    pixel_format: PixelFormat,
    sampling: Sampling,
    known: bool,
    chance: random.Random,
) -> None:
    pixels = noise(height, width, CHANNELS[pixel_format])
    expected = finished_file(make_core(width, height, pixel_format, sampling), [whole(pixels)])
    assert decode(expected).shape[:2] == (height, width)

    # The same rows in other batches, stable or not, and strips that come back in any order.
    core = make_core(width, height if known else None, pixel_format, sampling)
    tasks: list[StripTask] = []
    top = 0
    while top < height:
        rows = chance.randint(0, height - top)
        tasks += core.feed(whole(pixels[top : top + rows], stable=chance.random() < 0.5))
        top += rows
    tasks += core.finish()
    chance.shuffle(tasks)
    pieces: list[Piece] = []
    for task in tasks:
        core.accept(task.index, run_strip(task))
        if chance.random() < 0.5:
            pieces += core.ready()
    assert finished(core, pieces) == expected
    assert core.rows_done == height
    assert not known or core.patch is None


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_strips_decode_to_what_one_strip_decodes_to(
    sampling: Sampling, monkeypatch: pytest.MonkeyPatch, photo: NDArray[np.uint8]
) -> None:
    pixels = photo[100:261, 200:399]
    many = finished_file(make_core(199, 161, subsampling=sampling), [whole(pixels)])
    monkeypatch.setattr("stripline.jpeg._plan.STRIP_PIXELS", dict.fromkeys(SAMPLINGS, 1 << 20))
    one = finished_file(make_core(199, 161, subsampling=sampling), [whole(pixels)])
    assert inspect(many).strips == -(-161 // (16 if sampling in {"4:2:0", "4:4:0"} else 8))
    assert inspect(one).strips == 1
    assert inspect(one).restart_interval == 0
    assert (decode(many) == decode(one)).all()


@pytest.mark.parametrize("pixel_format", ["i420", "nv12", "i444"])
@pytest.mark.parametrize("sampling", ["4:4:4", "grey"])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (15, 9), (33, 31), (64, 48)])
def test_planes_are_cut_like_the_picture(
    pixel_format: PixelFormat,
    sampling: Sampling,
    height: int,
    width: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    halves = (height, width) if pixel_format == "i444" else (-(-height // 2), -(-width // 2))
    planes = [noise(height, width, 1), noise(*halves, 1, seed=2), noise(*halves, 1, seed=3)]
    if pixel_format == "nv12":
        planes = [planes[0], np.stack(planes[1:], axis=2)]
    # Rows further apart than they are long.
    planes = [np.pad(plane, ((0, 0), (0, 5)) + ((0, 0),) * (plane.ndim - 2)) for plane in planes]
    strides = [plane.strides[0] for plane in planes]
    frame = PlanarFrame(pixel_format, width, height, planes, strides)
    many = finished_file(
        EncoderCore(make_plan(frame, subsampling=sampling)), list(frame.batches(8))
    )
    monkeypatch.setattr("stripline.jpeg._plan.STRIP_PIXELS", dict.fromkeys(SAMPLINGS, 1 << 20))
    one = finished_file(EncoderCore(make_plan(frame, subsampling=sampling)), list(frame.batches(8)))
    assert (decode(many) == decode(one)).all()
    assert decode(one).shape[:2] == (height, width)


def test_stable_rows_are_not_copied() -> None:
    memory = bytearray(noise(40, 20).tobytes())
    rows = Rows((memoryview(memory),), (60,), 40, stable=True)
    tasks = list(make_core(20, 40).feed(rows))
    assert [task.rows for task in tasks] == [8] * 5
    memory[:] = bytes(len(memory))
    assert not any(any(bytes(task.planes[0])) for task in tasks)


def test_rows_that_can_change_are_copied() -> None:
    memory = bytearray(noise(40, 20).tobytes())
    expected = bytes(memory)
    rows = Rows((memoryview(memory),), (60,), 40, stable=False)
    tasks = list(make_core(20, 40).feed(rows))
    memory[:] = bytes(len(memory))
    assert b"".join(bytes(task.planes[0]) for task in tasks) == expected


def test_buffers_are_used_again_once_their_strip_is_accepted() -> None:
    core = make_core(20, None)
    buffers = set()
    for _ in range(50):
        for task in core.feed(packed_rows(bytearray(8 * 60), 60)):
            buffers.add(id(memoryview(task.planes[0]).obj))
            core.accept(task.index, b"")
    assert len(buffers) == 1


def test_a_buffer_is_not_used_again_before() -> None:
    core = make_core(20, None)
    tasks = [
        task
        for value in range(6)
        for task in core.feed(packed_rows(bytearray([value]) * (8 * 60), 60))
    ]
    core.accept(2, b"")
    tasks += core.feed(packed_rows(bytearray([99]) * (8 * 60), 60))
    assert [task.planes[0][0] for task in tasks] == [0, 1, 99, 3, 4, 5, 99]  # type: ignore[index]


def test_rows_further_apart_than_they_are_long() -> None:
    pixels = noise(21, 30)
    wide = np.pad(pixels, ((0, 0), (0, 7), (0, 0)))
    for stable in (True, False):
        rows = Rows((memoryview(wide.tobytes()),), (wide.strides[0],), 21, stable)
        found = finished_file(make_core(30, 21), [rows])
        assert found == finished_file(make_core(30, 21), [whole(pixels)])


def test_bytes_come_as_early_as_they_can() -> None:
    core = make_core(20, 40)
    assert bytes(core.ready()[0]).startswith(b"\xff\xd8")
    tasks = list(core.feed(whole(noise(40, 20))))
    core.accept(1, b"B")
    assert core.ready() == []
    core.accept(0, b"A")
    assert core.ready() == [b"A", b"\xff\xd0", b"B"]
    assert core.rows_done == 16
    for task in tasks[2:]:
        core.accept(task.index, b"C")
    assert core.ready() == [b"\xff\xd1", b"C", b"\xff\xd2", b"C", b"\xff\xd3", b"C"]
    assert list(core.finish()) == []
    assert core.ready() == [b"\xff\xd9"]
    assert core.ready() == []
    assert core.patch is None


def test_with_an_unknown_height_the_header_waits_for_a_second_strip() -> None:
    core = make_core(20, None)
    list(core.feed(whole(noise(8, 20))))
    assert core.ready() == []
    list(core.feed(whole(noise(8, 20))))
    assert inspect_height(b"".join(core.ready())) == 0
    list(core.finish())
    assert core.patch is not None
    assert core.patch[1] == (16).to_bytes(2, "big")


def test_a_single_strip_of_unknown_height_needs_no_patch() -> None:
    core = make_core(20, None)
    assert list(core.feed(whole(noise(5, 20)))) == []
    (task,) = core.finish()
    assert core.single
    assert task.rows == 5
    assert inspect_height(b"".join(core.ready())) == 5
    assert core.patch is None


def inspect_height(header: bytes) -> int:
    at = header.index(b"\xff\xc0\x00\x11\x08") + 5
    return int.from_bytes(header[at : at + 2], "big")


@pytest.mark.parametrize(
    ("height", "batches", "error"),
    [
        (10, [9], TooFewRows(9, 10)),
        (10, [], TooFewRows(0, 10)),
        (None, [0], TooFewRows(0, None)),
        (10, [11], TooManyRows(11, 10)),
        (10, [10, 0, 5], TooManyRows(15, 10)),
        (None, [65_535, 1], TooManyRows(65_536, 65_535)),
    ],
)
def test_the_number_of_rows_must_be_right(
    height: int | None, batches: list[int], error: StriplineError
) -> None:
    core = make_core(1, height)
    with pytest.raises(type(error)) as caught:
        finished_file(core, [packed_rows(bytes(3 * rows), 3) for rows in batches])
    assert str(caught.value) == str(error)


@pytest.mark.parametrize(
    ("size", "stride", "rows"), [(59, 60, 1), (119, 60, 2), (1000, 59, 2), (1000, -60, 2)]
)
def test_batches_smaller_than_they_say_are_refused(size: int, stride: int, rows: int) -> None:
    batch = Rows((memoryview(bytes(size)),), (stride,), rows, stable=True)
    with pytest.raises(WrongRowSize):
        list(make_core(20, 5).feed(batch))


def test_planes_must_come_whole() -> None:
    frame = PlanarFrame("i444", 8, 16, [bytes(128)] * 3)
    (rows,) = frame.batches(1)
    for wrong in (rows._replace(height=8), rows._replace(stable=False)):
        with pytest.raises(UnsupportedPixels, match="one stable batch"):
            list(EncoderCore(make_plan(frame)).feed(wrong))


def test_strips_are_accepted_once() -> None:
    core = make_core(20, 8)
    (task,) = core.feed(whole(noise(8, 20)))
    core.accept(task.index, b"")
    for index in (0, 1, -1):
        with pytest.raises(ValueError, match=f"strip {index} is not out"):
            core.accept(index, b"")


def test_many_strips_in_any_order() -> None:
    pixels = noise(8 * 40, 9)
    expected = finished_file(make_core(9, 320), [whole(pixels)])
    for seed in range(5):
        core = make_core(9, 320)
        tasks: list[Any] = [*core.feed(whole(pixels)), *core.finish()]
        random.Random(seed).shuffle(tasks)
        pieces = []
        for task in tasks:
            core.accept(task.index, run_strip(task))
            pieces += core.ready()
        assert b"".join(pieces) == expected
