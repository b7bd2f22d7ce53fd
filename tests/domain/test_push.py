"""What a customer has chosen goes to their devices as well: a browser reads it, and one that is gone is forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from stationmaster.background.push import push
from stationmaster.domain import accounts, customers, drivers, log_ins, personal_data, push_devices
from stationmaster.domain.alerts import telling as alerts
from stationmaster.domain.alerts.tables import alert_notices
from stationmaster.domain.alerts.texts import Written
from stationmaster.domain.credentials import Keys
from stationmaster.domain.deliveries import Undeliverable
from stationmaster.domain.errors import Invalid
from stationmaster.domain.events import NoticeDue, PushDue
from stationmaster.domain.push_devices import Owner
from stationmaster.outside import Outside, Refused, web_push
from stationmaster.outside.http import Failed
from stationmaster.outside.web_push import Subscription
from stationmaster.settings import Mail, Web
from stationmaster.storage import Work
from tests.background.browsers import CURVE, Browser, PushService, opened
from tests.domain.conftest import World
from tests.domain.test_customer_notices import Ann
from tests.domain.test_customer_notices import ann as ann

RFC_8291 = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95b"
    "Qpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_a_message_is_encrypted_as_the_specification_does_it_and_read_by_its_browser() -> None:
    ours, theirs = (
        ec.derive_private_key(int.from_bytes(opened(secret), "big"), CURVE)
        for secret in ("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw", "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
    )
    browser = Browser(key=theirs, auth=opened("BTBZMqHH6r4Tts7J_aSIgg"))
    to = Subscription(browser.endpoint, browser.public, browser.auth)
    said = b"When I grow up, I want to be a watermelon"
    body = web_push.encrypted(said, to, salt=opened("DGv6ra1nlYgDCS1FRnbzlw"), key=ours)
    assert (body, browser.read(body)) == (opened(RFC_8291), said)
    longest = b"x" * web_push.LONGEST
    assert browser.read(web_push.encrypted(longest, to)) == longest


def test_the_key_pair_is_the_installations_own() -> None:
    one, same, other = (Keys(text * 8) for text in (b"one key ", b"one key ", b"another "))
    assert web_push.public_form(one.push) == web_push.public_form(same.push) != web_push.public_form(other.push)


GOOD = Browser().subscription


@pytest.mark.parametrize(
    "field, value",
    [
        ("endpoint", "http://push.example.com/x"),
        ("endpoint", "https://127.0.0.1/x"),
        ("endpoint", "https://[::1]/x"),
        ("endpoint", "https://0x7f.1/x"),
        ("endpoint", "https://localhost/x"),
        ("endpoint", "https://ann:secret@push.example.com/x"),
        ("endpoint", "https://push.example.com:99999/x"),
        ("endpoint", "https://push.example.com/\nx"),
        ("endpoint", "nonsense"),
        ("p256dh", "A" * 22),
        ("p256dh", "not base64!"),
        ("p256dh", "B" * 87),
        ("auth", "AAAA"),
    ],
)
def test_API_20_what_no_browser_gives_out_is_refused_by_its_field(field: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        push_devices.checked(**(GOOD | {field: value}))
    assert refused.value.field == field


class Phone:
    """A driver, Ann, with a phone on which messages are switched on."""

    def __init__(self, ann: Ann) -> None:
        self.world: World = ann.world
        self.browser = Browser()
        self.service = PushService(web_push.public_form(ann.world.keys.push), self.browser)
        self.user = 0

    async def add(self, *, login: str | None = "phone") -> None:
        def add(work: Work) -> None:
            user = accounts.named(work, self.world.home, "ann@example.com")
            self.user = user.key
            owner = Owner(self.world.home, user.key, login)
            address = push_devices.checked(**self.browser.subscription)
            push_devices.add(work, owner, self.world.keys, address, browser="Firefox")

        await self.world(add)

    async def deliver(self, *answers: int) -> None:
        """Deliver what is due, the push service answering so; raises what a delivery raised."""
        self.service.answers = list(answers)
        due = self.world.told(PushDue)
        self.world.heard.clear()
        outside = Outside(self.world.database, self.service)
        for event in due:
            await push(outside, event, Web(public_url="https://csms.example"), Mail(), self.world.keys)

    async def devices(self) -> list[Any]:
        return await self.world(push_devices.listed, self.user)


@pytest.fixture
async def phone(ann: Ann) -> Phone:
    def join(work: Work) -> None:
        user = accounts.add(work, ann.world.home, email="ann@example.com", password="a long passphrase", role="driver")
        drivers.link(work, ann.world.home, user.id, customer="ann")
        customers.change(work, ann.world.home, "ann", {"language": "de"})

    await ann.world(join)
    phone = Phone(ann)
    await phone.add()
    return phone


async def test_S4_031_what_a_driver_has_chosen_wakes_their_phone(ann: Ann, phone: Phone) -> None:
    await ann.chooses("started", "ended")
    number = await ann.starts()
    await ann.follows()
    assert len(ann.world.told(NoticeDue)) == 1  # the mail goes as well
    await phone.deliver()
    ann.world.now += timedelta(hours=1)
    session = await ann.stops(number)
    await ann.follows()
    await phone.deliver()
    began, ended = phone.service.sent
    assert (began.shown["title"], began.shown["lang"]) == ("Das Laden hat begonnen: Harbour", "de")
    assert (began.headers["TTL"], began.headers["Urgency"]) == ("3600", "normal")
    assert (ended.headers["TTL"], began.claims["sub"]) == ("86400", "https://csms.example")
    assert "Preis: 10,00 EUR" in ended.shown["body"] and "CP1" not in str(ended.shown)
    # The end takes the place of the begin, on the phone and while it is asleep.
    assert began.shown["tag"] == ended.shown["tag"] == ended.headers["Topic"]
    assert ended.shown["link"] == f"/my/sessions/{session}"
    [told, _] = await ann.told()
    [device] = await phone.devices()
    assert (told.state, told.pushed_at is not None, device.told_at) == ("waiting", True, ann.world.now)
    data = await ann.world(personal_data.gather, ann.world.home, "ann")
    assert [one.service for one in data.devices] == ["push.example.com"]
    await ann.world(personal_data.erase, ann.world.home, "ann")
    assert await phone.devices() == []


async def test_what_a_push_service_says_is_believed(ann: Ann, phone: Phone) -> None:
    await ann.chooses("started")
    await ann.world(customers.change, ann.world.home, "ann", {"email": None})  # then it goes to the phone alone
    await ann.starts()
    await ann.follows()
    due = ann.world.told(PushDue)
    assert ann.world.told(NoticeDue) == []
    with pytest.raises(Failed, match="503"):  # tried again
        await phone.deliver(503)
    [device], [told] = await phone.devices(), await ann.told()
    assert (device.why, told.state) == ("the push service answered 503", "failed")
    ann.world.heard.extend(due)
    with pytest.raises(Refused, match="403"):  # not tried again
        await phone.deliver(403)
    [told] = await ann.told()
    assert told.state == "not_sent"
    ann.world.heard.extend(due)
    await phone.deliver(201)
    [device], [told] = await phone.devices(), await ann.told()
    assert (device.why, told.state, len(phone.service.sent)) == (None, "sent", 1)
    ann.world.heard.extend(due)
    with pytest.raises(Undeliverable, match="gone"):
        await phone.deliver(410)
    assert await phone.devices() == []
    await ann.starts(evse=2)  # nobody can be reached
    await ann.follows()
    assert (len(await ann.told()), ann.world.told(PushDue)) == (1, [])


@pytest.mark.any_database
async def test_old_news_and_what_is_not_wanted_any_more_is_not_sent(ann: Ann, phone: Phone) -> None:
    await ann.chooses("started")
    await ann.starts()
    await ann.follows()
    due = ann.world.told(PushDue)
    ann.world.now += timedelta(minutes=59)
    await phone.deliver()
    assert phone.service.sent.pop().headers["TTL"] == "60"
    ann.world.now += timedelta(minutes=1)
    ann.world.heard.extend(due)
    with pytest.raises(Undeliverable, match="no news"):
        await phone.deliver()
    ann.world.now -= timedelta(minutes=1)

    def unlink(work: Work) -> None:
        user = accounts.named(work, ann.world.home, "ann@example.com")
        drivers.link(work, ann.world.home, user.id, customer=None)

    await ann.world(unlink)  # whoever this is, they are not Ann
    ann.world.heard.extend(due)
    with pytest.raises(Undeliverable, match="not wanted"):
        await phone.deliver()
    assert phone.service.sent == []


@pytest.mark.any_database
async def test_an_alert_goes_to_the_devices_of_whom_it_is_mailed_to(ann: Ann, phone: Phone) -> None:
    said = Written("CP1 is offline", "CP1 is offline\n\nSince: now\n{link}" + "long " * 2000, "en")
    to = alerts.Receiver("email", "ann@example.com", user_key=phone.user)
    await ann.world(alerts.add, ann.world.home, to, said, kind="opened")
    await phone.deliver()
    [sent] = phone.service.sent
    assert (sent.shown["title"], sent.shown["body"], sent.shown["link"]) == ("CP1 is offline", "Since: now", "/alerts")
    assert sent.headers["Urgency"] == "high"


@pytest.mark.any_database
async def test_a_device_goes_with_its_log_in_when_that_is_ended(ann: Ann, phone: Phone) -> None:
    def user(work: Work) -> accounts.User:
        return accounts.named(work, ann.world.home, "ann@example.com")

    await ann.world(lambda work: log_ins.end_others(work, user(work), "phone"))
    assert len(await phone.devices()) == 1
    await ann.world(lambda work: log_ins.end_others(work, user(work), "desk"))
    assert await phone.devices() == []
    await phone.add()
    await ann.world(accounts.set_password, email="ann@example.com", password="another passphrase")
    assert await phone.devices() == []
    await phone.add(login=None)
    await ann.world(lambda work: log_ins.end_all(work, user(work)))
    assert await phone.devices() == []


async def test_where_it_was_switched_off_meanwhile_nothing_is_sent(ann: Ann, phone: Phone) -> None:
    await ann.chooses("started")
    await ann.starts()
    await ann.follows()
    [due] = ann.world.told(PushDue)
    outside = Outside(ann.world.database, phone.service)
    await push(outside, due, Web(push=False), Mail(), ann.world.keys)
    assert phone.service.sent == []
    [notice] = await ann.world(lambda work: work.execute(select(alert_notices)).all())
    assert (notice.pushed_at, notice.state) == (None, "waiting")  # its mail is another matter
    assert len(await phone.devices()) == 1
