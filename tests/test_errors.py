from __future__ import annotations

import errno
import pickle
import re

import pytest

from stripline import errors
from stripline.errors import StriplineError

SAMPLES = [
    errors.StriplineError("x"),
    errors.UsageError("x"),
    errors.InvalidDimensions("width is 0"),
    errors.UnsupportedPixels("x"),
    errors.InvalidOption("x"),
    errors.InvalidRecipe("x"),
    errors.JobBusy("x"),
    errors.UnknownKernels("x"),
    errors.SourceError("x"),
    errors.TooFewRows(1203, 5000),
    errors.TooManyRows(5001, 5000),
    errors.WrongRowSize(1000, 300),
    errors.SourceFailed(1203, "ValueError: boom"),
    errors.SourceFailed(0, "status code: 503", retryable=True),
    errors.UnsupportedFormat("x"),
    errors.CorruptImage("x"),
    errors.LimitExceeded("pixels", 2_000, 1_000),
    errors.OverBudget(2_000, 1_000),
    errors.GoalNotReached("x"),
    errors.SinkError("x"),
    errors.SinkFailed(65536, "OSError: full"),
    errors.SinkFailed(0, "status code: 403", retryable=False),
    errors.OutputDamaged("x"),
    errors.TargetNotSeekable("x"),
    errors.MissingDependency("reading a.png", "pyvips", "image"),
    errors.JobBusy("x"),
    errors.JournalFailed("x"),
    errors.ClusterFailed("x"),
    errors.OutOfMemory("x"),
    errors.WorkerLost("x"),
]


def descendants(kind: type[StriplineError]) -> set[type[StriplineError]]:
    """All of the tree in `stripline.errors`; what other rooms add below it, they test."""
    children = [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]
    return {kind}.union(*(descendants(child) for child in children))


def test_the_samples_are_all_there_is() -> None:
    assert {type(sample) for sample in SAMPLES} == descendants(StriplineError)


def test_the_drawing_is_the_tree() -> None:
    assert errors.__doc__ is not None
    path: list[str] = []
    drawn = {}
    for line in errors.__doc__.splitlines():
        match = re.match(r"    ([ │├└─]*)(\w+)(?: \((\w+)\))?(?:\s|$)", line)
        if match is None:
            continue
        depth = len(match[1]) // 4
        path[depth:] = [match[2]]
        drawn[match[2]] = (path[depth - 1] if depth else "Exception", match[3])
    for kind in descendants(StriplineError):
        parent, builtin = drawn.pop(kind.__name__)
        names = [base.__name__ for base in kind.__bases__]
        assert names == ([parent] if builtin is None else [parent, builtin])
    assert not drawn


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_pickling_keeps_everything(error: StriplineError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_only_what_can_pass_is_retryable() -> None:
    retryable = {kind for kind in descendants(StriplineError) if kind.retryable}
    assert retryable == {
        errors.OutOfMemory,
        errors.OutputDamaged,
        errors.SinkFailed,
        errors.WorkerLost,
    }


def test_whoever_knows_the_cause_says_if_to_retry() -> None:
    assert errors.SourceFailed(0, "status code: 503", retryable=True).retryable
    assert not errors.SinkFailed(0, "status code: 403", retryable=False).retryable


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (errors.TooFewRows(1203, 5000), "source ended after 1,203 of 5,000 rows"),
        (errors.TooFewRows(0, None), "source ended without a single row"),
        (errors.TooManyRows(5001, 5000), "source gave 5,001 rows or more, 5,000 were expected"),
        (
            errors.WrongRowSize(1000, 300),
            "batch of 1,000 bytes is not a whole number of 300-byte rows",
        ),
        (errors.SourceFailed(1203, "E: x"), "source failed after 1,203 rows: E: x"),
        (
            errors.LimitExceeded("pixels", 2_000, 1_000),
            "2,000 pixels, of which 1,000 are allowed",
        ),
        (errors.SinkFailed(65536, "E: x"), "target failed after 65,536 bytes: E: x"),
        (
            errors.MissingDependency("reading a.png", "pyvips", "image"),
            'reading a.png needs pyvips: pip install "stripline[image]"',
        ),
    ],
)
def test_messages_name_the_numbers(error: StriplineError, text: str) -> None:
    assert str(error) == text


def test_describe_is_one_line_with_the_class() -> None:
    assert errors.describe(ValueError(" boom\n")) == "ValueError: boom"
    assert errors.describe(StopIteration()) == "StopIteration"


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (OSError(errno.ENOSPC, "full"), False),
        (PermissionError(errno.EACCES, "no"), False),
        (ConnectionResetError(errno.ECONNRESET, "gone"), True),
        (RuntimeError("what?"), True),
    ],
)
def test_a_target_that_stays_as_it_is_is_not_to_be_tried_again(
    error: Exception, retryable: bool
) -> None:
    failed = errors.SinkFailed.by(7, error)
    assert failed.retryable is retryable
