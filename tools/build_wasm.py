"""Build the engine as a WebAssembly module, with the compiler of the PyPI package ``ziglang``.

    python tools/build_wasm.py [OUTPUT]          (default: build/wasm/engine.wasm)

The module imports nothing. It needs simd128 and bulk memory, which browsers have had since 2023.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (
    "src/tables.cpp",
    "src/strip.cpp",
    "src/isa/dispatch.cpp",
    "src/isa/scalar.cpp",
    "src/isa/simd128.cpp",
    "bind/wasm.cpp",
)
FLAGS = (
    *("-target", "wasm32-freestanding", "-msimd128", "-mbulk-memory", "-std=c++20", "-O3"),
    *("-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra", "-Werror"),
    *("-Wl,--no-entry", "-Wl,--strip-all"),
)


def build(output: Path) -> Path:
    """Compile the module to ``output`` and return it; CalledProcessError where that fails."""
    engine = ROOT / "engine"
    output.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            *(sys.executable, "-m", "ziglang", "c++", *FLAGS),
            *("-I", str(engine / "include")),
            *(str(engine / source) for source in SOURCES),
            *("-o", str(output)),
        ],
        check=True,
    )
    return output


if __name__ == "__main__":
    module = build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build/wasm/engine.wasm")
    print(f"{module}: {module.stat().st_size:,} bytes")
