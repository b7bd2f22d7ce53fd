"""An S3 bucket of files under names that we make, at Amazon's or any server that speaks S3: the same as `Folder`."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from stationmaster.files.folder import CHUNK, NAME, Away, Kept, TooLarge


class Bucket:
    """The files of this installation, for all its nodes. `url` is `s3://name/prefix`."""

    def __init__(
        self,
        url: str,
        *,
        endpoint: str | None = None,
        region: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
    ) -> None:
        self._store = _store(url, endpoint=endpoint, region=region, access_key=access_key, secret_key=secret_key)

    async def keep(self, chunks: AsyncIterator[bytes], *, limit: int) -> Kept:
        """Send what comes, under a new name. An object is there whole or not at all. Raises `TooLarge` and `Away`."""
        name = secrets.token_hex(16)
        size, digest, md5 = 0, hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        failed: BaseException | None = None

        async def measured() -> AsyncIterator[bytes]:
            nonlocal size, failed
            try:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise TooLarge(f"more than {limit} bytes")
                    digest.update(chunk)
                    md5.update(chunk)
                    yield chunk
            except BaseException as error:
                failed = error  # the library makes an error of its own of it
                raise

        try:
            await obstore.put_async(self._store, name, measured())
        except BaseError as error:
            if failed is not None:
                raise failed from None
            raise _away(error) from None
        return Kept(name, size, digest.hexdigest(), md5.hexdigest())

    async def chunks(self, name: str, *, start: int = 0, size: int) -> AsyncIterator[bytes]:
        """`size` bytes of a file, from `start` on. Raises `FileNotFoundError` and `Away`."""
        if size <= 0:
            return
        try:
            found = await obstore.get_async(self._store, _checked(name), options={"range": (start, start + size)})
            async for chunk in found.stream(min_chunk_size=CHUNK):
                yield bytes(chunk)
        except BaseError as error:
            raise _away(error) from None

    async def has(self, name: str) -> bool:
        """Raises `Away`."""
        try:
            await obstore.head_async(self._store, _checked(name))
        except FileNotFoundError:
            return False
        except BaseError as error:
            raise _away(error) from None
        return True

    async def drop(self, name: str) -> None:
        """Remove a file; one that is gone already is no trouble. Raises `Away`."""
        try:
            await obstore.delete_async(self._store, _checked(name))
        except FileNotFoundError:
            pass
        except BaseError as error:
            raise _away(error) from None


async def put(
    url: str,
    name: str,
    content: bytes,
    *,
    endpoint: str | None = None,
    region: str | None = None,
    access_key: str | None = None,
    secret_key: str | None = None,
) -> None:
    """One file under a name of its own, into somebody else's bucket. Raises `Away`."""
    store = _store(url, endpoint=endpoint, region=region, access_key=access_key, secret_key=secret_key)
    try:
        await obstore.put_async(store, name, content)
    except (BaseError, OSError) as error:  # no such bucket is no error of the library's own
        raise Away(f"{url}: {str(error).splitlines()[0][:200]}") from None


def _store(
    url: str, *, endpoint: str | None, region: str | None, access_key: str | None, secret_key: str | None
) -> S3Store:
    parsed = urlsplit(url)
    given = {
        "endpoint": endpoint,
        "region": region,
        "access_key_id": access_key,
        "secret_access_key": secret_key,
        "prefix": parsed.path.strip("/") or None,
    }
    config: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    in_clear = endpoint is not None and endpoint.startswith("http://")
    return S3Store(
        parsed.netloc,
        client_options={"allow_http": in_clear, "connect_timeout": "5s", "timeout": "60s"},
        retry_config={"max_retries": 2},
        **config,
    )


def _away(error: Exception) -> Away:
    """The first line of what the library says; the rest are headers and bodies of answers."""
    return Away(f"files.bucket: {str(error).splitlines()[0][:200]}")


def _checked(name: str) -> str:
    if NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no name of ours")
    return name
