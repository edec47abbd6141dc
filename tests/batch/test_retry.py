"""What is tried again, and when."""

from __future__ import annotations

import errno
from concurrent.futures.process import BrokenProcessPool

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.batch.retry import delay_seconds, failure_of
from stripline.errors import (
    CorruptImage,
    GoalNotReached,
    InvalidRecipe,
    LimitExceeded,
    OutputDamaged,
    SinkFailed,
    SourceFailed,
    UnsupportedFormat,
    WorkerLost,
)


def caused(error: Exception, number: int) -> Exception:
    """An error of ours that the system caused."""
    error.__cause__ = OSError(number, "because")
    return error


@given(st.integers(1, 10_000))
def test_delays_grow_and_end(attempt: int) -> None:
    delay = delay_seconds(attempt)
    assert min(5.0, 0.1 * 2 ** min(attempt - 1, 10)) <= delay <= 5.0
    assert delay <= 0.1 * 2 ** min(attempt - 1, 10) + 1.0


@pytest.mark.parametrize(
    ("error", "retryable", "alone"),
    [
        (CorruptImage("torn"), False, False),
        (UnsupportedFormat("what"), False, False),
        (InvalidRecipe("no"), False, False),
        (GoalNotReached("no"), False, False),
        (ValueError("a bug"), False, False),
        (LimitExceeded("pixels", 2, 1), False, False),
        (LimitExceeded("seconds", 2, 1), True, True),
        (LimitExceeded("bytes of memory", 2, 1), True, True),
        (MemoryError(), True, True),
        (WorkerLost("gone"), True, True),
        (BrokenProcessPool("gone"), True, True),
        (SinkFailed(0, "who knows"), True, False),
        (OutputDamaged("odd"), True, False),
        (caused(SinkFailed(0, "r"), errno.ENOSPC), False, False),
        (caused(SinkFailed(0, "r"), errno.EIO), True, False),
        (SourceFailed(0, "who knows"), False, False),
        (caused(SourceFailed(0, "r"), errno.ESTALE), True, False),
        (caused(SourceFailed(0, "r"), errno.ENOENT), False, False),
        (OSError(errno.ETIMEDOUT, "slow"), True, False),
        (OSError(errno.ENOENT, "gone"), False, False),
    ],
)
def test_bad_input_is_not_tried_again_and_passing_trouble_is(
    error: Exception, retryable: bool, alone: bool
) -> None:
    failure = failure_of(error)
    assert (failure.kind, failure.retryable, failure.alone) == (
        type(error).__name__,
        retryable,
        alone,
    )
    assert str(failure).startswith(type(error).__name__)
