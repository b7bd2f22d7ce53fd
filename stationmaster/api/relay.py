"""Live events between nodes: what happens on one reaches the pages that are open on the others.

A node with open pages says so every few seconds. Only then do the others send it anything: nobody looking costs nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Union

import msgspec

from stationmaster.api.live import Live
from stationmaster.api.live_shapes import WORDS
from stationmaster.storage import Database

AGAIN_S = 5.0  # a node with open pages says so this often
FORGOTTEN_S = 15.0  # one that has not said so for this long has none any more


class Relay:
    """Stands between the live pages of this node and the other nodes. `announce` and `send` must not wait."""

    def __init__(
        self, database: Database, live: Live, *, announce: Callable[[], None], send: Callable[[str, bytes], None]
    ) -> None:
        self._database = database
        self._live = live
        self._announce = announce
        self._send = send
        self._watchers: dict[str, float] = {}  # node → until when (monotonic)
        live.on_first_viewer = self._begin

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(AGAIN_S)
            if self._live.watched():
                self._announce()
            now = time.monotonic()
            self._watchers = {node: until for node, until in self._watchers.items() if until > now}

    def watched(self) -> bool:
        """Does any page look, here or elsewhere? (`Database.watched`)"""
        return bool(self._watchers) or self._live.watched()

    def hear(self, heard: Sequence[Any]) -> None:
        """Called in the event loop with all events of a commit of this node."""
        if self._watchers:
            told = [event for event in heard if type(event) in WORDS]
            if told:
                data = _encode(told)
                for node in self._watchers:
                    self._send(node, data)

    def watcher(self, node: str) -> None:
        """A node says that it has open pages."""
        self._watchers[node] = time.monotonic() + FORGOTTEN_S

    def told(self, data: bytes) -> None:
        """A node says what has happened there."""
        if self._live.watched():
            self._live.hear(_decode(data))

    def back(self) -> None:
        """The others can be reached again; what they have said meanwhile is lost."""
        if self._live.watched():
            self._announce()
            self._live.lose()

    async def _begin(self) -> None:
        self._announce()
        await self._live.begin(self._database, WORDS)  # nothing was heard of the others while nobody looked


_encode = msgspec.json.Encoder(enc_hook=lambda _row: None).encode  # StationChanged.entry is for gateways only
_decode: Callable[[bytes], list[Any]] = msgspec.json.Decoder(list[Union[tuple(WORDS)]]).decode  # type: ignore[misc]  # noqa: UP007
