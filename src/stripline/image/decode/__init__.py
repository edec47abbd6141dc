"""From a file's bytes to a `Picture`, by the decoder that its format needs."""

from stripline.image.decode.decode import Wanted, check_readable, decode, decoded_bytes, shrink_for

__all__ = ["Wanted", "check_readable", "decode", "decoded_bytes", "shrink_for"]
