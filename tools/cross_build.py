"""Build the engine for other machines, with the compiler of the PyPI package ``ziglang``.

    python tools/cross_build.py wasm [OUTPUT]       (default: build/wasm/engine.wasm)
    python tools/cross_build.py neon [DIRECTORY]    (default: build/neon)

``wasm`` makes a module that imports nothing. It needs simd128 and bulk memory, which browsers have
had since 2023. ``neon`` makes the engine's tests and its fuzz targets for AArch64 Linux, to be run
there or by ``qemu-aarch64``, and the tests of the comparisons. The module has no comparisons, which
need a C library, and no decoder.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "engine"

SOURCES = ("src/tables.cpp", "src/strip.cpp", "src/isa/dispatch.cpp", "src/isa/scalar.cpp")
METRICS = (
    "src/ssimulacra2.cpp",
    "src/squared_error.cpp",
    "src/isa/metrics_dispatch.cpp",
    "src/isa/metrics_base.cpp",
)
MASKED = (
    "src/masked/block_dct.cpp",
    "src/masked/colour.cpp",
    "src/masked/masking.cpp",
    "src/masked/sensitivity.cpp",
    "src/masked/trellis.cpp",
    "src/masked/tile.cpp",
    "src/masked/driver.cpp",
)
DECODER_SOURCES = (
    "src/decoder/header.cpp",
    "src/decoder/lookup.cpp",
    "src/decoder/scan_bytes.cpp",
    "src/decoder/row_planes.cpp",
    "src/decoder/driver.cpp",
    "src/decoder/isa/decode_dispatch.cpp",
    "src/decoder/isa/decode_scalar.cpp",
    "src/decoder/isa/decode_neon.cpp",
)
FLAGS = ("-std=c++20", "-O3", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror")
FREESTANDING = ("-fno-exceptions", "-fno-rtti", "-Wl,--no-entry", "-Wl,--strip-all")


def compile_sources(target: tuple[str, ...], sources: tuple[str, ...], output: Path) -> Path:
    """Compile and link to ``output``, and return it; CalledProcessError where that fails."""
    output.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            *(sys.executable, "-m", "ziglang", "c++", "-target", *target, *FLAGS),
            *("-I", str(ENGINE / "include")),
            *(str(ENGINE / source) for source in (*SOURCES, *sources)),
            *("-o", str(output)),
        ],
        check=True,
    )
    return output


def build_wasm(output: Path) -> Path:
    """The WebAssembly module."""
    target = ("wasm32-freestanding", "-msimd128", "-mbulk-memory", *FREESTANDING)
    return compile_sources(target, ("src/isa/simd128.cpp", "bind/wasm.cpp"), output)


def build_neon(directory: Path) -> tuple[Path, ...]:
    """The tests and the fuzz targets for AArch64, linked statically."""
    target = ("aarch64-linux-musl",)
    encoder = ("src/isa/neon.cpp",)
    decoder = (*encoder, *DECODER_SOURCES)
    programs = {
        "engine_tests": (*encoder, "tests/engine_tests.cpp"),
        "fuzz": (*encoder, "fuzz/differential.cpp"),
        "decoder_tests": (*decoder, "tests/decoder_tests.cpp"),
        "metric_tests": (*METRICS, *encoder, "tests/metric_tests.cpp"),
        "masked_tests": (*METRICS, *MASKED, *encoder, "tests/masked_tests.cpp"),
        "fuzz_decode": (*decoder, "fuzz/decode.cpp"),
    }
    return tuple(
        compile_sources(target, sources, directory / name) for name, sources in programs.items()
    )


def main(arguments: list[str]) -> int:
    """Build what the arguments name."""
    match arguments:
        case ["wasm", *rest] if len(rest) < 2:
            built = [build_wasm(Path(rest[0]) if rest else ROOT / "build/wasm/engine.wasm")]
        case ["neon", *rest] if len(rest) < 2:
            built = list(build_neon(Path(rest[0]) if rest else ROOT / "build/neon"))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    for path in built:
        print(f"{path}: {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
