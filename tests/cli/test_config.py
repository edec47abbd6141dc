"""`stripline config show`: every setting, and who said so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.cli.command import done, refused, run

if TYPE_CHECKING:
    from pathlib import Path


def shown(folder: Path, *options: str, **environment: str) -> dict[str, Any]:
    result = run("config", "show", "--json", *options, directory=folder, extra=environment)
    found: dict[str, Any] = json.loads(done(result).stdout)
    return found


def test_the_most_particular_place_decides(tmp_path: Path) -> None:
    (tmp_path / "stripline.toml").write_text(
        'output = "made"\nworkers = 1\nretries = 7\n[profiles.p]\nworkers = 2\norder = "largest"\n'
        "[profiles.p.recipe.resize]\nwidth = 9\n"
    )
    found = shown(tmp_path, "--profile", "p", "--workers", "4", STRIPLINE_ORDER="smallest")
    settings, file = found["settings"], str(tmp_path / "stripline.toml")
    assert found["file"] == file
    assert settings["workers"] == {"value": 4, "from": "flag"}
    assert settings["order"]["value"] == "smallest"
    assert settings["order"]["from"] == "environment STRIPLINE_ORDER"
    assert settings["retries"] == {"value": 7, "from": file}
    assert settings["output"] == {"value": str(tmp_path / "made"), "from": file}
    assert settings["verify"] == {"value": False, "from": "default"}
    assert found["variants"] == {"": {"resize": {"width": 9}}}


def test_table_and_shipped_profiles(tmp_path: Path) -> None:
    for name in ("web", "thumbnails", "archive", "print"):
        assert shown(tmp_path, "--profile", name)["variants"]
    said = done(run("config", "show", "--profile", "web", directory=tmp_path)).stdout.decode()
    rows = {line.split()[0]: line for line in said.splitlines() if line}
    assert rows["profile"].split()[1:] == ["web", "flag"]
    assert "shipped" in rows["template"]
    assert rows["retries"].split()[1:] == ["3", "-"]
    assert "variants: 640, 1280, 1920, fallback" in said


def test_mistakes_name_their_place(tmp_path: Path) -> None:
    (tmp_path / "stripline.yaml").write_text("wrokers: 3\n")
    assert "wrokers" in refused(run("config", "show", directory=tmp_path), 2)
