"""Live events between nodes: what happens on one reaches the pages that are open on the others.

A node with open pages says so every few seconds. Only then do the others send it anything: nobody looking costs nothing. What is sent
is numbered for each listener, whether it gets through or not; so one that has missed something knows, and its pages load again.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any, Union

import msgspec

from stationmaster.api.live import Live
from stationmaster.api.live_shapes import WORDS
from stationmaster.storage import Database

AGAIN_S = 5.0  # a node with open pages says so this often
FORGOTTEN_S = 15.0  # one that has not said so for this long has none any more


class Sent(msgspec.Struct, frozen=True):
    """Events on their way to one node: the `number` of this packet in a stream that began when the node became a listener."""

    stream: str
    number: int
    events: bytes = b""  # empty when only the number of the last packet is told


class _Listener(msgspec.Struct):
    """Another node that has open pages."""

    until: float  # monotonic
    stream: str
    number: int = 0


class Relay:
    """Stands between the live pages of this node and the other nodes. `announce` and `send` must not wait."""

    def __init__(
        self,
        database: Database,
        live: Live,
        *,
        announce: Callable[[], None],
        send: Callable[[str, Sent], None],
        again_s: float = AGAIN_S,
        forgotten_s: float = FORGOTTEN_S,
    ) -> None:
        self._database = database
        self._live = live
        self._announce = announce
        self._send = send
        self.again_s = again_s
        self.forgotten_s = forgotten_s
        self._listeners: dict[str, _Listener] = {}
        self._heard: dict[str, tuple[str, int]] = {}  # of each node: stream and number of its last packet
        live.on_first_viewer = self._begin

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(self.again_s)
            if self._live.watched():
                self._announce()
            now = time.monotonic()
            self._listeners = {node: one for node, one in self._listeners.items() if one.until > now}
            self._say_numbers()

    def watched(self) -> bool:
        """Does any page look, here or elsewhere? (`Database.watched`)"""
        return bool(self._listeners) or self._live.watched()

    def hear(self, heard: Sequence[Any]) -> None:
        """Called in the event loop with all events of a commit of this node."""
        if self._listeners:
            told = [event for event in heard if type(event) in WORDS]
            if told:
                data = _encode(told)
                for node, listener in self._listeners.items():
                    listener.number += 1
                    self._send(node, Sent(listener.stream, listener.number, data))

    def watcher(self, node: str) -> None:
        """A node says that it has open pages."""
        until = time.monotonic() + self.forgotten_s
        known = self._listeners.get(node)
        if known is None:
            known = self._listeners[node] = _Listener(until, secrets.token_hex(4))
            self._send(node, Sent(known.stream, 0))
        known.until = until

    def receive(self, node: str, sent: Sent) -> None:
        """A node says what has happened there."""
        if not self._live.watched():
            self._heard.clear()
            return
        stream, number = self._heard.get(node, ("", 0))
        expected = number + 1 if sent.events else number
        if (sent.stream, sent.number) != (
            stream,
            expected,
        ):  # a packet is missing, or a new stream begins and what was before it is unknown
            self._live.lose()
        self._heard[node] = (sent.stream, sent.number)
        if sent.events:
            self._live.hear(_decode(sent.events))

    def back(self) -> None:
        """The others can be reached again; what they have said meanwhile is lost, and what we have said."""
        if self._live.watched():
            self._announce()
            self._live.lose()
        self._say_numbers()

    def _say_numbers(self) -> None:
        for node, listener in self._listeners.items():
            self._send(node, Sent(listener.stream, listener.number))

    async def _begin(self) -> None:
        self._heard.clear()
        self._announce()
        await self._live.begin(
            self._database, WORDS
        )  # read anew, because nothing was received from other nodes while no page was open


_encode = msgspec.json.Encoder(enc_hook=lambda _row: None).encode  # StationChanged.entry is for gateways only
_decode: Callable[[bytes], list[Any]] = msgspec.json.Decoder(list[Union[tuple(WORDS)]]).decode  # type: ignore[misc]  # noqa: UP007
