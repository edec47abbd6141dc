"""One picture in, any variants out."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from stripline import image
from stripline.errors import (
    CorruptImage,
    GoalNotReached,
    InvalidOption,
    InvalidRecipe,
    LimitExceeded,
    SinkFailed,
    SourceFailed,
    UnsupportedFormat,
)
from stripline.image import FolderSinks, Limits, MemorySinks, Recipe, ladder
from stripline.image.decode import decode as decode_file
from stripline.streams.exif import EXIF_PREFIX
from tests.image import corpus
from tests.streams.test_exif import with_thumbnail
from tests.support import decode, photograph, psnr

if TYPE_CHECKING:
    from pathlib import Path

    from stripline.image.sinks import Made


def recipe(**values: Any) -> Recipe:
    return Recipe.read(values)


def one(source: object, wanted: Recipe, **options: Any) -> tuple[Image.Image, image.VariantResult]:
    """The only variant, decoded by Pillow, and its result."""
    sinks = MemorySinks()
    result = image.process(source, {"it": wanted}, sinks, **options)
    made = result.variants["it"]
    assert made.bytes == len(sinks.files["it"])
    picture = Image.open(io.BytesIO(sinks.files["it"]))
    assert picture.size == (made.width, made.height)
    return picture, made


PHOTO = corpus.saved(Image.fromarray(photograph(2, 3)), "JPEG", quality=95)


def test_variants_of_a_file(tmp_path: Path) -> None:
    source = tmp_path / "in.jpg"
    source.write_bytes(PHOTO)
    sinks = FolderSinks(tmp_path / "out", "in", "{stem}-{variant}-{width}.{ext}")
    result = image.process(
        source,
        {
            "sm": recipe(resize={"width": 320}, output={"format": "webp"}),
            "lg": recipe(resize={"width": 1200}),
            "sq": recipe(resize={"width": 100, "height": 100, "fit": "fill"}),
        },
        sinks,
    )
    assert list(result.variants) == ["sm", "lg", "sq"]
    assert result.source.upright_size == (1536, 1024)
    assert result.source_bytes == len(PHOTO)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"in-sm-320.webp", "in-lg-1200.jpg", "in-sq-100.jpg"}
    for name, path in sinks.paths.items():
        with Image.open(path) as picture:
            assert picture.size == (result.variants[name].width, result.variants[name].height)


@pytest.mark.parametrize("kind", ["path", "bytes", "file", "memoryview"])
def test_sources(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "in.jpg"
    path.write_bytes(PHOTO)
    source = {
        "path": path,
        "bytes": PHOTO,
        "file": io.BytesIO(PHOTO),
        "memoryview": memoryview(PHOTO),
    }[kind]
    sinks = MemorySinks()
    image.process(source, recipe(resize={"width": 64}), sinks)
    expected = MemorySinks()
    image.process(PHOTO, recipe(resize={"width": 64}), expected)
    assert sinks.files == expected.files


def test_targets(tmp_path: Path) -> None:
    path, file = tmp_path / "out.jpg", io.BytesIO()
    image.process(PHOTO, recipe(resize={"width": 64}), path)
    image.process(PHOTO, recipe(resize={"width": 64}), file)
    assert path.read_bytes() == file.getvalue()
    assert decode(file.getvalue()).shape == (43, 64, 3)


def test_as_good_as_scaling_all_pixels() -> None:
    source = Image.open(io.BytesIO(PHOTO))
    reference = np.asarray(source.resize((300, 200), Image.Resampling.LANCZOS))
    for wanted in (recipe(resize={"width": 300}), recipe(resize={"scale": 300 / 1536})):
        picture, _ = one(PHOTO, wanted.change(output={"format": "png"}))
        assert psnr(np.asarray(picture), reference) > 38


def test_wide_pictures_are_scaled_as_well_as_others() -> None:
    """Above 10,000 pixels columns are averaged first; a width of 10,007 has no divisor for that."""
    photo = Image.fromarray(photograph())
    for width in (10_000, 10_007):
        wide = photo.resize((width, 64), Image.Resampling.BICUBIC)
        source = corpus.saved(wide, "PNG", compress_level=1)
        for wanted in (10, 500, 4000):
            size = {"width": wanted, "height": 40, "fit": "exact"}
            picture, _ = one(source, recipe(resize=size, output={"format": "png"}))
            reference = wide.resize((wanted, 40), Image.Resampling.LANCZOS)
            assert psnr(np.asarray(picture.convert("RGB")), np.asarray(reference)) > 38


def test_a_smaller_variant_may_be_made_from_a_larger_one() -> None:
    sizes = {"lg": 1000, "md": 480, "sm": 100}
    sinks = MemorySinks()
    variants = {
        name: recipe(resize={"width": width}, output={"format": "png"})
        for name, width in sizes.items()
    }
    image.process(PHOTO, variants, sinks)
    for name in sizes:
        alone, _ = one(PHOTO, variants[name])
        together = np.asarray(Image.open(io.BytesIO(sinks.files[name])))
        assert psnr(together, np.asarray(alone)) > 36


def test_many_variants_share_one_decode(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []

    def counted(*arguments: Any) -> Any:
        decoded.append(arguments)
        return decode_file(*arguments)

    monkeypatch.setattr(ladder, "decode", counted)
    variants = {
        "fill": recipe(resize={"width": 300, "height": 300, "fit": "fill"}),
        "lg": recipe(resize={"width": 800}),
        "md": recipe(resize={"width": 700}),
        "sm": recipe(resize={"width": 90}),
    }
    image.process(PHOTO, variants, MemorySinks())
    assert len(decoded) == 1


@pytest.mark.parametrize("output", ["jpeg", "png", "webp", "tiff", "gif", "avif"])
@pytest.mark.parametrize("wrong", ["header", "pixels"])
def test_damage_names_the_source_once(tmp_path: Path, output: str, wrong: str) -> None:
    whole = corpus.saved(Image.fromarray(photograph()), "PNG")
    path = tmp_path / "hurt.png"
    path.write_bytes(whole[:20] if wrong == "header" else whole[: len(whole) // 2])
    with pytest.raises(CorruptImage) as caught:
        image.process(path, recipe(output={"format": output}), tmp_path / "out")
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    said = said.removeprefix(f"{path}: ")
    assert "hurt.png" not in said
    assert "\n" not in said
    assert "source" not in said
    assert "unable to" not in said


def test_the_same_bytes_whatever_the_pool() -> None:
    wanted = recipe(resize={"width": 1400})
    alone, pooled = io.BytesIO(), io.BytesIO()
    image.process(PHOTO, wanted, alone)
    with ThreadPoolExecutor(2) as pool:
        image.process(PHOTO, wanted, pooled, pool=pool)
    assert alone.getvalue() == pooled.getvalue()


def test_nothing_appears_unless_all_variants_do(tmp_path: Path) -> None:
    class Sinks(FolderSinks):
        def open(self, made: Made) -> Any:
            if made.variant == "bad":
                raise OSError("no space left")
            return super().open(made)

    variants = {"good": recipe(resize={"width": 400}), "bad": recipe(resize={"width": 100})}
    with pytest.raises(SinkFailed, match="no space left"):
        image.process(PHOTO, variants, Sinks(tmp_path, "in"))
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CorruptImage):
        image.process(PHOTO[: len(PHOTO) // 2], recipe(), tmp_path / "out.jpg")
    assert list(tmp_path.iterdir()) == []


def test_salvage_keeps_what_is_there() -> None:
    picture, _ = one(PHOTO[: len(PHOTO) // 2], recipe(output={"format": "png"}), salvage=True)
    kept, source = np.asarray(picture), photograph(2, 3)
    assert psnr(kept[:400], source[:400]) > 30
    assert psnr(kept[-100:], source[-100:]) < 20


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (b"", UnsupportedFormat, "empty"),
        (b"MZ" + bytes(100), UnsupportedFormat, "MZ"),
        (b"<!DOCTYPE html><html></html>", UnsupportedFormat, "HTML"),
        (PHOTO[:100], CorruptImage, "JPEG"),
        ("/no/such/file.jpg", SourceFailed, "No such file"),
    ],
)
def test_what_is_no_picture(source: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        image.process(source, recipe(), MemorySinks())


def test_limits_stop_before_decoding() -> None:
    with pytest.raises(LimitExceeded, match="1,572,864 pixels, of which 1,000 are allowed"):
        image.process(PHOTO, recipe(), MemorySinks(), Limits(pixels=1000))
    with pytest.raises(LimitExceeded, match="bytes"):
        image.process(io.BytesIO(PHOTO), recipe(), MemorySinks(), Limits(bytes=1000))


def test_a_time_limit_stops_the_work() -> None:
    with pytest.raises(LimitExceeded, match="seconds"):
        image.process(PHOTO, recipe(output={"format": "png"}), MemorySinks(), Limits(seconds=1e-9))


@pytest.mark.parametrize(
    ("variants", "sink", "error", "message"),
    [
        ({}, MemorySinks(), InvalidOption, "no variants"),
        ({"a": recipe(), "b": recipe()}, "out.jpg", InvalidOption, "2 variants need a place each"),
        (recipe(output={"format": "bmp"}), MemorySinks(), InvalidRecipe, "bmp"),
        (
            recipe(resize={"width": 100}, output={"lossless": True}),
            MemorySinks(),
            InvalidRecipe,
            "no lossless mode for new pixels",
        ),
        (
            recipe(resize={"width": 20_000, "enlarge": True}, output={"format": "webp"}),
            MemorySinks(),
            InvalidRecipe,
            "webp can have 16,383",
        ),
    ],
)
def test_what_cannot_be_made(
    variants: Any, sink: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        image.process(PHOTO, variants, sink)


def test_never_larger_gives_the_source_back() -> None:
    tight = corpus.saved(Image.fromarray(photograph()), "JPEG", quality=30)
    sinks = MemorySinks()
    wanted = recipe(output={"quality": 95, "never_larger": True})
    result = image.process(tight, wanted, sinks)
    assert sinks.files[""] == tight
    assert result.variants[""].kept_source
    assert result.variants[""].quality is None


def test_never_larger_wants_its_margin() -> None:
    source = corpus.saved(Image.fromarray(photograph()), "JPEG", quality=85)
    smaller = recipe(output={"quality": 80, "never_larger": True})
    made = image.process(source, smaller, MemorySinks()).variants[""]
    assert made.bytes < len(source)
    assert not made.kept_source
    greedy = smaller.change(output={"quality": 80, "never_larger": True, "margin": 0.9})
    assert image.process(source, greedy, MemorySinks()).variants[""].kept_source


def test_a_lossless_jpeg_keeps_every_pixel() -> None:
    sinks = MemorySinks()
    made = image.process(PHOTO, recipe(output={"lossless": True}), sinks).variants[""]
    assert made.bytes < len(PHOTO)
    assert np.array_equal(decode(sinks.files[""]), decode(PHOTO))


@pytest.mark.parametrize("template", ["{stem}", "a/{width}x{height}-q{quality}.{ext}"])
def test_templates(tmp_path: Path, template: str) -> None:
    sinks = FolderSinks(tmp_path, "in", template)
    image.process(PHOTO, recipe(resize={"width": 90}, output={"quality": 71}), sinks)
    names = {"{stem}": "in", "a/{width}x{height}-q{quality}.{ext}": "a/90x60-q71.jpg"}
    assert sinks.paths[""] == tmp_path / names[template]
    assert sinks.paths[""].is_file()


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{stm}.jpg", r"has \{stm\}; known are \{stem\}"),
        ("{stem", "expected '}'"),
        ("../{stem}", "leads out"),
        ("/{stem}", "leads out"),
        ("a/", "names no file"),
        ("", "names no file"),
    ],
)
def test_templates_that_cannot_be(tmp_path: Path, template: str, message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        image.process(PHOTO, recipe(), FolderSinks(tmp_path, "in", template))
    assert list(tmp_path.iterdir()) == []


def test_a_time_limit_stops_our_own_encoder_too() -> None:
    pixels = np.tile(photograph(), (8, 12, 1))
    large = corpus.saved(Image.fromarray(pixels), "PNG", compress_level=1)
    with pytest.raises(LimitExceeded, match="seconds"):
        image.process(large, recipe(output={"format": "jpeg"}), MemorySinks(), Limits(seconds=0.05))


def test_formats_that_cannot_be_so_wide_do_not_take_part() -> None:
    source = corpus.saved(Image.new("L", (20_000, 2), 7), "PNG")
    _, made = one(source, recipe(output={"format": "auto"}))
    assert made.format in {"png", "jpeg"}
    with pytest.raises(InvalidRecipe, match="a side of 20,000 pixels, but webp can have 16,383"):
        one(source, recipe(output={"format": "auto", "candidates": ["webp"]}))


# What is in a file beside the picture.


def test_the_thumbnail_of_another_picture_is_not_kept() -> None:
    source = corpus.saved(
        Image.fromarray(photograph()), "JPEG", exif=EXIF_PREFIX + with_thumbnail("<")
    )
    for wanted in (recipe(metadata="all"), recipe(metadata="exif", resize={"width": 100})):
        picture, _ = one(source, wanted)
        assert picture.getexif()[0x010F] == "somebody"
        assert b"secret" not in picture.info["exif"]


def test_what_no_jpeg_can_hold_is_left_out_and_named() -> None:
    exif = Image.Exif()
    exif[0x010E] = "long " * 20_000
    exif[0x8298] = "me"
    source = corpus.saved(Image.fromarray(photograph()), "PNG", exif=exif.tobytes())
    picture, made = one(source, recipe(metadata="all", output={"format": "jpeg"}))
    assert dict(picture.getexif()) == {0x8298: "me"}
    (warning,) = made.warnings
    assert "EXIF" in warning
    assert "65,527" in warning
    picture, made = one(source, recipe(metadata="all", output={"format": "webp"}))
    assert len(picture.getexif()[0x010E]) > 90_000
    assert not made.warnings


def test_comments_are_kept_with_all() -> None:
    remark = "Å cat; \0 and so on".encode("latin-1")
    jpeg = corpus.saved(Image.fromarray(photograph()), "JPEG", comment=remark, quality=90)
    text = PngInfo()
    text.add_text("Title", "no comment")
    text.add_itxt("Comment", "Å cat")
    png = corpus.saved(Image.fromarray(photograph()), "PNG", pnginfo=text)
    for effort in (2, 3):
        wanted = {"resize": {"width": 64}, "output": {"format": "jpeg", "effort": effort}}
        for source, comment in ((jpeg, remark), (png, "Å cat".encode())):
            assert one(source, recipe(metadata="all", **wanted))[0].info["comment"] == comment
            assert "comment" not in one(source, recipe(metadata="exif", **wanted))[0].info
    as_png, _ = one(png, recipe(metadata="all", resize={"width": 64}))
    assert as_png.info["Comment"] == "Å cat"


def test_a_comment_is_found_in_a_file_behind_other_segments(tmp_path: Path) -> None:
    options = {
        "comment": b"far down",
        "icc_profile": bytes(200_000),
        "exif": b"Exif\0\0" + bytes(60_000),
    }
    path = tmp_path / "in.jpg"
    path.write_bytes(corpus.saved(Image.fromarray(photograph()), "JPEG", **options))
    picture, _ = one(path, recipe(metadata="all", resize={"width": 64}))
    assert picture.info["comment"] == b"far down"


# The source's own bytes.


def pages(form: str, count: int = 3, **options: Any) -> bytes:
    images = [Image.fromarray(photograph()[top:, :200]) for top in range(count)]
    return corpus.saved(
        images[0].resize((200, 200)),
        form,
        save_all=True,
        append_images=[image.resize((200, 200)) for image in images[1:]],
        **options,
    )


@pytest.mark.parametrize(("form", "what"), [("TIFF", "3 pages"), ("PNG", "3 frames")])
def test_of_several_pages_one_is_kept_and_it_says_so(form: str, what: str) -> None:
    source = pages(form)
    for output in ({"format": "keep"}, {"format": "jpeg", "never_larger": True}):
        _, made = one(source, recipe(output=output))
        assert made.frames == 1
        assert made.warnings == (f"only the first of {what} was kept",)
    sinks = MemorySinks()
    result = image.process(source, recipe(output={"never_larger": True}), sinks)
    assert sinks.files[""] == source
    assert result.variants[""].kept_source
    assert result.variants[""].frames == 3
    assert what in result.warnings[0]


def test_a_kept_source_says_what_else_it_keeps() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    source = corpus.saved(Image.fromarray(photograph()), "JPEG", quality=10, exif=exif.tobytes())
    wanted = {"quality": 95, "never_larger": True}
    _, made = one(source, recipe(output=wanted))
    assert made.kept_source
    assert made.warnings == ("kept as it was, with its metadata (EXIF)",)
    _, made = one(source, recipe(output=wanted, metadata="all"))
    assert (made.kept_source, made.warnings) == (True, ())


def test_a_source_that_fits_is_kept_where_nothing_else_reaches_the_goal() -> None:
    source = corpus.saved(Image.fromarray(photograph()), "JPEG", quality=1)
    missed = {"format": "jpeg", "target": 99.9}
    with pytest.raises(GoalNotReached):
        one(source, recipe(output=missed))
    for output in (missed, {**missed, "max_bytes": len(source)}):
        _, made = one(source, recipe(output={**output, "never_larger": True}))
        assert made.kept_source
    with pytest.raises(GoalNotReached):
        one(source, recipe(output={**missed, "max_bytes": len(source) - 1, "never_larger": True}))


def test_a_source_that_is_too_large_is_not_kept() -> None:
    limit = len(PHOTO) - 1000
    _, made = one(PHOTO, recipe(output={"max_bytes": limit, "never_larger": True, "margin": 0.9}))
    assert not made.kept_source
    assert made.bytes <= limit


def test_never_larger_with_a_choice_of_formats() -> None:
    source = corpus.saved(Image.fromarray(photograph()), "WEBP", quality=1)
    _, made = one(source, recipe(output={"format": "auto", "quality": 95, "never_larger": True}))
    assert (made.kept_source, made.format, made.bytes) == (True, "webp", len(source))


@pytest.mark.parametrize(
    ("stem", "variant"), [("../up", "a"), ("in", "../../up"), ("in", "x/../../../up"), ("/up", "a")]
)
def test_names_lead_nowhere_but_into_the_folder(tmp_path: Path, stem: str, variant: str) -> None:
    sinks = FolderSinks(tmp_path / "a" / "b", stem, "{stem}{variant}.{ext}")
    with pytest.raises(InvalidOption, match="leads out of the output folder"):
        image.process(PHOTO, {variant: recipe()}, sinks)
    assert not list(tmp_path.rglob("*.jpg"))
