"""What a picture file is, from its header alone: the gate that everything else stands behind.

Formats are told apart by their first bytes, never by a name. Headers are read without decoding and
without trusting them: lengths, counts and offsets are checked against the file and against bounds.
"""

from stripline.image.headers.foreign import describe_foreign
from stripline.image.headers.header import PeekedStream
from stripline.image.headers.info import FORMATS, Colour, Format, ImageInfo
from stripline.image.headers.probe import probe
from stripline.image.headers.sniff import sniff

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
