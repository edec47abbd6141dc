"""The encoder without input or output: rows in, strip tasks out; strips in, file bytes out.

::

    rows -> feed -> tasks -> (any pool, any order) -> accept -> ready -> bytes, in order
            finish -> the last task

Everything that decides the bytes happens here, and nothing here waits, so that the synchronous
and the asynchronous driver differ only in how they wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripline.errors import TooFewRows, TooManyRows, UnsupportedPixels, WrongRowSize
from stripline.jpeg._engine import Segment, StripTask
from stripline.jpeg.markers import EOI, restart_marker
from stripline.streams import MAX_SIDE_PIXELS, PIXEL_BYTES, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stripline.jpeg._plan import Plan

Piece = bytes | Segment
"""Some bytes of a file; in memory of the engine's where they are a strip's."""


class EncoderCore:
    """One file in the making.

    One thread at a time may feed and finish, and another accept and ask what is ready, meanwhile.

    Rows that come in stable memory are cut into strips without a copy; others are gathered in
    buffers that are used again once their strip has been accepted. So the core holds no more
    pixels than the strips that are out, and one.

    Args:
        plan: All decisions about the file.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rows_in = 0
        """Rows that have been fed."""
        self.rows_done = 0
        """Rows whose bytes `ready` has given."""
        self._row_bytes = plan.width * PIXEL_BYTES.get(plan.format, 0)
        self._finished = self._closed = False
        self._header_height: int | None = None
        # Strips: given out as tasks, accepted but waiting for an earlier one, given as bytes.
        self._tasks = 0
        self._accepted: dict[int, Piece] = {}
        self._delivered = 0
        # The buffer behind each strip that is out (None: the source's own), and those to reuse.
        self._lent: dict[int, bytearray | None] = {}
        self._spare: list[bytearray] = []
        self._gathered: bytearray | None = None
        self._gathered_rows = 0

    @property
    def complete(self) -> bool:
        """Whether every row is in; with an unknown height that shows at `finish`."""
        return self._finished or self.rows_in == self.plan.height

    @property
    def single(self) -> bool:
        """Whether the file is known to be a single strip, not worth handing to a pool."""
        return self.complete and self.rows_in <= self.plan.strip_rows

    @property
    def whole(self) -> bool:
        """Whether every row is in, and the strips that are out lie in the source's own memory."""
        return self.complete and not any(self._lent.values())

    def feed(self, rows: Rows) -> Iterator[StripTask]:
        """Take rows, give the strips that they complete. To be exhausted before anything else.

        Raises:
            TooManyRows: More than the height, or than a JPEG can have.
            WrongRowSize: A batch that is smaller than its strides and count say.
            UnsupportedPixels: Planes that do not come as one whole frame.
        """
        self._check(rows)
        self.rows_in += rows.height
        start = 0
        while start < rows.height:
            count = min(rows.height - start, self.plan.strip_rows - self._gathered_rows)
            closes = count + self._gathered_rows == self.plan.strip_rows or (
                self.complete and start + count == rows.height
            )
            if closes and rows.stable and not self._gathered_rows:
                yield self._task(self._cut(rows, start, count), rows.strides, count, None)
            else:
                self._gather(rows, start, count)
                if closes:
                    yield self._gathered_task()
            start += count

    def finish(self) -> Iterator[StripTask]:
        """No more rows: give the last strip, if it is not out yet.

        Raises:
            TooFewRows: Rows are missing, or there was none at all.
        """
        height = self.plan.height
        if self.rows_in == 0 or (height is not None and self.rows_in < height):
            raise TooFewRows(self.rows_in, height)
        last = self._gathered_task() if self._gathered_rows else None
        self._finished = True  # not before the last strip counts, which `ready` compares with
        if last is not None:
            yield last

    def accept(self, index: int, data: Piece) -> None:
        """Take the bytes of the strip `index`, in any order.

        Raises:
            ValueError: The strip is not out.
        """
        if index not in self._lent:
            raise ValueError(f"strip {index} is not out, or was accepted before")
        buffer = self._lent.pop(index)
        if buffer is not None:
            self._spare.append(buffer)
        self._accepted[index] = data

    def ready(self) -> list[Piece]:
        """The next bytes of the file: whatever is known by now and not given yet."""
        pieces: list[Piece] = []
        if self._header_height is None:
            header = self._header()
            if header is None:
                return pieces
            pieces.append(header)
        while (data := self._accepted.pop(self._delivered, None)) is not None:
            if self._delivered:
                pieces.append(restart_marker(self._delivered - 1))
            pieces.append(data)
            self._delivered += 1
            self.rows_done = min(self._delivered * self.plan.strip_rows, self.rows_in)
        if self._finished and self._delivered == self._tasks and not self._closed:
            self._closed = True
            pieces.append(EOI)
        return pieces

    @property
    def patch(self) -> tuple[int, bytes] | None:
        """What to replace in bytes already given, and where: the height, if it was unknown."""
        if not self._finished or self._header_height == self.rows_in:
            return None
        return self.plan.height_offset, self.rows_in.to_bytes(2, "big")

    def _header(self) -> bytes | None:
        """The header, once it is certain whether the file has several strips."""
        height = self.plan.height
        if height is None and self._finished:
            height = self.rows_in
        if height is not None:
            restarts = height > self.plan.strip_rows
        elif self._tasks > 1:
            height, restarts = 0, True
        else:
            return None
        self._header_height = height
        return self.plan.header(height, restarts=restarts)

    def _check(self, rows: Rows) -> None:
        expected = MAX_SIDE_PIXELS if self.plan.height is None else self.plan.height
        if self.rows_in + rows.height > expected:
            raise TooManyRows(self.rows_in + rows.height, expected)
        if not self._row_bytes:
            if not (rows.stable and rows.height == self.plan.height):
                raise UnsupportedPixels(
                    f"{self.plan.format} has planes; it must come as one stable batch of all rows"
                )
            return
        (plane,), (stride,) = rows.planes, rows.strides
        needed = stride * (rows.height - 1) + self._row_bytes
        if rows.height and (stride < self._row_bytes or plane.nbytes < needed):
            raise WrongRowSize(plane.nbytes, self._row_bytes)

    def _cut(self, rows: Rows, start: int, count: int) -> tuple[memoryview, ...]:
        """Rows of a stable batch, without copying them."""
        # Strips begin at MCU rows, whose height is even wherever chroma is halved.
        halving = 2 if self.plan.format in {"i420", "nv12"} else 1
        planes = []
        for number, (plane, stride) in enumerate(zip(rows.planes, rows.strides, strict=True)):
            divisor = halving if number else 1
            begin = start // divisor * stride
            planes.append(plane[begin : begin + -(-count // divisor) * stride])
        return tuple(planes)

    def _gather(self, rows: Rows, start: int, count: int) -> None:
        """Copy rows behind those that wait for their strip to fill."""
        size = self._row_bytes
        if self._gathered is None:
            height = self.plan.height or MAX_SIDE_PIXELS
            self._gathered = (
                self._spare.pop()
                if self._spare
                else bytearray(size * min(self.plan.strip_rows, height))
            )
        buffer, at = self._gathered, self._gathered_rows * size
        (plane,), (stride,) = rows.planes, rows.strides
        if stride == size:
            buffer[at : at + count * size] = plane[start * size : (start + count) * size]
        else:
            for row in range(start, start + count):
                buffer[at : at + size] = plane[row * stride : row * stride + size]
                at += size
        self._gathered_rows += count

    def _gathered_task(self) -> StripTask:
        buffer, count = self._gathered, self._gathered_rows
        assert buffer is not None  # noqa: S101 - rows were gathered, or nobody would ask
        self._gathered, self._gathered_rows = None, 0
        plane = memoryview(buffer)[: count * self._row_bytes]
        return self._task((plane,), (self._row_bytes,), count, buffer)

    def _task(
        self,
        planes: tuple[memoryview, ...],
        strides: tuple[int, ...],
        count: int,
        buffer: bytearray | None,
    ) -> StripTask:
        plan, index = self.plan, self._tasks
        self._lent[index] = buffer
        self._tasks += 1
        return StripTask(
            index,
            planes,
            strides,
            plan.width,
            count,
            plan.format,
            plan.sampling,
            plan.tables,
            plan.background,
            plan.kernels,
        )
