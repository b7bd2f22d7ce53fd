"""Bills: what each session costs, kept in revisions, and booked exactly once (docs/money.md)."""

from stationmaster.domain.bills.lists import ListedBill, as_priced, get, list_bills, of_customer, of_session, paid_from
from stationmaster.domain.bills.payers import Payer, payer_of
from stationmaster.domain.bills.settling import settle
from stationmaster.domain.bills.tables import BillRow, State, amounts_of, bills, newest, read, that_hold, total_of

__all__ = [
    "BillRow",
    "ListedBill",
    "Payer",
    "State",
    "amounts_of",
    "as_priced",
    "bills",
    "get",
    "list_bills",
    "newest",
    "of_customer",
    "of_session",
    "paid_from",
    "payer_of",
    "read",
    "settle",
    "that_hold",
    "total_of",
]
