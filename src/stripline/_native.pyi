from typing_extensions import Buffer

FORMATS: tuple[str, ...]
SAMPLINGS: tuple[str, ...]
STAGES: tuple[str, ...]

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
) -> bytes: ...
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
