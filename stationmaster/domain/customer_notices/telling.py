"""A customer is told something, by e-mail or SMS and on their devices: written here in the transaction of what it is about, sent by `background/notices.py` and
`background/push.py`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import select

from stationmaster.domain import customers, drivers, looks, push_devices
from stationmaster.domain.accounts import UserRow
from stationmaster.domain.alerts import telling
from stationmaster.domain.alerts.tables import NoticeRow, alert_notices
from stationmaster.domain.alerts.telling import Receiver
from stationmaster.domain.customer_notices import choices, texts
from stationmaster.domain.customer_notices.tables import ChoiceRow, Kind
from stationmaster.domain.customers import CustomerRow
from stationmaster.domain.invoices import invoices, issuers
from stationmaster.domain.invoices.invoices import InvoiceRow
from stationmaster.domain.sessions import ListedRow
from stationmaster.domain.sites import sites
from stationmaster.domain.stations import stations
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted, listed
from stationmaster.storage.queries import not_deleted


class Notice(NamedTuple):
    """Something a customer is to be told once: of this kind, about this, in the words of this key of `texts.py`."""

    customer_key: int
    kind: Kind
    about: str
    key: str
    facts: Mapping[str, Any]
    zone: str = "UTC"
    also: str | None = None
    happened_at: datetime | None = None  # who has chosen the kind since then is not told; None: now


class Place(NamedTuple):
    """Where a charger stands, as a customer knows it: a charger's own name is the operator's (ATK-04)."""

    name: str
    zone: str


class Wanting(NamedTuple):
    """A customer who can be reached, what they have chosen, the user they are, where they log in, and by which channel SMS go to them."""

    customer: CustomerRow
    choice: ChoiceRow
    user: UserRow | None
    sms_channel_id: int | None


def wanted(work: Work, customer_key: int | None, kind: Kind) -> Wanting | None:
    """The customer, if they are there, have chosen this kind, may have it, and can be reached."""
    row = None if customer_key is None else choices.row_of(work, customer_key)
    if row is None or kind not in row.kinds:
        return None
    offered = choices.offers(work, row.organization_id)
    if kind not in offered.kinds:
        return None
    table = customers.customers
    mine = select(table).where(table.c.id == customer_key, not_deleted(table))
    customer = cast(CustomerRow | None, work.execute(mine).one_or_none())
    if customer is None:
        return None
    user = drivers.user_of(work, customer)
    by_sms = row.way == "sms" and customer.phone is not None
    channel = offered.sms_channel_id if by_sms else None
    if channel is None and customer.email is None and (user is None or not push_devices.ids_of(work, user.id)):
        return None
    return Wanting(customer, row, user, channel)


def is_due(work: Work, notice: Notice) -> bool:
    """Whether this is wanted, and was not told before."""
    told = told_at(work, notice.customer_key, notice.kind, notice.about) is not None
    return not told and wanted(work, notice.customer_key, notice.kind) is not None


def tell(work: Work, notice: Notice) -> bool:
    """Tell it, if they want it and were not told before; whether this call did."""
    found = wanted(work, notice.customer_key, notice.kind)
    if found is None:
        return False
    customer, choice, user, channel = found
    if notice.happened_at is not None and notice.happened_at < choices.since(choice, notice.kind):
        return False
    organization_id = choice.organization_id
    language = _language(work, organization_id, customer, user)
    message = texts.written(language, notice.key, notice.facts, zone=notice.zone, also=notice.also)
    theirs = None if user is None else user.id
    receiver = Receiver("push", "", user_key=theirs)
    if channel is not None and customer.phone is not None:
        receiver = Receiver("sms", customer.phone, channel_id=channel, user_key=theirs)
    elif customer.email is not None:
        receiver = Receiver("email", customer.email, user_key=theirs)
    made = telling.add(
        work, organization_id, receiver, message, kind=notice.kind, customer_id=customer.id, about=notice.about
    )
    return made is not None


def language_of(work: Work, organization_id: int, customer: CustomerRow) -> str:
    """Their own, else the one in which they use our pages, else that of the organization's receipts."""
    return _language(work, organization_id, customer, drivers.user_of(work, customer))


def _language(work: Work, organization_id: int, customer: CustomerRow, user: UserRow | None) -> str:
    own = customer.language or (None if user is None else user.language)
    return own or issuers.get(work, organization_id).language


def place_of(work: Work, station_id: int) -> Place:
    """The site; the organization where a charger stands at none."""
    there = select(stations.c.organization_id, sites.c.name, sites.c.time_zone)
    row = work.execute(there.select_from(stations.outerjoin(sites)).where(stations.c.id == station_id)).one()
    if row.name is not None:
        return Place(row.name, row.time_zone)
    issuer = issuers.get(work, row.organization_id)
    return Place(issuer.name, issuer.time_zone)


def about_session(row: ListedRow) -> str:
    """What a notice of a session is about, of which a customer is told once."""
    return f"session:{row.public_id}"


def told_at(work: Work, customer_key: int, kind: Kind, about: str) -> datetime | None:
    """When they were told of this; None: never."""
    table = alert_notices.c
    mine = table.customer_id == customer_key, table.kind == kind, table.about == about
    found: datetime | None = work.execute(select(table.at).where(*mine)).scalar()
    return found


GOOD_FOR = timedelta(hours=1)
"""Who cannot be reached for so long is told nothing any more of what is so at a moment."""
_OF_A_MOMENT: frozenset[str] = frozenset({"started", "nearly_full", "idle_fee", "reservation"})


def is_stale(row: NoticeRow, now: datetime) -> bool:
    """Whether it would tell of what is over long since."""
    return row.kind in _OF_A_MOMENT and row.at < now - GOOD_FOR


class ToSend(NamedTuple):
    """What the sender of a notice has to know beside it."""

    choice: ChoiceRow
    kind: Kind
    footer: str
    invoice: InvoiceRow | None  # that it is about
    email: str | None  # where they are written to now
    phone: str | None
    sender: str  # the name that the organization has given itself, or nothing


def to_send(work: Work, row: NoticeRow) -> ToSend | None:
    """None where it is not to be sent any more: the customer is gone, can be reached no more, or has chosen the kind no more."""
    kind = cast(Kind, row.kind)
    found = wanted(work, row.customer_id, kind)
    if found is None:
        return None
    facts = {
        "organization": looks.shown_name(work, row.organization_id),
        "kind": texts.say(row.language, f"kind.{kind}", {}),
    }
    sender = looks.own_name(work, row.organization_id)
    about, _, public_id = (row.about or "").partition(":")
    invoice = invoices.by_link(work, public_id) if about == "invoice" else None
    footer = texts.say(row.language, "footer.sms" if row.channel == "sms" else "footer", facts)
    return ToSend(found.choice, kind, footer, invoice, found.customer.email, found.customer.phone, sender)


def list_notices(work: Work, customer_key: int, wanted: Wanted) -> Found[NoticeRow]:
    """What a customer was told, and what could not be sent, newest first."""
    mine = select(alert_notices).where(alert_notices.c.customer_id == customer_key)
    return listed(work, mine, wanted, key=alert_notices.c.id)
