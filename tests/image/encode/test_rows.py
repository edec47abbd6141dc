"""Rows of a libvips image, for our own encoder."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from stripline._vips import library
from stripline.errors import CorruptImage
from stripline.image.encode._rows import PictureRows
from tests.image.encode import samples

WIDTH, HEIGHT = 2_003, 1_501  # 9 MB as RGB: handed over in pieces, the last one short


def pixels(channels: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    coffee = np.concatenate((samples.coffee(), samples.coffee()[..., :1]), axis=2)
    rows, columns = coffee.shape[:2]
    tiled = np.tile(coffee, (-(-HEIGHT // rows), -(-WIDTH // columns), 1))
    return np.ascontiguousarray(tiled[:HEIGHT, :WIDTH, :channels])


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "stripline-rows"]


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("height", [100, HEIGHT, 3 * HEIGHT])
def test_rows_are_those_of_the_image(channels: int, height: int) -> None:
    picture = np.concatenate([pixels(channels)] * 3)[:height]
    source = PictureRows(samples.picture(picture).pixels)
    assert (source.width, source.height) == (WIDTH, height)
    found, tops = bytearray(), []
    for rows in source.batches(8):
        tops.append(len(found))
        assert len(rows.planes[0]) == rows.height * rows.strides[0]
        found += rows.planes[0]
    assert found == picture.tobytes()
    assert (len(tops) > 1) == (len(found) > 8 << 20)
    assert not threads()


def test_damage_further_down_is_an_error_after_the_rows_above_it() -> None:
    file = samples.picture(pixels(3)).pixels.pngsave_buffer(compression=1)
    image = library().Image.pngload_buffer(
        file[: len(file) // 2], access="sequential", fail_on="truncated"
    )
    batches = PictureRows(image).batches(8)
    first = next(batches)
    assert first.planes[0] == pixels(3)[: first.height].tobytes()
    with pytest.raises(CorruptImage):
        list(batches)
    assert not threads()


def test_nothing_runs_on_when_the_rest_is_not_wanted() -> None:
    batches: Any = PictureRows(samples.picture(pixels(3)).pixels).batches(8)
    next(batches)
    assert len(threads()) == 1
    batches.close()
    assert not threads()
