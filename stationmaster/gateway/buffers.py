"""Memory that one long message has needed goes back to the system.

The library doubles a connection's buffer until a message fits, and never makes it smaller: after a message of 2 MiB an idle charger
would cost 4 MiB for as long as it is connected. The buffer keeps its addresses, but not the pages behind them.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Callable

_DONTNEED = 4  # of <sys/mman.h>
_MMAP_THRESHOLD = -3  # of <malloc.h>
_LARGE = 128 * 1024
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def prepare() -> None:
    """Blocks of a read buffer's size are taken from the system one by one, and given back when they are freed.

    Left alone, the C library takes them from its own heap as soon as one was freed, and a small one behind them keeps them all.
    """
    if _libc is not None and hasattr(_libc, "mallopt"):
        _libc.mallopt(_MMAP_THRESHOLD, _LARGE)


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


def trim() -> None:
    """What was freed, anywhere in this process, goes back to the system as well: it is kept in pieces for the next who asks."""
    if _libc is not None and hasattr(_libc, "malloc_trim"):  # the GNU library has it
        _libc.malloc_trim(0)


def _madvise(start: int, size: int, advice: int) -> int:
    assert _libc is not None
    call: Callable[..., int] = _libc.madvise
    return call(ctypes.c_void_p(start), ctypes.c_size_t(size), ctypes.c_int(advice))
