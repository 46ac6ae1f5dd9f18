"""How freed memory is kept for the next allocation."""

from __future__ import annotations

import ctypes
import functools

# Parameters of mallopt(3) of glibc, and their values in bytes.
TRIM_THRESHOLD, KEPT = -1, 1 << 30  # freed memory at the end of the heap that is not given back to the system
MMAP_THRESHOLD, LARGEST_KEPT = -3, 32 << 20  # larger allocations are always given back; glibc allows no higher value


@functools.cache
def keep_freed_memory() -> None:
    """Ask the allocator of the C library to keep what is freed, instead of giving it back to the system.

    A network that runs on many tiles allocates and frees the same buffers again and again. Given back, each is filled
    with zeros by the system at its next use, which took 43 % of the time of a small network. Does nothing where the C
    library is not glibc.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(TRIM_THRESHOLD, KEPT)
    mallopt(MMAP_THRESHOLD, LARGEST_KEPT)
