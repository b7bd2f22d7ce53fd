"""A provider of log-ins that is not ours: oidc-provider-mock, a server on Authlib, in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx

from tests.patience import PATIENCE_S


class Provider:
    """`await sign_in(address, "ann")` is what a person does on its page."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._client = httpx.AsyncClient()

    async def know(self, subject: str, **claims: Any) -> None:
        """Who somebody is there."""
        answer = await self._client.put(f"{self.issuer}/users/{quote(subject)}", json=claims)
        assert answer.status_code == 204, answer.text

    async def sign_in(self, address: str, subject: str) -> str:
        """Where the browser is sent back to."""
        return await self._decide(address, {"sub": subject})

    async def deny(self, address: str) -> str:
        return await self._decide(address, {"action": "deny"})

    async def _decide(self, address: str, form: dict[str, str]) -> str:
        assert (await self._client.get(address)).status_code == 200  # its page, which a person sees first
        answer = await self._client.post(address, data=form)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    async def close(self) -> None:
        await self._client.aclose()


@contextlib.asynccontextmanager
async def providing() -> AsyncIterator[Provider]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--host", "127.0.0.1", "--port", str(port)),
        *("--require-nonce", "true"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    provider = Provider(f"http://127.0.0.1:{port}")
    try:
        async with asyncio.timeout(PATIENCE_S), httpx.AsyncClient() as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{provider.issuer}/.well-known/openid-configuration")).is_success:
                        break
                assert process.returncode is None
                await asyncio.sleep(0.05)
        yield provider
    finally:
        await provider.close()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
