"""`stripline resize`: what comes out, and what is said of it."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.cli.command import done, refused, run
from tests.cli.pictures import files_below, photo, picture, size_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("options", "size"),
    [
        (("--scale", "0.5"), (60, 40)),
        (("--width", "30"), (30, 20)),
        (("--height", "20"), (30, 20)),
        (("--fit", "50x20"), (30, 20)),
        (("--fill", "50x20", "--gravity", "top-left"), (50, 20)),
        (("--fill", "20x20", "--gravity", "entropy"), (20, 20)),
        (("--pad", "50x20", "--background", "navy"), (50, 20)),
        (("--exact", "20x70", "--filter", "bilinear"), (20, 70)),
        (("--width", "240"), (120, 80)),
        (("--width", "240", "--enlarge", "--linear", "--sharpen"), (240, 160)),
    ],
)
def test_sizes(tmp_path: Path, options: tuple[str, ...], size: tuple[int, int]) -> None:
    photo(tmp_path / "a.png")
    said = done(run("resize", "a.png", "-o", "b.png", *options, directory=tmp_path))
    assert size_of(tmp_path / "b.png") == ("PNG", size)
    assert f"{size[0]} x {size[1]}" in said.stdout.decode()
    assert files_below(tmp_path) == ["a.png", "b.png"]


@pytest.mark.parametrize("dry_run", [(), ("--dry-run",)])
def test_what_is_not_enlarged_is_said(tmp_path: Path, dry_run: tuple[str, ...]) -> None:
    photo(tmp_path / "small.png")
    photo(tmp_path / "large.png", 400, 280)
    options = ("resize", "small.png", "large.png", "-o", "out", "--width", "240", "-f", *dry_run)
    said = done(run(*options, directory=tmp_path)).stdout.decode()
    large, small = sorted(line for line in said.splitlines() if ".png" in line)
    assert "120 x 80, not enlarged" in small
    assert "not enlarged" not in large
    files = json.loads(done(run(*options, "--json", directory=tmp_path)).stdout)["files"]
    assert [file["outputs"][0]["not_enlarged"] for file in files] == [True, False]
    said = done(run(*options, "--enlarge", directory=tmp_path)).stdout.decode()
    assert "not enlarged" not in said


def test_padding_has_the_background_and_the_place_asked_for(tmp_path: Path) -> None:
    photo(tmp_path / "a.png")
    options = ("--pad", "50x20", "--background", "navy", "--gravity", "left")
    done(run("resize", "a.png", "-o", "b.png", *options, directory=tmp_path))
    with Image.open(tmp_path / "b.png") as image:
        assert image.getpixel((49, 10)) == (0, 0, 128)
        assert image.getpixel((29, 10)) != (0, 0, 128)


@pytest.mark.parametrize(
    ("name", "options", "found"),
    [
        ("b.jpg", (), "JPEG"),
        ("b.JPEG", ("-q", "50"), "JPEG"),
        ("b.webp", ("--lossless",), "WEBP"),
        ("b.avif", ("--effort", "0"), "AVIF"),
        ("b.tif", (), "TIFF"),
        ("b.gif", (), "GIF"),
        ("b.dat", ("--format", "webp"), "WEBP"),
        ("b", (), "PNG"),
    ],
)
def test_formats_by_name_and_by_option(
    tmp_path: Path, name: str, options: tuple[str, ...], found: str
) -> None:
    photo(tmp_path / "a.png")
    done(run("resize", "a.png", "-o", name, "--width", "60", *options, directory=tmp_path))
    assert size_of(tmp_path / name) == (found, (60, 40))


def test_quality_and_effort_reach_the_encoder(tmp_path: Path) -> None:
    photo(tmp_path / "a.png", 400, 280)
    sizes = []
    for options in (("-q", "90"), ("-q", "40"), ("-q", "40", "--effort", "6")):
        run_of = ("resize", "a.png", "-o", "b.jpg", "--scale", "1", "-f", "--json", *options)
        document = json.loads(done(run(*run_of, directory=tmp_path)).stdout)
        (output,) = document["files"][0]["outputs"]
        assert output["quality"] == int(options[1])
        assert output["bytes"] == (tmp_path / "b.jpg").stat().st_size
        sizes.append(output["bytes"])
    assert sizes[0] > sizes[1] > sizes[2]


def test_metadata_and_colour(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x8298] = "a cat", "me"
    photo(tmp_path / "a.jpg", exif=exif, comment=b"hello")
    kept = {}
    for words in ("none", "copyright", "exif,xmp", "all"):
        run_of = ("resize", "a.jpg", "-o", "b.jpg", "--width", "60", "-f", "--metadata", words)
        done(run(*run_of, "--colour", "keep", directory=tmp_path))
        with Image.open(tmp_path / "b.jpg") as image:
            kept[words] = image.getexif()
            assert image.info.get("comment") == (b"hello" if words == "all" else None)
    assert not kept["none"]
    assert dict(kept["copyright"]) == {0x8298: "me"}
    assert kept["exif,xmp"][0x010E] == kept["all"][0x010E] == "a cat"


def test_standard_streams(tmp_path: Path) -> None:
    source = photo(tmp_path / "a.png").read_bytes()
    made = done(run("resize", "-", "-o", "-", "--width", "60", "--format", "webp", stdin=source))
    with Image.open(io.BytesIO(made.stdout)) as image:
        assert (image.format, image.size) == ("WEBP", (60, 40))
    done(run("resize", "-", "-o", "out/", "--width", "9", stdin=source, directory=tmp_path))
    assert size_of(tmp_path / "out/stdin.png") == ("PNG", (9, 6))
    assert "not a picture" in refused(
        run("resize", "-", "-o", "-", "--width", "9", stdin=b"no picture at all"), 1
    )
    said = refused(run("resize", "a.png", "b.png", "-o", "-", "--width", "9"), 2)
    assert "standard output takes one file" in said


def test_variants_of_a_recipe(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    (tmp_path / "r.json").write_text(
        '{"variants": {"sm": {"resize": {"width": 30}, "output": {"format": "webp"}},'
        ' "md": {"resize": {"width": 60}}}}'
    )
    result = done(run("resize", "a.jpg", "-o", "out", "--recipe", "r.json", directory=tmp_path))
    assert files_below(tmp_path / "out") == ["a-md.jpg", "a-sm.webp"]
    assert b"1 picture, 2 files" in result.stdout
    options = ("--recipe", "r.json", "--template", "{variant}/{stem}-{width}w.{ext}")
    done(run("resize", "a.jpg", "-o", "two", *options, directory=tmp_path))
    assert files_below(tmp_path / "two") == ["md/a-60w.jpg", "sm/a-30w.webp"]
    assert "takes one file" in refused(
        run("resize", "a.jpg", "-o", "-", "--recipe", "r.json", directory=tmp_path), 2
    )


def test_json_tells_all(tmp_path: Path) -> None:
    photo(tmp_path / "in/a.jpg", 200, 140)
    (tmp_path / "in/cut.jpg").write_bytes((tmp_path / "in/a.jpg").read_bytes()[:2000])
    (tmp_path / "in/notes.txt").write_text("no picture")
    result = run("resize", "in", "-o", "out", "--width", "50", "--json", directory=tmp_path)
    assert result.returncode == 1
    document = json.loads(result.stdout)
    one, cut, notes = document["files"]
    assert (one["source"], one["format"], one["width"], one["height"]) == (
        "in/a.jpg",
        "jpeg",
        200,
        140,
    )
    (output,) = one["outputs"]
    assert (output["path"], output["format"], output["width"]) == ("out/a.jpg", "jpeg", 50)
    assert one["saved"] == round(1 - output["bytes"] / one["bytes"], 4)
    assert (one["error"], one["skipped"], one["warnings"]) == (None, None, [])
    assert (cut["outputs"], cut["error"]["type"]) == ([], "CorruptImage")
    assert (notes["error"], notes["skipped"]) == (None, "no picture")
    totals = document["totals"]
    assert [totals[name] for name in ("files", "done", "failed", "skipped")] == [3, 1, 1, 1]
    assert (totals["bytes"], totals["output_bytes"]) == (one["bytes"], output["bytes"])


def test_bad_files_among_good_ones(tmp_path: Path) -> None:
    for name in ("a.png", "sub/b.jpg", "z.webp"):
        photo(tmp_path / "in" / name)
    (tmp_path / "in/empty.jpg").write_bytes(b"")
    (tmp_path / "in/page.png").write_bytes(b"<!doctype html><html></html>")
    (tmp_path / "in/sub/cut.png").write_bytes((tmp_path / "in/a.png").read_bytes()[:3000])
    (tmp_path / "in/notes.txt").write_text("none of our business")
    result = run("resize", "in", "-o", "out", "--width", "50", directory=tmp_path)
    said = refused(result, 1)
    for name in ("in/empty.jpg", "in/page.png", "in/sub/cut.png"):
        assert said.count(name) == 1
    assert "HTML" in said
    assert "notes.txt" not in said
    assert "1 file that is no picture" in said
    assert b"3 pictures, 3 files" in result.stdout
    assert files_below(tmp_path / "out") == ["a.png", "sub/b.jpg", "z.webp"]


def test_salvage_keeps_what_is_there(tmp_path: Path) -> None:
    whole = photo(tmp_path / "a.jpg", 400, 280, quality=95).read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    options = ("resize", "cut.jpg", "-o", "b.png", "--width", "200")
    refused(run(*options, directory=tmp_path), 1)
    assert files_below(tmp_path) == ["a.jpg", "cut.jpg"]
    done(run(*options, "--salvage", directory=tmp_path))
    with Image.open(tmp_path / "b.png") as image:
        top = np.asarray(image)[:50].astype(int)
    expected = np.asarray(Image.fromarray(picture(400, 280)).resize((200, 140)))[:50].astype(int)
    assert np.abs(top - expected).mean() < 4


def test_a_time_limit_stops_the_work(tmp_path: Path) -> None:
    photo(tmp_path / "a.png", 3000, 2000, compress_level=1)
    for command in ("resize", "optimize"):
        options = ("--scale", "0.9") if command == "resize" else ()
        options = (*options, "--format", "jpeg", "--seconds", "0.001")
        said = refused(run(command, "a.png", "-o", "out/", *options, directory=tmp_path), 1)
        assert "seconds, of which 0.001 are allowed" in said
    assert files_below(tmp_path) == ["a.png"]


def test_animations_move_on_and_say_when_they_cannot(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.roll(picture(60, 40), at, axis=1)) for at in (0, 20, 40)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=70)
    done(run("resize", "a.gif", "-o", "b.webp", "--width", "30", directory=tmp_path))
    with Image.open(tmp_path / "b.webp") as image:
        assert getattr(image, "n_frames", 1) == 3
    result = run("resize", "a.gif", "-o", "b.jpg", "--width", "30", directory=tmp_path)
    assert result.returncode == 0
    assert b"a.gif: only the first of 3 frames was kept" in result.stderr


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ((), "--width"),
        (("--width", "0"), "width"),
        (("--fit", "big"), "800x600"),
        (("--fit", "9x9", "--scale", "2"), "exclude"),
        (("--width", "9", "--quality", "best"), "quality"),
        (("--width", "9", "--max-bytes", "much"), "bytes"),
        (("--width", "9", "--format", "bmp"), "bmp"),
        (("--width", "9", "--colour", "sepia"), "colour"),
        (("--width", "9", "--filter", "box"), "filter"),
        (("--width", "9", "--gravity", "up"), "gravity"),
        (("--width", "9", "--background", "whitish"), "background"),
        (("--width", "9", "--metadata", "gps"), "metadata"),
        (("--width", "9", "--lossless", "--target", "80"), "lossless"),
        (("--width", "9", "--effort", "10"), "effort"),
        (("--width", "9", "--threads", "0"), "threads"),
        (("--width", "9", "--seconds", "0"), "seconds"),
        (("--width", "9", "--template", "{name}"), "{stem}"),
        (("--width", "9", "--template", "../{stem}"), "out of"),
        (("--width", "9", "--template", "{quality}", "-q", "auto"), "quality"),
        (("--recipe", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_what_cannot_be_asked_for(tmp_path: Path, options: tuple[str, ...], word: str) -> None:
    photo(tmp_path / "a.png")
    result = run("resize", "a.png", "-o", "out/", *options, directory=tmp_path)
    code = 1 if "nowhere.toml" in options else 2
    assert word in refused(result, code)
    assert files_below(tmp_path) == ["a.png"]


def test_what_one_picture_cannot_become_ends_with_2(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    options = ("resize", "a.jpg", "-o", "b.jpg", "--width", "9", "--lossless")
    assert "no lossless mode" in refused(run(*options, directory=tmp_path), 2)
