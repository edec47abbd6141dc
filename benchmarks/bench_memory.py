"""How much memory this process holds, from Linux's /proc."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def memory(field: Literal["VmRSS", "VmHWM"]) -> int:
    """This process's VmRSS (now) or VmHWM (the most so far) in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    message = f"/proc/self/status has no {field}"
    raise RuntimeError(message)
