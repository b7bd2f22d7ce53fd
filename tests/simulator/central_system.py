"""A central system in a few lines, for the simulator's own tests: it notes what it hears and answers as told."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import picows

from stationmaster.ocpp.dialects import DIALECTS
from tests.patience import PATIENCE_S

Payload = dict[str, Any]
CALL_ERROR = {"callerror": True}
SILENCE = {"silence": True}

ANSWERS: dict[str, Payload] = {
    "BootNotification": {"status": "Accepted", "currentTime": "2026-05-04T10:00:00.000Z", "interval": 600},
    "Heartbeat": {"currentTime": "2026-05-04T10:00:00.000Z"},
    "Authorize": {"idTagInfo": {"status": "Accepted"}},
    "StopTransaction": {"idTagInfo": {"status": "Accepted"}},
}
ANSWERS_2 = {"Authorize": {"idTokenInfo": {"status": "Accepted"}}}


class CentralSystem:
    """Accepts everybody, unless `passwords` or `refuse_with` say otherwise."""

    def __init__(self, subprotocol: str = "ocpp1.6") -> None:
        self.subprotocol = subprotocol
        self.calls: list[tuple[str, str, Payload]] = []  # message id, action, payload, of all stations in order
        self.rules: dict[str, Callable[[Payload], Payload]] = {}
        self.passwords: dict[str, bytes] = {}
        self.refuse_with: list[picows.WSUpgradeResponse] = []  # taken one by one, before anybody is let in
        self.links: dict[str, Listener] = {}
        self.handshakes = 0
        self.url = ""
        self.transaction_ids = iter(range(1001, 9999))

    def heard(self, *actions: str) -> list[Payload]:
        """The payloads of these actions, in order."""
        return [payload for _, action, payload in self.calls if action in actions]

    @property
    def actions(self) -> list[str]:
        return [action for _, action, _ in self.calls]

    @property
    def story(self) -> list[str]:
        """What happened, with statuses spelled out and heartbeats left out."""
        return [
            f"{action} {payload['connectorId']} {payload['status']}" if action == "StatusNotification" else action
            for _, action, payload in self.calls
            if action != "Heartbeat"
        ]

    def answer(self, action: str, payload: Payload) -> Payload:
        if action in self.rules:
            return self.rules[action](payload)
        if action == "StartTransaction":
            return {"transactionId": next(self.transaction_ids), "idTagInfo": {"status": "Accepted"}}
        if action == "TransactionEvent" and "idToken" in payload:
            return {"idTokenInfo": {"status": "Accepted"}}
        if self.subprotocol != "ocpp1.6" and action in ANSWERS_2:
            return ANSWERS_2[action]
        return ANSWERS.get(action, {})

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that a station does by itself, and until every station has read what it was answered."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await asyncio.sleep(0.001)
            for link in list(self.links.values()):
                await link.has_read_all()

    async def call(self, identity: str, action: str, payload: Payload) -> list[Any]:
        """Send a CALL to a station; its answer as the frame it came in. A result must be valid to the letter."""
        link = self.links[identity]
        link.replies = asyncio.get_running_loop().create_future()
        link.send([2, "csms-1", action, payload])
        async with asyncio.timeout(PATIENCE_S):
            reply = await link.replies
        if reply[0] == 3:
            DIALECTS[self.subprotocol].decode_response(action, json.dumps(reply[2]).encode(), strict=True)
        return reply

    @asynccontextmanager
    async def running(self) -> AsyncIterator["CentralSystem"]:
        server = await picows.ws_create_server(self._handshake, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()[:2]
        self.url = f"ws://{host}:{port}/ocpp"
        try:
            yield self
        finally:
            server.close()
            for link in self.links.values():
                link.transport.disconnect()
            await asyncio.sleep(0)
            await server.wait_closed()
        self.check_form()

    def check_form(self) -> None:
        """Whatever a simulated station has said must be valid to the letter. Raises OcppError."""
        dialect = DIALECTS[self.subprotocol]
        for _, action, payload in self.calls:
            assert action in dialect.from_station
            dialect.decode_request(action, json.dumps(payload).encode(), strict=True)

    def _handshake(self, request: picows.WSUpgradeRequest) -> Any:
        self.handshakes += 1
        identity = request.path.decode().rsplit("/", 1)[-1]
        if self.refuse_with:
            return picows.WSUpgradeResponseWithListener(self.refuse_with.pop(0), None)
        secret = base64.b64decode(request.headers.get("Authorization", "Basic ").split(" ", 1)[1]).partition(b":")[2]
        if self.passwords and self.passwords.get(identity) != secret:
            return picows.WSUpgradeResponseWithListener(picows.WSUpgradeResponse.create_error_response(401), None)
        headers = {"Sec-WebSocket-Protocol": self.subprotocol}
        response = picows.WSUpgradeResponse.create_101_response(headers)
        return picows.WSUpgradeResponseWithListener(response, Listener(self, identity))


class Listener(picows.WSListener):
    def __init__(self, system: CentralSystem, identity: str) -> None:
        self.system, self.identity = system, identity
        self.replies: asyncio.Future[list[Any]] | None = None
        self.pong = asyncio.Event()  # also set when the connection has ended

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self.transport = transport
        self.system.links[self.identity] = self

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self.pong.set()

    async def has_read_all(self) -> None:
        """Return when the station has read all that it was sent: it answers a ping after that."""
        if self.transport.is_disconnected:
            return
        self.pong.clear()
        self.transport.send_ping()
        await self.pong.wait()

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.CLOSE:
            transport.disconnect()
        if frame.msg_type == picows.WSMsgType.PONG:
            self.pong.set()
        if frame.msg_type != picows.WSMsgType.TEXT:
            return
        message = json.loads(frame.get_payload_as_bytes())
        if message[0] == 6:  # a SEND of 2.1, which nobody answers
            self.system.calls.append((message[1], message[2], message[3]))
            return
        if message[0] != 2:
            if self.replies is not None and not self.replies.done():
                self.replies.set_result(message)
            return
        _, message_id, action, payload = message
        self.system.calls.append((message_id, action, payload))
        answer = self.system.answer(action, payload)
        if answer is CALL_ERROR:
            self.send([4, message_id, "InternalError", "", {}])
        elif answer is not SILENCE:
            self.send([3, message_id, answer])

    def send(self, message: list[Any]) -> None:
        self.transport.send(picows.WSMsgType.TEXT, json.dumps(message).encode())
