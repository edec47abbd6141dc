"""The decoder: libjpeg-turbo's very pixels, typed refusals, and no crash whatever the bytes."""

from __future__ import annotations

import contextlib
import io
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import pytest
import pyvips
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stripline import _native
from tests.conformance.decoders import djpeg
from tests.support import noise, photograph

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SCALES: Final = (1, 2, 4, 8)
SAMPLINGS: Final = {
    "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    "4:2:2": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    "4:4:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440,
    "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
}


def _encoded(
    picture: NDArray[np.uint8], sampling: str = "4:2:0", quality: int = 90, restart: int = 0
) -> bytes:
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_RST_INTERVAL, restart]
    if sampling == "grey":
        picture = picture[..., 1]
    else:
        settings += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, SAMPLINGS[sampling]]
    done, data = cv2.imencode(".jpg", picture, settings)
    assert done
    return data.tobytes()


def _decoded(
    data: bytes, denominator: int = 1, kernels: str | None = None, rows: int = 65_535
) -> NDArray[np.uint8]:
    names = _native.available_kernels()
    decoder = _native.open_decoder(data, denominator, kernels or names[0])
    assert decoder is not None
    pixels = bytearray()
    while batch := decoder.read(rows):
        pixels += batch
    channels = () if decoder.format == "grey" else (3,)
    return np.frombuffer(pixels, np.uint8).reshape(decoder.height, decoder.width, *channels)


def _segment(data: bytes, marker: int) -> int:
    """Where a segment begins."""
    return data.index(bytes((0xFF, marker)))


PHOTO: Final = photograph()


@pytest.mark.parametrize("sampling", [*SAMPLINGS, "grey"])
@pytest.mark.parametrize(
    ("width", "height"),
    [(512, 512), (511, 509), (263, 40), (17, 33), (5, 300), (100, 7), (3, 5), (2, 2), (1, 1)],
)
def test_pixels_are_those_of_libjpeg_turbo(sampling: str, width: int, height: int) -> None:
    for quality in (25, 92, 100):
        data = _encoded(PHOTO[:height, :width], sampling, quality)
        for denominator in SCALES:
            expected = djpeg(data, "-scale", f"1/{denominator}")
            np.testing.assert_array_equal(_decoded(data, denominator), expected)


@pytest.mark.parametrize("sampling", [*SAMPLINGS, "grey"])
@pytest.mark.parametrize("restart", [1, 3, 64])
def test_restart_markers_change_no_pixel(sampling: str, restart: int) -> None:
    plain = _encoded(PHOTO[:250, :330], sampling)
    data = _encoded(PHOTO[:250, :330], sampling, restart=restart)
    assert data != plain
    for denominator in SCALES:
        np.testing.assert_array_equal(_decoded(data, denominator), _decoded(plain, denominator))


def test_large_coefficients_and_long_codes_are_right() -> None:
    # Noise in black and white at quality 100: every block is full, values have up to ten bits.
    picture = np.where(noise(120, 200) > 127, np.uint8(255), np.uint8(0))
    for sampling in SAMPLINGS:
        data = _encoded(picture, sampling, 100)
        for denominator in SCALES:
            expected = djpeg(data, "-scale", f"1/{denominator}")
            np.testing.assert_array_equal(_decoded(data, denominator), expected)


def test_other_huffman_tables_and_wide_quantisers() -> None:
    file = io.BytesIO()
    Image.fromarray(PHOTO).save(file, "JPEG", quality=80, optimize=True, subsampling="4:2:2")
    np.testing.assert_array_equal(_decoded(file.getvalue()), djpeg(file.getvalue()))
    # Quality 1 with a forced 16-bit table: the steps as words, and SOF1 as such tables need.
    data = _encoded(PHOTO, quality=40)
    start = _segment(data, 0xDB)
    size = struct.unpack_from(">H", data, start + 2)[0]
    steps = data[start + 5 : start + 69]
    wide = struct.pack(">BBHB", 0xFF, 0xDB, 131, 0x10) + b"".join(
        struct.pack(">H", step * 4) for step in steps
    )
    rest = data[start + 69 : start + 2 + size]  # a second table in the same segment
    if rest:
        wide += struct.pack(">BBH", 0xFF, 0xDB, 2 + len(rest)) + rest
    frame = _segment(data, 0xC0)
    data = data[:start] + wide + data[start + 2 + size : frame] + b"\xff\xc1" + data[frame + 2 :]
    for denominator in SCALES:
        expected = djpeg(data, "-scale", f"1/{denominator}")
        np.testing.assert_array_equal(_decoded(data, denominator), expected)


def test_rgb_in_an_adobe_file_stays_rgb() -> None:
    data = _encoded(PHOTO, "4:4:4")
    app0 = _segment(data, 0xE0)
    size = struct.unpack_from(">H", data, app0 + 2)[0]
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
    data = data[:app0] + adobe + data[app0 + 2 + size :]
    for denominator in SCALES:
        expected = djpeg(data, "-scale", f"1/{denominator}")
        np.testing.assert_array_equal(_decoded(data, denominator), expected)


def test_fill_bytes_and_what_follows_the_end_do_no_harm() -> None:
    data = _encoded(PHOTO, restart=7)
    filled = data.replace(b"\xff\xd3", b"\xff\xff\xff\xd3").replace(b"\xff\xdb", b"\xff\xff\xdb")
    np.testing.assert_array_equal(_decoded(filled + b"more"), _decoded(data))


@pytest.mark.parametrize("kernels", _native.available_kernels())
@pytest.mark.parametrize("sampling", [*SAMPLINGS, "grey"])
def test_every_set_gives_the_same_pixels_in_batches_of_any_size(
    kernels: str, sampling: str
) -> None:
    data = _encoded(PHOTO[:101, :307], sampling, 95)
    for denominator in SCALES:
        expected = _decoded(data, denominator, "scalar")
        for rows in (1, 7, 16, 1000):
            actual = _decoded(data, denominator, kernels, rows)
            np.testing.assert_array_equal(actual, expected)


def _pillow(**settings: Any) -> Callable[[], bytes]:
    def encode() -> bytes:
        file = io.BytesIO()
        mode = settings.pop("mode", "RGB")
        Image.fromarray(PHOTO[:64, :64]).convert(mode).save(file, "JPEG", **settings)
        return file.getvalue()

    return encode


def _patched(marker: int, offset: int, value: int) -> Callable[[], bytes]:
    def encode() -> bytes:
        data = bytearray(_encoded(PHOTO[:64, :64]))
        data[_segment(bytes(data), marker) + offset] = value
        return bytes(data)

    return encode


def _without_height() -> bytes:
    data = bytearray(_encoded(PHOTO[:64, :64]))
    frame = _segment(bytes(data), 0xC0)
    data[frame + 5 : frame + 7] = b"\x00\x00"
    return bytes(data)


def _of_one_component() -> bytes:
    data = _encoded(PHOTO[:64, :64])
    scan = _segment(data, 0xDA)
    return data[:scan] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + data[scan + 14 :]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(_pillow(progressive=True), id="progressive"),
        pytest.param(_pillow(mode="CMYK"), id="CMYK"),
        pytest.param(_patched(0xC0, 1, 0xC9), id="arithmetic"),
        pytest.param(_patched(0xC0, 1, 0xC3), id="lossless"),
        pytest.param(_patched(0xC0, 4, 12), id="12 bits"),
        pytest.param(_patched(0xC0, 11, 0x41), id="4:1:1"),
        pytest.param(_patched(0xC0, 14, 0x21), id="chroma in other factors"),
        pytest.param(_without_height, id="DNL"),
        pytest.param(_of_one_component, id="several scans"),
    ],
)
def test_other_kinds_are_told_from_the_headers(make: Callable[[], bytes]) -> None:
    data = make()
    assert _native.open_decoder(data, 2, "scalar") is None
    # The entropy-coded data is not needed to say so.
    headers = data[: data.index(b"\xff\xda") + 14]
    assert _native.open_decoder(headers, 2, "scalar") is None


def _at_marker(change: Callable[[bytes, int], bytes]) -> Callable[[bytes], bytes]:
    return lambda data: change(data, data.index(b"\xff\xd2"))


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda d: b"GIF" + d[3:], "does not begin with FF D8"),
        (lambda d: d[:1], "does not begin with FF D8"),
        (lambda d: d[:100], "ends early"),
        (lambda d: d[:2] + b"\x00" + d[2:], "where a marker must be"),
        (lambda d: d[:2] + b"\xff\xd9", "where a marker must be"),
        (lambda d: d[:4] + b"\x00\x01" + d[6:], "length or content"),
        (lambda d: d.replace(b"\x00\x00\x01\x05\x01", b"\x00\x05\x01\x00\x01"), "no prefix code"),
        (lambda d: d.replace(b"\xff\xdb", b"\xff\xfe"), "quantisation table is missing"),
        (lambda d: d[: len(d) // 2], "ends early"),
        (lambda d: d[: len(d) // 2] + b"\xff\xd9", "ends early"),
        (lambda d: d[:-2], "ends early"),
        (lambda d: d[:-1], "ends early"),
        (_at_marker(lambda d, at: d[:at] + d[at + 2 :]), "code|early|due|left over"),
        (
            _at_marker(lambda d, at: d[:at] + b"\xff\xd3" + d[at + 2 :]),
            "restart marker",
        ),
        (_at_marker(lambda d, at: d[:at] + b"abc" + d[at:]), "left over before a restart marker"),
    ],
)
def test_damage_is_told_with_its_place(damage: Callable[[bytes], bytes], what: str) -> None:
    data = damage(_encoded(PHOTO, restart=16))
    with pytest.raises(_native.DamagedJpeg, match=what) as error:
        _decoded(data)
    assert 0 <= error.value.args[1] <= len(data)


def test_no_going_on_after_damage() -> None:
    data = _encoded(PHOTO)
    decoder = _native.open_decoder(data[:20_000], 1, "scalar")
    assert decoder is not None
    for _ in range(2):
        with pytest.raises(_native.DamagedJpeg):
            decoder.read(512)


def _libvips_accepts(data: bytes) -> bool:
    try:
        pyvips.Image.new_from_buffer(data, "", fail_on="truncated").copy_memory()
    except pyvips.Error:
        return False
    return True


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d,
        lambda d: d[:-1],
        lambda d: d[:-2],
        lambda d: d[:-3],
        lambda d: d[:-2] + bytes(40) + d[-2:],
        lambda d: d[:-2] + b"\xff\xd0" + d[-2:],
        lambda d: d + b"junk",
    ],
)
def test_the_end_is_judged_as_libvips_does(change: Callable[[bytes], bytes]) -> None:
    data = change(_encoded(PHOTO))
    try:
        accepted = _decoded(data).size > 0
    except _native.DamagedJpeg:
        accepted = False
    assert accepted == _libvips_accepts(data)


SMALL: Final = [
    _encoded(PHOTO[:70, :90], sampling, 85, restart)
    for sampling in (*SAMPLINGS, "grey")
    for restart in (0, 3)
]


def _outcome(data: bytes, denominator: int, kernels: str) -> tuple[object, ...]:
    try:
        decoder = _native.open_decoder(data, denominator, kernels)
        if decoder is None:
            return ("unsupported",)
        if decoder.full_width * decoder.full_height > 1_000_000:
            return ("large",)
        return (decoder.width, decoder.height, decoder.read(decoder.height))
    except _native.DamagedJpeg as error:
        return error.args


@given(
    st.sampled_from(SMALL),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), max_size=4),
    st.integers(0, 10_000),
    st.sampled_from(SCALES),
)
def test_damaged_files_have_one_outcome_on_every_set(
    data: bytes, flips: list[tuple[int, int]], cut: int, denominator: int
) -> None:
    damaged = bytearray(data)
    for place, bits in flips:
        damaged[place % len(damaged)] ^= bits
    damaged = damaged[: max(2, len(damaged) - cut)] if cut < len(damaged) // 2 else damaged
    outcomes = {
        _outcome(bytes(damaged), denominator, kernels) for kernels in _native.available_kernels()
    }
    assert len(outcomes) == 1


def test_bad_arguments_are_value_errors() -> None:
    data = _encoded(PHOTO)
    with pytest.raises(ValueError, match="denominator"):
        _native.open_decoder(data, 3, "scalar")
    with pytest.raises(ValueError, match="avx9"):
        _native.open_decoder(data, 1, "avx9")
    with pytest.raises((ValueError, BufferError)):
        _native.open_decoder(memoryview(data)[::2], 1, "scalar")


def test_threads_that_share_a_decoder_are_kept_apart() -> None:
    decoder = _native.open_decoder(_encoded(photograph(4, 1)), 1, "scalar")
    assert decoder is not None

    def read(_: int) -> int:
        rows = 0
        for _ in range(600):
            with contextlib.suppress(RuntimeError):
                rows += len(decoder.read(1)) // (3 * decoder.width)
        return rows

    with ThreadPoolExecutor(4) as pool:
        rows = sum(pool.map(read, range(4)))
    assert rows + len(decoder.read(10_000)) // (3 * decoder.width) == decoder.height


def test_many_threads_decode_at_once() -> None:
    data = _encoded(photograph(2, 2))
    expected = _decoded(data, 2)
    with ThreadPoolExecutor(8) as pool:
        for pixels in pool.map(lambda _: _decoded(data, 2), range(24)):
            np.testing.assert_array_equal(pixels, expected)
