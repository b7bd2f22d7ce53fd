"""What a charger knows of a customer: told in parts, forgotten, or both (N09, N10)."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import commands, organizations, tokens
from stationmaster.domain.commands import CertificateName, CustomerInformation
from stationmaster.domain.commands import reports as reports_in_parts
from stationmaster.domain.errors import Invalid
from stationmaster.gateway import reports
from tests.handlers.asking import Asked, Clock

ACCEPTED = {"status": "Accepted"}
BY_CARD = CustomerInformation(token="TAG1")
NAME = CertificateName("SHA256", "aa", "bb", "0c")


async def tell(one: Asked, request_id: int, *parts: tuple[int, str, bool]) -> None:
    for seq, data, more in parts:
        told = {"data": data, "seqNo": seq, "generatedAt": one.clock.text(), "requestId": request_id, "tbc": more}
        assert await one.call("NotifyCustomerInformation", told) == {}


@pytest.mark.any_database
async def test_TC_N_27_what_is_known_of_a_card_is_told(app: App, one: Asked) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="CARD9", kind="ISO14443")
    came, [[action, sent]] = await one.ask(CustomerInformation(token="CARD9"), ACCEPTED)
    number = sent.pop("requestId")
    assert action == "CustomerInformation"
    assert sent == {"report": True, "clear": False, "idToken": {"idToken": "CARD9", "type": "ISO14443"}}
    assert (came.state, came.awaits) == ("awaiting", "report")
    await tell(one, number, (0, "cache: accepted", False))
    came = await one.newest()
    assert (came.state, came.sentence, came.data) == (
        "done",
        "The charger has reported.",
        {
            "text": "cache: accepted",
            "report": {"parts": [[0, 0]], "last": 0, "missing": [], "items": 0},
        },
    )


PARTS = ((0, "Ann ", True), (1, "lives ", True), (2, "in Bath", False))


@pytest.mark.parametrize(
    "order", list(itertools.permutations(PARTS)), ids=lambda order: "".join(str(p[0]) for p in order)
)
async def test_N09_parts_in_any_order_become_one_text(app: App, one: Asked, order: Any) -> None:
    _, [[_, sent]] = await one.ask(BY_CARD, ACCEPTED)
    first, *rest = order
    await tell(one, sent["requestId"], first, first, *rest, rest[-1])  # some are told twice
    came = await one.newest()
    assert came.data is not None
    assert (came.state, came.data["text"]) == ("done", "Ann lives in Bath")


async def test_N09_parts_that_are_all_numbered_alike_become_one_text(app: App, one: Asked) -> None:
    _, [[_, sent]] = await one.ask(BY_CARD, ACCEPTED)
    await tell(one, sent["requestId"], (0, "Ann ", True), (0, "Ann ", True), (0, "lives in Bath", False))
    came = await one.newest()
    assert came.data is not None
    assert (came.state, came.data["text"]) == ("done", "Ann lives in Bath")


@pytest.mark.any_database
@pytest.mark.parametrize("clear", [False, True])
async def test_P_10_a_part_that_was_lost_is_named_and_what_was_cleared_is_not_asked_for_again(
    app: App, one: Asked, clock: Clock, clear: bool
) -> None:
    command = CustomerInformation(customer="C-1", clear=clear)
    _, [[_, sent]] = await one.ask(command, ACCEPTED)
    await tell(one, sent["requestId"], (0, "Ann ", True), (2, "in Bath", False))
    clock.forward(3)
    lost = await app.database.write(commands.end_unfinished, {one.id}, quiet_for=reports.QUIET_FOR)
    assert [each.command for each in lost] == ([] if clear else [command])
    came = await one.newest()
    again = "" if clear else " It is asked for again."
    assert (came.state, came.sentence) == ("expired", f"The report is not whole. Missing: part 1.{again}")
    assert came.data is not None and came.data["text"] == "Ann in Bath"


@pytest.mark.parametrize(
    "named, wire",
    [
        ({"customer": "C-1"}, {"customerIdentifier": "C-1"}),
        (
            {"certificate": NAME},
            {
                "customerCertificate": {
                    "hashAlgorithm": "SHA256",
                    "issuerNameHash": "aa",
                    "issuerKeyHash": "bb",
                    "serialNumber": "0c",
                }
            },
        ),
        ({"token": "UNKNOWN"}, {"idToken": {"idToken": "UNKNOWN", "type": "Central"}}),
    ],
)
async def test_TC_N_62_TC_N_63_a_customer_is_named_in_three_ways(
    app: App, one: Asked, named: dict[str, Any], wire: dict[str, Any]
) -> None:
    _, [[_, sent]] = await one.ask(CustomerInformation(clear=True, **named), ACCEPTED)
    assert sent == {"requestId": sent["requestId"], "report": True, "clear": True} | wire


async def test_TC_N_32_one_that_only_forgets_is_done_when_it_is_accepted(app: App, one: Asked) -> None:
    came, [[_, sent]] = await one.ask(CustomerInformation(report=False, clear=True, token="TAG1"), ACCEPTED)
    assert (sent["report"], sent["clear"], came.state, came.awaits) == (False, True, "done", None)
    await tell(one, sent["requestId"], (0, "cleared", False))
    came = await one.newest()
    assert came.data is not None and (came.state, came.data["text"]) == ("done", "cleared")


@pytest.mark.parametrize("card", ["CARD9", "CARD 9"])
async def test_TC_N_46_that_the_card_stays_in_the_local_list_is_said(app: App, one: Asked, card: str) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid=card, kind="ISO14443")
    await one.ask(commands.SendLocalList(full=True), ACCEPTED)
    came, _ = await one.ask(CustomerInformation(clear=True, token=card.lower()), ACCEPTED)
    assert came.remark == "the card is in the charger's local list; it leaves that list when it is removed here"
    await app.database.write(tokens.remove, home, uid=card)
    _, [[action, sent]] = await one.ask(commands.SendLocalList(), ACCEPTED)
    assert (action, sent["updateType"]) == ("SendLocalList", "Differential")
    assert sent["localAuthorizationList"] == [{"idToken": {"idToken": card, "type": "ISO14443"}}]
    came, _ = await one.ask(CustomerInformation(clear=True, token=card), ACCEPTED)
    assert came.remark is None


@pytest.mark.parametrize(
    "answer, outcome, sentence",
    [
        ({"status": "Rejected"}, "rejected", "The charger has refused."),
        ({"status": "Invalid"}, "rejected", "The charger cannot look a customer up by this."),
        (("NotSupported", "no", {}), "not_supported", "The charger cannot do this."),
        (("InternalError", "no", {}), "error", "The charger has answered with an error: InternalError: no"),
    ],
)
async def test_TC_N_29_a_refusal_is_the_end_of_it(
    app: App, one: Asked, answer: Any, outcome: str, sentence: str
) -> None:
    came, _ = await one.ask(BY_CARD, answer)
    assert (came.state, came.outcome, came.sentence) == ("failed", outcome, sentence)


async def test_what_says_nothing_or_too_much_is_not_sent(app: App, one: Asked, version: str) -> None:
    for facts, field in (
        ({}, "token"),
        ({"token": "A", "customer": "B"}, "token"),
        ({"token": "A", "report": False}, "report"),
    ):
        with pytest.raises(Invalid, match=field):
            await one.ask(CustomerInformation(**facts))  # type: ignore[arg-type]
    if version == "2.0.1":
        with pytest.raises(Invalid, match="at most 36"):
            await one.ask(CustomerInformation(token="A" * 37))


async def test_a_charger_that_is_away_or_of_another_version_is_not_waited_for(charger: Any, one: Asked) -> None:
    await one.is_not_waited_for(BY_CARD, charger, "1.6")


def test_what_a_text_may_be_long_is_limited() -> None:
    texts: dict[str, list[str]] = {}
    for seq in range(300):
        texts = reports_in_parts.with_text(texts, seq, f"{seq:0512}")
    assert sum(len(piece) for pieces in texts.values() for piece in pieces) == reports_in_parts.MAX_TEXT
