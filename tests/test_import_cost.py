"""`import stripline` must stay cheap: benchmarks/import_time.py says in milliseconds how cheap."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "PIL",
    "asyncio",
    "av",
    "numpy",
    "pydantic",
    "pyvips",
    "rich",
    "sqlalchemy",
    "sqlite3",
    "stripline._native",
    "stripline.cli",
    "typer",
)


def loaded_after(statement: str) -> set[str]:
    """The modules a fresh interpreter holds after a statement."""
    program = f"{statement}\nimport sys\nprint(*sorted(sys.modules), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize("module", HEAVY)
def test_import_stripline_loads_nothing_heavy(module: str) -> None:
    loaded = loaded_after("import stripline")
    assert "stripline" in loaded
    assert module not in loaded


@pytest.mark.parametrize("module", ["pydantic", "pyvips", "sqlalchemy"])
@pytest.mark.parametrize("room", ["image", "batch"])
def test_rooms_load_what_they_need_when_it_is_used(room: str, module: str) -> None:
    loaded = loaded_after(f"import stripline.{room}")
    assert f"stripline.{room}" in loaded
    assert module not in loaded


@pytest.mark.parametrize("module", ["PIL", "numpy", "pyvips", "rich", "typer"])
def test_encoding_bytes_loads_no_other_library(module: str) -> None:
    loaded = loaded_after(
        "import stripline.jpeg as jpeg\n"
        "assert jpeg.encode(bytes(48), width=4, height=4, format='rgb')[:2] == b'\\xff\\xd8'"
    )
    assert "stripline._native" in loaded
    assert module not in loaded
