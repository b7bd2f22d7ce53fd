"""One WebSocket connection to a central system. The only file of the simulator that knows the WebSocket library."""

import asyncio
import base64
import ssl as tls
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote

import picows

READ_BUFFER_BYTES = 1024  # memory for each connection; it grows when a longer frame arrives
HANDSHAKE_TIMEOUT_S = 20.0
MAX_FRAME_BYTES = 1 << 20


Received = Callable[["Link", bytes], None]
"""What is done with a text message. It may arrive before `open` has returned, hence the link."""


class CannotConnect(Exception):
    """The connection could not be made. `retry_after_s` is what the server asked for, in seconds, if it did."""

    def __init__(self, sentence: str, *, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.retry_after_s = retry_after_s

    @property
    def is_refusal(self) -> bool:
        """The server was there and said no, and will say no again until a person changes something."""
        return self.status is not None and 400 <= self.status < 500 and self.status not in (408, 429)


class Link(picows.WSListener):
    """A connection that is open, or was. Text messages arrive whole at `received`."""

    def __init__(self, received: "Received") -> None:
        self._received = received
        self._transport: picows.WSTransport | None = None
        self._parts: list[bytes] = []
        self._lost = asyncio.Event()
        self.close_code: int | None = None

    @staticmethod
    async def open(
        url: str,
        identity: str,
        *,
        subprotocol: str,
        received: "Received",
        password: str | bytes | None = None,
        ssl_context: tls.SSLContext | None = None,
    ) -> "Link":
        """Connect to `url`/`identity`. Raises `CannotConnect` with a sentence for people."""
        headers = {"Sec-WebSocket-Protocol": subprotocol}
        if password is not None:
            headers["Authorization"] = basic_authorization(identity, password)
        link = Link(received)
        try:
            transport, listener = await picows.ws_connect(
                lambda *_: link,
                f"{url.rstrip('/')}/{quote(identity, safe='')}",
                ssl_context=ssl_context,
                extra_headers=headers,
                websocket_handshake_timeout=HANDSHAKE_TIMEOUT_S,
                read_buffer_init_size=READ_BUFFER_BYTES,
                max_frame_size=MAX_FRAME_BYTES,
                max_redirects=0,
            )
        except picows.WSHandshakeError as error:
            raise _refused(error, identity, url) from error
        except TimeoutError as error:
            raise CannotConnect(f"{url} did not answer the handshake of {identity} in time.") from error
        except (OSError, picows.WSError) as error:
            raise CannotConnect(f"{url} cannot be reached: {error}.") from error
        if listener is None:
            raise CannotConnect(f"{url} hung up on {identity} during the handshake.")
        chosen = transport.response.headers.get("Sec-WebSocket-Protocol")
        if chosen != subprotocol:
            transport.disconnect()
            raise CannotConnect(f"{identity} offered {subprotocol}, but the server chose {chosen or 'nothing'}.")
        return link

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._lost.is_set() and not self._transport.is_close_frame_sent

    def send(self, data: bytes) -> None:
        """Send a text message. On a closed link it goes nowhere, as on a real network."""
        if self.is_open and self._transport is not None:
            self._transport.send(picows.WSMsgType.TEXT, data)

    def close(self) -> None:
        """Say goodbye and hang up."""
        if self._transport is not None and not self._lost.is_set():
            if not self._transport.is_close_frame_sent:
                self._transport.send_close(picows.WSCloseCode.OK)
            self._transport.disconnect()

    def cut(self) -> None:
        """Vanish without a word, as when the power fails."""
        if self._transport is not None and not self._lost.is_set():
            self._transport.disconnect(False)

    async def lost(self) -> None:
        """Return when the connection is gone, whoever ended it."""
        await self._lost.wait()
        if self._transport is not None:
            with suppress(Exception):  # a fault of the other side's framing; to a station it is just a lost link
                await self._transport.wait_disconnected()

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        kind = frame.msg_type
        if kind == picows.WSMsgType.TEXT and frame.fin:
            self._received(self, frame.get_payload_as_bytes())
        elif kind in (picows.WSMsgType.TEXT, picows.WSMsgType.CONTINUATION):
            self._parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                whole, self._parts = b"".join(self._parts), []
                self._received(self, whole)
        elif kind == picows.WSMsgType.CLOSE:
            self.close_code = int.from_bytes(frame.get_payload_as_bytes()[:2], "big") or None
            if not transport.is_close_frame_sent:
                transport.send_close(picows.WSCloseCode.OK)
            transport.disconnect()

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self._lost.set()


def basic_authorization(identity: str, password: str | bytes) -> str:
    """The `Authorization` header: the identity is the user; a 1.6 key is sent as raw bytes (security whitepaper)."""
    secret = password.encode() if isinstance(password, str) else password
    return "Basic " + base64.b64encode(identity.encode() + b":" + secret).decode()


REASONS = {
    400: "the server did not understand the request of {identity}",
    401: "the server refused the password of {identity}",
    403: "the server does not let {identity} in",
    404: "the server knows no charger {identity} under this address",
    429: "the server wants {identity} to try less often",
    503: "the server is busy and asks {identity} to come back later",
}


def _refused(error: picows.WSHandshakeError, identity: str, url: str) -> CannotConnect:
    response = error.response
    if response is None:
        return CannotConnect(f"{url} did not answer as a WebSocket server: {error}.")
    status = int(response.status)
    reason = REASONS.get(status, "the server refused {identity}").format(identity=identity)
    return CannotConnect(
        f"{status}: {reason} at {url}.",
        status=status,
        retry_after_s=_seconds(response.headers.get("Retry-After")),
    )


def _seconds(text: str | None) -> float | None:
    """`Retry-After` in seconds; the date form is not used by central systems and counts as absent."""
    return float(text) if text is not None and text.strip().isdigit() else None
