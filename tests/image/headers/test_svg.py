from __future__ import annotations

import gzip
import random

import pytest
import pyvips

from stripline.errors import CorruptImage, UnsupportedFormat
from stripline.image.headers import probe, sniff

NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'


def svg(attributes: str) -> bytes:
    return f'<svg {NAMESPACE} {attributes}><rect width="7" height="8"/></svg>'.encode()


@pytest.mark.parametrize(
    "attributes",
    [
        'width="61" height="40"',
        'width="61px" height="40.4px"',
        "width='10.5' height=' 1E1 '",
        'viewBox="0 0 30.4 20.6"',
        'viewBox="-5,-5, 30 20" width="60"',
        'viewBox="0 0 30 20" height="60"',
        'viewBox="0 0 30 20" width="50%" height="50%"',
        'viewBox="0 0 30 20" width="50%" height="40"',
        'viewBox="0 0 30 20" width="300" height="20" preserveAspectRatio="none"',
    ],
)
def test_sizes_as_librsvg_has_them(attributes: str) -> None:
    info = probe(svg(attributes))
    theirs = pyvips.Image.new_from_buffer(svg(attributes), "")
    assert (info.width, info.height) == (theirs.width, theirs.height)


@pytest.mark.parametrize(
    ("length", "pixels"),
    [
        ("1in", 96),
        ("2.54cm", 96),
        ("25.4mm", 96),
        ("72pt", 96),
        ("6pc", 96),
        ("2em", 32),
        ("2ex", 16),
        ("0.2", 1),
        ("1e3", 1000),
    ],
)
def test_units_at_96_dots_per_inch(length: str, pixels: int) -> None:
    assert probe(svg(f'width="{length}" height="10"')).width == pixels


@pytest.mark.parametrize("length", ["100vw", "wide", "&huge;", "", "1.2.3", "1" * 30])
def test_a_length_without_sense_is_as_if_not_given(length: str) -> None:
    info = probe(svg(f'viewBox="0 0 30 20" width="{length}" height="40"'))
    assert (info.width, info.height) == (60, 40)


PROLOGUES = [
    "",
    "\ufeff",
    "\n\t ",
    '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n',
    "<!-- <html> > -->\n<!-- more -->",
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">',
    '<!DOCTYPE svg [\n<!ENTITY a "]b>">\n<!ENTITY ns "http://x">\n] >\n',
]


@pytest.mark.parametrize("prologue", PROLOGUES)
def test_what_may_come_before_the_root(prologue: str) -> None:
    data = prologue.encode() + svg('width="61" height="40"')
    assert sniff(data) == "svg"
    assert probe(data).width == 61
    assert probe(gzip.compress(data)).coding == "gzip"


def test_a_prefix_and_another_encoding() -> None:
    data = '<s:svg xmlns:s="http://www.w3.org/2000/svg" width="61" height="40"/>'
    for encoded in (data.encode(), data.encode("utf-16"), "\ufeff".encode() + data.encode()):
        assert probe(encoded).width == 61


def test_entities_are_never_expanded() -> None:
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE svg [<!ENTITY a0 "x">{levels}]>'.encode()
    assert probe(bomb + svg('width="61" height="40" class="&a11;"')).width == 61


def test_a_compressed_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(svg('width="61" height="40"') + bytes(50_000_000), 1)
    assert probe(bomb).width == 61
    with pytest.raises(UnsupportedFormat, match="gzip-compressed data"):
        probe(gzip.compress(bytes(50_000_000), 1))


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body><svg width='3' height='3'></svg></body></html>",
        b"<!-- <svg> --><html>",
        b"<?xml version='1.0'?><rss/>",
        b"<svgx width='3'/>",
        b"svg",
        b"<!-- never closed <svg",
        b"<!DOCTYPE svg [ never closed",
        b"<!-- -->" * 1_001 + b"<svg>",
    ],
)
def test_other_markup_is_not_svg(data: bytes) -> None:
    assert sniff(data) is None


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (svg('width="0" height="40"'), "SVG: 0 x 40 pixels"),
        (svg('width="5" height="-4"'), "SVG: 5 x -4 pixels"),
        (svg('width="1e999" height="4"'), "inf x 4 pixels"),
        (b'<svg width="61" hei', "the svg tag is malformed, cut short or too long, at byte 15"),
        (b'<svg width="61" height=40>', "the svg tag is malformed"),
        (svg(" ".join(f'a{n}=""' for n in range(1_001))), "malformed, cut short or too long"),
    ],
)
def test_damage_is_named(data: bytes, text: str) -> None:
    with pytest.raises(CorruptImage, match=text):
        probe(data)


def test_damage_in_compressed_text_is_named() -> None:
    noise = random.Random(1).randbytes(30_000).hex()
    data = bytearray(gzip.compress(svg('width="61" height="40"') + noise.encode()))
    assert probe(data).width == 61
    data[20_000:20_100] = bytes(100)
    with pytest.raises(CorruptImage, match="the compressed text is damaged"):
        probe(data)


@pytest.mark.parametrize("attributes", ["", 'width="10"', 'viewBox="0 0 0 20"', 'viewBox="a"'])
def test_no_size_is_unsupported(attributes: str) -> None:
    with pytest.raises(UnsupportedFormat, match="no size of its own"):
        probe(svg(attributes))
