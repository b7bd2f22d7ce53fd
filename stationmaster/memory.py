"""The C library is told to give back to the system what is free: a server runs for months.

What it is told are the GNU library's own settings. Other libraries (musl, macOS) have none of them, and nothing is done there.
"""

from __future__ import annotations

import ctypes
import sys

# Of <malloc.h>.
_MMAP_THRESHOLD = -3
_ARENA_MAX = -8

LARGE = 128 * 1024
ARENAS = 2

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def prepare() -> None:
    """Call before the first thread is started.

    Each thread would have a heap of its own, and what one has freed no other could use. Two are enough, because most of what
    allocates holds the interpreter's lock. Blocks of a read buffer's size are taken from the system one by one, and given back
    when they are freed: left alone, the library takes them from a heap as soon as one was freed, and a small one behind them
    keeps them all.
    """
    if _libc is not None and hasattr(_libc, "mallopt"):
        _libc.mallopt(_ARENA_MAX, ARENAS)
        _libc.mallopt(_MMAP_THRESHOLD, LARGE)


def trim() -> None:
    """Whole pages that are free, in any heap of this process, go back to the system. Takes some milliseconds; call it in a thread."""
    if _libc is not None and hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)
