"""VideoColorSpace."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from stripline.webcodecs.color_space import VideoColorSpace
from stripline.webcodecs.enums import (
    VideoColorPrimaries,
    VideoMatrixCoefficients,
    VideoTransferCharacteristics,
)

VALUES: dict[str, list[Any]] = {
    "primaries": [None, *map(str, VideoColorPrimaries)],
    "transfer": [None, *map(str, VideoTransferCharacteristics)],
    "matrix": [None, *map(str, VideoMatrixCoefficients)],
    "full_range": [None, True, False],
}


def test_wpt_107_every_combination_comes_back() -> None:
    for values in product(*VALUES.values()):
        init = dict(zip(VALUES, values, strict=True))
        present = {name: value for name, value in init.items() if value is not None}
        for space in (VideoColorSpace(init), VideoColorSpace(present), VideoColorSpace(**present)):
            assert space.to_json() == init
            assert list(space.to_json()) == list(VALUES)


@pytest.mark.parametrize("name", ["primaries", "transfer", "matrix"])
@pytest.mark.parametrize("value", ["", "BT709", "nothing", 1])
def test_wpt_107_values_outside_of_the_enumerations(name: str, value: object) -> None:
    with pytest.raises(TypeError, match=name):
        VideoColorSpace({name: value})
