"""From bills to documents: a receipt for what is paid at once, one invoice a month for who pays later, a credit note where a bill no longer holds.

Whatever is told, retried or done on two nodes at once, each bill is on one document: the session is locked, and a key of the database decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, select

from stationmaster.domain import bills, months, sessions
from stationmaster.domain.bills import BillRow
from stationmaster.domain.bills.payers import booked_for
from stationmaster.domain.customer_notices import following
from stationmaster.domain.customers import CustomerRow, customers
from stationmaster.domain.events import BillMade, InvoiceMailDue
from stationmaster.domain.invoices import documents, invoices, issuers
from stationmaster.domain.invoices.charges import Billed, charge_of
from stationmaster.domain.invoices.documents import Charge, Means, Paid, Party
from stationmaster.domain.invoices.invoices import InvoiceRow, ToIssue, invoiced_bills
from stationmaster.domain.invoices.languages import words_of
from stationmaster.domain.money.amounts import Money, total
from stationmaster.domain.outbox import reacts
from stationmaster.domain.payments import claims
from stationmaster.domain.sessions import ListedRow
from stationmaster.domain.sessions.lists import with_names
from stationmaster.domain.tariffs import tariffs
from stationmaster.storage import Work

_back = invoiced_bills.alias()
MOST = 1000  # sessions on one invoice: a fleet that has more gets several


@reacts
def issue_when_billed(work: Work, event: BillMade) -> None:
    follow(work, event.session)


def follow(work: Work, session_id: str) -> None:
    """Take back what no longer holds, and issue what is paid already. Done again it changes nothing."""
    row = sessions.locked(work, session_id)
    last = None if row is None else bills.newest(work, row.id)
    if row is None or last is None:
        return
    before = _take_back(work, row, last)
    if not last.total or last.state == "taken_back" or _is_on_one(work, last):
        return
    customer = None if last.customer_id is None else _customer(work, last.customer_id)
    if last.state == "booked" and customer is not None and customer.billing == "prepaid":
        _issue(work, last, customer, _paid_by_customer(work, last))
    elif customer is None and before is not None:  # a guest's, billed anew
        document = documents.decoded(before.document)
        _issue(work, last, None, document.paid, language=document.language)


def issue_to_guest(
    work: Work, organization_id: int, session_id: str, *, paid: Money, email: str | None, means: Means = "card"
) -> InvoiceRow | None:
    """The receipt of somebody without an account, who has paid this much. None where nothing is due, or a person must look first."""
    bills.settle(work, session_id)
    row = sessions.locked(work, session_id)
    last = None if row is None else bills.newest(work, row.id)
    if last is None or last.state == "taken_back" or not last.total or _is_on_one(work, last):
        return None
    took = [Paid(means=means, amount=paid)] if paid else []
    made = _issue(work, last, None, took)
    if email is not None and issuers.get(work, organization_id).mail_receipts:
        work.publish(InvoiceMailDue(invoice=made.public_id, email=email, organization_id=organization_id))
    return made


def of_session(work: Work, organization_id: int, session_id: str) -> InvoiceRow | None:
    """The newest receipt or invoice of a session, if there is one."""
    return invoices.newest_of_session(work, organization_id, session_id)


# Once a month


class Open(NamedTuple):
    """A customer with bills that are on no invoice yet, in one currency."""

    organization_id: int
    customer_id: int
    currency: str
    month: str  # the last that is over
    until: str  # bills of days before


def open_accounts(work: Work, organization_id: int) -> list[Open]:
    """Who is to get an invoice now: whoever pays later, and has charged before the month that goes on.

    What a customer owes from then is on it, too, where they pay beforehand or nothing since; what is paid beforehand is on a receipt long since.
    """
    month = months.of(issuers.get(work, organization_id).local(work.now).date())
    until, last = month.first.isoformat(), str(month.before)
    table = bills.bills.c
    whose = _uninvoiced(organization_id, until).with_only_columns(table.customer_id, table.currency)
    rows = work.execute(whose.distinct().order_by(table.customer_id, table.currency))
    return [Open(organization_id, row.customer_id, row.currency, last, until) for row in rows]


def issue_monthly(work: Work, account: Open) -> InvoiceRow | None:
    """The invoice of a customer, of all that is not on one. None where there is nothing (any more)."""
    customer = _customer(work, account.customer_id, lock=True)
    table = bills.bills.c
    mine = _uninvoiced(account.organization_id, account.until)
    mine = mine.where(table.customer_id == account.customer_id, table.currency == account.currency)
    rows: list[BillRow] = list(work.execute(mine.order_by(table.booked_on, table.id).limit(MOST)))
    if not rows:
        return None
    paid = [each for row in rows for each in _paid_by_customer(work, row)]
    sums = {
        means: total([each.amount for each in paid if each.means == means], account.currency)
        for means in dict.fromkeys(each.means for each in paid)
    }
    wanted = ToIssue(
        kind="invoice",
        charges=[_charge(work, row) for row in rows],
        customer_id=customer.id,
        buyer=buyer_of(customer),
        language=customer.language,
        paid=[Paid(means=means, amount=amount) for means, amount in sums.items()],
        month=account.month,
    )
    return _issued(work, account.organization_id, wanted, customer)


def _uninvoiced(organization_id: int, until: str) -> Select[Any]:
    """Booked bills of customers that hold and are on no document, of days before `until`: of who pays later, or did so when they charged."""
    table, on = bills.bills.c, invoiced_bills.c
    there = select(on.id).where(on.session_id == table.session_id, on.revision == table.revision, ~on.credited)
    mine = select(bills.bills).where(
        table.organization_id == organization_id,
        table.customer_id.is_not(None),
        table.state == "booked",
        table.total != 0,
        table.booked_on < until,
        ~there.exists(),
    )
    return bills.that_hold(mine)


# One bill


def _take_back(work: Work, row: ListedRow, last: BillRow) -> InvoiceRow | None:
    """Credit notes for what stands on documents and no longer holds; the last document that was taken back."""
    on, back = invoiced_bills.c, _back
    credited = select(back.c.id).where(
        back.c.session_id == on.session_id, back.c.revision == on.revision, back.c.credited
    )
    stale = select(on.invoice_id, on.revision).where(on.session_id == row.id, ~on.credited, ~credited.exists())
    taken: InvoiceRow | None = None
    for one in work.execute(stale.order_by(on.id)).all():
        if one.revision == last.revision and last.state != "taken_back":
            continue
        taken = invoices.of_key(work, one.invoice_id)
        words = words_of(documents.decoded(taken.document).language)
        reason = words["left_out" if last.state == "taken_back" else "corrected"]
        made = invoices.credit(work, row.organization_id, taken.public_id, reason=reason, only_sessions=[row.public_id])
        _mail(work, made, None if made.customer_id is None else _customer(work, made.customer_id))
    return taken


def _issue(
    work: Work, bill: BillRow, customer: CustomerRow | None, paid: Sequence[Paid], *, language: str | None = None
) -> InvoiceRow:
    """What one session is on: a receipt, or an invoice where some of it is still to be paid."""
    open_amount = bills.total_of(bill) - total([each.amount for each in paid], bill.currency)
    wanted = ToIssue(
        kind="invoice" if open_amount.amount > 0 else "receipt",
        charges=[_charge(work, bill)],
        customer_id=None if customer is None else customer.id,
        buyer=None if customer is None else buyer_of(customer),
        language=language if customer is None else customer.language,
        paid=paid,
    )
    return _issued(work, bill.organization_id, wanted, customer)


def _issued(work: Work, organization_id: int, wanted: ToIssue, customer: CustomerRow | None) -> InvoiceRow:
    made = invoices.issue(work, organization_id, wanted)
    _mail(work, made, customer)
    still_open = documents.decoded(made.document).open
    if customer is not None and still_open.amount > 0:
        claims.collect(work, organization_id, customer.id, still_open, reason=f"Invoice {made.number}")
    return made


def _mail(work: Work, made: InvoiceRow, customer: CustomerRow | None) -> None:
    """To everybody, where the organization says so; else who wants a notice of it gets one."""
    if customer is not None and customer.email and issuers.get(work, made.organization_id).mail_receipts:
        work.publish(InvoiceMailDue(invoice=made.public_id, email=customer.email, organization_id=made.organization_id))
    else:
        following.tell_of_receipt(work, made)


def _charge(work: Work, row: BillRow) -> Charge:
    session: ListedRow = work.execute(with_names().where(sessions.sessions.c.id == row.session_id)).one()
    bill = bills.read(row)
    assert bill is not None
    name = work.execute(select(tariffs.c.name).where(tariffs.c.id == row.tariff_id)).scalar()
    return charge_of(work, Billed(session, bill, row.revision, row.time_zone, name))


_MEANS: dict[str, Means] = {"wallet": "wallet", "bonus": "bonus"}


def _paid_by_customer(work: Work, row: BillRow) -> list[Paid]:
    """What has come out of the customer's wallet and bonus for this session; the rest is owed."""
    assert row.customer_id is not None
    booked = booked_for(work, row.session_id, row.customer_id, row.currency)
    return [
        Paid(means=means, amount=-booked[kind])
        for kind, means in _MEANS.items()
        if kind in booked and booked[kind].amount < 0
    ]


def buyer_of(customer: CustomerRow) -> Party:
    """A customer as they stand on a document."""
    told: dict[str, str] = customer.billing_address or {}
    town = " ".join(told[name] for name in ("postal_code", "city") if name in told)
    lines = [customer.name if "name" in told and told["name"] != customer.name else None, told.get("street"), town]
    lines += [told.get("region"), told.get("country")]
    return Party(
        name=told.get("name", customer.name),
        address=tuple(line for line in lines if line),
        country=told.get("country"),
        tax_number=customer.tax_number,
        email=customer.email,
        customer=customer.public_id,
    )


def _customer(work: Work, key: int, *, lock: bool = False) -> CustomerRow:
    mine = select(customers).where(customers.c.id == key)
    row: CustomerRow = work.execute(mine.with_for_update(key_share=True) if lock else mine).one()
    return row


def _is_on_one(work: Work, row: BillRow) -> bool:
    return (row.session_id, row.revision) in invoices.numbers_of(work, [row.session_id])
