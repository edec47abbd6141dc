"""Decoder configuration records of H.264 and H.265: avcC and hvcC (ISO/IEC 14496-15).

An encoder that frames units by length keeps parameter sets out of the chunks and in such a record,
the `description` of the decoder's configuration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stripline.webcodecs.nal_units import BitReader, unescape, unit_type

__all__ = ["ParameterSets", "avcc", "hvcc", "length_bytes"]

# Types of parameter sets: ITU-T H.264 table 7-1; H.265 table 7-1 (video, sequence, picture).
PARAMETER_TYPES: Final = {"avc": (7, 8, 13), "hevc": (32, 33, 34)}
# Units that only frame others, and have no place in a length-prefixed sample: access unit
# delimiters, ends of sequence and stream, filler.
FRAMING_TYPES: Final = {"avc": (9, 10, 11, 12), "hevc": (35, 36, 37, 38)}
_HIGH_PROFILES: Final = frozenset({100, 110, 122, 144, 244, 44})


@dataclass(slots=True)
class ParameterSets:
    """Collects the parameter sets of a stream.

    Args:
        kind: "avc" or "hevc".
    """

    kind: str
    _sets: dict[int, list[bytes]]

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._sets = {}

    def take(self, units: list[bytes]) -> list[bytes]:
        """Keep the parameter sets of an access unit.

        Returns:
            The other units, without those that only frame.
        """
        others: list[bytes] = []
        found: dict[int, list[bytes]] = {}
        for unit in units:
            number = unit_type(self.kind, unit)
            if number in PARAMETER_TYPES[self.kind]:
                found.setdefault(number, []).append(unit)
            elif number not in FRAMING_TYPES[self.kind]:
                others.append(unit)
        self._sets |= found
        return others

    def record(self) -> bytes:
        """The configuration record of what was kept.

        Raises:
            ValueError: A parameter set is missing or broken.
        """
        sets = [self._sets.get(number, []) for number in PARAMETER_TYPES[self.kind]]
        if self.kind == "avc":
            return avcc(sets[0], sets[1], sets[2])
        return hvcc(sets[0], sets[1], sets[2])


def avcc(sequence: list[bytes], picture: list[bytes], extension: list[bytes]) -> bytes:
    """An AVCDecoderConfigurationRecord (14496-15, section 5.3.3.1) with lengths of four bytes.

    Args:
        sequence: Sequence parameter sets, at least one.
        picture: Picture parameter sets.
        extension: Sequence parameter set extensions.

    Raises:
        ValueError: There is no sequence parameter set, or it is broken.
    """
    if not sequence or len(sequence[0]) < 4:
        raise ValueError("there is no sequence parameter set")
    profile, constraints, level = sequence[0][1:4]
    record = bytearray((1, profile, constraints, level, 0xFC | 3, 0xE0 | len(sequence)))
    record += _sized(sequence)
    record.append(len(picture))
    record += _sized(picture)
    if profile in _HIGH_PROFILES:
        reader = BitReader(unescape(sequence[0][4:]))
        reader.golomb()  # seq_parameter_set_id
        chroma = reader.golomb()
        if chroma == 3:
            reader.bits(1)  # separate_colour_plane_flag
        luma_bits, chroma_bits = reader.golomb(), reader.golomb()
        record += bytes((0xFC | chroma, 0xF8 | luma_bits, 0xF8 | chroma_bits, len(extension)))
        record += _sized(extension)
    return bytes(record)


def hvcc(video: list[bytes], sequence: list[bytes], picture: list[bytes]) -> bytes:
    """An HEVCDecoderConfigurationRecord (14496-15, section 8.3.3.1) with lengths of four bytes.

    Args:
        video: Video parameter sets.
        sequence: Sequence parameter sets, at least one.
        picture: Picture parameter sets.

    Raises:
        ValueError: There is no sequence parameter set, or it is broken.
    """
    if not sequence:
        raise ValueError("there is no sequence parameter set")
    payload = unescape(sequence[0])[2:]
    if len(payload) < 13:
        raise ValueError("the sequence parameter set is cut short")
    layers = payload[0] >> 1 & 7  # sps_max_sub_layers_minus1
    nested = payload[0] & 1
    profile_tier_level = payload[1:13]
    chroma, luma_bits, chroma_bits = _hevc_samples(payload, layers)
    record = bytearray((1,)) + profile_tier_level
    record += bytes((0xF0, 0, 0xFC))  # no segmentation, no parallelism known
    record += bytes((0xFC | chroma, 0xF8 | luma_bits, 0xF8 | chroma_bits))
    record += bytes((0, 0, (layers + 1) << 3 | nested << 2 | 3, 3))
    for number, units in zip(PARAMETER_TYPES["hevc"], (video, sequence, picture), strict=True):
        record += bytes((0x80 | number, 0, len(units))) + _sized(units)
    return bytes(record)


def _hevc_samples(payload: bytes, layers: int) -> tuple[int, int, int]:
    """chroma_format_idc and the bit depths less eight (ITU-T H.265, 7.3.2.2 and 7.3.3)."""
    reader = BitReader(payload[13:])
    if layers:
        present = [(reader.bits(1), reader.bits(1)) for _ in range(layers)]
        reader.bits(2 * (8 - layers))
        for profile, level in present:
            reader.bits(88 * profile + 8 * level)
    reader.golomb()  # sps_seq_parameter_set_id
    chroma = reader.golomb()
    if chroma == 3:
        reader.bits(1)  # separate_colour_plane_flag
    reader.golomb()  # width
    reader.golomb()  # height
    if reader.bits(1):  # conformance_window_flag
        for _ in range(4):
            reader.golomb()
    return chroma, reader.golomb(), reader.golomb()


def _sized(units: list[bytes]) -> bytes:
    return b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)


def length_bytes(kind: str, record: bytes) -> int | None:
    """How many bytes a record gives to each length; None if it is no such record."""
    at, least = (4, 7) if kind == "avc" else (21, 23)
    if len(record) < least or record[0] != 1:
        return None
    return (record[at] & 3) + 1
