"""A charger reduced to its socket: sends exactly what a test says, and shows exactly what came back."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import ssl
from typing import Any

import websockets
from websockets.typing import Subprotocol

from tests.patience import PATIENCE_S

_ids = itertools.count(1)


class CallError(Exception):
    """The central system answered with a CALLERROR."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code


class Charger:
    """One WebSocket as a charger's. `call` sends a CALL and returns the payload of its answer."""

    def __init__(self, socket: websockets.ClientConnection, identity: str) -> None:
        self.socket = socket
        self.identity = identity

    @classmethod
    async def connect(
        cls,
        port: int,
        identity: str,
        secret: str | None,
        *,
        subprotocols: list[str] | None = None,
        path: str | None = None,
        user: str | None = None,
        tls: ssl.SSLContext | None = None,
        **options: Any,
    ) -> Charger:
        headers = {} if secret is None else {"Authorization": basic(identity if user is None else user, secret)}
        socket = await websockets.connect(
            f"{'ws' if tls is None else 'wss'}://127.0.0.1:{port}{path or '/ocpp/' + identity}",
            ssl=tls,
            subprotocols=[Subprotocol(name) for name in (["ocpp1.6"] if subprotocols is None else subprotocols)],
            additional_headers=headers,
            compression=None,
            **options,
        )
        return cls(socket, identity)

    async def send(self, frame: Any) -> None:
        """A frame as JSON, or as the very text or bytes given."""
        await self.socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def receive(self, timeout: float = PATIENCE_S) -> Any:
        async with asyncio.timeout(timeout):
            return json.loads(await self.socket.recv())

    async def exchange(self, frame: Any) -> Any:
        """Send a frame, return the next one that comes."""
        await self.send(frame)
        return await self.receive()

    async def call(self, action: str, payload: Any = None, *, message_id: str | None = None) -> Any:
        """The payload of the CALLRESULT. Raises CallError."""
        message_id = message_id or f"m{next(_ids)}"
        answer = await self.exchange([2, message_id, action, {} if payload is None else payload])
        assert answer[1] == message_id, answer
        if answer[0] == 4:
            raise CallError(answer[2], answer[3])
        assert answer[0] == 3, answer
        return answer[2]

    async def boot(self, **more: Any) -> Any:
        return await self.call("BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One", **more})

    async def start(
        self, *, tag: str = "TAG1", connector: int = 1, meter: int = 1000, at: str = "2026-11-01T10:00:00Z"
    ) -> Any:
        payload = {"connectorId": connector, "idTag": tag, "meterStart": meter, "timestamp": at}
        return await self.call("StartTransaction", payload)

    async def stop(self, transaction: int, *, meter: int = 6000, at: str = "2026-11-01T11:00:00Z", **more: Any) -> Any:
        payload = {"transactionId": transaction, "meterStop": meter, "timestamp": at, **more}
        return await self.call("StopTransaction", payload)

    async def meter(
        self,
        register: str,
        *,
        transaction: int | None = None,
        connector: int = 1,
        at: str = "2026-11-01T10:30:00Z",
        **sample: Any,
    ) -> Any:
        payload: dict[str, Any] = {
            "connectorId": connector,
            "meterValue": [{"timestamp": at, "sampledValue": [{"value": register, **sample}]}],
        }
        if transaction is not None:
            payload["transactionId"] = transaction
        return await self.call("MeterValues", payload)

    async def closed(self, timeout: float = PATIENCE_S) -> int:
        """Wait for the server to close; returns the close code."""
        async with asyncio.timeout(timeout):
            await self.socket.wait_closed()
        return self.socket.close_code or 1006

    async def close(self) -> None:
        await self.socket.close()


def basic(user: str, secret: str | bytes) -> str:
    raw = user.encode() + b":" + (secret if isinstance(secret, bytes) else secret.encode())
    return "Basic " + base64.b64encode(raw).decode()
