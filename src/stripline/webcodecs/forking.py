"""Codecs in a forked process: of no use there, but they must not hang it.

A fork has a copy of its parent's memory and none of its other threads. A codec's thread is not
there, nor are those of FFmpeg, for which freeing a codec context would wait for ever. So each codec
is closed in the fork, and its context is never freed.
"""

from __future__ import annotations

import ctypes
import os
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stripline.webcodecs.codec import Codec

__all__ = ["watch_forks"]

_codecs: weakref.WeakSet[Codec[Any, Any]] = weakref.WeakSet()


def watch_forks(codec: Codec[Any, Any]) -> None:
    """Have a codec given up in processes that are forked from this one."""
    _codecs.add(codec)


def _give_up_all() -> None:
    for codec in list(_codecs):
        backend = codec._give_up()  # noqa: SLF001 - this is a part of the codec
        # One reference too many: not even the end of the interpreter frees it.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(backend))
    _codecs.clear()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_give_up_all)
