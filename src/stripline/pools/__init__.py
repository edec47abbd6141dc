"""Where work runs: any `concurrent.futures.Executor`, with a shared one by default.

Pools know nothing of pictures. Whatever follows the `Executor` interface can be handed to the
functions that take a `pool`: threads, processes, a Dask client's `get_executor()`.
"""

from stripline.pools._default import default_pool, pool_width
from stripline.pools._heap import limit_heaps, release_free_memory
from stripline.pools._limits import memory_limit, usable_cores
from stripline.pools._serial import SerialExecutor

__all__ = [
    "SerialExecutor",
    "default_pool",
    "limit_heaps",
    "memory_limit",
    "pool_width",
    "release_free_memory",
    "usable_cores",
]
