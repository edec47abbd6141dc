"""Everything that can go wrong, in one tree, named by cause.

::

    StriplineError
    ├── UsageError (ValueError)          the call cannot be carried out as written
    │   ├── InvalidDimensions            a width or height that the format cannot have
    │   ├── UnsupportedPixels            pixels in a layout or type that cannot be encoded
    │   ├── InvalidOption                an option, or a combination of options, outside its range
    │   ├── InvalidRecipe                a recipe that does not say what to make
    │   ├── JobBusy                      another process runs this job
    │   └── UnknownKernels               STRIPLINE_KERNELS names a set that this machine cannot run
    ├── SourceError                      the pixels, or where they come from
    │   ├── TooFewRows                   the source ended early
    │   ├── TooManyRows                  the source went on after the last row
    │   ├── WrongRowSize                 a batch that is not a whole number of rows
    │   ├── SourceFailed                 the source raised; the cause is kept and says if to retry
    │   ├── UnsupportedFormat            not a file format that can be read here
    │   ├── CorruptImage                 a known format, but damaged
    │   ├── LimitExceeded                a picture that needs more of something than is allowed
    │   └── OverBudget                   a picture that does not stream, nor fits the memory budget
    ├── SinkError                        where the bytes go
    │   ├── SinkFailed                   the target raised; the cause is kept; mostly to be retried
    │   ├── OutputDamaged                a file, read again, is not what was written; may be retried
    │   └── TargetNotSeekable            the height is unknown and the target cannot be patched
    ├── GoalNotReached                   no setting gives the score or the size that was asked for
    ├── MissingDependency (ImportError)  an optional package is not installed; says which extra
    ├── JournalFailed                    the database of jobs raised; the cause is kept
    ├── ClusterFailed                    no scheduler, no workers, or workers of another stripline
    ├── OutOfMemory                      the machine has too little for it now; may be retried
    └── WorkerLost                       a worker of the pool died; may be retried

`retryable` says whether the same call can succeed when made again. `KeyboardInterrupt`,
`asyncio.CancelledError` and other exceptions that are not errors are never translated.

All classes survive pickling, so they may cross process boundaries.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import Self

__all__ = [
    "ClusterFailed",
    "CorruptImage",
    "GoalNotReached",
    "InvalidDimensions",
    "InvalidOption",
    "InvalidRecipe",
    "JobBusy",
    "JournalFailed",
    "LimitExceeded",
    "MissingDependency",
    "OutOfMemory",
    "OutputDamaged",
    "OverBudget",
    "SinkError",
    "SinkFailed",
    "SourceError",
    "SourceFailed",
    "StriplineError",
    "TargetNotSeekable",
    "TooFewRows",
    "TooManyRows",
    "UnknownKernels",
    "UnsupportedFormat",
    "UnsupportedPixels",
    "UsageError",
    "WorkerLost",
    "WrongRowSize",
    "describe",
]


class StriplineError(Exception):
    """Base of every error that stripline raises on purpose.

    Attributes:
        retryable: Whether the same call can succeed when made again.
    """

    retryable: bool = False


class UsageError(StriplineError, ValueError):
    """The call cannot be carried out as written, whatever the pixels are."""


class InvalidDimensions(UsageError):
    """A width or height that the format cannot have: outside 1 to 65,535 for JPEG (ITU-T T.81)."""


class UnsupportedPixels(UsageError):
    """Pixels in a layout or type that cannot be encoded as they are; says what to convert to."""


class InvalidOption(UsageError):
    """An option, or a combination of options, that is outside its range."""


class InvalidRecipe(UsageError):
    """A recipe that does not say what to make, or asks for what does not go together."""


class JobBusy(UsageError):
    """Another process, or another part of this one, plans or runs this job."""


class UnknownKernels(UsageError):
    """A set of kernels was asked for that does not exist or that this machine cannot run."""


class SourceError(StriplineError):
    """The pixels, or the place they come from, are not as promised."""


class TooFewRows(SourceError):
    """The source ended before the last row.

    Attributes:
        received: Rows that came.
        expected: Rows that were promised; None when the height was unknown and no row came at all.
    """

    def __init__(self, received: int, expected: int | None) -> None:
        super().__init__(received, expected)
        self.received = received
        self.expected = expected

    def __str__(self) -> str:
        if self.expected is None:
            return "source ended without a single row"
        return f"source ended after {self.received:,} of {self.expected:,} rows"


class TooManyRows(SourceError):
    """The source went on after the last row.

    Attributes:
        received: Rows that came before reading stopped: at least this many exist.
        expected: Rows that were promised.
    """

    def __init__(self, received: int, expected: int) -> None:
        super().__init__(received, expected)
        self.received = received
        self.expected = expected

    def __str__(self) -> str:
        return f"source gave {self.received:,} rows or more, {self.expected:,} were expected"


class WrongRowSize(SourceError):
    """A batch whose size is not a whole number of rows.

    Attributes:
        batch_bytes: Size of the batch.
        row_bytes: Size of one row.
    """

    def __init__(self, batch_bytes: int, row_bytes: int) -> None:
        super().__init__(batch_bytes, row_bytes)
        self.batch_bytes = batch_bytes
        self.row_bytes = row_bytes

    def __str__(self) -> str:
        return (
            f"batch of {self.batch_bytes:,} bytes is not a whole number "
            f"of {self.row_bytes:,}-byte rows"
        )


class SourceFailed(SourceError):
    """The source raised an error of its own, kept as `__cause__`.

    Attributes:
        rows: Rows that had come before.
        reason: What the cause said.
        retryable: What whoever knows the cause says; False where nobody does.
    """

    def __init__(self, rows: int, reason: str, *, retryable: bool = False) -> None:
        super().__init__(rows, reason)
        self.rows = rows
        self.reason = reason
        self.retryable = retryable

    def __str__(self) -> str:
        return f"source failed after {self.rows:,} rows: {self.reason}"


class UnsupportedFormat(SourceError):
    """The data is not in a file format that can be read here."""


class CorruptImage(SourceError):
    """The data is in a known format, but damaged or cut short."""


class LimitExceeded(SourceError):
    """The picture is larger than is allowed, or work on it takes more than is allowed.

    Attributes:
        what: What there is too much of, in words: pixels, frames, ...
        found: What the picture has; at least that much where counting stopped at the limit.
        allowed: What it may have.
    """

    def __init__(self, what: str, found: float, allowed: float) -> None:
        super().__init__(what, found, allowed)
        self.what = what
        self.found = found
        self.allowed = allowed

    def __str__(self) -> str:
        return f"{self.found:,} {self.what}, of which {self.allowed:,} are allowed"


class OverBudget(SourceError):
    """A picture that has to be in memory as a whole, and takes more there than a batch may use.

    Attributes:
        needed: Bytes, by its header and the recipes; at most so many.
        budget: Bytes that all pictures may take together.
    """

    def __init__(self, needed: int, budget: int) -> None:
        super().__init__(needed, budget)
        self.needed = needed
        self.budget = budget

    def __str__(self) -> str:
        return (
            f"it has to be in memory as a whole and may take {self.needed:,} bytes there, of"
            f" {self.budget:,} that the batch may use: give more (--memory) and retry"
        )


class GoalNotReached(StriplineError):
    """No setting gives the score or the size that was asked for; says how near one came."""


class SinkError(StriplineError):
    """The place where the bytes go cannot take them."""


# What the system says of places that stay as they are until somebody does something about it.
LASTING: Final = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOENT}
    | {errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EFBIG, errno.EINVAL}
)


class SinkFailed(SinkError):
    """The target raised an error of its own, kept as `__cause__`.

    Attributes:
        written: Bytes that the target had taken before.
        reason: What the cause said.
        retryable: What whoever knows the cause says; True where nobody does.
    """

    retryable = True

    @classmethod
    def by(cls, written: int, error: Exception) -> Self:
        """What a target raised. A full disk or a missing permission is not to be retried."""
        number = error.errno if isinstance(error, OSError) else None
        return cls(written, describe(error), retryable=number not in LASTING)

    def __init__(self, written: int, reason: str, *, retryable: bool = True) -> None:
        super().__init__(written, reason)
        self.written = written
        self.reason = reason
        self.retryable = retryable

    def __str__(self) -> str:
        return f"target failed after {self.written:,} bytes: {self.reason}"


class OutputDamaged(SinkError):
    """A file that was made cannot be read again, or shows something else than it should."""

    retryable = True


class TargetNotSeekable(SinkError):
    """The height is unknown and the target cannot seek back to fill it in."""


class MissingDependency(StriplineError, ImportError):
    """An optional package is not installed.

    Attributes:
        purpose: What it is needed for.
        package: The package.
        extra: The extra of stripline that installs it.
    """

    def __init__(self, purpose: str, package: str, extra: str) -> None:
        super().__init__(purpose, package, extra)
        self.purpose = purpose
        self.package = package
        self.extra = extra

    def __str__(self) -> str:
        return f'{self.purpose} needs {self.package}: pip install "stripline[{self.extra}]"'


class JournalFailed(StriplineError):
    """The database of a batch's jobs raised an error of its own, kept as `__cause__`."""


class ClusterFailed(StriplineError):
    """A cluster cannot be reached, has no workers, or workers with another stripline or none."""


class OutOfMemory(StriplineError):
    """The machine has too little memory for it now: fewer at a time, or later, may do."""

    retryable = True


class WorkerLost(StriplineError):
    """A worker of the pool died while it held a call, or the pool broke before it took one."""

    retryable = True


def describe(error: BaseException) -> str:
    """Say what happened in one line: the class, which messages often rely on, and the message."""
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
