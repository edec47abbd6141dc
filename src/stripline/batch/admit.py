"""Admission by memory: tasks begin only while what they need together fits."""

from __future__ import annotations

import os
from typing import Final

from stripline.errors import InvalidOption
from stripline.pools import memory_limit

_SHARE: Final = 0.6


def all_memory() -> int:
    """What this process's control groups allow it, or what the machine has, in bytes."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(machine, memory_limit() or machine)


def default_budget() -> int:
    """60 % of that."""
    return int(_SHARE * all_memory())


class Admission:
    """Lets tasks in.

    A task that needs more than there is at all is let in when there is nothing else.

    Args:
        budget: Bytes for all tasks together.

    Attributes:
        budget: As given.
        used: Bytes of the tasks that are in.
        count: How many are in.

    Raises:
        InvalidOption: No budget.
    """

    def __init__(self, budget: int) -> None:
        if budget <= 0:
            raise InvalidOption(
                f"a memory budget of {budget:,} bytes: give more, as workers take some themselves"
            )
        self.budget: Final = budget
        self.used = 0
        self.count = 0

    def admits(self, need: int) -> bool:
        """Whether a task can come in."""
        return self.count == 0 or self.used + need <= self.budget

    def enter(self, need: int) -> None:
        """Count a task."""
        self.used += need
        self.count += 1

    def leave(self, need: int) -> None:
        """Count it no longer."""
        self.used -= need
        self.count -= 1
