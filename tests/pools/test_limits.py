from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from stripline.pools import _limits, memory_limit, usable_cores
from stripline.pools._limits import cpu_quota, memory_quota

if TYPE_CHECKING:
    from pathlib import Path


class Groups:
    """A made-up /proc/self/cgroup and the tree below /sys/fs/cgroup."""

    def __init__(self, folder: Path, listing: str) -> None:
        self.listing = folder / "listing"
        self.listing.write_text(listing)
        self.root = folder / "cgroup"

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")

    def cores(self) -> float | None:
        return cpu_quota(self.listing, self.root)

    def memory(self) -> int | None:
        return memory_quota(self.listing, self.root)


def test_version_2_smallest_of_all_ancestors(tmp_path: Path) -> None:
    groups = Groups(tmp_path, "0::/pod/box\n")
    groups.write("pod/box/cpu.max", "max 100000")
    groups.write("pod/cpu.max", "150000 100000")
    groups.write("pod/box/memory.max", "1000000")
    groups.write("pod/memory.max", "max")
    groups.write("memory.max", "2000000")
    assert groups.cores() == 1.5
    assert groups.memory() == 1_000_000


def test_version_1_each_controller_in_its_place(tmp_path: Path) -> None:
    groups = Groups(tmp_path, "4:memory:/box\n2:cpu,cpuacct:/box\n1:name=systemd:/box\n")
    groups.write("cpu/box/cpu.cfs_quota_us", "200000")
    groups.write("cpu/box/cpu.cfs_period_us", "100000")
    groups.write("memory/box/memory.limit_in_bytes", "3000000")
    assert groups.cores() == 2
    assert groups.memory() == 3_000_000


def test_version_1_without_limits(tmp_path: Path) -> None:
    groups = Groups(tmp_path, "4:memory:/box\n2:cpu,cpuacct:/box\n")
    groups.write("cpu/box/cpu.cfs_quota_us", "-1")
    groups.write("cpu/box/cpu.cfs_period_us", "100000")
    groups.write("memory/box/memory.limit_in_bytes", "9223372036854771712")
    assert groups.cores() is None
    assert groups.memory() is None


@pytest.mark.parametrize("path", ["/not/below/the/mount", "/../../box"])
def test_a_container_has_its_limits_at_the_mount(tmp_path: Path, path: str) -> None:
    groups = Groups(tmp_path, f"0::{path}\n")
    groups.write("cpu.max", "50000 100000")
    assert groups.cores() == 0.5


@pytest.mark.parametrize("text", ["", "max", "1 2 3", "100000 0", "a b", "-1 100000"])
def test_what_cannot_be_understood_is_no_limit(tmp_path: Path, text: str) -> None:
    groups = Groups(tmp_path, "0::/\nnonsense\n")
    groups.write("cpu.max", text)
    groups.write("memory.max", text)
    assert groups.cores() is None
    assert groups.memory() is None


def test_no_groups_no_limits(tmp_path: Path) -> None:
    assert cpu_quota(tmp_path / "none", tmp_path) is None
    assert memory_quota(tmp_path / "none", tmp_path) is None


@pytest.mark.parametrize(
    ("quota", "cores"), [(None, 8), (0.5, 1), (1.0, 1), (1.5, 2), (7.9, 8), (64.0, 8)]
)
def test_usable_cores_follow_the_quota(
    monkeypatch: pytest.MonkeyPatch, quota: float | None, cores: int
) -> None:
    monkeypatch.setattr(_limits, "_schedulable_cores", lambda: 8)
    monkeypatch.setattr(_limits, "cpu_quota", lambda *_: quota)
    assert usable_cores() == cores


def test_this_machine() -> None:
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
    limit = memory_limit()
    assert limit is None or limit > 1 << 20


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_affinity_counts() -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, before)
