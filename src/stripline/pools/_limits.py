"""What this process may use: cores and memory, including the limits of its container.

Linux control groups limit CPU time and memory below what the machine has. They are read from the
group's files: version 2 (`cpu.max`, `memory.max`) and version 1 (`cpu.cfs_quota_us`,
`memory.limit_in_bytes`). A limit set on any ancestor holds, so the smallest on the way up counts.
See https://docs.kernel.org/admin-guide/cgroup-v2.html.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROC_CGROUP = Path("/proc/self/cgroup")
_CGROUP_ROOT = Path("/sys/fs/cgroup")
# Version 1 writes "no limit" as the largest page-aligned 63-bit number; no machine has 2^60 bytes.
_NO_MEMORY_LIMIT_BYTES = 1 << 60


def usable_cores() -> int:
    """How many threads of this process can run at once, at least 1.

    The smallest of the machine's cores, the process's affinity and its control groups' CPU quota.
    A quota of 1.5 cores counts as 2: the second thread can use the half.
    """
    quota = cpu_quota(_PROC_CGROUP, _CGROUP_ROOT)
    cores = _schedulable_cores()
    return cores if quota is None else max(1, min(cores, -int(-quota // 1)))


def memory_limit() -> int | None:
    """Bytes of memory that this process's control groups allow it, or None without a limit."""
    return memory_quota(_PROC_CGROUP, _CGROUP_ROOT)


def _schedulable_cores() -> int:
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def cpu_quota(proc_cgroup: Path, root: Path) -> float | None:
    """Cores' worth of CPU time allowed by the groups listed in `proc_cgroup`, mounted at `root`."""
    quotas = []
    for group in _groups(proc_cgroup, root, "cpu"):
        fields = _read_fields(group / "cpu.max")
        if not fields:
            fields = [
                *_read_fields(group / "cpu.cfs_quota_us"),
                *_read_fields(group / "cpu.cfs_period_us"),
            ]
        if len(fields) == 2 and fields[0].isdigit() and fields[1].isdigit() and int(fields[1]):
            quotas.append(int(fields[0]) / int(fields[1]))
    return min(quotas, default=None)


def memory_quota(proc_cgroup: Path, root: Path) -> int | None:
    """Bytes allowed by the groups listed in `proc_cgroup`, mounted at `root`."""
    limits = []
    for group in _groups(proc_cgroup, root, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            fields = _read_fields(group / name)
            if len(fields) == 1 and fields[0].isdigit() and int(fields[0]) < _NO_MEMORY_LIMIT_BYTES:
                limits.append(int(fields[0]))
    return min(limits, default=None)


def _groups(proc_cgroup: Path, root: Path, controller: str) -> Iterator[Path]:
    """The directories of the process's groups for `controller`, each with all its ancestors.

    A line of /proc/self/cgroup is `id:controllers:path`; version 2 has no controllers. Inside a
    container the path may not exist below the mount point; the mount point itself is then the
    group, and it is always among the ancestors.
    """
    for line in _read_lines(proc_cgroup):
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            mount = root
        elif controller in controllers.split(","):
            mount = root / controller
        else:
            continue
        below = Path(path.lstrip("/"))
        if ".." in below.parts:  # outside this container's view; what holds inside is at the mount
            below = Path()
        yield from (mount / parent for parent in (below, *below.parents))


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text("ascii", errors="replace").splitlines()
    except OSError:  # no such group, no such controller, not Linux: no limit to be found here
        return []


def _read_fields(path: Path) -> list[str]:
    lines = _read_lines(path)
    return lines[0].split() if lines else []
