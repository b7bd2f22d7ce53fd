"""Vehicles: what customers drive."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import Boolean, Column, ForeignKey, Index, Select, Table, Text, func, insert, select, update
from sqlalchemy import text as sql

from stationmaster.domain import audit, customers, versions
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.reason_words import Reason
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Exact, Json, key, metadata
from stationmaster.storage.lists import Found, Wanted, listed, only
from stationmaster.storage.queries import not_deleted
from stationmaster.storage.trigrams import searched

MAX_BATTERY_WH = 10_000_000  # a ship's

vehicles = Table(
    "vehicles",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("public_id", Text, nullable=False),  # the operator's own id of it
    Column("customer_id", BigInt, ForeignKey("customers.id"), nullable=False),
    Column("is_default", Boolean, nullable=False, server_default=sql("false")),  # of the vehicles of its customer
    Column("name", Text),  # what its customer calls it
    Column("make", Text),
    Column("model", Text),
    Column("plate", Text),
    Column("connector_types", Json),
    Column("battery_wh", Exact()),
    Column("vin", Text),
    Column("emaid", Text),  # of its contract, for plug and charge
    *versions.columns(),
)
Index(
    "uq_vehicles_public_id",
    vehicles.c.organization_id,
    vehicles.c.public_id,
    unique=True,
    sqlite_where=vehicles.c.deleted_at.is_(None),
    postgresql_where=vehicles.c.deleted_at.is_(None),
)
_is_default = sql("is_default AND deleted_at IS NULL")
Index(
    "uq_vehicles_default", vehicles.c.customer_id, unique=True, sqlite_where=_is_default, postgresql_where=_is_default
)
Index("ix_vehicles_organization_id", vehicles.c.organization_id, vehicles.c.id)
Index("ix_vehicles_make", vehicles.c.organization_id, func.lower(vehicles.c.make), vehicles.c.id)
Index("ix_vehicles_model", vehicles.c.organization_id, func.lower(vehicles.c.model), vehicles.c.id)
Index("ix_vehicles_plate", vehicles.c.organization_id, vehicles.c.plate, vehicles.c.id)
Index("ix_vehicles_updated", vehicles.c.organization_id, vehicles.c.updated_at, vehicles.c.id)
Index(
    "ix_vehicles_deleted",
    vehicles.c.organization_id,
    vehicles.c.id,
    sqlite_where=vehicles.c.deleted_at.is_not(None),
    postgresql_where=vehicles.c.deleted_at.is_not(None),
)
Index("ix_vehicles_customer", vehicles.c.customer_id, vehicles.c.id)

SEARCHED = searched(*(vehicles.c[name] for name in ("public_id", "name", "make", "model", "plate", "vin", "emaid")))

FACTS = ("name", "make", "model", "plate", "connector_types", "battery_wh", "vin", "emaid", "is_default")
"""What a person may say of a vehicle, beside whose it is."""

SORTS = {
    "id": vehicles.c.public_id,
    "make": func.lower(vehicles.c.make),
    "model": func.lower(vehicles.c.model),
    "plate": vehicles.c.plate,
    "created": vehicles.c.id,
    "updated": vehicles.c.updated_at,
}
"""What a list of vehicles can be sorted by."""

_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")  # without I, O and Q
_EMAID = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[A-Z0-9]{9}[A-Z0-9]?")


class VehicleRow(Protocol):
    """A row of the table, with its customer's id."""

    id: int
    public_id: str
    customer_id: int
    customer: str
    is_default: bool
    name: str | None
    make: str | None
    model: str | None
    plate: str | None
    connector_types: list[str] | None
    battery_wh: Decimal | None
    vin: str | None
    emaid: str | None
    version: int
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None


def create(
    work: Work, /, organization_id: int, *, customer: str, public_id: str | None = None, **facts: Any
) -> VehicleRow:
    """A new vehicle of these `FACTS`; a customer's first one is the default. Raises `Invalid`, and `Conflict` when its id is taken."""
    owner = _owner(work, organization_id, customer)
    values = _checked(dict.fromkeys(FACTS) | {"is_default": False} | facts)
    if all(values[name] is None for name in ("name", "make", "model", "plate", "vin", "emaid")):
        raise Invalid("name", "is missing: say what it is called, or its make, model or plate")
    public_id = public_id or secrets.token_hex(8)
    _check_free(work, organization_id, public_id)
    values["is_default"] = _default(work, owner, wanted=values["is_default"])
    new = insert(vehicles).values(
        organization_id=organization_id, public_id=public_id, customer_id=owner, **values, **versions.first(work)
    )
    work.execute(new)
    row = get(work, organization_id, public_id)
    _record(work, "add_vehicle", organization_id, row, after=_facts(row))
    return row


def get(work: Work, organization_id: int, vehicle_id: str, *, lock: bool = False) -> VehicleRow:
    """The vehicle with this id. Raises `NotFound`."""
    mine = _mine(organization_id, vehicle_id).where(not_deleted(vehicles))
    row: VehicleRow | None = versions.find(work, mine, lock=lock)
    if row is None:
        raise NotFound("there is no vehicle {id!r}", id=vehicle_id)
    return row


def own(work: Work, organization_id: int, customer_key: int, vehicle_id: str) -> VehicleRow:
    """A vehicle of this customer. Raises `NotFound`."""
    row = get(work, organization_id, vehicle_id)
    if row.customer_id != customer_key:
        raise NotFound("there is no vehicle {id!r}", id=vehicle_id)
    return row


def change(
    work: Work,
    organization_id: int,
    vehicle_id: str,
    changes: Mapping[str, Any],
    *,
    expected: versions.Expected = None,
) -> VehicleRow:
    """Set the `FACTS` that are given. Raises `NotFound`, `Outdated`, `Invalid`."""
    vehicle = get(work, organization_id, vehicle_id, lock=True)
    versions.check(vehicle, expected)
    if changes.get("customer", vehicle.customer) != vehicle.customer:
        raise Invalid("customer", "cannot be changed: add the vehicle to the other customer, and remove it here")
    values = _checked({name: getattr(vehicle, name) for name in FACTS} | {n: changes[n] for n in FACTS if n in changes})
    if values["is_default"] and not vehicle.is_default:
        _default(work, vehicle.customer_id, wanted=True)
    versions.change(work, vehicles, vehicle, values)
    changed = get(work, organization_id, vehicle_id)
    _record(work, "change_vehicle", organization_id, vehicle, before=_facts(vehicle), after=_facts(changed))
    return changed


def remove(work: Work, organization_id: int, vehicle_id: str, *, expected: versions.Expected = None) -> None:
    """Soft. Raises `NotFound`, `Outdated`."""
    vehicle = get(work, organization_id, vehicle_id, lock=True)
    versions.check(vehicle, expected)
    versions.delete(work, vehicles, vehicle)
    _record(work, "remove_vehicle", organization_id, vehicle, before=_facts(vehicle))


def restore(work: Work, organization_id: int, vehicle_id: str) -> VehicleRow:
    """Bring back the one that was removed last. Raises `NotFound`, and `Conflict` when its id is in use again or its customer is gone."""
    gone: VehicleRow = versions.newest_deleted(
        work, vehicles, _mine(organization_id, vehicle_id), f"vehicle {vehicle_id!r}"
    )
    _check_free(work, organization_id, gone.public_id)
    owner = select(customers.customers.c.deleted_at).where(customers.customers.c.id == gone.customer_id)
    if work.execute(owner).scalar() is not None:
        raise Conflict("customer {customer!r} was removed: restore it first", customer=gone.customer)
    is_default = _default(work, gone.customer_id, wanted=False)
    versions.change(work, vehicles, gone, {"deleted_at": None, "is_default": is_default})
    restored = get(work, organization_id, vehicle_id)
    _record(work, "restore_vehicle", organization_id, restored, after=_facts(restored))
    return restored


def list_vehicles(
    work: Work,
    organization_id: int,
    wanted: Wanted,
    *,
    customer: str | None = None,
    customer_key: int | None = None,
    deleted: bool = False,
) -> Found[VehicleRow]:
    """The vehicles that are so; deleted ones only when they are asked for, and then no others."""
    mine = select_vehicles().where(vehicles.c.organization_id == organization_id)
    mine = mine.where(vehicles.c.deleted_at.is_not(None) if deleted else not_deleted(vehicles))
    mine = only(mine, {customers.customers.c.public_id: customer, vehicles.c.customer_id: customer_key})
    return listed(work, mine, wanted, key=vehicles.c.id, sorts=SORTS, searched=SEARCHED)


def defaults(work: Work, customer_keys: Iterable[int]) -> dict[int, VehicleRow]:
    """The default vehicle of each of these customers that has one."""
    mine = select_vehicles().where(
        vehicles.c.customer_id.in_(list(customer_keys)), vehicles.c.is_default.is_(True), not_deleted(vehicles)
    )
    return {row.customer_id: row for row in work.execute(mine)}


def called(vehicle: VehicleRow) -> str:
    """What people call it: its name, else make, model and plate."""
    parts = [vehicle.name] if vehicle.name else [vehicle.make, vehicle.model, vehicle.plate]
    return " ".join(part for part in parts if part) or vehicle.vin or vehicle.emaid or vehicle.public_id


def _owner(work: Work, organization_id: int, customer: str) -> int:
    owner = customers.named(work, organization_id, customer)
    assert owner is not None  # one is named
    return owner


def _default(work: Work, customer_key: int, *, wanted: bool) -> bool:
    """Whether a vehicle is the default of its customer: when it is wanted, or the only one. The one before it then no longer is."""
    mine = (vehicles.c.customer_id == customer_key, vehicles.c.is_default.is_(True), not_deleted(vehicles))
    before = work.execute(select(vehicles.c.id).where(*mine).with_for_update()).scalar()
    if before is None:
        return True
    if wanted:
        now = {"is_default": False, "version": vehicles.c.version + 1, "updated_at": work.now}
        work.execute(update(vehicles).where(vehicles.c.id == before).values(**now))
    return wanted


def select_vehicles() -> Select[Any]:
    """Vehicles with whose they are: rows of `VehicleRow`."""
    owners = customers.customers
    return select(vehicles, owners.c.public_id.label("customer")).join(owners, owners.c.id == vehicles.c.customer_id)


def _mine(organization_id: int, vehicle_id: str) -> Select[Any]:
    return select_vehicles().where(vehicles.c.organization_id == organization_id, vehicles.c.public_id == vehicle_id)


def _check_free(work: Work, organization_id: int, vehicle_id: str) -> None:
    if work.execute(_mine(organization_id, vehicle_id).where(not_deleted(vehicles))).first() is not None:
        raise Conflict("there is a vehicle with the id {id!r} already", id=vehicle_id)


def _checked(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as they are kept. Raises `Invalid`."""
    values = dict(facts)
    vin, emaid = Reason("must be 17 letters and digits"), Reason("must be as in DE8AAC12345678")
    for name, form, otherwise in (("vin", _VIN, vin), ("emaid", _EMAID, emaid)):
        if values[name] is not None:
            values[name] = re.sub(r"[\s-]", "", values[name]).upper()
            if not form.fullmatch(values[name]):
                raise Invalid(name, otherwise)
    battery_wh: Decimal | None = values["battery_wh"]
    if battery_wh is not None and not (battery_wh.is_finite() and 0 < battery_wh <= MAX_BATTERY_WH):
        raise Invalid("battery_wh", "must be more than 0 and at most {most}", most=MAX_BATTERY_WH)
    values["connector_types"] = list(values["connector_types"] or ()) or None
    return values


def _facts(row: VehicleRow) -> dict[str, Any]:
    return {"customer": row.customer} | {name: getattr(row, name) for name in FACTS}


def _record(
    work: Work, action: str, organization_id: int, row: VehicleRow, *, before: Any = None, after: Any = None
) -> None:
    subject = Subject("vehicle", row.public_id)
    audit.record(work, action, subject, before=before, after=after, organization=organization_id)
