"""Memory that one long message has needed goes back to the system; what is free elsewhere: `stationmaster/memory.py`.

The library doubles a connection's buffer until a message fits, and never makes it smaller: after a message of 2 MiB an idle charger
would cost 4 MiB for as long as it is connected. The buffer keeps its addresses, but not the pages behind them.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Callable

_DONTNEED = 4  # of <sys/mman.h>
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def give_back(free: memoryview) -> int:
    """Give back the whole pages of a writable buffer whose contents nobody needs; returns how many bytes that were.

    What is read there afterwards is zeros. On systems other than Linux nothing is given back.
    """
    if _libc is None or not len(free):
        return 0
    first = ctypes.addressof(ctypes.c_char.from_buffer(free))
    start = -(-first // mmap.PAGESIZE) * mmap.PAGESIZE
    size = (first + len(free)) // mmap.PAGESIZE * mmap.PAGESIZE - start
    if size <= 0 or _madvise(start, size, _DONTNEED) != 0:
        return 0
    return size


def _madvise(start: int, size: int, advice: int) -> int:
    assert _libc is not None
    call: Callable[..., int] = _libc.madvise
    return call(ctypes.c_void_p(start), ctypes.c_size_t(size), ctypes.c_int(advice))
