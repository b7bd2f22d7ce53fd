"""Memory for long messages goes back to the system; what is in use stays."""

from __future__ import annotations

import mmap
import sys

import pytest

from stationmaster.gateway import buffers

linux = sys.platform == "linux"


@pytest.mark.parametrize("before, after", [(0, 0), (1, 0), (100, 5), (mmap.PAGESIZE, 7), (mmap.PAGESIZE - 1, 4095)])
def test_only_whole_pages_within_the_free_part_are_given_back(before: int, after: int) -> None:
    buffer = bytearray(b"x" * (64 * mmap.PAGESIZE))
    end = len(buffer) - after
    with memoryview(buffer) as whole, whole[before:end] as free:
        given = buffers.give_back(free)
    assert buffer[:before] == b"x" * before
    assert buffer[end:] == b"x" * after
    assert buffer.count(0) == given
    if linux:
        assert given >= 61 * mmap.PAGESIZE


@pytest.mark.parametrize("size", [0, 1, mmap.PAGESIZE - 1])
def test_what_is_no_whole_page_stays(size: int) -> None:
    buffer = bytearray(b"x" * size)
    with memoryview(buffer) as free:
        assert buffers.give_back(free) == 0
    assert buffer == b"x" * size
