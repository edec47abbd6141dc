from __future__ import annotations

import pytest

from stripline import webcodecs
from tests.support import run_script


def test_all_is_sorted_and_importable() -> None:
    names = webcodecs.__all__
    assert names == sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), name))
    assert all(getattr(webcodecs, name) is not None for name in names)
    assert set(names) <= set(dir(webcodecs))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        webcodecs.nothing  # type: ignore[attr-defined]  # noqa: B018 - that is what is tested


def test_importing_loads_no_other_library() -> None:
    code = "import stripline.webcodecs, sys; print(*sys.modules)"
    loaded = set(run_script(code).split())
    assert not loaded & {"numpy", "av", "PIL", "asyncio", "stripline.webcodecs.video_frame"}


@pytest.mark.parametrize("name", ["VideoEncoder", "AudioData", "ImageDecoder"])
def test_without_numpy_the_extra_is_named(name: str) -> None:
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "from stripline.errors import MissingDependency\n"
        f"try:\n    from stripline.webcodecs import {name}\n"
        "except MissingDependency as error:\n    print(error)"
    )
    assert run_script(code).strip() == (
        'coding video and audio needs numpy: pip install "stripline[video]"'
    )
