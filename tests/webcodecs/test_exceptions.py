from __future__ import annotations

import pickle
import re

import pytest

from stripline.errors import StriplineError
from stripline.webcodecs import exceptions
from stripline.webcodecs.exceptions import DOMException, RangeError

KINDS: list[type[DOMException]] = [DOMException, *DOMException.__subclasses__()]


def test_the_drawing_is_the_tree() -> None:
    assert exceptions.__doc__ is not None
    drawn = re.findall(r"[├└]── (\w+)", exceptions.__doc__)
    assert drawn == ["DOMException", *sorted(kind.__name__ for kind in KINDS[1:])]
    assert DOMException.__bases__ == (StriplineError,)


@pytest.mark.parametrize("kind", KINDS)
def test_names_and_messages(kind: type[DOMException]) -> None:
    error = kind("what happened")
    assert error.name == ("Error" if kind is DOMException else kind.__name__)
    assert (error.message, str(error)) == ("what happened", "what happened")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(copy), vars(copy), str(copy)) == (kind, vars(error), str(error))


def test_a_plain_one_may_have_any_name() -> None:
    error = pickle.loads(pickle.dumps(DOMException("x", "WrongDocumentError")))  # noqa: S301 - ours
    assert error.name == "WrongDocumentError"


def test_a_range_error_is_a_value_error() -> None:
    assert issubclass(RangeError, ValueError)
