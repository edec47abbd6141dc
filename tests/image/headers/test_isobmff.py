from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
import pyvips
from PIL import Image, ImageOps

from stripline.errors import CorruptImage, LimitExceeded, UnsupportedFormat
from stripline.image.headers import probe, sniff
from stripline.image.limits import Limits
from stripline.streams.exif import minimal_exif
from tests.image.headers.samples import (
    AV1C,
    ICC_PROFILE,
    animation,
    box,
    full_box,
    heic,
    heif,
    ispe,
    pillow,
    sample,
    vips,
)
from tests.support import photograph

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEQUENCE_BRANDS = (b"avis", b"msf1")


def pixi(*bits: int) -> bytes:
    return full_box(b"pixi", bytes((len(bits), *bits)))


def hvcc(chroma: int = 1, depth: int = 8) -> bytes:
    return box(b"hvcC", bytes(16) + bytes((0xFC | chroma, 0xF8 | depth - 8)) + bytes(5))


def clap(across: int, down: int, per: int = 1) -> bytes:
    return box(b"clap", struct.pack(">8I", across, per, down, per, 0, 1, 0, 1))


def movie(sizes: bytes, *, handler: bytes = b"pict") -> bytes:
    entry = box(b"av01", bytes(24), struct.pack(">HH", 61, 40), bytes(50), AV1C, pixi(8, 8, 8))
    # Tables in `sizes` come first, and the first of a kind counts.
    table = box(b"stbl", sizes, full_box(b"stsd", struct.pack(">I", 1), entry))
    media = box(b"mdia", full_box(b"hdlr", bytes(4), handler, bytes(13)), box(b"minf", table))
    return box(b"moov", full_box(b"mvhd", bytes(96)), box(b"trak", media))


def sequence(sizes: bytes, **options: bytes) -> bytes:
    head = box(b"ftyp", SEQUENCE_BRANDS[0], bytes(4), *SEQUENCE_BRANDS)
    return head + box(b"mdat", bytes(100)) + movie(sizes, **options)


def stsz(count: int, common: int = 0, entries: int | None = None) -> bytes:
    table = bytes(4 * (count if entries is None else entries)) if not common else b""
    return full_box(b"stsz", struct.pack(">II", common, count), table)


@pytest.mark.parametrize("name", ["avif", "avif-alpha", "heic", "heic-alpha"])
def test_stills(name: str) -> None:
    info = probe(sample(name))
    assert (info.format, info.coding) in {("avif", "av1"), ("heic", "hevc")}
    assert (info.width, info.height, info.frames) == (61, 40, 1)
    assert (info.bit_depth, info.colour, info.lossless) == (8, "ycbcr", None)
    assert info.alpha == name.endswith("alpha")


def test_heic_codes_whole_blocks_and_shows_the_picture() -> None:
    info = probe(sample("heic"))
    assert (info.width, info.height) == (61, 40)
    assert (info.coded_size, info.pixels) == ((64, 64), 64 * 64)


def test_colours() -> None:
    assert probe(pillow("avif", icc_profile=ICC_PROFILE)).icc_bytes == len(ICC_PROFILE)
    assert probe(sample("avif")).cicp is None
    assert probe(pillow("avif")).cicp == (1, 13, 6, 1)
    lossless = probe(heic(chroma=444, quality=-1, matrix_coefficients=0))
    assert (lossless.cicp, lossless.colour) == ((1, 13, 0, 1), "rgb")
    assert probe(vips(".avif", compression="av1", interpretation="b-w")).colour in {"grey", "ycbcr"}


@pytest.mark.parametrize("depth", [8, 10, 12])
def test_depths(depth: int) -> None:
    data = vips(".avif", compression="av1", interpretation="rgb16", bitdepth=depth)
    assert probe(data).bit_depth == depth


def test_depth_and_grey_by_the_decoders_configuration() -> None:
    grey = box(b"av1C", bytes((0x81, 0x00, 0x70, 0x00)))
    info = probe(heif(ispe(61, 40), grey))
    assert (info.bit_depth, info.colour) == (12, "grey")
    for chroma, colour in ((0, "grey"), (1, "ycbcr")):
        info = probe(heif(ispe(61, 40), hvcc(chroma, 10), item=b"hvc1", brands=(b"heix", b"mif1")))
        assert (info.format, info.bit_depth, info.colour) == ("heic", 10, colour)
    assert probe(heif(ispe(61, 40), AV1C, pixi(10))).colour == "grey"
    assert probe(heif(ispe(61, 40), AV1C, pixi(10))).bit_depth == 10


def upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    tags = Image.Exif()
    tags[0x0112] = orientation
    image = Image.fromarray(pixels)
    image.getexif()[0x0112] = orientation
    return np.asarray(ImageOps.exif_transpose(image))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_what_decoders_do_by_themselves(orientation: int) -> None:
    # Pillow's plugin writes irot and imir for what EXIF says, and libheif applies them.
    pixels = photograph()[:64, 100:228]
    file = io.BytesIO()
    Image.fromarray(pixels).save(
        file, "avif", quality=95, exif=minimal_exif(orientation), subsampling="4:4:4"
    )
    info = probe(file.getvalue())
    assert (info.width, info.height, info.orientation) == (128, 64, orientation)
    theirs = pyvips.Image.new_from_buffer(file.getvalue(), "").numpy()
    assert info.upright_size == (theirs.shape[1], theirs.shape[0])
    expected = upright(pixels, orientation).astype(int)
    assert np.abs(theirs.astype(int) - expected).mean() < 6


def composed(properties: list[bytes], pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    for data in properties:
        kind, value = data[4:8], data[8]
        if kind == b"irot":
            pixels = np.rot90(pixels, value)  # anticlockwise, as the property
        else:
            pixels = pixels[:, ::-1] if value else pixels[::-1]
    return pixels


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("mirror_first", [False, True])
def test_turns_and_mirrors_in_any_order(turns: int, axis: int | None, mirror_first: bool) -> None:
    steps = [box(b"irot", bytes((turns,)))]
    if axis is not None:
        steps.insert(0 if mirror_first else 1, box(b"imir", bytes((axis,))))
    info = probe(heif(ispe(61, 40), AV1C, *steps))
    pixels = photograph()[:8, 100:120]
    assert np.array_equal(composed(steps, pixels), upright(pixels, info.orientation))


def test_exif_does_not_turn_heic() -> None:
    assert probe(heic(exif=minimal_exif(1))).orientation == 1


@pytest.mark.parametrize("frames", [2, 5])
def test_sequences(frames: int) -> None:
    data = animation("avif", frames)
    info = probe(data)
    with Image.open(io.BytesIO(data)) as image:
        assert info.frames == image.n_frames == frames  # type: ignore[attr-defined]  # the plugin's own
    assert info.animated
    assert probe(animation("avif", frames, "RGBA")).alpha


def test_a_sequence_without_a_still() -> None:
    for sizes in (
        stsz(7),
        stsz(7, common=1000),
        full_box(b"stz2", struct.pack(">II", 4, 7), bytes(4)),
    ):
        info = probe(sequence(sizes))
        assert (info.format, info.frames, info.width, info.height) == ("avif", 7, 61, 40)
    with pytest.raises(LimitExceeded, match="7 frames, of which 6 are allowed"):
        probe(sequence(stsz(7)), Limits(frames=6))
    with pytest.raises(CorruptImage, match="no meta box with a primary item"):
        probe(sequence(stsz(7), handler=b"soun"))


def test_tiles_have_the_configuration_of_their_own() -> None:
    # One item of kind grid with a size; the decoder's configuration belongs to no item here.
    data = heif(ispe(4000, 3000), item=b"grid", brands=(b"heic", b"mif1"))
    with_config = data.replace(ispe(4000, 3000), ispe(4000, 3000) + hvcc(depth=10))
    grown = len(hvcc())
    for kind in (b"meta", b"iprp", b"ipco"):
        at = with_config.index(kind) - 4
        size = struct.unpack_from(">I", with_config, at)[0] + grown
        with_config = with_config[:at] + struct.pack(">I", size) + with_config[at + 4 :]
    info = probe(with_config)
    assert (info.format, info.width, info.bit_depth) == ("heic", 4000, 10)
    with pytest.raises(UnsupportedFormat, match="coded as 'grid'"):
        probe(data)


@pytest.mark.parametrize(
    ("brands", "expected"),
    [
        ((b"avif",), "avif"),
        ((b"mif1", b"avif"), "avif"),
        ((b"mif1", b"heic"), "heic"),
        ((b"heic", b"mif1", b"avif"), "heic"),
        ((b"msf1", b"hevc"), "heic"),
        ((b"mif1",), "heic"),
        ((b"isom", b"mp42"), None),
        ((b"qt  ",), None),
    ],
)
def test_brands(brands: tuple[bytes, ...], expected: str | None) -> None:
    assert sniff(box(b"ftyp", brands[0], bytes(4), *brands)) == expected


def test_the_items_kind_decides_where_brands_do_not() -> None:
    assert probe(heif(ispe(6, 4), AV1C, brands=(b"mif1",))).format == "avif"
    with pytest.raises(UnsupportedFormat, match="HEIF with pixels coded as 'avc1'"):
        probe(heif(ispe(6, 4), item=b"avc1", brands=(b"mif1",)))


def test_a_small_part_of_a_huge_picture_is_as_large_as_the_whole() -> None:
    data = heif(ispe(60_000, 60_000), AV1C, clap(10, 10))
    info = probe(data)
    assert (info.width, info.coded_size) == (10, (60_000, 60_000))
    with pytest.raises(LimitExceeded, match="3,600,000,000"):
        probe(data, Limits())


FTYP = box(b"ftyp", b"avif", bytes(4), b"mif1")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (FTYP, "AVIF: no meta box"),
        (FTYP + b"\0\0\0\7meta", "a box b'meta' of 7 bytes, at byte 20"),
        (FTYP + full_box(b"meta", b"\0\0\xff\xffpitm"), "a box b'pitm' of 65,535 bytes"),
        (FTYP + b"\x7f\xff\xff\xffmeta" + bytes(20), "a meta box of 2,147,483,639 bytes"),
        (FTYP + b"\0\0\0\1meta" + b"\xff" * 8, "a meta box of"),
        (FTYP + b"\0\0\0\0meta" + bytes(9), "a box b'.*' of 0 bytes|ends|no meta box|shorter"),
        (heif(AV1C), r"a part of \(0, 0\) of a picture of \(0, 0\)"),
        (heif(ispe(0, 4), AV1C), r"a part of \(0, 4\)"),
        (heif(ispe(6, 4), AV1C, clap(7, 4)), r"a part of \(7, 4\) of a picture of \(6, 4\)"),
        (heif(ispe(6, 4), AV1C, clap(7, 4, per=0)), r"a part of \(0, 0\)"),
        (heif(ispe(6, 4)[:12]), "ends|shorter|a box"),
        (heif(ispe(6, 4), box(b"av1C", b"\x81")), "a box that is shorter than what must be in it"),
        (heif(ispe(6, 4), AV1C).replace(b"\2\1\2", b"\2\1\7"), "item 1 has a property that is not"),
        (heif(ispe(6, 4), AV1C).replace(b"infe\2", b"infe\0"), "the primary item 1 is not listed"),
        (FTYP + box(b"free") * 20_001, "more than 20,000 boxes"),
        (sequence(stsz(7, entries=6)), "7 samples with 24 bytes for their sizes"),
        (sequence(stsz(0)), "0 samples"),
        (sequence(stsz(2_000_000)), "a moov box of 8,000,"),
        (sequence(b""), "a track without its samples' sizes"),
        (sequence(b"").replace(b"stbl", b"free"), "a track without a table of samples"),
        (
            sequence(stsz(7)).replace(b"stsd", b"free").replace(b"av01", b"stsd"),
            "a track without its samples' sizes",
        ),
        (sequence(full_box(b"stsd", bytes(4)) + stsz(7)), "without a description of its samples"),
    ],
)
def test_damage_is_named(data: bytes, text: str) -> None:
    with pytest.raises(CorruptImage, match=text):
        probe(data)
