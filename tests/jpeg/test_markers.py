from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageCms

import stripline
from stripline.errors import InvalidOption
from stripline.jpeg import Metadata, inspect
from stripline.jpeg.markers import ZIGZAG, metadata_segments, restart_marker
from stripline.streams.exif import minimal_exif

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def opened(metadata: Metadata) -> Image.Image:
    jpeg = stripline.encode(bytes(300), width=10, metadata=metadata)
    image = Image.open(io.BytesIO(jpeg))
    image.load()
    return image


def test_zigzag_goes_through_all_diagonals() -> None:
    assert ZIGZAG[:10] == (0, 1, 8, 16, 9, 2, 3, 10, 17, 24)
    assert ZIGZAG[-4:] == (47, 55, 62, 63)
    assert sorted(ZIGZAG) == list(range(64))


def test_restart_markers_take_turns() -> None:
    assert [restart_marker(n)[1] for n in (0, 1, 7, 8, 15)] == [0xD0, 0xD1, 0xD7, 0xD0, 0xD7]


def test_jfif_is_always_there() -> None:
    image = opened(Metadata())
    assert image.info["jfif_version"] == (1, 2)
    assert image.info["jfif_density"] == (1, 1)
    assert image.info["jfif_unit"] == 0


def test_all_metadata_is_found_by_others() -> None:
    image = opened(
        Metadata(
            exif=minimal_exif(6),
            xmp=b"<x:xmpmeta/>",
            icc=SRGB,
            comment="grüße",
            density=(300, 72),
        )
    )
    assert image.getexif()[0x0112] == 6
    assert image.info["xmp"] == b"<x:xmpmeta/>"
    assert image.info["icc_profile"] == SRGB
    assert image.info["comment"] == "grüße".encode()
    assert image.info["dpi"] == (300, 72)


def test_exif_may_have_its_prefix() -> None:
    bare, prefixed = minimal_exif(6), b"Exif\0\0" + minimal_exif(6)
    assert metadata_segments(Metadata(exif=bare)) == metadata_segments(Metadata(exif=prefixed))


@pytest.mark.parametrize("size", [1, 65_519, 65_520, 200_000, 65_519 * 255])
def test_long_profiles_take_several_segments(size: int) -> None:
    profile = bytes(range(256)) * (size // 256 + 1)
    assert opened(Metadata(icc=profile[:size])).info["icc_profile"] == profile[:size]


@pytest.mark.parametrize(
    ("metadata", "text"),
    [
        ({"exif": bytes(65_528)}, "EXIF is 65,528 bytes; a segment holds 65,527"),
        ({"xmp": bytes(65_505)}, "XMP is 65,505 bytes; a segment holds 65,504"),
        ({"comment": bytes(65_534)}, "comment is 65,534 bytes; a segment holds 65,533"),
        ({"icc": bytes(65_519 * 255 + 1)}, "ICC profile is 16,707,346 bytes; a file holds"),
        ({"density": (0, 72)}, "density is 0 x 72 dots per inch"),
        ({"density": (72, 65_536)}, "density is 72 x 65536 dots per inch"),
    ],
)
def test_what_does_not_fit_names_the_limit(metadata: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidOption, match=text):
        metadata_segments(Metadata(**metadata))


def test_what_just_fits() -> None:
    segments = metadata_segments(
        Metadata(exif=bytes(65_527), xmp=bytes(65_504), comment=bytes(65_533))
    )
    assert len(segments) == 18 + 3 * (2 + 65_535)


@pytest.mark.parametrize("subsampling", ["4:4:4", "grey"])
def test_the_order_of_segments(photo: NDArray[np.uint8], subsampling: Any) -> None:
    metadata = Metadata(exif=minimal_exif(1), xmp=b"x", icc=SRGB, comment="c")
    info = inspect(stripline.encode(photo, metadata=metadata, subsampling=subsampling))
    names = [segment.name for segment in info.segments]
    assert names == ["APP0", "APP1", "APP1", "APP2", "COM", "DQT", "SOF0", "DHT", "SOS"]


def test_grey_files_have_one_table_of_each_kind(photo: NDArray[np.uint8]) -> None:
    grey = inspect(stripline.encode(photo[..., 0].copy()))
    sizes = {segment.name: segment.size for segment in grey.segments}
    assert (sizes["DQT"], sizes["DHT"], sizes["SOF0"], sizes["SOS"]) == (69, 212, 13, 10)
