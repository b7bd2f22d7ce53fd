"""What a month has brought, and what of it is for the hosts of sites."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

import msgspec
from litestar import Router, get, put
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.auth import Permission
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Text, exact
from stationmaster.domain import months, revenue, site_hosts
from stationmaster.domain.money.amounts import Money, total
from stationmaster.storage import Work


class SiteRevenue(msgspec.Struct, frozen=True, kw_only=True):
    """What a site has brought: the bills and corrections booked in the month. `site` is null for chargers that stand at none.

    `on_account` is what was not paid when it was billed. The `margin` is the net without what is the host's.
    """

    site: str | None
    site_name: str | None
    currency: str
    sessions: int
    net: str
    tax: str
    round_off: str
    total: str
    on_account: str
    host_share: str
    margin: str


class CustomersTotals(msgspec.Struct, frozen=True):
    """What all customers have together at this moment, and what is owed to us."""

    currency: str
    wallets: str
    bonuses: str
    held: str
    owed: str


class Revenue(msgspec.Struct, frozen=True):
    """A month, as it stands in the ledger. Amounts are exact decimals in texts."""

    month: str
    sites: list[SiteRevenue]
    customers: list[CustomersTotals]


class SiteHost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose place a site is, and which part of the net of its sessions is theirs."""

    name: Text
    percent: Annotated[Decimal, msgspec.Meta(description="Above 0, and 100 at the most; a text is as good")]


class NamedHost(msgspec.Struct, frozen=True):
    """The host of a site; null where it has none."""

    host: SiteHost | None


class HostLine(msgspec.Struct, frozen=True):
    """A bill, or a correction of one, and the share of it."""

    session: str
    booked_on: date
    currency: str
    net: str
    share: str


class HostStatement(msgspec.Struct, frozen=True):
    """What is a host's for a month; `shares` has the sum in each currency."""

    site: str
    month: str
    host: str | None
    lines: list[HostLine]
    shares: dict[str, str]


Month = Annotated[
    str | None,
    QueryParameter(pattern=r"^\d{4}-(0[1-9]|1[0-2])$(?!\n)", description="As in 2026-11; left out: this one, in UTC"),
]


@get("/revenue", permission=Permission.VIEW_CUSTOMERS)
async def get_revenue(caller: GivenCaller, context: GivenContext, month: Month = None) -> Revenue:
    """What a month has brought, site by site; and what customers have with us now, or owe. By the day in the books."""

    def read(work: Work) -> Revenue:
        of = _of(work, month)
        rows = revenue.booked_between(work, caller.organization, *of.days)
        # Customers belong to the organization, not to the sites that a caller is limited to.
        together = revenue.totals(work, caller.organization) if caller.scope is None else []
        return Revenue(str(of), [_site(row) for row in rows], [_totals(row) for row in together])

    return await context.database.read(read)


@get("/sites/{site_id:str}/host", permission=Permission.VIEW)
async def get_site_host(site_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> NamedHost:
    """Whose place it is, and what share they get."""
    return _named(await context.database.read(site_hosts.of_site, caller.organization, site_id))


@put("/sites/{site_id:str}/host", permission=Permission.ADMINISTER)
async def name_site_host(
    site_id: FromPath[str], data: JSONBody[NamedHost], caller: GivenCaller, context: GivenContext
) -> NamedHost:
    """Name the host of a site, or none: for sessions that are billed from now on."""
    host = None if data.host is None else site_hosts.Host(data.host.name, data.host.percent)
    return _named(await context.database.write(site_hosts.name_host, caller.organization, site_id, host))


@get("/sites/{site_id:str}/host/statement", permission=Permission.VIEW)
async def get_host_statement(
    site_id: FromPath[str], caller: GivenCaller, context: GivenContext, month: Month = None
) -> HostStatement:
    """What is the host's for a month: a line for each bill, and for each correction."""

    def read(work: Work) -> HostStatement:
        of = _of(work, month)
        host = site_hosts.of_site(work, caller.organization, site_id)
        lines = revenue.shares_of(work, caller.organization, site_id, *of.days)
        currencies = sorted({line.share.currency for line in lines})
        shares = {
            currency: str(total([line.share for line in lines if line.share.currency == currency], currency).amount)
            for currency in currencies
        }
        return HostStatement(
            site_id, str(of), None if host is None else host.name, [_line(line) for line in lines], shares
        )

    return await context.database.read(read)


router = Router("/", route_handlers=[get_revenue, get_site_host, name_site_host, get_host_statement], tags=["revenue"])


def _of(work: Work, name: str | None) -> months.Month:
    """The month that is asked for. Raises `Invalid`."""
    return months.of(work.now.date()) if name is None else months.named(name)


def _site(row: revenue.SiteRevenue) -> SiteRevenue:
    return SiteRevenue(
        site=row.site,
        site_name=row.site_name,
        currency=row.currency,
        sessions=row.sessions,
        net=_text(row.net),
        tax=_text(row.tax),
        round_off=_text(row.round_off),
        total=_text(row.total),
        on_account=_text(row.on_account),
        host_share=_text(row.host_share),
        margin=_text(row.margin),
    )


def _totals(row: revenue.Totals) -> CustomersTotals:
    return CustomersTotals(row.currency, *(_text(each) for each in (row.wallets, row.bonuses, row.held, row.owed)))


def _line(line: revenue.SharedBill) -> HostLine:
    booked_on = date.fromisoformat(line.booked_on)
    return HostLine(line.session, booked_on, line.share.currency, _text(line.net), _text(line.share))


def _named(host: site_hosts.Host | None) -> NamedHost:
    return NamedHost(None if host is None else SiteHost(host.name, Decimal(exact(host.percent))))


def _text(money: Money) -> str:
    return str(money.amount)
