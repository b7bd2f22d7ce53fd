"""S4-025, S4-026: messages go out by mail, SMS and webhook, over real servers; what came of each is kept."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

import pytest

from stationmaster.background.notices import notice
from stationmaster.domain import organizations
from stationmaster.domain.alerts import channels, telling
from stationmaster.domain.alerts.tables import ChannelKind, NoticeRow
from stationmaster.domain.alerts.telling import Receiver
from stationmaster.domain.alerts.texts import Written
from stationmaster.domain.credentials import Keys
from stationmaster.domain.deliveries import Undeliverable
from stationmaster.domain.errors import Invalid
from stationmaster.domain.events import NoticeDue
from stationmaster.outside import Http, Outside, Refused, messengers
from stationmaster.settings import Mail, Web
from stationmaster.storage import Database
from stationmaster.storage.lists import Wanted
from tests.background.mailboxes import Mailboxes, receiving_mail
from tests.background.receivers import Receiver as Sink
from tests.background.receivers import Request, answer, listening, receiving

pytestmark = pytest.mark.any_database
KEYS = Keys(b"a key that is only good for tests")
LOCAL = [ip_network("127.0.0.0/8")]
SAID = Written("Alert: CP1 is offline", "CP1 is offline\n{link}", "en")
SMS = "vonage://12345678:abcdefghijklmnop@15551234567/15557654321"


class Desk:
    """Where messages are written and sent."""

    def __init__(self, database: Database, home: int, allowed: Sequence[Any] = LOCAL) -> None:
        self.database, self.home = database, home
        self.outside = Outside(database, Http(allowed, timeout_s=2), key="k1")
        self.mail = Mail()

    async def channel(self, kind: ChannelKind, address: str) -> Receiver:
        row = await self.database.write(channels.create, self.home, KEYS, name="Ops", kind=kind, address=address)
        return Receiver(row.kind, row.name, None, row.id)

    async def send(self, receiver: Receiver) -> NoticeRow:
        """Write one, try to send it, and what is kept of that."""
        added = await self.database.write(telling.add, self.home, receiver, SAID, kind="opened")
        assert added is not None
        web = Web(public_url="https://csms.example")
        due = NoticeDue(notice=added, receiver=receiver.name)
        with contextlib.suppress(Exception):  # which one it is, a test sees by what is kept
            await notice(self.outside, due, self.mail, web, KEYS)
        return await self.database.read(telling.get, added)


@pytest.fixture
async def desk(database: Database) -> Desk:
    return Desk(database, await database.write(organizations.home))


async def test_S4_025_an_alert_is_mailed_with_a_link(desk: Desk) -> None:
    async with receiving_mail() as boxes:
        desk.mail = Mail(host="127.0.0.1", port=boxes.port, tls="none", sender="csms@example.org")
        row = await desk.send(Receiver("email", "ann@example.com"))
        mail = await boxes.next("ann@example.com")
    assert (row.state, row.tries, row.why) == ("sent", 1, None)
    assert (mail["Subject"], mail["Auto-Submitted"]) == ("Alert: CP1 is offline", "auto-generated")
    assert str(mail.get_content()).split() == ["CP1", "is", "offline", "https://csms.example/alerts"]


async def test_S4_025_what_is_not_mailed_says_why_and_is_tried_again_where_that_may_help(desk: Desk) -> None:
    row = await desk.send(Receiver("email", "ann@example.com"))
    assert (row.state, row.why) == ("not_sent", "mail is not set up here")
    async with receiving_mail() as boxes:
        boxes.answers = ["450 later", "550 nobody"]
        desk.mail = Mail(host="127.0.0.1", port=boxes.port, tls="none", sender="csms@example.org")
        row = await desk.send(Receiver("email", "ann@example.com"))
        assert (row.state, "later" in str(row.why)) == ("failed", True)
        row = await desk.send(Receiver("email", "ann@example.com"))
        assert (row.state, "nobody" in str(row.why)) == ("not_sent", True)
        assert isinstance(boxes, Mailboxes) and boxes.mails == []


async def test_a_webhook_gets_the_message_and_a_private_address_is_not_reached(desk: Desk) -> None:
    async with receiving() as sink:
        to = await desk.channel("webhook", sink.url)
        sink.answers = [answer(200), answer(503)]
        row = await desk.send(to)
        assert (row.state, row.receiver) == ("sent", "Ops")
        [request] = sink.requests
        assert (request.headers["idempotency-key"], b"CP1 is offline" in request.body) == (row.public_id, True)
        row = await desk.send(to)
        assert (row.state, row.why) == ("failed", "the receiver answered 503")
        desk.outside = Outside(desk.database, Http([], timeout_s=2))
        row = await desk.send(to)
        assert (row.state, "private address" in str(row.why)) == ("not_sent", True)
        assert len(sink.requests) == 2


async def test_S4_026_a_message_goes_out_as_SMS(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    vonage = importlib.import_module("apprise.plugins.vonage").NotifyVonage
    monkeypatch.setattr(vonage, "request_rate_per_sec", 0)
    async with receiving() as sink:
        monkeypatch.setattr(vonage, "notify_url", sink.url)
        to = await desk.channel("sms", SMS)
        sink.answers = [answer(200), answer(401)]
        row = await desk.send(to)
        assert (row.state, row.why) == ("sent", None)
        [request] = sink.requests
        assert b"to=15557654321" in request.body and b"CP1+is+offline" in request.body
        row = await desk.send(to)
        assert (row.state, "401" in str(row.why) or "Unauthorized" in str(row.why)) == ("failed", True)


async def test_messages_that_go_at_the_same_time_each_say_what_became_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    vonage = importlib.import_module("apprise.plugins.vonage").NotifyVonage
    monkeypatch.setattr(vonage, "request_rate_per_sec", 0)

    class ByNumber(Sink):
        def reply(self, request: Request) -> bytes:
            return answer({b"1": 200, b"2": 401, b"3": 500}[request.body.partition(b"to=49151")[2][:1]])

    async with listening(ByNumber()) as sink:
        monkeypatch.setattr(vonage, "notify_url", sink.url)
        sent = (messengers.send(SMS, subject="", body="Hello", to=f"+49151{end}2345678") for end in (1, 2, 3) * 5)
        came = await asyncio.gather(*sent, return_exceptions=True)
    for number, each in enumerate(came):
        assert (each is None) == (number % 3 == 0)
        assert ("401" in str(each) or "Unauthorized" in str(each)) == (number % 3 == 1), each


async def test_a_channel_that_was_removed_or_switched_off_says_so(desk: Desk) -> None:
    to = await desk.channel("webhook", "https://example.com/hook")
    [row] = (await desk.database.read(channels.list_channels, desk.home, Wanted(10))).rows
    await desk.database.write(channels.change, desk.home, row.public_id, KEYS, {"active": False})
    assert (await desk.send(to)).why == "this channel is switched off"
    await desk.database.write(channels.remove, desk.home, row.public_id)
    assert (await desk.send(to)).why == "this channel was removed"


async def test_each_service_for_SMS_sends_to_one_phone_and_to_nobody_of_its_address() -> None:
    key, own, other = "a" * 40, "15557654321", "+4915112345678"
    addresses = {
        "twilio": f"AC{key[:32]}:{key[:32]}@15551234567/{own}",
        "vonage": f"{key[:8]}:{key[:16]}@15551234567/{own}",
        "nexmo": f"{key[:8]}:{key[:16]}@15551234567/{own}",
        "msgbird": f"{key[:25]}/15551234567/{own}",
        "sinch": f"{key[:32]}:{key[:32]}@15551234567/{own}",
        "plivo": f"{key[:25]}@{key[:40]}/15551234567/{own}",
        "clicksend": f"user:{key}@{own}",
        "bulksms": f"user:{key}@{own}",
        "d7sms": f"{key}@{own}",
        "msg91": f"{key[:20]}@{key[:23]}/{own}",
        "sns": f"{key[:20]}/{key}/us-east-1/{own}",
    }
    assert set(addresses) == set(channels.SERVICES["sms"])
    for scheme, rest in addresses.items():
        found: Any = messengers.service(f"{scheme}://{rest}", other)
        told = found.phone + found.topics if scheme == "sns" else found.targets
        numbers = [number[1] if isinstance(number, tuple) else number for number in told]
        assert [number.lstrip("+") for number in numbers] == [other.lstrip("+")], scheme


async def test_X_02_no_address_of_a_channel_names_a_server(desk: Desk) -> None:
    """Each service that is known sends to a server of its own; what speaks to one that is entered is no service here."""
    known = {scheme for kind, schemes in channels.SERVICES.items() if kind != "webhook" for scheme in schemes}
    assert known == set(messengers.MODULES)
    for module in {*messengers.MODULES.values()}:
        service = importlib.import_module(f"apprise.plugins.{module}")
        [kind] = [
            each
            for name, each in vars(service).items()
            if name.startswith("Notify")
            and each.__module__ == service.__name__
            and isinstance(each, type)
            and hasattr(each, "templates")
        ]
        assert not [each for each in kind.templates if "{host}" in each], module
        schemes = {kind.protocol} if isinstance(kind.protocol, str) else set(kind.protocol or ())
        secure = {kind.secure_protocol} if isinstance(kind.secure_protocol, str) else set(kind.secure_protocol or ())
        assert (schemes | secure) & set(messengers.MODULES), module
    for address in ("json://127.0.0.1/x", "mailto://a:b@127.0.0.1", "syslog://", "exec:///bin/sh", "slack"):
        with pytest.raises(Invalid):
            channels.check_address("chat", address)
        with pytest.raises(Refused):
            messengers.service(address)


async def test_an_address_is_sealed_and_an_undeliverable_one_is_said_to_be(desk: Desk) -> None:
    to = await desk.channel("sms", SMS)
    [row] = (await desk.database.read(channels.list_channels, desk.home, Wanted(10))).rows
    assert b"abcdefgh" not in row.address and row.shown == "vonage://…"
    due = NoticeDue(notice=await desk.database.write(telling.add, desk.home, to, SAID, kind="opened"), receiver="x")
    other = Keys(b"another key, under which nothing was kept here")
    with pytest.raises(Undeliverable, match="another key"):
        await notice(desk.outside, due, desk.mail, Web(), other)
