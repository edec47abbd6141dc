"""How many heaps a process has, counted by the C library."""

from __future__ import annotations

import os
import platform

import pytest

from tests.support import run_script

HEAPS = """
import ctypes, sys, threading
from stripline.pools import limit_heaps, release_free_memory

libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
if sys.argv[1] == "limited":
    limit_heaps(2)
    limit_heaps(5)  # too late
together = threading.Barrier(6)

def allocate():
    libc.malloc(10_000)
    together.wait()

threads = [threading.Thread(target=allocate) for _ in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
release_free_memory()
file = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="heaps are glibc's")
@pytest.mark.skipif("MALLOC_ARENA_MAX" in os.environ, reason="which decides it")
def test_threads_share_two_heaps_if_that_is_asked() -> None:
    assert run_script(HEAPS, "limited").count("<heap nr=") == 2
    assert run_script(HEAPS, "free").count("<heap nr=") > 2
