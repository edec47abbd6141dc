from __future__ import annotations

import pytest

from stripline.webcodecs.obus import Obu, split_obus


def test_obus() -> None:
    assert list(split_obus(b"\x12\0\x0a\2ab\x36\x20\1c\x30rest")) == [
        Obu(2, b""),
        Obu(1, b"ab"),
        Obu(6, b"c"),
        Obu(6, b"rest"),
    ]
    for wrong in (b"\x80", b"\x0a\5ab", b"\x0a" + b"\x80" * 9, b"\x0a", b"\x04"):
        with pytest.raises(ValueError, match=r"bit|unit|size"):
            list(split_obus(wrong))
