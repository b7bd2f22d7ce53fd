"""Charging stations: their record, their connectors, what they say of themselves at boot.

A 1.6 connector is an EVSE with one connector; EVSE 0 is the charger itself.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol, cast

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    column,
    func,
    or_,
    select,
    table,
    update,
)
from sqlalchemy import text as sql

from stationmaster.domain import audit, events, installation, organizations, sites, versions
from stationmaster.domain.audit import Subject
from stationmaster.domain.credentials import Credential, Keys
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.versions import Expected
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Json, UtcTime, key, metadata
from stationmaster.storage.lists import Found, Sorts, Wanted, alike, only, rows_among
from stationmaster.storage.lists import listed as rows_of
from stationmaster.storage.queries import Inserts, Prepared, is_among, not_deleted, search
from stationmaster.storage.trigrams import searched

stations = Table(
    "stations",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("site_id", BigInt, ForeignKey("sites.id")),
    Column("tariff_id", BigInt, ForeignKey("tariffs.id")),  # see tariff_places.py
    Column("identity", Text, nullable=False),  # what it calls itself in OCPP; not a secret, and not for the public
    Column("public_id", Text, nullable=False, unique=True),  # what drivers and maps may see (ATK-04)
    Column("name", Text),
    Column("secret_salt", LargeBinary, nullable=False),
    Column("secret_digest", LargeBinary, nullable=False),
    Column("secret_slow", Text),
    Column("offered_secrets", Json),  # that it may have taken instead: digests, see passwords.py
    Column("security_profile", Integer, nullable=False, server_default="1"),  # the lowest it may connect with
    Column("wanted_profile", Integer),  # a higher one that it was asked to go up to, until it has
    Column("expired_until", UtcTime),  # so long a certificate that has ended lets it in, to renew it (renewals.py)
    Column("pinned_version", Text),  # chosen when the station offers it, and assumed when it offers none
    # The operator's word: accepted, pending, rejected.
    Column("registration", Text, nullable=False, server_default="accepted"),
    Column("strict", Boolean, nullable=False, server_default=sql("false")),  # for certification: nothing is repaired
    Column("vendor", Text),
    Column("model", Text),
    Column("serial", Text),
    Column("firmware", Text),
    Column("iccid", Text),
    Column("imsi", Text),
    Column("meter_type", Text),
    Column("meter_serial", Text),
    Column("ocpp_version", Text),
    Column("booted_at", UtcTime),
    # What a person says of it; what the station says of itself is above, and never writes here.
    Column("charger_type", Text),
    Column("phase", Text),  # of the grid, that it hangs on
    Column("manufacturer", Text),
    Column("max_power_w", Integer),
    *versions.columns(),
    Column("changed_at", UtcTime, nullable=False),
    Column("change_number", BigInt, nullable=False, server_default="0", index=True),  # how other processes notice
)
Index("ix_stations_organization_id", stations.c.organization_id, stations.c.id)
# The path of the socket names the station, so identities are unique over all organizations; a deleted one is free again.
Index(
    "uq_stations_identity",
    stations.c.identity,
    unique=True,
    sqlite_where=stations.c.deleted_at.is_(None),
    postgresql_where=stations.c.deleted_at.is_(None),
)


Index("ix_stations_site_id", stations.c.site_id)
# For lists in these orders; sessions are listed by the identities of removed ones as well.
Index("ix_stations_identity", stations.c.identity, stations.c.id)
Index("ix_stations_name", stations.c.organization_id, func.lower(stations.c.name), stations.c.id)
Index("ix_stations_manufacturer", stations.c.organization_id, func.lower(stations.c.manufacturer), stations.c.id)
Index("ix_stations_updated", stations.c.organization_id, stations.c.updated_at, stations.c.id)
Index("ix_stations_registration", stations.c.organization_id, stations.c.registration, stations.c.id)
Index("ix_stations_charger_type", stations.c.organization_id, stations.c.charger_type, stations.c.id)
Index(
    "ix_stations_deleted",
    stations.c.organization_id,
    stations.c.id,
    sqlite_where=stations.c.deleted_at.is_not(None),
    postgresql_where=stations.c.deleted_at.is_not(None),
)

SEARCHED = searched(stations.c.identity, stations.c.name, stations.c.vendor, stations.c.model)

ChargerType = Literal["ac", "dc"]
Phase = Literal["phase_r", "phase_y", "phase_b", "three_phase"]

FACTS = (
    "name",
    "registration",
    "pinned_version",
    "strict",
    "charger_type",
    "phase",
    "manufacturer",
    "max_power_w",
)
"""What a person may say of a station, beside its site."""

SORTS: Sorts = {
    "id": stations.c.identity,
    "name": func.lower(stations.c.name),
    "site": func.lower(sites.sites.c.name),
    "manufacturer": func.lower(stations.c.manufacturer),
    "created": stations.c.id,
    "updated": stations.c.updated_at,
}
"""What a list of stations can be sorted by."""


class StationRow(Protocol):
    """A row of the table."""

    id: int
    organization_id: int
    site_id: int | None
    tariff_id: int | None
    identity: str
    public_id: str
    name: str | None
    pinned_version: str | None
    registration: str
    strict: bool
    security_profile: int
    wanted_profile: int | None
    expired_until: datetime | None
    vendor: str | None
    model: str | None
    serial: str | None
    firmware: str | None
    ocpp_version: str | None
    booted_at: datetime | None
    charger_type: ChargerType | None
    phase: Phase | None
    manufacturer: str | None
    max_power_w: int | None
    version: int
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None
    changed_at: datetime
    change_number: int


class ListedStation(StationRow, Protocol):
    """A row with the name of its site."""

    site: str | None


class EntryRow(Protocol):
    """What the gateway's directory needs of a station."""

    id: int
    identity: str
    organization_id: int
    secret_salt: bytes
    secret_digest: bytes
    secret_slow: str | None
    offered_secrets: list[dict[str, str]] | None
    pinned_version: str | None
    registration: str
    booted_at: datetime | None
    strict: bool
    security_profile: int
    wanted_profile: int | None
    serial: str | None
    expired_until: datetime | None
    removed_at: datetime | None  # when another one with this identity was removed, the last time
    auto_start: bool | None  # a person's word on it (auto_start.py)


class ChangedEntry(EntryRow, Protocol):
    """The same, with what says how new it is."""

    change_number: int
    deleted_at: datetime | None


class Hardware(NamedTuple):
    """What a person says a station is, before it has said so itself."""

    vendor: str
    model: str
    serial: str | None = None
    firmware: str | None = None


class Owned(NamedTuple):
    """Which organization a station belongs to."""

    id: int
    identity: str
    organization_id: int


REGISTRATIONS = ("accepted", "pending", "rejected")
# 2.0.1 identifierString, and the blanks and dots of the field; never ':'
_IDENTITY = re.compile(r"[A-Za-z0-9*\-_=+|@. ]{1,48}\Z")


class Station(msgspec.Struct, frozen=True, gc=False):
    """What a handler knows of the station that speaks: enough to scope every lookup by it."""

    id: int
    identity: str
    organization_id: int
    version: str
    registration: str
    booted: bool
    heartbeat_interval_s: int = 300
    plug_in_timeout_s: float = 60.0  # for a remote start, if the station has not told its own
    strict: bool = False  # nothing it says is repaired
    serial: str | None = None  # that it has booted with
    serials: tuple[str, ...] | None = None  # those its certificate lets it boot with; None: any
    renewing: bool = False  # its certificate has ended, and it is here to get another one (renewals.py)
    notes_cards: bool = False  # those shown there, since it may have to be started with one (auto_start.py)

    @property
    def accepted(self) -> bool:
        """Registered, and has booted at least once (CON-20: this belongs to the record, not to the socket), and not here to renew only."""
        return self.registration == "accepted" and self.booted and not self.renewing


def is_identity(text: str) -> bool:
    """Whether this can be a station's identity: 1 to 48 characters, no ':' (1.6J §3.1, 2.0.1 Part 4 §3.1.1)."""
    return _IDENTITY.match(text) is not None and text.strip() == text and text not in (".", "..")


def create(
    work: Work,
    organization_id: int,
    keys: Keys,
    *,
    identity: str,
    secret: str | None = None,
    name: str | None = None,
    site: str | None = None,
    registration: str = "accepted",
    pinned_version: str | None = None,
    hardware: Hardware | None = None,
    facts: Mapping[str, Any] | None = None,
) -> tuple[StationRow, str]:
    """A new station and its secret in clear, to be shown once, with the `FACTS` that are given. Raises `Invalid`, and
    `Conflict`, also when the organization is closed: it would charge for nobody."""
    if not is_identity(identity):
        raise Invalid("id", "must have 1 to 48 characters: letters, digits and * - _ = + | @ . (no ':' or '/')")
    _check_registration(registration)
    organizations.check_open(work, organization_id)
    _check_free(work, identity)
    shown, credential = keys.generated() if secret is None else (secret, keys.typed(secret))
    values = {
        "organization_id": organization_id,
        "site_id": None if site is None else sites.named(work, organization_id, site),
        "identity": identity,
        "public_id": secrets.token_hex(8),
        "changed_at": work.now,
        **versions.first(work),
        **({"name": name, "registration": registration, "pinned_version": pinned_version} | dict(facts or {})),
        **({} if hardware is None else hardware._asdict()),
        **_stored(credential),
    }
    row: StationRow = work.first(_row, station_id=work.insert(_inserts.of(values), **values))
    _changed(work, row)
    audit.record(
        work, "add_station", Subject("station", identity), after=_facts(work, row), organization=organization_id
    )
    return row, shown


def get(work: Work, organization_id: int, identity: str, *, lock: bool = False) -> StationRow:
    """The station's row. Raises `NotFound`."""
    row: StationRow | None = versions.find(
        work, _of_identity(organization_id, identity).where(not_deleted(stations)), lock=lock
    )
    if row is None:
        raise NotFound("there is no charger {charger!r}", charger=identity)
    return row


def of_identities(work: Work, organization_id: int, identities: Sequence[str]) -> dict[str, StationRow]:
    """Those of these stations that are there, by identity."""
    mine = select(stations).where(stations.c.organization_id == organization_id, not_deleted(stations))
    return {row.identity: row for row in rows_among(work, mine, stations.c.identity, identities)}


def by_either_name(work: Work, organization_id: int, name: str) -> StationRow:
    """The station that has this identity, or this public id. Raises `NotFound`."""
    mine = select(stations).where(stations.c.organization_id == organization_id, not_deleted(stations))
    row = work.execute(mine.where(stations.c.identity == name)).one_or_none()
    row = row or work.execute(mine.where(stations.c.public_id == name)).one_or_none()
    if row is None:
        raise NotFound("there is no charger {charger!r}", charger=name)
    return row


def change(
    work: Work, organization_id: int, identity: str, changes: dict[str, Any], *, expected: Expected = None
) -> StationRow:
    """Set only what is given (DAT-09: a field that is left out stays). Raises `NotFound`, `Outdated`, `Invalid`."""
    station = get(work, organization_id, identity, lock=True)
    versions.check(station, expected)
    values: dict[str, Any] = {name: changes[name] for name in FACTS if name in changes}
    if "registration" in values:
        _check_registration(values["registration"])
    if "site" in changes:
        site = changes["site"]
        values["site_id"] = None if site is None else sites.named(work, organization_id, site)
    before = _facts(work, station)
    if versions.change(work, stations, station, values) is not station:
        keep(work, station)
    changed = get(work, organization_id, identity)
    audit.record(
        work,
        "change_station",
        Subject("station", identity),
        before=before,
        after=_facts(work, changed),
        organization=organization_id,
    )
    return changed


def new_secret(work: Work, organization_id: int, identity: str, keys: Keys, *, secret: str | None = None) -> str:
    """Replace the secret; the old one stops working at once. Returns the new one in clear."""
    station = get(work, organization_id, identity)
    shown, credential = keys.generated() if secret is None else (secret, keys.typed(secret))
    keep(work, station, **_stored(credential), offered_secrets=None)
    audit.record(work, "change_secret", Subject("station", identity), organization=organization_id)
    return shown


def keep_secrets(
    work: Work, station: Station, offered: list[dict[str, str]] | None, *, taken: Credential | None = None
) -> None:
    """The secrets that it may have taken, or the one that it has taken instead of its old one."""
    keep(work, station, offered_secrets=offered or None, **({} if taken is None else _stored(taken)))


def keep_credential(work: Work, station_id: int, before: Credential, after: Credential) -> None:
    """Keep the same secret in another way, unless it was changed meanwhile; nobody outside needs to hear of it."""
    same = and_(
        stations.c.id == station_id,
        stations.c.secret_salt == before.salt,
        stations.c.secret_slow.is_not_distinct_from(before.slow),
    )
    if work.execute(update(stations).where(same).values(**_stored(after))).rowcount:
        work.at_the_end(_number, station_id)


def delete(work: Work, organization_id: int, identity: str, *, expected: Expected = None) -> None:
    """Soft: its sessions stay, its identity is free again. Raises `NotFound`, `Outdated`."""
    station = get(work, organization_id, identity, lock=True)
    versions.check(station, expected)
    versions.delete(work, stations, station)
    keep(work, station)
    audit.record(
        work, "remove_station", Subject("station", identity), before=_facts(work, station), organization=organization_id
    )


def restore(work: Work, organization_id: int, identity: str) -> StationRow:
    """Bring back the one that was removed last, with its secret: the box outside still has it, and comes back by itself.

    Raises `NotFound`, and `Conflict` when the identity is in use again, or its site is gone.
    """
    gone = _of_identity(organization_id, identity)
    station: StationRow = versions.newest_deleted(work, stations, gone, f"charger {identity!r}")
    organizations.check_open(work, organization_id)
    _check_free(work, identity)
    if station.site_id is not None and not sites.is_there(work, station.site_id):
        raise Conflict("the site {site!r} of this charger was removed: restore it first", site=site_name(work, station))
    versions.change(work, stations, station, {"deleted_at": None})
    keep(work, station)
    restored = get(work, organization_id, identity)
    after = _facts(work, restored)
    audit.record(work, "restore_station", Subject("station", identity), after=after, organization=organization_id)
    return restored


def remove_site(work: Work, organization_id: int, site_id: str, *, expected: Expected = None) -> None:
    """A site at which no charger stands. Raises `NotFound`, `Outdated`, `Conflict`."""
    site = sites.get(work, organization_id, site_id, lock=True)
    there = select(stations.c.id).where(stations.c.site_id == site.id, not_deleted(stations)).limit(1)
    if work.execute(there).first() is not None:
        raise Conflict("chargers stand at {site!r}: move or remove them first", site=site.name)
    sites.remove(work, organization_id, site_id, expected=expected)


def listed(
    work: Work,
    organization_id: int,
    wanted: Wanted,
    *,
    site: str | None = None,
    registration: str | None = None,
    charger_type: ChargerType | None = None,
    manufacturer: str | None = None,
    deleted: bool = False,
    among: Sequence[Select[Any]] = (),
    except_for: Select[Any] | None = None,
) -> Found[ListedStation]:
    """Stations with the name of their site as `site`; only those in each of these selections, or all but some. Deleted ones only
    when they are asked for, and then no others."""
    # Said of sites as well, because their index of names begins with the organization.
    of_the_same = sites.sites.c.organization_id == stations.c.organization_id
    mine = (
        select(stations, sites.sites.c.name.label("site"))
        .outerjoin(sites.sites, and_(sites.sites.c.id == stations.c.site_id, of_the_same))
        .where(stations.c.organization_id == organization_id)
        .where(stations.c.deleted_at.is_not(None) if deleted else not_deleted(stations))
    )
    mine = only(mine, {stations.c.registration: registration, stations.c.charger_type: charger_type})
    mine = alike(mine, {sites.sites.c.name: site, stations.c.manufacturer: manufacturer})
    for selected in among:
        mine = mine.where(stations.c.id.in_(selected))
    if except_for is not None:
        mine = mine.where(stations.c.id.not_in(except_for))
    if wanted.search:
        # The sites that are called so are found once: to look at the name of each charger's site would take longer.
        there = sites.sites.c.organization_id == organization_id, search(wanted.search, (sites.sites.c.name,))
        at_these = is_among(stations.c.site_id, select(sites.sites.c.id).where(*there))
        mine = mine.where(or_(search(wanted.search, SEARCHED), at_these)).execution_options(by_text=True)
    return rows_of(work, mine, wanted._replace(search=None), key=stations.c.id, sorts=SORTS)


def site_name(work: Work, station: StationRow) -> str | None:
    """The name of the site a station's row stands at."""
    if station.site_id is None:
        return None
    return work.execute(select(sites.sites.c.name).where(sites.sites.c.id == station.site_id)).scalar()


def ids(work: Work, organization_id: int) -> list[int]:
    """The keys of all stations of an organization."""
    mine = select(stations.c.id).where(stations.c.organization_id == organization_id, not_deleted(stations))
    return list(work.execute(mine).scalars())


def owners(work: Work) -> list[Owned]:
    """Which organization each station belongs to."""
    columns = (stations.c.id, stations.c.identity, stations.c.organization_id)
    return [Owned._make(row) for row in work.execute(select(*columns).where(not_deleted(stations)))]


def count(work: Work, organization_id: int, *, among: Select[Any] | None = None) -> int:
    """How many stations there are; or of those selected."""
    mine = (
        select(func.count())
        .select_from(stations)
        .where(stations.c.organization_id == organization_id, not_deleted(stations))
    )
    if among is not None:
        mine = mine.where(stations.c.id.in_(among))
    return int(work.execute(mine).scalar_one())


def any_registered(work: Work) -> bool:
    """Whether there is a charger at all."""
    return work.execute(select(stations.c.id).where(not_deleted(stations)).limit(1)).first() is not None


def all_entries(work: Work) -> tuple[int, list[EntryRow]]:
    """What the gateway's directory needs of every station, and the number of the last change that is surely among it."""
    number = installation.last_change(
        work
    )  # read first, so that what is committed meanwhile is found later, by its higher number
    return number, list(work.execute(select(*_ENTRY).where(not_deleted(stations))))


def changed_after(work: Work, number: int, again: Collection[int]) -> list[ChangedEntry]:
    """The entries of stations whose record has a higher number of change, and of those to be read `again`; with `deleted_at`."""
    changed: ColumnElement[bool] = stations.c.change_number > number
    if again:
        changed = or_(changed, stations.c.id.in_(again))
    return list(work.execute(select(*_ENTRY, stations.c.change_number, stations.c.deleted_at).where(changed)))


def entry(work: Work, station_id: int) -> EntryRow | None:
    """What the directory needs of one station, or None when it is deleted."""
    return cast(EntryRow | None, work.first(_entry, station_id=station_id))


_others, _said = stations.alias("others"), table("auto_starts", column("station_id"), column("wanted", Boolean))
_BESIDE = {
    "removed_at": select(func.max(_others.c.deleted_at)).where(_others.c.identity == stations.c.identity),
    "auto_start": select(_said.c.wanted).where(_said.c.station_id == stations.c.id),
}
_ENTRY = tuple(
    _BESIDE[name].correlate(stations).scalar_subquery().label(name) if name in _BESIDE else stations.c[name]
    for name in EntryRow.__annotations__
)
_inserts = Inserts(stations)
_row = Prepared(select(stations).where(stations.c.id == bindparam("station_id")))
_entry = Prepared(select(*_ENTRY).where(stations.c.id == bindparam("station_id"), not_deleted(stations)))


def keep(work: Work, station: Station | StationRow, **values: Any) -> None:
    """What is so of it from now on, here or in another topic; every node hears of it."""
    work.execute(update(stations).where(stations.c.id == station.id).values(changed_at=work.now, **values))
    _changed(work, station)


def _changed(work: Work, row: StationRow | Station) -> None:
    work.at_the_end(_number, row.id)
    work.publish(
        events.StationChanged(
            station_id=row.id,
            station=row.identity,
            at=work.now,
            organization_id=row.organization_id,
            entry=entry(work, row.id),
        )
    )


def _number(work: Work, station_ids: list[int]) -> None:
    """All records that a transaction has changed get the number of its change."""
    number = installation.next_change(work)
    work.execute(update(stations).where(stations.c.id.in_(station_ids)).values(change_number=number))


def _stored(credential: Credential) -> dict[str, Any]:
    return {"secret_salt": credential.salt, "secret_digest": credential.digest, "secret_slow": credential.slow}


def _facts(work: Work, row: StationRow) -> dict[str, Any]:
    """What a person may change, for the audit log."""
    return {"site": site_name(work, row)} | {name: getattr(row, name) for name in FACTS}


def _of_identity(organization_id: int, identity: str) -> Select[Any]:
    return select(stations).where(stations.c.organization_id == organization_id, stations.c.identity == identity)


_taken = Prepared(select(stations.c.id).where(stations.c.identity == bindparam("identity"), not_deleted(stations)))


def _check_free(work: Work, identity: str) -> None:
    with work.beyond():  # by whomever: it connects by this name
        is_taken = work.first(_taken, identity=identity) is not None
    if is_taken:
        raise Conflict("there is a charger {charger!r} already", charger=identity)


def _check_registration(registration: str) -> None:
    if registration not in REGISTRATIONS:
        raise Invalid("registration", "must be one of {known}", known=", ".join(REGISTRATIONS))
