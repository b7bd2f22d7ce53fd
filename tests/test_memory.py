"""What is free in the C library's heap goes back to the system, in every role, and where there is no GNU library nothing breaks."""

from __future__ import annotations

import ctypes
import os
import sys
import weakref
from pathlib import Path
from types import SimpleNamespace

import pytest

from stationmaster import memory
from stationmaster.background import chores
from stationmaster.domain import timers

BLOCK, COUNT = 64 * 1024, 256  # 16 MiB in blocks that come from the heap

gnu = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "malloc_trim")


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not gnu, reason="the C library is not the GNU one")
def test_free_blocks_between_those_in_use_go_back_to_the_system() -> None:
    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = (
        ctypes.c_void_p,
        [ctypes.c_size_t],
        [ctypes.c_void_p],
    )
    blocks = [libc.malloc(BLOCK) for _ in range(COUNT)]
    for block in blocks:
        ctypes.memset(block, 1, BLOCK)
    kept = blocks[::16]
    for block in set(blocks) - set(kept):
        libc.free(block)
    before = resident()
    memory.trim()
    assert before - resident() > BLOCK * COUNT // 2
    assert {ctypes.string_at(block, BLOCK) for block in kept} == {b"\1" * BLOCK}
    for block in kept:
        libc.free(block)


@pytest.mark.parametrize("libc", [None, SimpleNamespace()], ids=["macOS", "musl"])
def test_a_library_that_cannot_be_told_is_left_alone(libc: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_libc", libc)
    memory.prepare()
    memory.trim()


def test_a_server_of_any_role_does_so_each_minute() -> None:
    [timer] = [each for each in timers.registered(works=False) if each.function is chores.give_memory_back]
    assert (timer.seconds, timer.once) == (60, False)


class Ring:
    def __init__(self) -> None:
        self.itself = self


def test_what_only_holds_itself_goes_and_the_longer_that_takes_the_more_seldom() -> None:
    told = [0.0, 0.06, 299.0, 301.0, 301.001, 307.0, 307.0]
    collector = memory.Collector(lambda: told.pop(0))
    gone: list[weakref.ref[Ring]] = []

    def leave() -> None:
        gone.append(weakref.ref(Ring()))

    leave()
    assert collector.collect()  # it took 60 ms
    leave()
    assert not collector.collect()  # so it waits for five minutes
    assert collector.collect()  # 1 ms
    assert collector.collect()
    assert [each() for each in gone] == [None, None]
