"""The engine as WebAssembly gives the same bytes as the native engine."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stripline import _native
from stripline.jpeg import Tables

if TYPE_CHECKING:
    from collections.abc import Sequence

wasmtime = pytest.importorskip("wasmtime", reason="the wasm check needs wasmtime")
pytest.importorskip("ziglang", reason="the wasm check needs ziglang to compile the engine")

ROOT = Path(__file__).resolve().parents[2]


def _build(output: Path) -> Path:
    spec = importlib.util.spec_from_file_location("cross_build", ROOT / "tools/cross_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    built: Path = module.build_wasm(output)
    return built


class WasmEngine:
    """The module's exports, called as its one user outside the tests will call them."""

    def __init__(self, path: Path) -> None:
        self.store = wasmtime.Store()
        module = wasmtime.Module.from_file(self.store.engine, str(path))
        assert not module.imports
        self.exports = wasmtime.Instance(self.store, module, []).exports(self.store)

    def call(self, name: str, *arguments: int) -> int:
        result: int = self.exports[name](self.store, *arguments)
        return result

    def write(self, address: int, data: bytes) -> None:
        self.exports["memory"].write(self.store, data, address)

    def prepare(self, quant: Sequence[bytes], huffman: Sequence[bytes]) -> int:
        self.write(
            self.call("tables_input"),
            b"".join(quant) + b"".join(table.ljust(16 + 256, b"\0") for table in huffman),
        )
        return self.call("prepare")

    def encode(
        self,
        planes: Sequence[bytes],
        strides: Sequence[int],
        width: int,
        rows: int,
        *,
        pixel_format: str,
        sampling: str,
        use_simd: bool,
    ) -> bytes:
        pixels = b"".join(planes)
        address = self.call("input", len(pixels))
        assert address
        self.write(address, pixels)
        size = self.call(
            "encode",
            _native.FORMATS.index(pixel_format),
            _native.SAMPLINGS.index(sampling),
            width,
            rows,
            *(*strides, 0, 0)[:3],
            0x20C040,
            int(use_simd),
        )
        assert size >= 0
        start = self.call("output")
        return bytes(self.exports["memory"].read(self.store, start, start + size))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> WasmEngine:
    return WasmEngine(_build(tmp_path_factory.mktemp("wasm") / "engine.wasm"))


def _planes(pixel_format: str, width: int, rows: int, rng: Any) -> tuple[list[bytes], list[int]]:
    half, half_rows = (width + 1) // 2, (rows + 1) // 2
    shapes = {
        "grey": [(width, rows)],
        "rgb": [(3 * width, rows)],
        "bgr": [(3 * width, rows)],
        "i420": [(width, rows), (half, half_rows), (half, half_rows)],
        "nv12": [(width, rows), (2 * half, half_rows)],
        "i444": [(width, rows)] * 3,
    }.get(pixel_format, [(4 * width, rows)])
    return (
        [rng.integers(0, 256, (h, w), np.uint8).tobytes() for w, h in shapes],
        [w for w, _ in shapes],
    )


@pytest.mark.parametrize("quality", [1, 75, 100])
@pytest.mark.parametrize("use_simd", [False, True], ids=["scalar", "simd128"])
@pytest.mark.parametrize("pixel_format", _native.FORMATS)
def test_same_bytes_as_native(
    engine: WasmEngine, pixel_format: str, use_simd: bool, quality: int
) -> None:
    tables = Tables.for_quality(quality)
    quant = (tables.luma, tables.chroma)
    huffman = (tables.dc_luma, tables.ac_luma, tables.dc_chroma, tables.ac_chroma)
    assert engine.prepare(quant, huffman) == 0
    native = _native.Tables(quant, huffman)
    rng = np.random.default_rng(quality)
    for sampling in _native.SAMPLINGS:
        for width, rows in ((1, 1), (17, 33), (301, 16)):
            planes, strides = _planes(pixel_format, width, rows, rng)
            try:
                expected = bytes(
                    _native.encode_strip(
                        tuple(planes),
                        tuple(strides),
                        width,
                        rows,
                        pixel_format,
                        sampling,
                        native,
                        (0x20, 0xC0, 0x40),
                        "scalar",
                    )
                )
            except ValueError:  # a format and sampling that do not go together
                continue
            actual = engine.encode(
                planes,
                strides,
                width,
                rows,
                pixel_format=pixel_format,
                sampling=sampling,
                use_simd=use_simd,
            )
            assert actual == expected, (sampling, width, rows)


def test_bad_tables_are_refused(engine: WasmEngine) -> None:
    tables = Tables.for_quality(50)
    huffman = (tables.dc_luma, tables.ac_luma, tables.dc_chroma, tables.ac_chroma)
    assert engine.prepare((bytes(64), tables.chroma), huffman) != 0
