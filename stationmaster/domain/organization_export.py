"""All that an organization has with us, table by table, to take along: no internal keys, no secrets, no copies of the protocol.

Rows name each other as people do: a charger by its identity, a site, customer, tariff or session by its id.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Table, select

from stationmaster.domain.accounts import users
from stationmaster.domain.audit import audit
from stationmaster.domain.bills import bills
from stationmaster.domain.connectors import connectors
from stationmaster.domain.customer_groups import customer_groups
from stationmaster.domain.customers import customers
from stationmaster.domain.figures.exclusions import uptime_exclusions
from stationmaster.domain.figures.schedules import report_schedules
from stationmaster.domain.invoices.invoices import invoiced_bills, invoices
from stationmaster.domain.invoices.issuers import issuers
from stationmaster.domain.ledger import ledger_accounts, ledger_entries, ledger_transactions
from stationmaster.domain.looks import logos, looks
from stationmaster.domain.metering import meter_values, whole_samples
from stationmaster.domain.organizations import organizations
from stationmaster.domain.payments import payment_claims, payment_refunds, payments
from stationmaster.domain.reservations import reservations
from stationmaster.domain.session_terms import session_terms
from stationmaster.domain.sessions import session_changes, sessions
from stationmaster.domain.site_hosts import site_hosts
from stationmaster.domain.sites import sites
from stationmaster.domain.stations import stations
from stationmaster.domain.tariffs import tariff_terms, tariffs
from stationmaster.domain.token_aliases import token_aliases
from stationmaster.domain.tokens import tokens
from stationmaster.domain.vehicles import vehicles
from stationmaster.storage import Work

TABLES: tuple[Table, ...] = (
    organizations,
    users,
    sites,
    site_hosts,
    stations,
    connectors,
    uptime_exclusions,
    report_schedules,
    tariffs,
    tariff_terms,
    customer_groups,
    customers,
    vehicles,
    tokens,
    token_aliases,
    reservations,
    payments,
    payment_refunds,
    payment_claims,
    sessions,
    session_changes,
    session_terms,
    issuers,
    looks,
    invoices,
    invoiced_bills,
    meter_values,
    ledger_accounts,
    ledger_transactions,
    ledger_entries,
    bills,
    audit,
)
"""What is exported, a file each."""

_NAMES: dict[Table, str] = {
    sites: "public_id",
    stations: "identity",
    customers: "public_id",
    customer_groups: "public_id",
    tariffs: "public_id",
    tokens: "uid",
    sessions: "public_id",
    ledger_transactions: "key",
    ledger_accounts: "kind",
    payments: "public_id",
    payment_claims: "public_id",
    invoices: "public_id",
    logos: "public_id",
}
"""By what the rows of a table are called in others."""

_OURS = frozenset(
    {"id", "organization_id", "name_key", "uid_key", "token_key", "email_key", "content_key", "alias_key"}
)
_LEFT_OUT: dict[Table, frozenset[str]] = {
    users: frozenset({"password_hash", "site_ids"}),
    stations: frozenset({"secret_salt", "secret_digest", "secret_slow", "offered_secrets", "change_number"}),
    payments: frozenset({"told", "method", "return_url", "look_at", "looks"}),
    sessions: frozenset({"start_key", "stop_key", "occurrence", "asked_at", "again_at"}),
    ledger_transactions: frozenset({"off_by"}),
    meter_values: frozenset({"form_id"}),
}
"""Secrets, and what only our own code needs."""


class Part(NamedTuple):
    """One table: what its columns are called outside, and where they come from."""

    name: str
    table: Table
    columns: dict[str, ColumnElement[Any]]


def parts() -> list[Part]:
    """The tables, with the columns that are exported."""
    return [Part(table.name, table, _columns(table)) for table in TABLES]


def page(work: Work, organization_id: int, part: Part, *, after: int | None, limit: int) -> list[Any]:
    """Rows of a table in the order of their keys, which come first, then the columns of the part."""
    key = part.table.c.id
    columns = [column.label(f"_{n}") for n, column in enumerate(part.columns.values())]
    statement: Select[Any] = select(key, *columns).select_from(_joined(part.table))
    statement = statement.where(_is_of(part.table, organization_id))
    if after is not None:
        statement = statement.where(key > after)
    return list(work.execute(statement.order_by(key).limit(limit)))


def _references(table: Table) -> dict[str, Table]:
    """The tables that a row of this one names, by the column that does."""
    found = {"station_id": stations, "session_id": sessions, "site_id": sites}
    found |= {"invoice_id": invoices, "corrects_id": invoices}
    found |= {"customer_id": customers, "tariff_id": tariffs, "token_id": tokens, "group_id": customer_groups}
    found |= {"payment_id": payments, "claim_id": payment_claims, "logo_id": logos}
    if table in (ledger_entries, bills):  # elsewhere a `transaction_id` is a charger's
        found |= {"account_id": ledger_accounts, "transaction_id": ledger_transactions}
    return {name: other for name, other in found.items() if name in table.c}


_ALIASES = {
    (table, name): other.alias(f"{table.name}_{name}") for table in TABLES for name, other in _references(table).items()
}


def _columns(table: Table) -> dict[str, ColumnElement[Any]]:
    left_out = _OURS | _LEFT_OUT.get(table, frozenset())
    found: dict[str, ColumnElement[Any]] = {}
    for column in table.c:
        if (table, column.name) in _ALIASES:
            other = _references(table)[column.name]
            found[column.name.removesuffix("_id")] = _ALIASES[table, column.name].c[_NAMES[other]]
        elif column.name == "public_id":
            found["id"] = column
        elif column.name not in left_out:
            found[column.name] = whole_samples if column is meter_values.c.samples else column
    return found


def _joined(table: Table) -> Any:
    source: Any = table
    for name in _references(table):
        other = _ALIASES[table, name]
        source = source.outerjoin(other, other.c.id == table.c[name])
    return source


def _is_of(table: Table, organization_id: int) -> ColumnElement[bool]:
    if table is organizations:
        return table.c.id == organization_id
    if "organization_id" in table.c:
        return table.c.organization_id == organization_id
    for name in ("station_id", "session_id", "tariff_id"):
        if name in table.c:
            return _ALIASES[table, name].c.organization_id == organization_id
    raise AssertionError(f"nothing in {table.name} says whose it is")
