"""What a month has brought, site by site, as it stands in the ledger; and what customers have with us, or owe."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import and_, func, select

from stationmaster.domain.bills.tables import bills
from stationmaster.domain.ledger import ledger_accounts, ledger_entries, ledger_transactions
from stationmaster.domain.money.amounts import Money, zero
from stationmaster.domain.sessions import sessions
from stationmaster.domain.sites import sites
from stationmaster.storage import Work


class SiteRevenue(NamedTuple):
    """What one site has brought, without what is still to be corrected. `site` is None for chargers that stand at none."""

    site: str | None
    site_name: str | None
    currency: str
    sessions: int  # billed for the first time
    net: Money
    tax: Money
    round_off: Money
    on_account: Money  # what nobody had paid when it was billed
    host_share: Money

    @property
    def total(self) -> Money:
        return self.net + self.tax + self.round_off

    @property
    def margin(self) -> Money:
        return self.net - self.host_share


class Totals(NamedTuple):
    """What all customers have together at this moment, and what is owed to us."""

    currency: str
    wallets: Money
    bonuses: Money
    held: Money
    owed: Money


class SharedBill(NamedTuple):
    """What a host gets of one booking."""

    session: str
    booked_on: str
    key: str
    net: Money
    share: Money


def booked_between(work: Work, organization_id: int, first: str, after: str) -> list[SiteRevenue]:
    """By the day in the books, `first` ≤ day < `after`."""
    entry, account, booked = ledger_entries.c, ledger_accounts.c, ledger_transactions.c
    source = ledger_transactions.join(ledger_entries, entry.transaction_id == booked.id)
    source = source.join(ledger_accounts, account.id == entry.account_id)
    # All revisions of a session name one site.
    source = source.join(bills, and_(bills.c.session_id == booked.session_id, bills.c.revision == 1))
    source = source.outerjoin(sites, sites.c.id == bills.c.site_id)
    mine = select(
        sites.c.public_id, sites.c.name, booked.currency, account.kind, func.sum(entry.amount).label("amount")
    )
    mine = mine.select_from(source).where(
        booked.organization_id == organization_id,
        booked.booked_on >= first,
        booked.booked_on < after,
        booked.kind.in_(("bill", "correction")),
    )
    grouped = mine.group_by(sites.c.public_id, sites.c.name, booked.currency, account.kind)
    sums: dict[tuple[str | None, str], dict[str, Decimal]] = defaultdict(dict)
    names: dict[str | None, str | None] = {}
    for row in work.execute(grouped):
        sums[row.public_id, row.currency][row.kind] = row.amount
        names[row.public_id] = row.name
    counted = _counted(work, organization_id, first, after)
    found = []
    for (site, currency), kinds in sorted(sums.items(), key=lambda one: (one[0][0] or "", one[0][1])):
        amounts = {name: Money(kinds.get(kind, Decimal(0)), currency) for name, kind in _KINDS.items()}
        amounts["on_account"] = -amounts["on_account"]
        found.append(SiteRevenue(site, names[site], currency, counted.get((site, currency), 0), **amounts))
    return found


_KINDS = {"net": "revenue", "tax": "tax", "round_off": "round_off", "on_account": "receivable", "host_share": "host"}


def _counted(work: Work, organization_id: int, first: str, after: str) -> dict[tuple[str | None, str], int]:
    source = bills.outerjoin(sites, sites.c.id == bills.c.site_id)
    mine = select(sites.c.public_id, bills.c.currency, func.count().label("billed")).select_from(source)
    mine = mine.where(
        bills.c.organization_id == organization_id,
        bills.c.booked_on >= first,
        bills.c.booked_on < after,
        bills.c.revision == 1,
        bills.c.state == "booked",
    )
    rows = work.execute(mine.group_by(sites.c.public_id, bills.c.currency))
    return {(row.public_id, row.currency): row.billed for row in rows}


def totals(work: Work, organization_id: int) -> list[Totals]:
    """By currency."""
    table = ledger_accounts.c
    mine = select(table.currency, table.kind, func.sum(table.balance).label("balance"))
    mine = mine.where(
        table.organization_id == organization_id, table.kind.in_(("wallet", "bonus", "held", "receivable"))
    )
    found: dict[str, dict[str, Money]] = defaultdict(dict)
    for row in work.execute(mine.group_by(table.currency, table.kind)):
        found[row.currency][row.kind] = Money(row.balance, row.currency)
    return [
        Totals(
            currency,
            of.get("wallet", zero(currency)),
            of.get("bonus", zero(currency)),
            of.get("held", zero(currency)),
            -of.get("receivable", zero(currency)),
        )
        for currency, of in sorted(found.items())
    ]


def shares_of(work: Work, organization_id: int, site_id: str, first: str, after: str) -> list[SharedBill]:
    """What was booked for the host of a site, the oldest first. A correction is a line of its own."""
    entry, account, booked = ledger_entries.c, ledger_accounts.c, ledger_transactions.c
    source = ledger_transactions.join(ledger_entries, entry.transaction_id == booked.id)
    source = source.join(ledger_accounts, account.id == entry.account_id)
    source = source.join(sessions, sessions.c.id == booked.session_id)
    source = source.join(bills, and_(bills.c.session_id == booked.session_id, bills.c.revision == 1))
    source = source.join(sites, sites.c.id == bills.c.site_id)
    mine = select(
        booked.id, booked.key, booked.booked_on, booked.currency, sessions.c.public_id, account.kind, entry.amount
    )
    mine = mine.select_from(source).where(
        booked.organization_id == organization_id,
        booked.booked_on >= first,
        booked.booked_on < after,
        sites.c.public_id == site_id,
        account.kind.in_(("revenue", "host")),
    )
    lines: dict[int, SharedBill] = {}
    for row in work.execute(mine.order_by(booked.id)):
        nothing = zero(row.currency)
        line = lines.get(row.id) or SharedBill(row.public_id, row.booked_on, row.key, nothing, nothing)
        amount = Money(row.amount, row.currency)
        lines[row.id] = line._replace(net=amount) if row.kind == "revenue" else line._replace(share=amount)
    return [line for line in lines.values() if line.share]
