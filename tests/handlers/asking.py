"""A charger of any version that is asked something, and answers with what a test says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import commands
from stationmaster.domain.errors import Conflict
from stationmaster.gateway.switchboard import NotConnected
from tests.charger import Charger
from tests.patience import PATIENCE_S

START = datetime(2026, 11, 1, 10, tzinfo=UTC)


class Clock:
    """The time of the database, moved by the test."""

    def __init__(self, app: App) -> None:
        self.now = START
        app.database.clock = lambda: self.now

    def text(self, minutes: float = 0) -> str:
        return (self.now + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")

    def forward(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


class Asked:
    """One charger: its socket, its version, and the usual messages in that version's words."""

    def __init__(self, app: App, raw: Charger, version: str, clock: Clock) -> None:
        self.app, self.raw, self.version, self.clock = app, raw, version, clock
        self.old = version == "1.6"
        self.call = raw.call
        self._sequence = -1

    @classmethod
    async def connect(
        cls, app: App, charger: Callable[..., Any], version: str, clock: Clock, identity: str = "CP1"
    ) -> Asked:
        one = cls(app, await charger(identity, boot=False, subprotocols=[f"ocpp{version}"]), version, clock)
        if one.old:
            await one.raw.boot()
        else:
            told = {"vendorName": "Acme", "model": "Two"}
            await one.call("BootNotification", {"reason": "PowerUp", "chargingStation": told})
        return one

    @property
    def id(self) -> int:
        found = self.app.directory.find(self.raw.identity)
        assert found is not None
        return found.station.id

    async def ask(self, command: commands.Command, *answers: Any) -> tuple[commands.CommandRecord, list[Any]]:
        """Send a command, and answer each call with the next payload, or with the CALLERROR of a tuple. What came of it, and the
        actions and payloads that went out."""
        asked = asyncio.create_task(self.app.switchboard.send(self.id, command, by="me"))
        calls = []
        for answer in answers:
            came = asyncio.create_task(self.raw.receive())
            await asyncio.wait({came, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not came.done():
                came.cancel()
                await asyncio.wait({came})  # until then nobody else may read
                break
            call = came.result()
            calls.append(call[2:])
            await self.raw.send([4, call[1], *answer] if isinstance(answer, tuple) else [3, call[1], answer])
        async with asyncio.timeout(PATIENCE_S):
            return await asked, calls

    async def newest(self) -> commands.CommandRecord:
        """What has come by now of what it was asked last."""
        row, *_ = await self.app.database.read(commands.listed, self.id, limit=1, cursor=None)
        return commands.public_form(row)

    async def is_refused_by_error(self, command: commands.Command) -> None:
        """A CALLERROR ends the command, in plain words."""
        for code, outcome in (
            ("NotSupported", "not_supported"),
            ("NotImplemented", "not_supported"),
            ("InternalError", "error"),
        ):
            came, calls = await self.ask(command, (code, "", {}))
            assert (len(calls), came.state, came.outcome) == (1, "failed", outcome)

    async def is_not_waited_for(self, command: commands.Command, charger: Callable[..., Any], *versions: str) -> None:
        """Chargers of these versions have no such command; and once this one is away, nobody waits for it."""
        for number, version in enumerate(versions, start=2):
            other = await Asked.connect(self.app, charger, version, self.clock, f"CP{number}")
            with pytest.raises(Conflict, match=f"OCPP {re.escape(version)} has no such command"):
                await other.ask(command)
        await self.leave()
        with pytest.raises(NotConnected):
            await self.ask(command)

    async def leave(self) -> None:
        """It goes, and the server has noticed."""
        await self.raw.socket.close()
        async with asyncio.timeout(PATIENCE_S):
            while self.app.switchboard.connection(self.id) is not None:
                await asyncio.sleep(0.001)

    async def status(self, status: str, *, evse: int = 1) -> None:
        if self.old:
            told: dict[str, Any] = {"connectorId": evse, "errorCode": "NoError", "status": status}
        else:
            told = {"evseId": evse, "connectorId": 1, "connectorStatus": status}
        await self.call("StatusNotification", told | {"timestamp": self.clock.text()})

    async def start(self, card: str = "TAG1", *, evse: int = 1, reservation: int | None = None) -> None:
        """A session begins now."""
        named: dict[str, Any] = {} if reservation is None else {"reservationId": reservation}
        if self.old:
            told = {"connectorId": evse, "idTag": card, "meterStart": 0, "timestamp": self.clock.text()}
            await self.call("StartTransaction", told | named)
        else:
            token = {"idToken": card, "type": "ISO14443"}
            await self.event("Started", evse={"id": evse, "connectorId": 1}, idToken=token, **named)

    async def event(self, kind: str, **told: Any) -> None:
        """A TransactionEvent of 2.x."""
        self._sequence += 1
        fixed = {
            "eventType": kind,
            "timestamp": self.clock.text(),
            "triggerReason": "Authorized",
            "seqNo": self._sequence,
            "transactionInfo": {"transactionId": "tx-1"},
        }
        await self.call("TransactionEvent", fixed | told)
