"""What went through a customer's wallet in a month, as a sheet to be printed and as rows of a file."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import msgspec

from stationmaster.domain import customers, moments, months, wallets
from stationmaster.domain.customers import CustomerRow
from stationmaster.domain.errors import Invalid
from stationmaster.domain.invoices import issuers, printed
from stationmaster.domain.invoices.issuers import Issuer
from stationmaster.domain.invoices.issuing import buyer_of
from stationmaster.domain.invoices.languages import words_of
from stationmaster.domain.invoices.printed import Fact
from stationmaster.storage import Work


class Month(NamedTuple):
    """A statement, and whose it is. The month is one by the clock of who issues it."""

    month: str
    since: datetime
    currency: str
    issuer: Issuer
    customer: CustomerRow
    statement: wallets.Statement

    @property
    def made_at(self) -> datetime:
        """When what it says was complete, so that the same statement is the same file on any later day."""
        entries = self.statement.entries
        return entries[-1].created_at if entries else self.since


class StatementSheet(msgspec.Struct, frozen=True, kw_only=True):
    """What is on the paper."""

    language: str
    paper: str
    title: str
    month: str
    seller: list[str]
    buyer: list[str]
    facts: list[Fact]
    head: list[str]
    rows: list[list[str]]
    begins_with: Fact
    ends_with: Fact
    footer: list[list[str]]
    page: str
    colour: str


def of_month(work: Work, organization_id: int, customer_id: str, *, month: str, currency: str | None = None) -> Month:
    """Raises `NotFound`, and `Invalid` for what is no month, or where nothing says in which currency."""
    customer = customers.get(work, organization_id, customer_id)
    issuer = issuers.get(work, organization_id)
    since, until = months.named(month).span(moments.zone_named(issuer.time_zone))
    if currency is None:
        known = [each.currency for each in wallets.balances(work, organization_id, customer_id)]
        currency = next(iter(known), customer.currency)
    if currency is None:
        raise Invalid("currency", "is missing: this customer has no wallet yet")
    told = wallets.statement(work, organization_id, customer_id, currency=currency, since=since, until=until)
    return Month(month, since, currency, issuer, customer, told)


def sheet_of(of: Month) -> StatementSheet:
    """Everything that is printed of it, in the customer's language."""
    words = words_of(of.customer.language or of.issuer.language)
    year, number = of.month.split("-")
    rows = []
    for entry in of.statement.entries:
        amount = entry.amount if entry.kind == "credit" else -entry.amount
        at = of.issuer.local(entry.created_at)
        rows.append(
            [
                printed.written_moment(at, of.issuer.time_zone, words),
                words.entries[entry.booked_as],
                entry.reference or "",
                printed.written_amount(amount, words),
                printed.written_amount(entry.balance, words),
            ]
        )
    ends = (of.statement.begins_with, of.statement.ends_with)
    begins_with, ends_with = (f"{printed.written_amount(each, words)} {of.currency}" for each in ends)
    name = f"{words.long_months[int(number) - 1]} {year}"
    return StatementSheet(
        language=printed.language_of(words),
        paper=printed.paper_of(of.issuer.country),
        title=words.titles["statement"],
        month=name,
        seller=[of.issuer.name, *(of.issuer.address or "").splitlines()],
        buyer=printed.written_party(buyer_of(of.customer), words),
        facts=[(words["month"], name), (words["customer"], of.customer.public_id)],
        head=[
            words["date"],
            words["what"],
            words["reference"],
            words["amount"].format(currency=of.currency),
            words["balance"],
        ],
        rows=rows,
        begins_with=(words["before"], begins_with),
        ends_with=(words["after"], ends_with),
        footer=printed.footer_of(of.issuer.party, of.issuer.footer, words),
        page=words["page"],
        colour=printed.colour_of(of.issuer.design),
    )
