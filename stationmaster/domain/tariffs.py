"""Tariffs: what charging costs, in versions, and which tariff holds where.

A tariff is a name with terms: prices, tax, currency. Terms are never changed: a session is priced by those that were in force when it
began, so another price makes the next terms. Which tariff holds at a connector is decided by the most specific place that names
one: customer, group of customers, connector, charger, site, organization (`tariff_places.py`).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar, get_args

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Select,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    select,
    update,
)
from sqlalchemy import text as sql

from stationmaster.domain import audit, currencies, organizations, versions
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.money import checks, parsing
from stationmaster.domain.money.checks import HIGHEST_PRICE, PRICE_DECIMALS, TAX_DECIMALS
from stationmaster.domain.money.tariff_version import Structure, TariffVersion
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Exact, Json, UtcTime, key, metadata
from stationmaster.storage.lists import Found, Wanted, listed, only
from stationmaster.storage.queries import not_deleted

Status = Literal["active", "inactive"]
Level = Literal["customer", "customer_group", "connector", "station", "site", "organization", "setting"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""Where a tariff can be named, the most specific first; the last is the one of the settings, which nobody has to name."""

tariffs = Table(
    "tariffs",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("public_id", Text, nullable=False),  # the operator's own id of it
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="active"),
    Column("standard", Boolean, nullable=False, server_default=sql("false")),  # holds where no place names another
    Column("terms", Integer, nullable=False),  # the number of those that are in force
    # Whether a session pays another price from the moment on from which that is in force, where the law of a place wants it so.
    Column("follows_changes", Boolean, nullable=False, server_default=sql("false")),
    *versions.columns(),
)
Index(
    "uq_tariffs_public_id",
    tariffs.c.organization_id,
    tariffs.c.public_id,
    unique=True,
    sqlite_where=tariffs.c.deleted_at.is_(None),
    postgresql_where=tariffs.c.deleted_at.is_(None),
)
_is_standard = sql("standard AND deleted_at IS NULL")
Index(
    "uq_tariffs_standard",
    tariffs.c.organization_id,
    unique=True,
    sqlite_where=_is_standard,
    postgresql_where=_is_standard,
)

tariff_terms = Table(
    "tariff_terms",
    metadata,
    key(),
    Column("tariff_id", BigInt, ForeignKey("tariffs.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("valid_from", UtcTime, nullable=False),
    Column("currency", Text, nullable=False),
    Column("price_per_kwh", Exact(PRICE_DECIMALS)),
    Column("price_per_minute", Exact(PRICE_DECIMALS)),
    Column("price_per_session", Exact(PRICE_DECIMALS)),
    Column("tax_percent", Exact(TAX_DECIMALS), nullable=False),
    Column("structure", Json),  # elements in the sense of OCPI, in place of the prices and the tax above
    Column("made_by", Text),
    UniqueConstraint("tariff_id", "number"),
)

PRICES = ("price_per_kwh", "price_per_minute", "price_per_session")
TERMS = ("currency", *PRICES, "tax_percent", "structure")
OWN = ("name", "status", "standard", "follows_changes")
FACTS = (*OWN, *TERMS)
"""What a person may say of a tariff."""

SORTS = {
    "id": tariffs.c.public_id,
    "name": func.lower(tariffs.c.name),
    "status": tariffs.c.status,
    "created": tariffs.c.id,
    "updated": tariffs.c.updated_at,
}
"""What a list of tariffs can be sorted by."""


class TermsRow(Protocol):
    """What charging costs from a moment on."""

    number: int
    valid_from: datetime
    currency: str
    price_per_kwh: Decimal | None
    price_per_minute: Decimal | None
    price_per_session: Decimal | None
    tax_percent: Decimal
    structure: dict[str, Any] | None
    made_by: str | None


class TariffRow(TermsRow, Protocol):
    """A tariff with the terms that are in force."""

    id: int
    public_id: str
    name: str
    status: Status
    standard: bool
    follows_changes: bool
    version: int
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None


def create(work: Work, /, organization_id: int, *, public_id: str | None = None, **facts: Any) -> TariffRow:
    """A new tariff of these `FACTS`, with its first terms. Raises `Invalid`, and `Conflict` when its id is taken."""
    values = _checked(_NOTHING | facts)
    public_id = public_id or secrets.token_hex(6)
    _check_free(work, organization_id, public_id)
    if values["standard"]:
        _no_standard(work, organization_id)
    own = {name: values[name] for name in OWN}
    new = insert(tariffs).values(
        organization_id=organization_id, public_id=public_id, terms=1, **own, **versions.first(work)
    )
    row = work.execute(new.returning(tariffs.c.id, tariffs.c.created_by)).one()
    _add_terms(work, row.id, 1, values)
    added = get(work, organization_id, public_id)
    _record(work, "add_tariff", organization_id, added, after=_facts(added))
    return added


def get(work: Work, organization_id: int, tariff_id: str, *, lock: bool = False) -> TariffRow:
    """The tariff with this id. Raises `NotFound`."""
    row: TariffRow | None = versions.find(
        work, _mine(organization_id, tariff_id).where(not_deleted(tariffs)), lock=lock
    )
    if row is None:
        raise NotFound("there is no tariff {id!r}", id=tariff_id)
    return row


def change(
    work: Work,
    organization_id: int,
    tariff_id: str,
    changes: Mapping[str, Any],
    *,
    expected: versions.Expected = None,
) -> TariffRow:
    """Set the `FACTS` that are given. Raises `NotFound`, `Outdated`, `Invalid`."""
    tariff = get(work, organization_id, tariff_id, lock=True)
    versions.check(tariff, expected)
    values = _checked(_facts(tariff) | {name: changes[name] for name in FACTS if name in changes})
    if values["standard"] and not tariff.standard:
        _no_standard(work, organization_id)
    own = {name: values[name] for name in OWN}
    if any(values[name] != getattr(tariff, name) for name in TERMS):
        own["terms"] = tariff.number + 1
        _add_terms(work, tariff.id, tariff.number + 1, values)
    versions.change(work, tariffs, tariff, own)
    changed = get(work, organization_id, tariff_id)
    _record(work, "change_tariff", organization_id, tariff, before=_facts(tariff), after=_facts(changed))
    return changed


def remove(work: Work, organization_id: int, tariff_id: str, *, expected: versions.Expected = None) -> None:
    """Soft: its terms stay, for the sessions that were priced by them. Whether a place names it is for `tariff_places.remove`."""
    tariff = get(work, organization_id, tariff_id, lock=True)
    versions.check(tariff, expected)
    versions.delete(work, tariffs, tariff)
    _record(work, "remove_tariff", organization_id, tariff, before=_facts(tariff))


def restore(work: Work, organization_id: int, tariff_id: str) -> TariffRow:
    """Bring back the one that was removed last; the standard it is not. Raises `NotFound`, and `Conflict` when its id is in use again."""
    gone: TariffRow = versions.newest_deleted(work, tariffs, _mine(organization_id, tariff_id), f"tariff {tariff_id!r}")
    _check_free(work, organization_id, gone.public_id)
    versions.change(work, tariffs, gone, {"deleted_at": None, "standard": False})
    restored = get(work, organization_id, tariff_id)
    _record(work, "restore_tariff", organization_id, restored, after=_facts(restored))
    return restored


def list_tariffs(
    work: Work,
    organization_id: int,
    wanted: Wanted,
    *,
    status: Status | None = None,
    currency: str | None = None,
    standard: bool | None = None,
    deleted: bool = False,
) -> Found[TariffRow]:
    """The tariffs that are so; deleted ones only when they are asked for, and then no others."""
    mine = _joined().where(tariffs.c.organization_id == organization_id)
    mine = mine.where(tariffs.c.deleted_at.is_not(None) if deleted else not_deleted(tariffs))
    wants: dict[ColumnElement[Any], Any] = {tariffs.c.status: status, tariffs.c.standard: standard}
    mine = only(mine, wants | {tariff_terms.c.currency: currency and currency.upper()})
    searched = (tariffs.c.public_id, tariffs.c.name)
    return listed(work, mine, wanted, key=tariffs.c.id, sorts=SORTS, searched=searched)


def named(work: Work, organization_id: int, tariff_id: str | None, *, field: str = "tariff") -> int | None:
    """The key of the tariff that a place names; None when it names none. Raises `Invalid`."""
    if tariff_id is None:
        return None
    try:
        return get(work, organization_id, tariff_id).id
    except NotFound as missing:
        raise Invalid(field, missing.reason) from None


def of_keys(work: Work, organization_id: int, keys: Collection[int]) -> dict[int, TariffRow]:
    """These tariffs with their terms of now, by key."""
    mine = _joined().where(tariffs.c.organization_id == organization_id, tariffs.c.id.in_(keys))
    return {row.id: row for row in work.execute(mine)}


OF_SETTINGS = "settings"
"""The id of the tariff whose price stands in the settings."""


def keep_of_settings(work: Work, organization_id: int, *, price_per_kwh: Decimal, currency: str) -> None:
    """Let the tariff of the settings have this price: made at the first start, changed when the price is another one.

    It is the standard where there is none. One that a person has removed stays away. Raises `Invalid`.
    """
    price = {"price_per_kwh": price_per_kwh, "currency": currency, "structure": None}
    known = select(tariffs).where(tariffs.c.organization_id == organization_id)
    mine = work.execute(known.where(tariffs.c.public_id == OF_SETTINGS).order_by(tariffs.c.id.desc()).limit(1)).first()
    if mine is None:
        has_standard = work.execute(known.where(tariffs.c.standard, not_deleted(tariffs)).limit(1)).first() is not None
        create(work, organization_id, public_id=OF_SETTINGS, name="Settings", standard=not has_standard, **price)
    elif mine.deleted_at is None:
        change(work, organization_id, OF_SETTINGS, price)


def all_terms(work: Work, organization_id: int, tariff_id: str) -> list[TermsRow]:
    """The terms of a tariff, the newest first. Raises `NotFound`."""
    return terms_of(work, get(work, organization_id, tariff_id).id)


def terms_of(work: Work, key: int) -> list[TermsRow]:
    """The same of a tariff by its key, which may be removed."""
    mine = select(tariff_terms).where(tariff_terms.c.tariff_id == key)
    return list(work.execute(mine.order_by(tariff_terms.c.number.desc())))


def version_of(terms: TermsRow) -> TariffVersion:
    """What these terms are when something is priced by them."""
    if terms.structure is not None:
        return msgspec.convert({**terms.structure, "currency": terms.currency}, TariffVersion)
    prices = {name: getattr(terms, name) for name in PRICES}
    return parsing.simple(terms.currency, tax_percent=terms.tax_percent, **prices)


def version_given(facts: Mapping[str, Any]) -> TariffVersion:
    """What a tariff of these terms would be, that is not kept yet. Raises `Invalid`."""
    values = _checked(_NOTHING | dict(facts))
    if values["structure"] is not None:
        return msgspec.convert({**values["structure"], "currency": values["currency"]}, TariffVersion)
    prices = {name: values[name] for name in PRICES}
    return parsing.simple(values["currency"], tax_percent=values["tax_percent"], **prices)


T = TypeVar("T", bound=TermsRow)


def in_force(terms: Sequence[T], at: datetime) -> T:
    """The terms that were in force at a moment; for a session that is older than the tariff, the first."""
    begun = [one for one in terms if one.valid_from <= at]
    # Of two that begin at one moment the later is what was meant.
    return max(begun, key=lambda one: one.number) if begun else min(terms, key=lambda one: one.number)


class Named(Protocol):
    """A tariff that a place names."""

    status: Status
    deleted_at: datetime | None


N = TypeVar("N", bound=Named)


class Holding(NamedTuple, Generic[N]):
    """Which tariff holds, and who decided."""

    tariff: N
    decided_by: Level


def holding(named_by: Mapping[Level, N | None]) -> Holding[N] | None:
    """The tariff of the most specific place that names one. One that is inactive, or removed, decides nothing."""
    for level in LEVELS:
        tariff = named_by.get(level)
        if tariff is not None and tariff.status == "active" and tariff.deleted_at is None:
            return Holding(tariff, level)
    return None


_NOTHING: dict[str, Any] = dict.fromkeys((*PRICES, "structure")) | {
    "status": "active",
    "standard": False,
    "follows_changes": False,
    "tax_percent": Decimal(0),
}


def _checked(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as they are kept. Raises `Invalid`."""
    values = dict(facts) | {"currency": currencies.checked(facts["currency"])}
    for name in PRICES:
        if values[name] is not None:
            values[name] = _amount(name, values[name], PRICE_DECIMALS, most=HIGHEST_PRICE)
    values["tax_percent"] = _amount("tax_percent", values["tax_percent"], TAX_DECIMALS, most=100)
    has_price = any(values[name] is not None for name in PRICES)
    if values["structure"] is not None:
        if has_price or values["tax_percent"]:
            raise Invalid(
                "structure", "stands in place of the prices and the tax: set those to null and 0, or this to null"
            )
        values["structure"] = _structure(values["structure"], values["currency"])
    elif not has_price:
        raise Invalid("price_per_kwh", "is missing: a tariff has one price at least, and 0 is free")
    return values


def _structure(told: Structure | Mapping[str, Any], currency: str) -> dict[str, Any]:
    """As it is kept. Raises `Invalid` with the path of the field."""
    try:
        version = parsing.parsed({**msgspec.to_builtins(told), "currency": currency})
    except Invalid as wrong:
        raise Invalid(f"structure.{wrong.field}", wrong.reason) from None
    kept: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(version))  # lists, as they come out of the database
    del kept["currency"]
    return kept


def _amount(field: str, value: Decimal, decimals: int, *, most: int) -> Decimal:
    for problem in checks.of_number(field, value, most=most, decimals=decimals):
        raise Invalid(problem.field, problem.reason)
    return value.quantize(Decimal(1).scaleb(-decimals))


def _no_standard(work: Work, organization_id: int) -> None:
    """One is the standard at a time, so the one before it no longer is."""
    organizations.lock(work, organization_id)
    before = (tariffs.c.organization_id == organization_id, tariffs.c.standard.is_(True), not_deleted(tariffs))
    work.execute(
        update(tariffs).where(*before).values(standard=False, version=tariffs.c.version + 1, updated_at=work.now)
    )


def _add_terms(work: Work, tariff_id: int, number: int, values: dict[str, Any]) -> None:
    terms = {name: values[name] for name in TERMS}
    by = versions.first(work)["created_by"]
    work.execute(
        insert(tariff_terms).values(tariff_id=tariff_id, number=number, valid_from=work.now, made_by=by, **terms)
    )


def _joined() -> Select[Any]:
    in_force_now = (tariff_terms.c.tariff_id == tariffs.c.id) & (tariff_terms.c.number == tariffs.c.terms)
    terms = [column for column in tariff_terms.c if column.name not in ("id", "tariff_id")]
    return select(tariffs, *terms).join(tariff_terms, in_force_now)


def _mine(organization_id: int, tariff_id: str) -> Select[Any]:
    return _joined().where(tariffs.c.organization_id == organization_id, tariffs.c.public_id == tariff_id)


def _check_free(work: Work, organization_id: int, tariff_id: str) -> None:
    if work.execute(_mine(organization_id, tariff_id).where(not_deleted(tariffs))).first() is not None:
        raise Conflict("there is a tariff with the id {id!r} already", id=tariff_id)


def _facts(row: TariffRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FACTS}


def _record(
    work: Work, action: str, organization_id: int, row: TariffRow, *, before: Any = None, after: Any = None
) -> None:
    subject = Subject("tariff", row.public_id)
    audit.record(work, action, subject, before=before, after=after, organization=organization_id)
