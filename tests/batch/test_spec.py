"""Keys of tasks, and places of their files."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.batch import Spec
from stripline.batch.task import SourceId
from stripline.errors import InvalidOption
from stripline.image import Limits, Recipe
from stripline.image.sinks import Made

SOURCE = SourceId("/in/a/b.jpg", 100, "7")
SPEC = Spec({"sm": Recipe.read({"resize": {"width": 10}}), "lg": Recipe()}, "/out")
MADE = Made("sm", "webp", "image/webp", 10, 7, 80)
names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1)


def test_a_key_changes_with_whatever_changes_the_result() -> None:
    key = SPEC.key(SOURCE, "a/b.jpg")
    assert len(key) == 32
    assert key == Spec(dict(SPEC.variants), "/out").key(replace(SOURCE), "a/b.jpg")
    others = {
        SPEC.key(replace(SOURCE, url="/in/a/c.jpg"), "a/b.jpg"),
        SPEC.key(replace(SOURCE, size=101), "a/b.jpg"),
        SPEC.key(replace(SOURCE, version="8"), "a/b.jpg"),
        SPEC.key(SOURCE, "b.jpg"),
        replace(SPEC, output="/elsewhere").key(SOURCE, "a/b.jpg"),
        replace(SPEC, template="{stem}_{variant}.{ext}").key(SOURCE, "a/b.jpg"),
        replace(SPEC, salvage=True).key(SOURCE, "a/b.jpg"),
        replace(SPEC, variants={"sm": SPEC.variants["sm"]}).key(SOURCE, "a/b.jpg"),
        replace(SPEC, variants={**SPEC.variants, "lg": Recipe.read({"orient": False})}).key(
            SOURCE, "a/b.jpg"
        ),
    }
    assert len(others | {key}) == 10
    assert replace(SPEC, verify=True).key(SOURCE, "a/b.jpg") == key


def test_files_lie_below_the_output_as_their_sources_below_the_input() -> None:
    small, large = SPEC.places("2024/may/img.one.jpg")
    assert (small.variant, large.variant) == ("sm", "lg")
    assert small.url_for(MADE) == "/out/2024/may/img.one-sm.webp"
    assert replace(SPEC, output="/").places("x.jpg")[1].url_for(MADE) == "/x-lg.webp"
    assert replace(SPEC, output="s3://b/p/").places("d/x.jpg")[1].url_for(MADE) == (
        "s3://b/p/d/x-lg.webp"
    )
    assert replace(SPEC, output=None).places("x.jpg") == ()


def test_a_file_url_is_a_folder() -> None:
    """So that all that is looked after in folders is: room, strangers' files, leftovers."""
    spec = replace(SPEC, output="file:///out")
    assert spec == SPEC
    assert spec.key(SOURCE, "a/b.jpg") == SPEC.key(SOURCE, "a/b.jpg")
    with pytest.raises(InvalidOption, match="lies on host"):
        replace(SPEC, output="file://host/out")


@given(stem=names, folder=names, output=names)
def test_names_are_taken_as_they_are(stem: str, folder: str, output: str) -> None:
    spec = replace(SPEC, output=f"/{output}", template="{width:04}/{stem}.{quality}.{ext}")
    (place, _) = spec.places(f"{folder}/{stem}.jpg")
    assert place.url_for(MADE) == f"/{output}/{folder}/0010/{stem}.80.webp"
    assert place.url_for(replace(MADE, quality=None)).endswith("lossless.webp")


def test_a_specification_survives_as_plain_values() -> None:
    spec = replace(SPEC, limits=Limits(pixels=5, seconds=None), salvage=True, verify=True)
    again = Spec.from_json(json.loads(json.dumps(spec.to_json())))
    assert again == spec
    assert again.key(SOURCE, "a") == spec.key(SOURCE, "a")


def test_specifications_that_make_nothing_are_refused() -> None:
    with pytest.raises(InvalidOption, match="no variants"):
        Spec({}, "/out")
    with pytest.raises(InvalidOption, match="nosuch"):
        replace(SPEC, template="{nosuch}")
