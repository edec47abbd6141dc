from typing_extensions import Buffer

FORMATS: tuple[str, ...]
SAMPLINGS: tuple[str, ...]
STAGES: tuple[str, ...]

class Segment(Buffer):
    def __len__(self) -> int: ...
    def __bytes__(self) -> bytes: ...

class Assembly:
    def __init__(self) -> None: ...
    def __len__(self) -> int: ...
    def reserve(self, size: int, expected: int) -> int: ...
    def fill(self, offset: int, piece: Buffer) -> None: ...
    def finish(self) -> bytes: ...

class Tables:
    def __init__(
        self, quant: tuple[bytes, bytes], huffman: tuple[bytes, bytes, bytes, bytes]
    ) -> None: ...

def available_kernels() -> tuple[str, ...]: ...
def encode_strip(
    planes: tuple[Buffer, ...],
    strides: tuple[int, ...],
    width: int,
    rows: int,
    format: str,
    sampling: str,
    tables: Tables,
    background: tuple[int, int, int],
    kernels: str,
) -> Segment: ...
def measure_stages(
    planes: tuple[Buffer, ...],
    strides: tuple[int, ...],
    width: int,
    rows: int,
    format: str,
    sampling: str,
    tables: Tables,
    background: tuple[int, int, int],
    kernels: str,
) -> tuple[float, ...]: ...
def encode_masked(
    pixels: Buffer,
    width: int,
    height: int,
    sampling: str,
    tables: Tables,
    price: float,
    kernels: str,
) -> Segment: ...

class ScoreReference:
    def __init__(
        self, pixels: Buffer, width: int, height: int, channels: int, kernels: str
    ) -> None: ...
    def score(self, pixels: Buffer, channels: int) -> float: ...

def sum_of_squared_errors(a: Buffer, b: Buffer) -> int: ...

class DamagedJpeg(ValueError):
    args: tuple[str, int]  # what, and at which byte

class Decoder:
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def full_width(self) -> int: ...
    @property
    def full_height(self) -> int: ...
    @property
    def sampling(self) -> str: ...
    @property
    def format(self) -> str: ...
    def read(self, rows: int) -> bytes: ...

def open_decoder(data: Buffer, denominator: int, kernels: str) -> Decoder | None: ...
