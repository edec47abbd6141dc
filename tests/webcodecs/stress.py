"""Encoders that are made, used, reset and closed on several threads at random moments.

`python -m tests.webcodecs.stress 10000` does it longer than the tests do, and tells of memory.
"""

from __future__ import annotations

import random
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from stripline.webcodecs import AbortError, EncodedVideoChunk, VideoEncoder, VideoFrame

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE = 64
THREADS = 4
SECONDS = 60.0


@dataclass
class Found:
    """What went wrong, and how much was done.

    Attributes:
        cycles: How many encoders lived and died.
        outputs: How many chunks came.
        late: Chunks that came after `reset()` or `close()` had returned.
        errors: What the error callbacks were called with.
    """

    cycles: int = 0
    outputs: int = 0
    late: int = 0
    errors: list[Exception] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)


def resident_bytes() -> int:
    """Memory of this process that is in RAM, as Linux counts it."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


def _cycle(rng: random.Random, found: Found) -> None:
    """One encoder's life; each round ends with a flush, or is broken off by a reset."""
    now = -1

    def take(chunk: EncodedVideoChunk, _: object) -> None:
        with found.lock:
            found.outputs += 1
            # A frame's timestamp is its round; outputs of earlier rounds were given up.
            found.late += chunk.timestamp != now

    encoder = VideoEncoder(take, found.errors.append)
    for number in range(rng.randrange(1, 4)):
        now = number
        encoder.configure(codec=rng.choice(["vp8", "avc1.42E00A"]), width=SIDE, height=SIDE)
        for _ in range(rng.randrange(4)):
            data = bytes([rng.randrange(256)]) * (SIDE * SIDE * 3 // 2)
            with VideoFrame(
                data, format="I420", coded_width=SIDE, coded_height=SIDE, timestamp=number
            ) as frame:
                encoder.encode(frame, key_frame=rng.random() < 0.3)
        promise = encoder.flush()
        if rng.random() < 0.5:
            promise.result(SECONDS)
            assert encoder.encode_queue_size == 0
        elif rng.random() < 0.3:
            break
        encoder.reset()
        now = -1
        assert promise.done() or isinstance(promise.exception(SECONDS), AbortError)
    encoder.close()
    now = -1


def cycles(count: int, each: Callable[[Found], object] | None = None) -> Found:
    """Let several threads make and end so many encoders together.

    Args:
        count: How many.
        each: Called after every thousandth or so.

    Raises:
        AssertionError: A thread did not come to an end: a deadlock; or something in it failed.
    """
    found, failures = Found(), []

    def work(seed: int) -> None:
        rng = random.Random(seed)
        try:
            for index in range(count // THREADS):
                _cycle(rng, found)
                with found.lock:
                    found.cycles += 1
                if each is not None and seed == 0 and index % 250 == 249:
                    each(found)
        except BaseException as error:  # the caller raises it
            failures.append(error)
            raise

    threads = [threading.Thread(target=work, args=(seed,), daemon=True) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS + count)
        assert not thread.is_alive(), "a thread hangs"
    assert not failures, failures[0]
    return found


def _main(count: int) -> None:
    def tell(found: Found) -> None:
        size = resident_bytes() / 1e6
        threads = threading.active_count()
        sys.stdout.write(f"{found.cycles} cycles, {size:.1f} MB, {threads} threads\n")

    sys.stdout.write(f"{cycles(count, tell)}\n")


if __name__ == "__main__":
    _main(int(sys.argv[1]))
