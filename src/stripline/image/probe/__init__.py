"""What a picture file is, from its header alone: the gate that everything else stands behind.

Formats are told apart by their first bytes, never by a name. Headers are read without decoding and
without trusting them: lengths, counts and offsets are checked against the file and against bounds.
"""

from stripline.image.probe._probe import probe
from stripline.image.probe.foreign import describe_foreign
from stripline.image.probe.header import PeekedStream
from stripline.image.probe.info import FORMATS, Colour, Format, ImageInfo
from stripline.image.probe.sniff import sniff

__all__ = [
    "FORMATS",
    "Colour",
    "Format",
    "ImageInfo",
    "PeekedStream",
    "describe_foreign",
    "probe",
    "sniff",
]
