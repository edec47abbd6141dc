from __future__ import annotations

import gzip
import io
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stripline.errors import UnsupportedFormat
from stripline.image.headers import describe_foreign, probe, sniff
from tests.image.headers.samples import box, pillow


def zip_file() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.jpg", pillow("jpeg"))
    return file.getvalue()


def tar_file() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.jpg"))
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "an empty file"),
        (b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff", "a Windows program (MZ)"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"),
        (b"<!DOCTYPE html>\n<title>x</title>", "an HTML page"),
        (b"\n  <HTML><body>", "an HTML page"),
        (b"<!-- saved --><html lang='en'>", "an HTML page"),
        (b"<?xml version='1.0'?><rss/>", "an XML document"),
        (b"Dear reader,\r\n\tthis is \xc3\xa4 text", "plain text"),
        (b"BMW and MZ are makers of motorcycles", "plain text"),
        (b"MZ is one too", "plain text"),
        (b"cut within a letter \xc3", "plain text"),
        ("text".encode("utf-16"), "plain text"),
        (b'{"a": 1}', "plain text"),
        (zip_file(), "a ZIP archive or an office document"),
        (tar_file(), "a tar archive"),
        (gzip.compress(b"x"), "gzip-compressed data"),
        (pillow("jpeg2000"), "a JPEG 2000 picture"),
        (pillow("ico"), "a Windows icon (ICO)"),
        (pillow("ppm"), "a netpbm picture (PNM)"),
        (pillow("dds"), "a DirectDraw texture (DDS)"),
        (b"8BPS\0\1" + bytes(20), "a Photoshop document (PSD)"),
        (b"\x76\x2f\x31\x01\2\0\0\0", "an OpenEXR picture"),
        (box(b"ftyp", b"isom", bytes(4), b"isom", b"mp41"), "an MP4 film ('isom')"),
        (box(b"ftyp", b"qt  ", bytes(4), b"qt  "), "a QuickTime film (MOV)"),
        (box(b"ftyp", b"crx ", bytes(4), b"isom"), "a Canon raw picture (CR3)"),
        (b"#!/bin/sh\n", "a script"),
        (b"\x01\x02\x03", "unknown data, which begins with 01 02 03"),
        (bytes(100), "unknown data, which begins with " + " ".join(["00"] * 12)),
    ],
)
def test_it_is_named(data: bytes, text: str) -> None:
    assert sniff(data) is None
    assert describe_foreign(data) == text
    with pytest.raises(UnsupportedFormat) as caught:
        probe(data)
    assert str(caught.value) == f"not a picture that can be read here: {text}"


def test_real_programs_under_a_pictures_name(tmp_path: Path) -> None:
    renamed = tmp_path / "photo.jpg"
    renamed.write_bytes(Path(sys.executable).read_bytes()[:100_000])
    with pytest.raises(UnsupportedFormat, match=r"program \((ELF|MZ|Mach-O)\)"):
        probe(renamed)


def test_the_name_never_matters(tmp_path: Path) -> None:
    (tmp_path / "photo.exe").write_bytes(pillow("jpeg"))
    assert probe(tmp_path / "photo.exe").format == "jpeg"


def test_magics_of_pillows_other_formats_are_not_ours() -> None:
    for kind in ("sgi", "tga", "pcx", "qoi"):
        file = io.BytesIO()
        Image.new("RGB", (8, 8)).save(file, kind)
        assert sniff(file.getvalue()) is None, kind


@given(st.binary(max_size=400))
def test_any_bytes_can_be_described(data: bytes) -> None:
    assert describe_foreign(data)
    assert describe_foreign(data).isprintable()
