"""Children: what they answer, and what is said of those that do not."""

from __future__ import annotations

import sys

import pytest

from stripline.errors import LimitExceeded, WorkerLost
from stripline.pools.child import READY, Refused, ask_child


def asked(code: str, data: bytes = b"", *arguments: str, seconds: float | None = None) -> bytes:
    return ask_child(f"import os, sys\n{code}", data, *arguments, seconds=seconds, purpose="tests")


def test_an_answer() -> None:
    code = f"{READY}\nsys.stdout.buffer.write(sys.argv[1].encode() + sys.stdin.buffer.read())"
    assert asked(code, b"\x00data", "given") == b"given\x00data"


def test_a_refusal_says_the_last_words() -> None:
    with pytest.raises(Refused, match=r"^why not$"):
        asked(f"{READY}\nprint('before', file=sys.stderr)\nsys.exit('why not')")


def test_what_fails_before_it_is_ready_is_not_the_inputs_fault() -> None:
    message = "the process that tests ended with 1: ModuleNotFoundError: No module named 'absent'"
    with pytest.raises(WorkerLost, match=message):
        asked(f"import absent\n{READY}")


def test_one_that_is_killed() -> None:
    with pytest.raises(WorkerLost, match="the process that tests ended with -9"):
        asked(f"{READY}\nos.kill(os.getpid(), 9)")


def test_one_that_takes_for_ever() -> None:
    with pytest.raises(LimitExceeded, match="seconds"):
        asked(f"{READY}\nwhile True: pass", seconds=0.2)


def test_one_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(WorkerLost, match="could not be started"):
        asked(READY)
