# What developers and CI run. `just` comes from PyPI (rust-just) with the extra "dev":
#   python -m pip install ".[dev]" && just build
# Recipes use whatever environment is active.

set shell := ["bash", "-euo", "pipefail", "-c"]

engine_sources := "find engine -name '*.cpp' -o -name '*.hpp' -o -name '*.h' -o -name '*.inc'"

# List the recipes
default:
    @just --list --unsorted

# Install the package for development: Python from src/, the engine rebuilt by running this again
build:
    python -m pip install --quiet --no-build-isolation --editable ".[dev]"

# Run the tests, e.g. `just test tests/jpeg -k strips`
test *args:
    python -m pytest {{ args }}

# Run the encoder's tests again with the kernels that every other set is measured by
test-scalar:
    STRIPLINE_KERNELS=scalar python -m pytest -q tests/jpeg tests/conformance

# Rebuild the engine and rerun the tests whenever a source changes
dev *args="-x -q":
    watchfiles --filter default "just _rebuild_and_test {{ args }}" engine src tests CMakeLists.txt

_rebuild_and_test *args:
    python -m pip install --quiet --no-build-isolation --no-deps --editable .
    python -m pytest {{ args }}

# Everything CI does, in the active environment
check: lint types contracts test test-scalar engine-test fuzz wasm neon

# Style and likely mistakes, Python and C++
lint:
    ruff check
    ruff format --check
    {{ engine_sources }} | xargs clang-format --dry-run --Werror

# Put sources in the house format
fmt:
    ruff check --fix-only
    ruff format
    {{ engine_sources }} | xargs clang-format -i

# Static types
types:
    mypy

# Which module may import which (pyproject.toml, [tool.importlinter])
contracts:
    lint-imports

# The engine's own tests, plain and under the address and undefined-behaviour sanitizers
engine-test: (_engine "build/dev" "OFF") (_engine "build/sanitize" "ON")
    ctest --test-dir build/dev --output-on-failure
    ctest --test-dir build/sanitize --output-on-failure

_engine tree sanitize:
    cmake -S . -B {{ tree }} -DSTRIPLINE_TESTS=ON -DSTRIPLINE_SANITIZE={{ sanitize }}
    cmake --build {{ tree }} --parallel 2

# Feed the engine random strips and damaged files under the sanitizers: so many, from a fixed seed
fuzz inputs="20000" seed="1" files="5000": (_engine "build/sanitize" "ON")
    build/sanitize/stripline_fuzz {{ inputs }} {{ seed }}
    build/sanitize/stripline_fuzz_decode {{ files }} {{ seed }}

# Build the engine for WebAssembly and compare its bytes with the native engine's
wasm:
    python tools/cross_build.py wasm
    python -m pytest tests/engine/test_wasm.py

# Build the engine for AArch64 and run its tests and some random strips there, by emulation
neon inputs="500" seed="1":
    python tools/cross_build.py neon
    qemu-aarch64 build/neon/engine_tests
    qemu-aarch64 build/neon/metric_tests
    qemu-aarch64 build/neon/masked_tests
    qemu-aarch64 build/neon/fuzz {{ inputs }} {{ seed }}
    qemu-aarch64 build/neon/decoder_tests
    qemu-aarch64 build/neon/fuzz_decode {{ inputs }} {{ seed }}

# Throughput against other encoders, and peak memory; `just bench --quick` for a short look
bench *args:
    python benchmarks/jpeg_encode.py {{ args }}
    python benchmarks/jpeg_memory.py {{ args }}
    python benchmarks/score.py {{ args }}
    python benchmarks/resize.py {{ args }}
    python benchmarks/image_memory.py {{ args }}
    python benchmarks/batch.py {{ args }}
    python benchmarks/webcodecs.py {{ args }}
