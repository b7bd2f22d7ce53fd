"""A local folder of files under names that we make. `bucket.py` is the same in an S3 bucket.

Nothing that came from outside is ever part of a path.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

CHUNK = 256 * 1024
NAME = re.compile(r"[0-9a-f]{32}")


class TooLarge(Exception):
    """It has more bytes than it may have."""


class Full(Exception):
    """There is no room for it, or the folder cannot be written to; the message says why."""


class Away(Exception):
    """Where files are kept cannot be reached at this moment; the message says why."""


class Kept(NamedTuple):
    """What is known of a file that was kept."""

    name: str
    size: int
    sha256: str
    md5: str  # local controllers compare firmware by it (2.x L03)


class Folder:
    """The files of this installation. On several nodes the folder is a shared one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def keep(self, chunks: AsyncIterator[bytes], *, limit: int) -> Kept:
        """Write what comes to disk, under a new name. A file is there whole or not at all. Raises `TooLarge` and `Full`."""
        name = secrets.token_hex(16)
        part = self.path / f"{name}.part"
        try:
            descriptor = await asyncio.to_thread(self._create, part)
            try:
                size, digest, md5 = 0, hashlib.sha256(), hashlib.md5(usedforsecurity=False)
                async for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise TooLarge(f"more than {limit} bytes")
                    digest.update(chunk)
                    md5.update(chunk)
                    await asyncio.to_thread(_write, descriptor, chunk)
                await asyncio.to_thread(os.fsync, descriptor)
            finally:
                os.close(descriptor)
            await asyncio.to_thread(os.replace, part, self.path / name)
        except OSError as error:
            raise Full(f"{self.path}: {error.strerror}") from None
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        return Kept(name, size, digest.hexdigest(), md5.hexdigest())

    async def chunks(self, name: str, *, start: int = 0, size: int) -> AsyncIterator[bytes]:
        """`size` bytes of a file, from `start` on. Raises `FileNotFoundError`."""
        file = await asyncio.to_thread(open, self._at(name), "rb")
        try:
            await asyncio.to_thread(file.seek, start)
            while size > 0 and (chunk := await asyncio.to_thread(file.read, min(CHUNK, size))):
                size -= len(chunk)
                yield chunk
        finally:
            file.close()

    async def has(self, name: str) -> bool:
        return await asyncio.to_thread(self._at(name).is_file)

    async def drop(self, name: str) -> None:
        """Remove a file; one that is gone already is no trouble."""
        await asyncio.to_thread(self._at(name).unlink, missing_ok=True)

    def _create(self, part: Path) -> int:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def _at(self, name: str) -> Path:
        if NAME.fullmatch(name) is None:
            raise ValueError(f"{name!r} is no name of ours")
        return self.path / name


def _write(descriptor: int, chunk: bytes) -> None:
    left = memoryview(chunk)
    while left:
        left = left[os.write(descriptor, left) :]
