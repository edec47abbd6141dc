from __future__ import annotations

from typing import Any

import pytest

from stripline.webcodecs.backend import callbacks


def out(*_: object) -> str:
    return "output"


def err(_: object) -> str:
    return "error"


@pytest.mark.parametrize(
    ("init", "output", "error"),
    [
        (out, err, None),
        (out, None, err),
        (None, out, err),
        ({"output": out, "error": err}, None, None),
        ({"output": out, "error": err}, err, out),
        ({"output": out}, None, err),
    ],
)
def test_two_callbacks_in_any_form(init: Any, output: Any, error: Any) -> None:
    one, other = callbacks(init, output, error, 1)
    assert (one(1), other(1)) == ("output", "error")


async def later(*_: object) -> None:
    """Would never run."""


@pytest.mark.parametrize(
    ("init", "output", "error"),
    [
        (later, err, None),
        (None, out, later),
        (5, None, None),
        ("output", None, None),
        ([out, err], None, None),
        (out, err, err),
        (out, 5, None),
        (None, out, None),
        (None, None, err),
        ({"output": out, "error": None}, None, None),
    ],
)
def test_everything_else_is_a_type_error(init: Any, output: Any, error: Any) -> None:
    with pytest.raises(TypeError, match="codec"):
        callbacks(init, output, error, 1)
