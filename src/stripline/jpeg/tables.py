"""Quantiser and Huffman tables: the standard's examples, the IJG's quality scale, or your own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from operator import index
from typing import Final

from stripline.errors import InvalidOption

# ITU-T T.81, table K.1: luminance quantiser steps, row by row.
LUMA_STEPS: Final = bytes(
    (
        *(16, 11, 10, 16, 24, 40, 51, 61),
        *(12, 12, 14, 19, 26, 58, 60, 55),
        *(14, 13, 16, 24, 40, 57, 69, 56),
        *(14, 17, 22, 29, 51, 87, 80, 62),
        *(18, 22, 37, 56, 68, 109, 103, 77),
        *(24, 35, 55, 64, 81, 104, 113, 92),
        *(49, 64, 78, 87, 103, 121, 120, 101),
        *(72, 92, 95, 98, 112, 100, 103, 99),
    )
)
# ITU-T T.81, table K.2: chrominance quantiser steps, row by row.
CHROMA_STEPS: Final = bytes(
    (
        *(17, 18, 24, 47, 99, 99, 99, 99),
        *(18, 21, 26, 66, 99, 99, 99, 99),
        *(24, 26, 56, 99, 99, 99, 99, 99),
        *(47, 66, 99, 99, 99, 99, 99, 99),
        *(99,) * 32,
    )
)

# ITU-T T.81, tables K.3 to K.6, as a DHT segment carries them: how many codes there are of 1 to 16
# bits, then the symbols in order of increasing code length.
_DC_LUMA: Final = bytes.fromhex("00010501010101010100000000000000 000102030405060708090a0b")
_DC_CHROMA: Final = bytes.fromhex("00030101010101010101010000000000 000102030405060708090a0b")
_AC_LUMA: Final = bytes.fromhex(
    "0002010303020403050504040000017d"
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a2526"
    "2728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485"
    "868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6"
    "d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
)
_AC_CHROMA: Final = bytes.fromhex(
    "00020102040403040705040400010277"
    "000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f1171819"
    "1a262728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a8283"
    "8485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4"
    "d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
)

# What 8-bit baseline coding can need (T.81, F.1.2): DC differences of 0 to 11 bits; for AC, runs of
# 0 to 15 zeros before a coefficient of 1 to 10 bits, the end of a block and sixteen zeros.
_DC_SYMBOLS: Final = frozenset(range(12))
_AC_SYMBOLS: Final = frozenset(
    {0x00, 0xF0, *(run << 4 | size for run in range(16) for size in range(1, 11))}
)
# The engine keeps a DC code and its value bits in one word, which has room for 15 bits of code.
_LONGEST_DC_CODE_BITS: Final = 15


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables that a file is coded with; grey files use the luma ones alone.

    Attributes:
        luma: 64 quantiser steps from 1 to 255, row by row.
        chroma: The same for Cb and Cr.
        dc_luma: Huffman table, as in a DHT segment: 16 bytes saying how many codes there are of 1
            to 16 bits, then the symbols in order of increasing code length.
        ac_luma: See `dc_luma`.
        dc_chroma: See `dc_luma`.
        ac_chroma: See `dc_luma`.

    Raises:
        InvalidOption: A table that is malformed, or that lacks a symbol which some 8-bit picture
            needs. A rare picture would fail otherwise, after hours in the worst case.
    """

    luma: bytes
    chroma: bytes
    dc_luma: bytes = _DC_LUMA
    ac_luma: bytes = _AC_LUMA
    dc_chroma: bytes = _DC_CHROMA
    ac_chroma: bytes = _AC_CHROMA

    def __post_init__(self) -> None:
        _check_steps("luma", self.luma)
        _check_steps("chroma", self.chroma)
        for name in ("dc_luma", "dc_chroma"):
            table = getattr(self, name)
            _check_huffman(name, table, _DC_SYMBOLS)
            if any(table[_LONGEST_DC_CODE_BITS:16]):
                raise InvalidOption(f"{name} has codes of more than {_LONGEST_DC_CODE_BITS} bits")
        for name in ("ac_luma", "ac_chroma"):
            _check_huffman(name, getattr(self, name), _AC_SYMBOLS)

    @classmethod
    def for_quality(cls, quality: int) -> Tables:
        """The standard's tables at a quality of the Independent JPEG Group's scale.

        At 50 the steps are the standard's own, at 100 all are 1.

        Args:
            quality: 1 to 100.

        Raises:
            InvalidOption: Another quality.
        """
        try:
            known = _for_quality(index(quality))
        except TypeError:
            raise InvalidOption(f"quality must be an int, not {type(quality).__name__}") from None
        return known


def scaled_steps(steps: bytes, quality: int) -> bytes:
    """Scale quantiser steps to a quality from 1 to 100, as the IJG's library does.

    Below 50 the scale is 50 / quality, from there on 2 - quality / 50, in whole percents; results
    are rounded and kept within 1 to 255.
    """
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return bytes(min(max((step * percent + 50) // 100, 1), 255) for step in steps)


@lru_cache(maxsize=100)  # every quality there is
def _for_quality(quality: int) -> Tables:
    if not 1 <= quality <= 100:
        raise InvalidOption(f"quality is {quality}; it goes from 1 to 100")
    return Tables(scaled_steps(LUMA_STEPS, quality), scaled_steps(CHROMA_STEPS, quality))


def _check_steps(name: str, steps: bytes) -> None:
    if not isinstance(steps, bytes):
        raise InvalidOption(f"{name} must be bytes, not {type(steps).__name__}")
    if len(steps) != 64:
        raise InvalidOption(f"{name} must be 64 bytes of quantiser steps")
    if 0 in steps:
        raise InvalidOption(f"{name} has a quantiser step of 0; they go from 1 to 255")


def _check_huffman(name: str, table: bytes, needed: frozenset[int]) -> None:
    if not isinstance(table, bytes):
        raise InvalidOption(f"{name} must be bytes, not {type(table).__name__}")
    if len(table) < 16:
        raise InvalidOption(f"{name} must be 16 counts, then the symbols")
    counts, symbols = table[:16], table[16:]
    if sum(counts) != len(symbols):
        raise InvalidOption(f"{name} counts {sum(counts)} codes but has {len(symbols)} symbols")
    if len(set(symbols)) != len(symbols):
        raise InvalidOption(f"{name} has a symbol twice")
    # Each code of n bits takes 2^(16-n) of the 2^16 ends that 16 bits have, and the code of all
    # ones is reserved (T.81, C.2), so that padding is never a code.
    taken = sum(count << (15 - shorter) for shorter, count in enumerate(counts))
    if taken >= 1 << 16:
        raise InvalidOption(f"{name} has more short codes than there are, or a code of all ones")
    missing = sorted(needed.difference(symbols))
    if missing:
        names = ", ".join(f"0x{symbol:02X}" for symbol in missing[:8])
        more = f" and {len(missing) - 8} more" if len(missing) > 8 else ""
        raise InvalidOption(f"{name} has no code for {names}{more}")
