from __future__ import annotations

import os

import pytest

from tests.support import run_script

# A decoder with threads of its own, and frames under way in an encoder, when the process forks.
FORK = """
import os, sys
import numpy as np
from stripline.webcodecs import InvalidStateError, VideoDecoder, VideoEncoder, VideoFrame

def encode(encoder, count):
    for number in range(count):
        with VideoFrame(np.full((96, 128, 3), 9 * number, np.uint8), timestamp=number) as frame:
            encoder.encode(frame)

chunks = []
encoder = VideoEncoder(lambda *chunk: chunks.append(chunk), print)
encoder.configure(codec="avc1.42001f", width=128, height=96)
encode(encoder, 8)
encoder.flush().result()
decoder = VideoDecoder(lambda frame: frame.close(), print)
decoder.configure(chunks[0][1]["decoder_config"], hardware_acceleration="no-preference")
for chunk, _ in chunks:
    decoder.decode(chunk)
encode(encoder, 20)
pending = encoder.flush()
child = os.fork()
if child == 0:
    for call in (pending.result, encoder.close, lambda: decoder.flush().result(),
                 lambda: encode(encoder, 1)):
        try:
            call()
        except InvalidStateError as error:
            assert "forked" in str(error) or "forked" in str(error.__cause__), error
        else:
            print("no error")
    del chunks[:]
    other = VideoEncoder(lambda *chunk: chunks.append(chunk), print)
    other.configure(codec="avc1.42001f", width=128, height=96)
    encode(other, 3)
    other.flush().result()
    print("in the fork", len(chunks), flush=True)
    sys.exit(0)
print(os.waitpid(child, 0)[1])
pending.result()
decoder.flush().result()
print(len(chunks))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_codecs_are_given_up_in_a_fork_and_go_on_where_they_were_made() -> None:
    assert run_script(FORK).split("\n") == ["in the fork 3", "0", "28", ""]
