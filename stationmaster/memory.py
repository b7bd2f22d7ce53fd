"""What is not needed any more is given back: a server runs for months.

What the C library is told are the GNU library's own settings. Other libraries (musl, macOS) have none of them, and nothing is done there.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import time
from collections.abc import Callable

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


SHARE = 1 / 5_000  # of the time may go into looking for garbage, since all else stands still meanwhile


class Collector:
    """Looks at all objects for those that only hold each other. The interpreter itself looks at the old ones once in hours (`COLLECT_AFTER` of
    `cli/server.py`), and what was young for a moment too long stays until then: it was 5 MiB an hour."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due_at = float("-inf")

    def collect(self) -> bool:
        """Now, or not yet: where it takes long, with many chargers, it comes the more seldom. 60 ms come each five minutes."""
        began = self._clock()
        if began < self._due_at:
            return False
        gc.collect()
        ended = self._clock()
        self._due_at = ended + (ended - began) / SHARE
        return True
