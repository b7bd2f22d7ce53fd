"""A provider of log-ins that is not ours: oidc-provider-mock, a server on Authlib, in a process of its own."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
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


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """The provider's address, once it answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--host", "127.0.0.1", "--port", str(port)]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*command, "--require-nonce", "true"], **silent) as process:
        try:
            deadline = time.monotonic() + PATIENCE_S
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if httpx.get(f"http://127.0.0.1:{port}/.well-known/openid-configuration").is_success:
                        break
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
