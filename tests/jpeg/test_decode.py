"""Rows from a JPEG file: sizes, batches, errors, and the way back through the encoder."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from stripline import jpeg
from stripline.errors import CorruptImage, InvalidOption
from stripline.jpeg.decode import open_scaled
from stripline.streams import RowSource
from tests.support import decode, psnr

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _file(picture: NDArray[np.uint8], **settings: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", **settings)
    return file.getvalue()


def _pixels(rows: RowSource, batch: int) -> NDArray[np.uint8]:
    parts = [bytes(part.planes[0]) for part in rows.batches(batch)]
    channels = 1 if rows.format == "grey" else 3
    return np.frombuffer(b"".join(parts), np.uint8).reshape(-1, rows.width, channels)


@pytest.mark.parametrize("denominator", [1, 2, 4, 8])
@pytest.mark.parametrize("batch", [1, 13, 600])
def test_rows_come_in_order_and_all(photo: NDArray[np.uint8], denominator: Any, batch: int) -> None:
    rows = open_scaled(_file(photo[:333], quality=90), denominator)
    assert rows is not None
    assert isinstance(rows, RowSource)
    assert (rows.width, rows.height) == (512 // denominator, -(-333 // denominator))
    assert rows.format == "rgb"
    pixels = _pixels(rows, batch)
    assert pixels.shape == (rows.height, rows.width, 3)
    mean = photo[: 333 // 8 * 8].reshape(333 // 8, 8, 64, 8, 3).mean(axis=(1, 3))
    side = 8 // denominator
    shrunk = pixels[: 333 // 8 * side].reshape(333 // 8, side, 64, side, 3).mean(axis=(1, 3))
    assert np.abs(shrunk - mean).mean() < 1.5


def test_batches_have_the_size_asked_for(photo: NDArray[np.uint8]) -> None:
    rows = open_scaled(_file(photo), 2)
    assert rows is not None
    assert [batch.height for batch in rows.batches(100)] == [100, 100, 56]
    assert list(rows.batches(100)) == []


def test_grey_files_give_grey_rows(photo: NDArray[np.uint8]) -> None:
    data = _file(photo[..., 0], quality=95)
    rows = open_scaled(data, 1)
    assert rows is not None
    assert rows.format == "grey"
    np.testing.assert_array_equal(_pixels(rows, 50)[..., 0], decode(data))


def test_its_rows_can_be_encoded_again(photo: NDArray[np.uint8]) -> None:
    rows = open_scaled(_file(photo, quality=95), 2)
    assert rows is not None
    again = decode(jpeg.encode(rows, quality=95))
    half = np.asarray(Image.fromarray(photo).reduce(2))
    assert psnr(again, half) > 30


def test_other_kinds_give_none(photo: NDArray[np.uint8]) -> None:
    assert open_scaled(_file(photo, progressive=True)) is None


def test_damage_is_a_corrupt_image_that_says_where(photo: NDArray[np.uint8]) -> None:
    data = _file(photo)
    with pytest.raises(CorruptImage, match=r"at byte 0: it does not begin with FF D8"):
        open_scaled(b"not a JPEG")
    rows = open_scaled(data[: len(data) // 2])
    assert rows is not None
    read: list[int] = []
    with pytest.raises(CorruptImage, match=rf"at byte {len(data) // 2:,}: the data ends early"):
        read.extend(batch.height for batch in rows.batches(16))
    assert 0 < sum(read) < 512


@pytest.mark.parametrize("denominator", [0, 3, 16])
def test_other_denominators_are_refused(photo: NDArray[np.uint8], denominator: Any) -> None:
    with pytest.raises(InvalidOption, match="1, 2, 4 or 8"):
        open_scaled(_file(photo), denominator)


def test_an_empty_batch_is_refused(photo: NDArray[np.uint8]) -> None:
    rows = open_scaled(_file(photo))
    assert rows is not None
    with pytest.raises(InvalidOption, match="at least one row"):
        next(rows.batches(0))
