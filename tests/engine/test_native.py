"""The binding: what it refuses, that tables travel, and which kernels run."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from stripline import _native
from stripline.errors import UnknownKernels
from stripline.jpeg import Tables, _engine
from stripline.jpeg._engine import StripTask, run_strip

STANDARD = Tables.for_quality(90)
QUANT = (STANDARD.luma, STANDARD.chroma)
HUFFMAN = (STANDARD.dc_luma, STANDARD.ac_luma, STANDARD.dc_chroma, STANDARD.ac_chroma)
NATIVE = _native.Tables(QUANT, HUFFMAN)


def _encode(pixels: Any, width: int = 16, rows: int = 16, **changes: Any) -> bytes:
    arguments: dict[str, Any] = {
        "planes": (pixels,),
        "strides": (3 * width,),
        "width": width,
        "rows": rows,
        "format": "rgb",
        "sampling": "4:2:0",
        "tables": NATIVE,
        "background": (0, 0, 0),
        "kernels": "scalar",
    }
    return bytes(_native.encode_strip(**(arguments | changes)))


PIXELS = np.random.default_rng(3).integers(0, 256, (16, 48), np.uint8)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"planes": (bytes(767),)}, "plane 0 of 767 bytes is too small for 16 rows of 48 bytes"),
        ({"strides": (47,)}, "too small"),
        ({"planes": (PIXELS, PIXELS)}, "1 plane"),
        ({"format": "i420"}, "3 plane"),
        ({"format": "cmyk"}, "unknown pixel format: cmyk"),
        ({"sampling": "4:1:1"}, "unknown sampling: 4:1:1"),
        ({"kernels": "avx9"}, "avx9"),
        ({"width": 0, "strides": (0,)}, "at least one"),
        ({"rows": 0}, "at least one"),
        ({"format": "grey"}, "grey pixels cannot be coded as 4:2:0"),
    ],
)
def test_bad_arguments_are_value_errors(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _encode(PIXELS, **changes)


def test_a_buffer_that_is_not_contiguous_is_refused() -> None:
    with pytest.raises((ValueError, BufferError)):
        _encode(PIXELS[:, ::2], width=8)


def test_strides_skip_what_lies_between_rows() -> None:
    wide = np.random.default_rng(4).integers(0, 256, (16, 64), np.uint8)
    wide[:, :48] = PIXELS
    assert _encode(wide, strides=(64,)) == _encode(PIXELS)


@pytest.mark.parametrize(
    ("quant", "huffman"),
    [
        ((bytes(64), QUANT[1]), HUFFMAN),
        ((QUANT[0][:63], QUANT[1]), HUFFMAN),
        (QUANT, (HUFFMAN[0][:10], *HUFFMAN[1:])),
        (QUANT, (HUFFMAN[0], HUFFMAN[1][:-1], *HUFFMAN[2:])),
        (QUANT, (HUFFMAN[0], HUFFMAN[0], *HUFFMAN[2:])),
    ],
)
def test_bad_tables_are_value_errors(quant: Any, huffman: Any) -> None:
    with pytest.raises(ValueError, match=r"table|step"):
        _native.Tables(quant, huffman)


def test_tables_and_tasks_can_be_pickled() -> None:
    task = StripTask(
        0,
        (memoryview(PIXELS.tobytes()),),
        (48,),
        16,
        16,
        "rgb",
        "4:4:4",
        NATIVE,
        (0, 0, 0),
        "scalar",
    )
    copy = pickle.loads(pickle.dumps(task))  # noqa: S301 - our own bytes
    segment = run_strip(task)
    assert bytes(run_strip(copy)) == bytes(segment)
    assert pickle.loads(pickle.dumps(segment)) == bytes(segment)  # noqa: S301 - our own bytes


def test_every_set_gives_the_same_bytes_on_many_threads_at_once() -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (48, 3 * 500), np.uint8)
    expected = _encode(pixels, 500, 48)
    jobs = [name for name in _native.available_kernels() for _ in range(20)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda name: _encode(pixels, 500, 48, kernels=name), jobs))
    assert len(results) == 20 * len(_native.available_kernels())
    assert set(results) == {expected}


def _kernels_in_a_new_process(wanted: str | None) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != _engine.KERNELS_VARIABLE}
    if wanted is not None:
        environment[_engine.KERNELS_VARIABLE] = wanted
    code = (
        "import numpy, stripline.jpeg._engine as e;"
        "real = e.WholePicture; ran = [];"
        "e.WholePicture = lambda h, s: (ran.extend(one[-1] for one in s), real(h, s))[1];"
        "from stripline import jpeg; jpeg.encode(numpy.zeros((64, 64, 3), numpy.uint8));"
        "print(e.kernels_in_use(), *ran)"
    )
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", _native.available_kernels())
def test_the_variable_picks_the_set_that_runs(name: str) -> None:
    assert _kernels_in_a_new_process(name).stdout.split() == [name, name]


def test_without_the_variable_the_fastest_set_runs() -> None:
    fastest = _native.available_kernels()[0]
    assert _kernels_in_a_new_process(None).stdout.split() == [fastest, fastest]


def test_an_unknown_set_is_an_error_that_names_the_others() -> None:
    result = _kernels_in_a_new_process("avx9")
    assert result.returncode == 1
    assert UnknownKernels.__name__ in result.stderr
    assert "scalar" in result.stderr
