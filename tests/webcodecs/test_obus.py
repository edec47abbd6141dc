from __future__ import annotations

import pytest

from stripline.webcodecs.obus import has_frame, split_obus


def test_obus() -> None:
    data = b"\x12\0\x0a\2ab\x36\x20\1c\x30rest"
    assert [(kind, data[begin:end]) for kind, begin, end in split_obus(data)] == [
        (2, b""),
        (1, b"ab"),
        (6, b"c"),
        (6, b"rest"),
    ]
    assert has_frame(data)
    assert not has_frame(data[:6])
    for wrong in (b"\x80", b"\x0a\5ab", b"\x0a" + b"\x80" * 9, b"\x0a", b"\x04"):
        with pytest.raises(ValueError, match=r"bit|unit|size"):
            list(split_obus(wrong))
