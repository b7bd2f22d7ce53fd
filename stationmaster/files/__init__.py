"""Where files are kept: firmware for chargers, what chargers bring us, pictures. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from stationmaster.files.folder import Away as Away
from stationmaster.files.folder import Folder as Folder
from stationmaster.files.folder import Full as Full
from stationmaster.files.folder import Kept as Kept
from stationmaster.files.folder import TooLarge as TooLarge


class Files(Protocol):
    """A store of files: a folder, or a bucket. Whatever cannot be reached at the moment raises `Away`."""

    async def keep(self, chunks: AsyncIterator[bytes], *, limit: int) -> Kept:
        """Write what comes, under a new name. A file is there whole or not at all. Raises `TooLarge` and `Full`."""
        ...

    def chunks(self, name: str, *, start: int = 0, size: int) -> AsyncIterator[bytes]:
        """`size` bytes of a file, from `start` on. Raises `FileNotFoundError`."""
        ...

    async def has(self, name: str) -> bool: ...

    async def drop(self, name: str) -> None:
        """Remove a file; one that is gone already is no trouble."""
        ...
