"""Files of chunks: MP4, WebM and Matroska, written and read.

The specification leaves containers out; everyone needs them next. `Muxer` writes what encoders put
out, `Demuxer` gives what decoders take. Times are microseconds, configurations those of the codecs.

Errors are those of the rest of this package:

* `NotSupportedError`: no container that is known here, or one that cannot hold this codec;
* `DataError`: a damaged file, or a chunk that does not fit where it comes;
* `InvalidStateError`: the muxer or demuxer is closed, or the call comes too late;
* `TypeError`: an argument of another kind;
* what a path or a file object raises itself, such as `FileNotFoundError`, comes as it is.
"""

from stripline.webcodecs.containers.demuxer import Demuxer
from stripline.webcodecs.containers.muxer import Muxer
from stripline.webcodecs.containers.track import Track

__all__ = ["Demuxer", "Muxer", "Track"]
