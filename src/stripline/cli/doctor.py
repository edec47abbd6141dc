"""`stripline doctor`: what this installation is made of and what it found on this machine."""

from __future__ import annotations

import json
import platform
import re
import sys
import sysconfig
from importlib import metadata
from typing import Any, Final

import typer

import stripline
from stripline._vips import library, version
from stripline.cli import _options, _text
from stripline.cli._errors import reported
from stripline.errors import MissingDependency
from stripline.jpeg import available_kernels, kernels_in_use
from stripline.pools import memory_limit, usable_cores

# A line of the package's metadata for something that an extra brings.
_BROUGHT: Final = re.compile(r"""([\w.-]+).*;\s*extra\s*==\s*['"]([\w-]+)['"]""")
# Extras of those who work on stripline, and the one that is all others.
_NOT_SHOWN: Final = frozenset({"all", "bench", "test", "dev"})

# What libvips calls the operations that read and write each format.
_VIPS_NAMES: Final = {
    "jpeg": "jpeg",
    "png": "png",
    "webp": "webp",
    "avif": "heif",
    "tiff": "tiff",
    "gif": "gif",
    "svg": "svg",
    "jxl": "jxl",
}


def doctor(*, as_json: _options.AsJson = False) -> None:
    """Say which versions, processor kernels, cores and memory stripline uses here."""
    with reported():
        report = _examine()
    if as_json:
        typer.echo(json.dumps(report, indent=2))
        return
    for name, value in _lines(report):
        typer.echo(f"{name:<12} {value}")


def _examine() -> dict[str, Any]:
    return {
        "stripline": stripline.__version__,
        "python": {
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        },
        "platform": platform.platform(),
        "processor": platform.machine(),
        "kernels": {"in_use": kernels_in_use(), "available": list(available_kernels())},
        "cores": usable_cores(),
        "memory_limit": memory_limit(),
        "libvips": _libvips(),
        "ffmpeg": _ffmpeg(),
        "extras": {name: _versions(packages) for name, packages in extras().items()},
    }


def _libvips() -> dict[str, Any] | None:
    """Its version, and the formats it was built to read and write; None if it is not there."""
    try:
        vips = library()
    except MissingDependency:
        return None

    def has(operation: str) -> bool:
        return bool(vips.type_find("VipsOperation", operation))

    return {
        "version": version(),
        "reads": [name for name, called in _VIPS_NAMES.items() if has(f"{called}load_source")],
        "writes": [name for name, called in _VIPS_NAMES.items() if has(f"{called}save_target")],
    }


def extras() -> dict[str, list[str]]:
    """The packages that each extra brings, as the installed package says."""
    found: dict[str, list[str]] = {}
    for line in metadata.requires("stripline") or ():
        match = _BROUGHT.match(line)
        if match and match[1] != "stripline" and match[2] not in _NOT_SHOWN:
            found.setdefault(match[2], []).append(match[1])
    return found


def _ffmpeg() -> str | None:
    """The version of the FFmpeg in PyAV; None if that is not there."""
    try:
        from stripline.webcodecs._av import ffmpeg_version  # noqa: PLC0415 - of an extra
    except MissingDependency:
        return None
    return ffmpeg_version()


def _versions(packages: list[str]) -> dict[str, str | None]:
    """The version of each package, None for one that is not installed."""
    versions: dict[str, str | None] = {}
    for package in packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = None
    return versions


def _lines(report: dict[str, Any]) -> list[tuple[str, str]]:
    python, kernels, limit = report["python"], report["kernels"], report["memory_limit"]
    threading = "free-threaded" if python["free_threaded"] else "with the GIL"
    lines = [
        ("stripline", f"{report['stripline']}"),
        ("python", f"{python['implementation']} {python['version']}, {threading}"),
        ("executable", sys.executable),
        ("platform", report["platform"]),
        ("kernels", f"{kernels['in_use']} (available: {', '.join(kernels['available'])})"),
        ("cores", str(report["cores"])),
        ("memory limit", "none" if limit is None else _text.byte_count(limit)),
    ]
    vips = report["libvips"]
    if vips is not None:
        lines += [
            ("libvips", vips["version"]),
            ("  reads", ", ".join(vips["reads"])),
            ("  writes", ", ".join(vips["writes"])),
        ]
    if report["ffmpeg"] is not None:
        lines.append(("ffmpeg", report["ffmpeg"]))
    for extra, versions in report["extras"].items():
        if None in versions.values():
            missing = ", ".join(name for name, version in versions.items() if version is None)
            advice = f'python -m pip install "stripline[{extra}]"'
            lines.append((f"[{extra}]", f"missing {missing}: {advice}"))
        else:
            there = ", ".join(f"{name} {version}" for name, version in versions.items())
            lines.append((f"[{extra}]", there))
    return lines
