from __future__ import annotations

import pytest

import stripline
from stripline import errors, image, jpeg, pools, streams
from stripline.image import headers
from stripline.webcodecs import containers
from tests.support import run_script


@pytest.mark.parametrize(
    "module", [stripline, containers, errors, headers, image, jpeg, pools, streams]
)
def test_all_is_sorted_and_importable(module: object) -> None:
    names = module.__all__  # type: ignore[attr-defined]  # every module here has it
    assert names == sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), name))
    for name in names:
        assert getattr(module, name) is not None


def test_names_at_the_top_are_those_of_their_homes() -> None:
    assert stripline.encode is jpeg.encode
    assert stripline.JpegEncoder is jpeg.JpegEncoder
    assert stripline.StriplineError is errors.StriplineError
    assert stripline.pools is pools


def test_the_version_is_the_distributions() -> None:
    assert stripline.__version__.split(".")[0].isdigit()


@pytest.mark.parametrize("module", [stripline, jpeg])
def test_unknown_names_are_attribute_errors(module: object) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        module.nothing  # type: ignore[attr-defined]  # noqa: B018 - that is what is tested


def test_dir_lists_what_is_not_loaded_yet() -> None:
    assert set(stripline.__all__) <= set(dir(stripline))


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import stripline", {"numpy", "pyvips", "asyncio", "stripline._native", "PIL"}),
        ("import stripline.jpeg", {"numpy", "pyvips", "asyncio", "PIL"}),
        (
            "import stripline; stripline.encode(bytes(300), width=10)",
            {"numpy", "pyvips", "asyncio"},
        ),
    ],
)
def test_imports_stay_light(statement: str, unwanted: set[str]) -> None:
    loaded = run_script(f"{statement}\nimport sys\nprint(*sys.modules)").split()
    assert "stripline" in loaded
    assert not unwanted & set(loaded)


def test_nothing_is_left_when_the_interpreter_ends() -> None:
    # numpy changes the order in which modules go; the engine would complain of what it made.
    code = "import numpy, stripline; print(len(stripline.encode(numpy.zeros((9, 9, 3), 'u1'))))"
    assert int(run_script(code)) > 600


def test_names_of_the_image_room_are_not_those_of_its_modules() -> None:
    code = """
import stripline.image.pipeline, stripline.image.headers.probe
from stripline import image
print(*(name for name in image.__all__ if type(getattr(image, name)).__name__ == "module"))
"""
    assert run_script(code).split() == []
