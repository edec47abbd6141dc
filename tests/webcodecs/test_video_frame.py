from __future__ import annotations

import asyncio
import copy
import gc
import io
import pickle
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from stripline.webcodecs.color_space import REC709, SRGB, VideoColorSpace
from stripline.webcodecs.enums import VideoPixelFormat
from stripline.webcodecs.exceptions import DataCloneError, InvalidStateError
from stripline.webcodecs.frame_layout import DOMRect
from stripline.webcodecs.pixel_formats import pixel_format
from stripline.webcodecs.video_frame import VideoFrame
from tests.support import noise, photograph
from tests.webcodecs.frames import copied, drawn_part, random_frame, random_planes

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMATS = pytest.mark.parametrize("name", list(VideoPixelFormat))
INIT: dict[str, Any] = {"format": "I420", "coded_width": 4, "coded_height": 2, "timestamp": 5}


@FORMATS
def test_a_copy_makes_the_same_frame_again(name: str) -> None:
    frame = random_frame(name, 7, 5)
    data = copied(frame)
    again = VideoFrame(data, format=name, coded_width=7, coded_height=5, timestamp=0)
    assert copied(again) == data
    for one, other in zip(frame.planes(), again.planes(), strict=True):
        assert (one == other).all()


@given(name=st.sampled_from(list(VideoPixelFormat)), data=st.data())
def test_any_part_into_any_layout_and_back(name: VideoPixelFormat, data: st.DataObject) -> None:
    form = pixel_format(name)
    width, height = data.draw(st.integers(1, 16)), data.draw(st.integers(1, 16))
    part = drawn_part(data, name, width, height)
    order = data.draw(st.permutations(range(len(form.planes))))
    layout: list[dict[str, int]] = [{} for _ in form.planes]
    end, used = 0, []
    for index in order:
        plane = form.planes[index]
        offset = end + data.draw(st.integers(0, 7))
        stride = plane.row_bytes(part["width"]) + data.draw(st.integers(0, 5))
        layout[index] = {"offset": offset, "stride": stride}
        rows = plane.rows(part["height"])
        used += [
            offset + row * stride + column
            for row in range(rows)
            for column in range(plane.row_bytes(part["width"]))
        ]
        end = offset + rows * stride
    frame = random_frame(name, width, height, visible_rect=part)
    assert frame.allocation_size(layout=layout) == end
    target = np.full(end + 3, 0xEE, np.uint8)
    assert frame.copy_to(target, layout=layout).result() == layout
    padding = np.ones(end + 3, bool)
    padding[used] = False
    assert (target[padding] == 0xEE).all()
    again = VideoFrame(
        target,
        format=name,
        coded_width=part["width"],
        coded_height=part["height"],
        timestamp=0,
        layout=layout,
    )
    assert copied(again) == copied(frame)


@FORMATS
def test_planes_are_the_visible_samples_without_a_copy(name: str) -> None:
    form = pixel_format(name)
    frame = random_frame(name, 9, 7, visible_rect=(2, 2, 5, 4))
    whole = random_planes(form, 9, 7)
    for plane, found, expected in zip(form.planes, frame.planes(), whole, strict=True):
        first, top = 2 // plane.across, 2 // plane.down
        samples = expected.reshape(plane.rows(7), -1, plane.components)
        cut = samples[top : top + plane.rows(4), first : first - (-5 // plane.across)]
        assert (found.reshape(cut.shape) == cut).all()
        assert not found.flags.writeable
    one, other = frame.planes()[0], frame.clone().planes()[0]
    assert np.shares_memory(one, other)


def test_views_outlive_the_frame_and_closed_frames_give_none() -> None:
    frame = random_frame("RGBA", 4, 4)
    view, before = np.asarray(frame), np.asarray(frame).copy()
    frame.close()
    gc.collect()
    assert (view == before).all()
    with pytest.raises(InvalidStateError, match="closed"):
        frame.planes()
    with pytest.raises(InvalidStateError, match="closed"):
        np.asarray(frame)


class Watched(np.ndarray):
    """An array that can be watched until it is freed."""


def test_pixels_are_freed_with_the_last_clone() -> None:
    data = noise(4, 4, 4).view(Watched)
    watch = weakref.ref(data)
    frame = VideoFrame(data, timestamp=0, transfer=[data])
    del data
    clone, crop = frame.clone(), VideoFrame(frame, visible_rect=(0, 0, 2, 2))
    frame.close()
    clone.close()
    gc.collect()
    assert watch() is not None
    crop.close()
    gc.collect()
    assert watch() is None


def test_transferred_buffers_are_not_copied() -> None:
    data = bytearray(12)
    frame = VideoFrame(data, INIT, transfer=[data])
    data[0] = 99  # to see that it is the same memory
    assert frame.planes()[0][0, 0] == 99


def test_what_can_be_transferred() -> None:
    data, released = bytearray(12), memoryview(bytearray(1))
    released.release()
    for transfer in ([data, data], [released]):
        with pytest.raises(DataCloneError):
            VideoFrame(data, INIT, transfer=transfer)
        with pytest.raises(TypeError, match="rotation"):  # all else is looked at before
            VideoFrame(data, INIT, transfer=transfer, rotation="up")  # type: ignore[arg-type]  # that is what is tested
    for wrong in (5, "text", [5]):
        with pytest.raises(TypeError, match="transfer"):
            VideoFrame(data, INIT, transfer=wrong)  # type: ignore[arg-type]  # that is what is tested


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 7), (16, 3)])
def test_arrays(channels: int, height: int, width: int) -> None:
    array = noise(height, width, channels)
    frame = VideoFrame(array, timestamp=3)
    assert frame.format == ("RGBA" if channels == 4 else "RGBX")
    assert frame.color_space == SRGB
    pixels = np.asarray(frame)
    assert pixels.shape == (height, width, 4)
    assert (pixels[..., : max(channels, 3)] == array.reshape(height, width, channels)).all()
    assert channels == 4 or (pixels[..., 3] == 255).all()
    before = pixels.copy()
    array[:] = 0
    assert (np.asarray(frame) == before).all()


def test_arrays_need_not_be_contiguous() -> None:
    photo = photograph()
    for array in (photo[::3, ::2], photo[:, ::-1], photo[..., ::-1], photo.transpose(1, 0, 2)):
        assert (np.asarray(VideoFrame(array, timestamp=0))[..., :3] == array).all()


@pytest.mark.parametrize(("channels", "name"), [(3, "BGRX"), (3, "BGRA"), (4, "BGRA"), (4, "BGRX")])
def test_arrays_of_another_order(channels: int, name: str) -> None:
    array = noise(4, 4, channels)
    frame = VideoFrame(array, timestamp=0, format=name)
    assert frame.format == ("BGRX" if channels == 3 else name)
    converted = np.frombuffer(copied(frame, format="RGBX"), np.uint8).reshape(4, 4, 4)
    assert (converted[..., :3] == array[..., [2, 1, 0]]).all()


@pytest.mark.parametrize(
    ("array", "error"),
    [
        (np.zeros((4, 4, 3), np.float32), TypeError),
        (np.zeros((4, 4, 2), np.uint8), TypeError),
        (np.zeros(16, np.uint8), TypeError),
        (np.zeros((2, 4, 4, 3), np.uint8), TypeError),
        (np.zeros((0, 4, 3), np.uint8), InvalidStateError),
        (Image.new("RGB", (0, 4)), InvalidStateError),
        (Image.new("I;16", (4, 4)), TypeError),
        (Image.new("I", (4, 4)), TypeError),
        (Image.new("F", (4, 4)), TypeError),
    ],
)
def test_arrays_and_images_that_are_no_picture(array: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        VideoFrame(array, timestamp=0)


def test_images_that_cannot_be_read() -> None:
    closed = Image.new("RGB", (4, 4))
    closed.close()
    file = io.BytesIO()
    Image.fromarray(photograph()).save(file, "png")
    cut = Image.open(io.BytesIO(file.getvalue()[:1000]))
    for image in (closed, cut):
        with pytest.raises(InvalidStateError, match="cannot be used"):
            VideoFrame(image, timestamp=0)


@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"garbage", b""])
def test_damaged_exif_data_turn_nothing(exif: bytes) -> None:
    image = Image.fromarray(photograph()[:4, :6])
    image.info["exif"] = exif
    frame = VideoFrame(image, timestamp=0)
    assert (frame.rotation, frame.display_width) == (0, 6)


def test_pictures_need_a_timestamp() -> None:
    for picture in (noise(2, 2), Image.new("RGB", (2, 2))):
        with pytest.raises(TypeError, match="timestamp"):
            VideoFrame(picture)


def test_pictures_may_be_of_another_color_space() -> None:
    frame = VideoFrame(noise(2, 2), timestamp=0, color_space={"primaries": "smpte432"})
    assert frame.color_space == VideoColorSpace(primaries="smpte432")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "YCbCr"])
def test_images_of_pillow(mode: str) -> None:
    image = Image.fromarray(photograph()[:8, :9]).convert(mode)
    frame = VideoFrame(image, timestamp=0)
    alpha = mode in {"RGBA", "LA"}
    assert frame.format == ("RGBA" if alpha else "RGBX")
    assert (np.asarray(frame) == np.asarray(image.convert("RGBA"))).all()


@pytest.mark.parametrize("tag", range(1, 9))
def test_exif_becomes_rotation_and_flip(tag: int) -> None:
    image = Image.fromarray(photograph()[:8, :12])
    image.getexif()[0x0112] = tag
    frame = VideoFrame(image, timestamp=0)
    expected = np.asarray(ImageOps.exif_transpose(image))
    assert (frame.display_height, frame.display_width) == expected.shape[:2]
    seen = np.rot90(np.asarray(frame), -frame.rotation // 90)
    seen = seen[:, ::-1] if frame.flip else seen
    assert (seen[..., :3] == expected).all()
    assert (frame.coded_width, frame.coded_height) == (12, 8)


def test_orientation_adds_up() -> None:
    frame = random_frame("RGBA", 4, 2, rotation=90)
    assert (frame.display_width, frame.display_height) == (2, 4)
    upright = VideoFrame(frame, rotation=270)
    assert (upright.rotation, upright.display_width, upright.display_height) == (0, 4, 2)
    same = VideoFrame(frame)
    assert (same.rotation, same.display_width, same.display_height) == (90, 2, 4)
    flipped = VideoFrame(frame, flip=True)
    assert (flipped.rotation, flipped.flip) == (90, True)
    back = VideoFrame(flipped, flip=True, rotation=90)
    assert (back.rotation, back.flip) == (0, False)


def test_cropping_a_turned_frame_keeps_the_pixels_proportions() -> None:
    frame = random_frame("RGBA", 8, 4, rotation=90, display_width=8, display_height=8)
    crop = VideoFrame(frame, visible_rect=(0, 0, 4, 4))
    # Stored pixels are one wide and two high as shown before the turn.
    assert (crop.display_width, crop.display_height) == (8, 4)


def test_the_color_space_is_that_given_or_of_the_format() -> None:
    assert random_frame("RGBA", 2, 2).color_space == SRGB
    assert random_frame("NV12", 2, 2).color_space == REC709
    given_space = {"primaries": "smpte170m", "matrix": "bt470bg"}
    frame = random_frame("I420", 2, 2, color_space=given_space)
    expected = {**given_space, "transfer": None, "full_range": None}
    assert frame.color_space.to_json() == expected
    assert VideoFrame(frame).color_space == frame.color_space
    with pytest.raises(TypeError, match="primaries"):
        random_frame("I420", 2, 2, color_space={"primaries": "none"})


def iter_nothing() -> Iterator[int]:
    yield from ()


def test_metadata_is_copied_in_and_out_and_not_taken_over() -> None:
    metadata = {"capture": {"time": 1.5}}
    frame = random_frame("I420", 2, 2, metadata=metadata)
    metadata["capture"]["time"] = 0
    frame.metadata()["capture"]["time"] = 0
    assert frame.metadata() == {"capture": {"time": 1.5}}
    assert frame.clone().metadata() == frame.metadata()
    assert VideoFrame(frame).metadata() == {}
    assert VideoFrame(frame, metadata=frame.metadata()).metadata() == frame.metadata()
    with pytest.raises(TypeError, match="metadata"):
        random_frame("I420", 2, 2, metadata=5)
    with pytest.raises(DataCloneError):
        random_frame("I420", 2, 2, metadata={"rows": iter_nothing()})
    with pytest.raises(DataCloneError, match="function"):
        random_frame("I420", 2, 2, metadata={"deep": [{"down": print}]})


def test_arrays_are_made_of_one_plane_only() -> None:
    frame = random_frame("RGBA", 3, 2)
    assert np.asarray(frame, np.uint16).dtype == np.uint16
    assert np.shares_memory(np.asarray(frame), frame.planes()[0])
    assert not np.shares_memory(np.array(frame), frame.planes()[0])
    with pytest.raises(ValueError, match="copy"):
        np.array(frame, np.uint16, copy=False)
    with pytest.raises(TypeError, match="3 planes"):
        np.asarray(random_frame("I444", 3, 2))


@FORMATS
def test_frames_cross_process_boundaries(name: str) -> None:
    frame = random_frame(
        name, 6, 5, duration=9, rotation=90, flip=True, visible_rect=(2, 2, 4, 3), metadata={"a": 1}
    )
    again = pickle.loads(pickle.dumps(frame))  # noqa: S301 - own bytes
    assert copied(again) == copied(frame)
    assert again.visible_rect == frame.visible_rect
    assert (again.duration, again.rotation, again.flip, again.metadata()) == (9, 90, True, {"a": 1})
    assert again.color_space == frame.color_space
    assert copied(copy.copy(frame)) == copied(frame)
    frame.close()
    with pytest.raises(DataCloneError):
        pickle.dumps(frame)


def test_a_with_statement_closes() -> None:
    with random_frame("I420", 2, 2) as frame:
        assert repr(frame) == "<VideoFrame I420 2x2 timestamp=0 duration=None>"
    assert repr(frame) == "<VideoFrame closed timestamp=0 duration=None>"


def test_unknown_members() -> None:
    assert VideoFrame(bytes(12), {**INIT, "future": 1}).format == "I420"
    with pytest.raises(TypeError, match="future"):
        VideoFrame(bytes(12), **INIT, future=1)  # type: ignore[call-arg]  # that is what is tested
    with pytest.raises(TypeError, match="format"):
        VideoFrame(VideoFrame(bytes(12), INIT), format="I420")  # a frame's format stays
    with pytest.raises(TypeError, match="alpha"):
        VideoFrame(VideoFrame(bytes(12), INIT), alpha="lose")


def test_copies_are_promises() -> None:
    frame = VideoFrame(bytes(12), INIT)

    async def copies() -> list[Any]:
        return await asyncio.gather(*(frame.copy_to(bytearray(12)) for _ in range(3)))

    assert [len(layout) for layout in asyncio.run(copies())] == [3, 3, 3]
    with pytest.raises(TypeError, match="writable"):
        frame.copy_to(bytes(12)).result()
    with pytest.raises(TypeError, match="buffer"):
        frame.copy_to("text").result()  # type: ignore[arg-type]  # that is what is tested


def test_a_copy_without_a_rect_needs_an_aligned_visible_rect() -> None:
    # A decoder may crop anywhere.
    media = replace(random_frame("I420", 4, 4)._media(), visible=(1, 1, 2, 2))
    frame = VideoFrame._from_media(media, 0)
    assert frame.visible_rect == DOMRect(1, 1, 2, 2)
    with pytest.raises(TypeError, match="multiple"):
        frame.allocation_size()
    assert len(copied(frame, rect=(0, 0, 3, 3))) == 17


def test_bytes_cannot_change_and_are_not_copied() -> None:
    data = bytes(12)
    frame = VideoFrame(data, INIT)
    assert frame.planes()[0].ctypes.data == np.frombuffer(data, np.uint8).ctypes.data


def test_rgb_in_planes_is_of_full_range_unless_it_says_otherwise() -> None:
    init = {"format": "I444", "coded_width": 1, "coded_height": 1, "timestamp": 0}
    for space, white in (({"matrix": "rgb"}, 235), ({"matrix": "rgb", "full_range": False}, 255)):
        frame = VideoFrame(bytes([235, 235, 235]), init, color_space=space)
        assert copied(frame, format="RGBX")[:3] == bytes([white] * 3)


def test_no_crop_is_shown_without_a_pixel() -> None:
    frame = random_frame("RGBA", 64, 64, display_width=1, display_height=1)
    crop = VideoFrame(frame, visible_rect=(0, 0, 16, 16))
    assert (crop.display_width, crop.display_height) == (1, 1)


def test_mistakes_that_would_go_unseen() -> None:
    with pytest.raises(TypeError, match="codedWidth is written coded_width"):
        VideoFrame(bytes(12), {**INIT, "codedWidth": 4})
    with pytest.raises(TypeError, match="astype"):
        VideoFrame(np.full((4, 8), 128.0), INIT)
