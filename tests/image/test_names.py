"""Names of output files."""

from __future__ import annotations

import pytest

from stripline.errors import InvalidOption
from stripline.image.names import check_template, file_name
from stripline.image.sinks import Made

MADE = Made("sm", "webp", "image/webp", 320, 200, 75)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{stem}-{width}w.{ext}", "cat-320w.webp"),
        ("{variant}/{stem}.{ext}", "sm/cat.webp"),
        ("{stem}_{width:05}x{height}_{quality}.{ext}", "cat_00320x200_75.webp"),
        ("{{{stem}}}.{ext}", "{cat}.webp"),
    ],
)
def test_names(template: str, name: str) -> None:
    assert file_name(template, "cat", MADE) == name


@pytest.mark.parametrize(
    "template",
    [
        "",
        "/",
        "{stem}/",
        "/{stem}",
        "../{stem}",
        "{stem}/../x",
        "{name}",
        "{}",
        "{0}",
        "{stem",
        "stem}",
        "{stem.upper}",
        "{stem:d}",
        "{stem!z}",
        "{width:zz}",
        "{quality:03d}",  # a lossless file has the word for it
        "{stem:{size}}",
    ],
)
def test_what_names_nothing(template: str) -> None:
    with pytest.raises(InvalidOption, match="template"):
        check_template(template)
