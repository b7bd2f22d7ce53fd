"""A card that ends while its car charges (D-08). Its bill is in tests/domain/test_bills.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import commands, organizations, tokens
from stationmaster.domain.errors import Conflict
from tests.handlers.asking import Asked, Clock
from tests.handlers.conftest import Stored, card, value

END = datetime(2026, 11, 1, 18, tzinfo=UTC)
END_TEXT = "2026-11-01T18:00:00.000Z"


class Driver:
    """What one does with the card at a charger, and what the charger is told of the card."""

    def __init__(self, one: Asked) -> None:
        self.one = one
        self.transaction: Any = None

    async def authorize(self) -> Any:
        told = {"idTag": "SOON"} if self.one.old else {"idToken": card("SOON")}
        return self.info(await self.one.call("Authorize", told))

    async def start(self, name: str, *, minutes_ago: float = 0) -> Any:
        now = self.one.clock.text(-minutes_ago)
        if self.one.old:
            told = {"connectorId": 1, "idTag": "SOON", "meterStart": 0, "timestamp": now}
            answer = await self.one.call("StartTransaction", told)
            self.transaction = answer["transactionId"]
        else:
            self.transaction = name
            answer = await self.event("Started", 0, now, value(0, at=now, context="Transaction.Begin"))
        return self.info(answer)

    async def stop(self, register: int) -> Any:
        now = self.one.clock.text()
        if self.one.old:
            told = {"transactionId": self.transaction, "meterStop": register, "timestamp": now, "idTag": "SOON"}
            return self.info(await self.one.call("StopTransaction", told))
        return self.info(await self.event("Ended", 1, now, value(register, at=now, context="Transaction.End")))

    async def event(self, kind: str, seq: int, at: str, values: Any) -> Any:
        told = {
            "eventType": kind,
            "timestamp": at,
            "triggerReason": "Authorized" if kind == "Started" else "StopAuthorized",
            "seqNo": seq,
            "transactionInfo": {"transactionId": self.transaction},
            "idToken": card("SOON"),
            "meterValue": values,
            "evse": {"id": 1, "connectorId": 1},
        }
        return await self.one.call("TransactionEvent", told)

    @staticmethod
    def info(answer: Any) -> tuple[str, str | None]:
        """The status of the card, and until when it may be remembered."""
        told = answer.get("idTagInfo") or answer.get("idTokenInfo")
        return told["status"], told.get("expiryDate") or told.get("cacheExpiryDateTime")


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_D_08_a_card_that_ends_while_charging(app: App, charger: Any, stored: Stored, version: str) -> None:
    clock = Clock(app)
    clock.now = datetime(2026, 11, 1, 17, tzinfo=UTC)
    one = await Asked.connect(app, charger, version, clock)
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="SOON", expires_at=END)
    driver = Driver(one)
    assert await driver.authorize() == ("Accepted", END_TEXT)
    assert await driver.start("tx-1") == ("Accepted", END_TEXT)
    clock.forward(minutes=60)  # 18:00, to the second
    assert await driver.authorize() == ("Expired", END_TEXT)
    assert (await stored.session()).status == "active"  # nobody takes the power from a car for it
    clock.forward(minutes=60)
    assert await driver.stop(9000) == ("Expired", END_TEXT)
    row = await stored.session()
    assert (row.status, row.token, row.authorization, row.energy_wh) == ("completed", "SOON", "accepted", 9000)
    assert (row.flags, row.review, row.stop_token) == (None, False, "SOON")
    assert await stored.quarantine() == []
    clock.forward(minutes=5)
    assert await driver.start("tx-2") == ("Expired", END_TEXT)
    _, refused = await stored.sessions()
    assert (refused.authorization, refused.flags) == ("expired", ["refused_card"])
    with pytest.raises(Conflict, match="the card SOON is expired"):
        await app.switchboard.send(one.id, commands.RemoteStart("SOON", evse=1), by="me")


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
@pytest.mark.any_database
async def test_D_08_a_start_from_before_the_end_that_is_told_after_it_was_good(
    app: App, charger: Any, stored: Stored, version: str
) -> None:
    clock = Clock(app)
    clock.now = datetime(2026, 11, 1, 17, tzinfo=UTC)
    one = await Asked.connect(app, charger, version, clock)
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="SOON", expires_at=END)
    clock.forward(minutes=120)
    assert await Driver(one).start("tx-1", minutes_ago=120) == ("Expired", END_TEXT)
    row = await stored.session()
    assert (row.status, row.authorization, row.flags) == ("active", "accepted", None)
