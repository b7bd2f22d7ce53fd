"""What a customer wants to be told of: nothing, until they or the operator say so. And which kinds an organization offers."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, cast

from sqlalchemy import bindparam, delete, insert, select, update

from stationmaster.domain import audit, customers, organizations, versions
from stationmaster.domain.alerts import channels
from stationmaster.domain.alerts.tables import alert_channels, alert_notices
from stationmaster.domain.audit import Subject
from stationmaster.domain.customer_notices.tables import (
    FULL_AT,
    KINDS,
    WALLET_BELOW,
    ChoiceRow,
    Kind,
    Way,
    notice_choices,
    notice_offers,
)
from stationmaster.domain.customers import CustomerRow
from stationmaster.domain.errors import Invalid, NotFound
from stationmaster.storage import Work
from stationmaster.storage.queries import Prepared, not_deleted


class Offers(NamedTuple):
    """Which kinds an organization offers, in the order of `KINDS`, below which balance a wallet is low, and by which channel SMS go; None: by none."""

    kinds: tuple[Kind, ...] = KINDS
    wallet_below: Decimal = WALLET_BELOW
    sms_channel: str | None = None
    sms_channel_id: int | None = None  # its key


class Choices(NamedTuple):
    """What a customer has chosen, and since when. `id` and `version` are 0 where they have never said anything."""

    id: int
    kinds: dict[Kind, datetime]
    full_at_percent: int = FULL_AT
    version: int = 0
    way: Way = "email"


def offers(work: Work, organization_id: int) -> Offers:
    """What an organization offers: everything, until it says something else."""
    channel = (alert_channels.c.id == notice_offers.c.sms_channel_id) & not_deleted(alert_channels)
    columns = (notice_offers, alert_channels.c.public_id.label("channel"), alert_channels.c.id.label("channel_key"))
    mine = select(*columns).select_from(notice_offers.outerjoin(alert_channels, channel))
    row = work.execute(mine.where(notice_offers.c.organization_id == organization_id)).one_or_none()
    if row is None:
        return Offers()
    kinds = tuple(kind for kind in KINDS if kind in row.kinds)
    return Offers(kinds, row.wallet_below, row.channel, row.channel_key)


def tag_of(offered: Offers) -> str:
    """A name of what is offered now."""
    said = f"{' '.join(offered.kinds)} {offered.wallet_below.normalize():f} {offered.sms_channel or ''}"
    return hashlib.blake2s(said.encode(), digest_size=8).hexdigest()


def change_offers(
    work: Work, organization_id: int, changes: Mapping[str, Any], *, expected: versions.Expected = None
) -> Offers:
    """Set `kinds`, `wallet_below` (more than nothing) and `sms_channel` where they are given. Raises `Invalid`, `Outdated`."""
    organizations.lock(work, organization_id)
    before = offers(work, organization_id)
    versions.check_tag(tag_of(before), expected)
    after = before._replace(**{name: changes[name] for name in Offers._fields if name in changes})
    if not 0 < after.wallet_below < 10**9 or round(after.wallet_below, 3) != after.wallet_below:
        raise Invalid("wallet_below", "is an amount of more than nothing, with three decimals at the most")
    key = None if after.sms_channel is None else _sms_channel(work, organization_id, after.sms_channel)
    after = after._replace(kinds=tuple(kind for kind in KINDS if kind in after.kinds), sms_channel_id=key)
    if after == before:
        return before
    facts = {"kinds": list(after.kinds), "wallet_below": after.wallet_below, "sms_channel_id": key}
    values = facts | {"updated_at": work.now}
    mine = update(notice_offers).where(notice_offers.c.organization_id == organization_id)
    if not work.execute(mine.values(values)).rowcount:
        work.execute(insert(notice_offers).values(organization_id=organization_id, **values))
    audit.record(
        work,
        "change_notice_offers",
        Subject("organization", organizations.get(work, organization_id).public_id),
        before=_said(before),
        after=_said(after),
        organization=organization_id,
    )
    return after


def _said(offered: Offers) -> dict[str, Any]:
    facts = {"kinds": list(offered.kinds), "wallet_below": str(offered.wallet_below)}
    return facts | {"sms_channel": offered.sms_channel}


def _sms_channel(work: Work, organization_id: int, channel_id: str) -> int:
    """Raises `Invalid` for one that is not there, or not for SMS."""
    try:
        row = channels.get(work, organization_id, channel_id)
    except NotFound as error:
        raise Invalid("sms_channel", error.reason) from None
    if row.kind != "sms":
        raise Invalid("sms_channel", "is no channel for SMS")
    return row.id


def of(work: Work, customer_key: int) -> Choices:
    """What a customer has chosen."""
    return _choices(row_of(work, customer_key))


def change(
    work: Work,
    organization_id: int,
    customer: CustomerRow,
    kinds: Mapping[Kind, bool],
    *,
    full_at_percent: int | None = None,
    way: Way | None = None,
    expected: versions.Expected = None,
) -> Choices:
    """Choose kinds, or choose them no more, and how they are told. Raises `Invalid` for what is not offered, `NotFound`, `Outdated`."""
    locked = customers.get(work, organization_id, customer.public_id, lock=True)
    row = row_of(work, locked.id, lock=True)
    before = _choices(row)
    versions.check(before, expected)
    offered = offers(work, organization_id)
    way = way or before.way
    if way == "sms" and way != before.way:
        if offered.sms_channel is None:
            raise Invalid("way", "is not offered here")
        if locked.phone is None:
            raise Invalid("way", "needs a phone number")
    for kind, wanted in kinds.items():
        if wanted and kind not in before.kinds and kind not in offered.kinds:
            raise Invalid(f"kinds.{kind}", "is not offered here")
    chosen = dict(row.kinds) if row is not None else {}
    for kind, wanted in kinds.items():
        if not wanted:
            chosen.pop(kind, None)
        elif kind not in chosen:
            chosen[kind] = {"since": work.now.isoformat(), "version": before.version + 1}
    percent = before.full_at_percent if full_at_percent is None else full_at_percent
    if chosen.keys() == before.kinds.keys() and (percent, way) == (before.full_at_percent, before.way):
        return before
    return _keep(work, locked, organization_id, before, chosen, percent, way)


def stop(work: Work, row: ChoiceRow, kind: Kind, *, actor: audit.Actor) -> None:
    """One kind is wanted no more. The row must be locked."""
    mine = select(customers.customers).where(customers.customers.c.id == row.customer_id)
    customer = cast(CustomerRow, work.execute(mine).one())
    left = {name: said for name, said in row.kinds.items() if name != kind}
    _keep(work, customer, row.organization_id, _choices(row), left, row.full_at_percent, row.way, actor=actor)


def _keep(
    work: Work,
    customer: CustomerRow,
    organization_id: int,
    before: Choices,
    kinds: Mapping[Kind, dict[str, Any]],
    percent: int,
    way: Way,
    *,
    actor: audit.Actor | None = None,
) -> Choices:
    values: dict[str, Any] = {
        "kinds": dict(kinds),
        "full_at_percent": percent,
        "way": way,
        "version": before.version + 1,
        "updated_at": work.now,
    }
    mine = update(notice_choices).where(notice_choices.c.customer_id == customer.id)
    if not work.execute(mine.values(values)).rowcount:
        names = {"organization_id": organization_id, "customer_id": customer.id, "public_id": secrets.token_hex(8)}
        work.execute(insert(notice_choices).values(**names, **values))
    after = of(work, customer.id)
    audit.record(
        work,
        "change_notice_choices",
        Subject("customer", customer.public_id),
        before=_chosen(before),
        after=_chosen(after),
        actor=actor,
        organization=organization_id,
    )
    return after


def _chosen(said: Choices) -> dict[str, Any]:
    return {"notices": sorted(said.kinds), "full_at_percent": said.full_at_percent, "way": said.way}


def row_of(work: Work, customer_key: int, *, lock: bool = False) -> ChoiceRow | None:
    """The row of a customer, if they ever chose."""
    mine = select(notice_choices).where(notice_choices.c.customer_id == customer_key)
    return cast(ChoiceRow | None, versions.find(work, mine, lock=lock))


def since(row: ChoiceRow, kind: Kind) -> datetime:
    """Since when a kind is wanted. It must be chosen."""
    return datetime.fromisoformat(row.kinds[kind]["since"])


_any = Prepared(select(notice_choices.c.id).where(notice_choices.c.customer_id == bindparam("customer_id")))


def has_chosen(work: Work, customer_key: int | None) -> bool:
    """Whether a customer has ever chosen anything: one indexed row, so that it may be asked in the transaction of a message."""
    return customer_key is not None and work.first(_any, customer_id=customer_key) is not None


def forget(work: Work, customer_key: int) -> None:
    """Nothing of what a customer wanted to be told, and was told, is kept."""
    work.execute(delete(notice_choices).where(notice_choices.c.customer_id == customer_key))
    work.execute(delete(alert_notices).where(alert_notices.c.customer_id == customer_key))


def _choices(row: ChoiceRow | None) -> Choices:
    if row is None:
        return Choices(0, {})
    kinds = {kind: since(row, kind) for kind in KINDS if kind in row.kinds}
    return Choices(row.id, kinds, row.full_at_percent, row.version, row.way)
