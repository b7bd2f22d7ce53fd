"""Who has no money left, as chargers of each version are told; and a session that is ended when nothing is left (C17, M-17)."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import customers, organizations, session_limits, tariffs, tokens
from stationmaster.domain.ledger import Account, Entry, book
from stationmaster.domain.money.amounts import Money
from stationmaster.gateway import spending
from stationmaster.storage import Work
from tests.handlers.asking import Asked, Clock
from tests.handlers.conftest import Stored, card

SENTENCE = "Your balance is used up. Please top it up."


def prepaid(work: Work) -> None:
    """Ann, who pays beforehand and has not, and her card."""
    home = organizations.home(work)
    customers.create(work, home, public_id="A", name="Ann", billing="prepaid")
    tokens.add(work, home, uid="ANN", customer="A")
    tokens.add(work, home, uid="BOB")
    facts: dict[str, Any] = {"currency": "EUR", "price_per_kwh": Decimal("0.50")}
    tariffs.create(work, home, public_id="day", name="Day", standard=True, **facts)


async def test_C17_FR_02_who_has_no_credit_is_told_so(app: App, one: Asked) -> None:
    await app.database.write(prepaid)
    told = await one.call("Authorize", {"idToken": card("ANN")})
    assert told["idTokenInfo"] == {
        "status": "NoCredit",
        "cacheExpiryDateTime": "2026-11-01T10:00:00.000Z",
        "personalMessage": {"format": "UTF8", "content": SENTENCE},
    }
    assert (await one.call("Authorize", {"idToken": card("BOB")}))["idTokenInfo"] == {"status": "Accepted"}


async def test_C17_FR_03_P_09_what_there_is_goes_out_with_the_card(app: App, one: Asked) -> None:
    """A charger of 2.1 that computes itself ends the session by itself; 2.0.1 has no word for it."""
    await app.database.write(prepaid)

    def top_up(work: Work, amount: Money) -> None:
        home = organizations.home(work)
        ann = customers.get(work, home, "A").id
        entries = [Entry(Account("clearing", name="test"), -amount), Entry(Account("wallet", ann), amount)]
        book(work, home, key=f"top-up:{amount}", kind="top_up", entries=entries, customer_id=ann)

    await app.database.write(top_up, Money(Decimal("12.50"), "EUR"))
    fixed = {"triggerReason": "Authorized", "timestamp": one.clock.text(), "transactionInfo": {"transactionId": "tx-1"}}
    told = {"eventType": "Started", "seqNo": 0, "evse": {"id": 1, "connectorId": 1}, "idToken": card("ANN")}
    answer = await one.call("TransactionEvent", fixed | told)
    assert answer.pop("idTokenInfo")["status"] == "Accepted"
    assert answer == ({"transactionLimit": {"maxCost": 12.5}} if one.version == "2.1" else {})
    # What has come since is told with the card when it is shown again (P-09).
    await app.database.write(top_up, Money(Decimal("22.50"), "EUR"))
    again = await one.call("TransactionEvent", fixed | {"eventType": "Updated", "seqNo": 1, "idToken": card("ANN")})
    assert again.get("transactionLimit") == ({"maxCost": 35.0} if one.version == "2.1" else None)
    ended = {"eventType": "Ended", "seqNo": 2, "idToken": card("ANN")}
    assert "transactionLimit" not in await one.call("TransactionEvent", fixed | ended)


@pytest.mark.any_database
async def test_a_charger_of_1_6_knows_no_word_for_it(app: App, charger: Any, clock: Clock) -> None:
    await app.database.write(prepaid)
    one = await Asked.connect(app, charger, "1.6", clock)
    assert (await one.call("Authorize", {"idTag": "ANN"}))["idTagInfo"] == {"status": "Blocked"}
    assert (await one.call("Authorize", {"idTag": "BOB"}))["idTagInfo"] == {"status": "Accepted"}


@pytest.mark.any_database
async def test_M_17_the_charger_is_asked_to_end_it(app: App, charger: Any, clock: Clock, stored: Stored) -> None:
    await app.database.write(prepaid)
    one = await Asked.connect(app, charger, "1.6", clock)
    await one.start("BOB")
    session = await stored.session()
    await app.database.write(session_limits.set_aside, session.id, Money(Decimal("0.10"), "EUR"))
    await spending.look_after_sessions(app.database, app.switchboard, app.errands)
    call = await one.raw.receive()
    assert call[2:] == ["RemoteStopTransaction", {"transactionId": int(session.transaction_id)}]
    await spending.look_after_sessions(app.database, app.switchboard, app.errands)  # it is not asked twice at once
    await one.raw.send([3, call[1], {"status": "Accepted"}])
    async with asyncio.timeout(10):
        while (came := await one.newest()).state != "done":
            await asyncio.sleep(0.005)
    assert (came.name, came.asked_by) == ("remote-stop", "stationmaster")


async def test_C23_P_09_a_raised_limit_is_told_once_and_no_limit_of_the_charger_lowers_it(
    app: App, charger: Any, clock: Clock, stored: Stored
) -> None:
    await app.database.write(prepaid)
    one = await Asked.connect(app, charger, "2.1", clock)
    await one.start("BOB")
    session = await stored.session()
    limits = session_limits.session_limits

    async def set_aside(amount: str) -> None:
        await app.database.write(session_limits.set_aside, session.id, Money(Decimal(amount), "EUR"))

    async def told(number: int, why: str = "Trigger", **more: Any) -> dict[str, Any]:
        fixed = {"eventType": "Updated", "triggerReason": why, "timestamp": clock.text(), "seqNo": number}
        info = {"transactionId": "tx-1"} | more
        answer: dict[str, Any] = await one.call("TransactionEvent", fixed | {"transactionInfo": info})
        return answer

    await set_aside("20")
    own = await told(1, "LimitSet", transactionLimit={"maxCost": 10})  # its own, which is lower
    assert own == {"transactionLimit": {"maxCost": 20.0}}
    await set_aside("35")
    call = await one.raw.receive()  # it is asked to say something, for a limit is told with an answer
    assert call[2:] == ["TriggerMessage", {"requestedMessage": "TransactionEvent", "evse": {"id": 1}}]
    await one.raw.send([3, call[1], {"status": "Accepted"}])
    assert await told(2, "MeterValuePeriodic") == {}
    for _ in range(2):  # the answer was lost, and it tells the same again
        assert await told(3) == {"transactionLimit": {"maxCost": 35.0}}
    assert await told(4) == {}
    await set_aside("20")
    assert await told(5, "LimitSet", transactionLimit={"maxCost": 10}) == {}
    assert await app.database.read(lambda work: work.execute(limits.select()).one().amount) == 35
