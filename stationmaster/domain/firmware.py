"""Firmware: the files we have, and the update of each charger, driven by what the charger tells and by its next boot.

A life: requested → accepted → downloading → downloaded → (verified) → installing → installed; or refused, failed, canceled,
expired. Whether a charger runs what it should is known from its boot, whatever it has said (O-11).
"""

from __future__ import annotations

import base64
import binascii
import secrets
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    and_,
    insert,
    or_,
    select,
    update,
)

from stationmaster.domain import audit, commands
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.links import Gone, plain_name
from stationmaster.domain.stations import Station, stations
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import not_deleted, page

firmware = Table(
    "firmware",
    metadata,
    key(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("name", Text, nullable=False),  # of the file, for people and chargers
    Column("vendor", Text),
    Column("model", Text),
    Column("version", Text, nullable=False),  # as the charger says it when it boots
    Column("kept_as", Text, nullable=False),
    Column("size", BigInt, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("signature", Text),  # base64, of its maker
    Column("signing_certificate", Text),  # PEM
    Column("uploaded_by", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("deleted_at", UtcTime),
    Column("md5", Text),  # as OCPP names a firmware that is published; empty: it was uploaded before this was kept
)
Index("ix_firmware_organization_id", firmware.c.organization_id, firmware.c.id)
updates = Table(
    "firmware_updates",
    metadata,
    key(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("firmware_id", BigInt, ForeignKey("firmware.id"), nullable=False),
    Column("request_id", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("status", Text),  # the charger's own word
    Column("sentence", Text, nullable=False),
    Column("from_version", Text),
    Column("to_version", Text, nullable=False),
    Column("booted_version", Text),  # what the charger said when it booted afterwards
    Column("asked_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("fetched_at", UtcTime),  # by its address, the last time
    Column("finished_at", UtcTime),
    UniqueConstraint("station_id", "request_id", name="uq_firmware_updates_request_id"),
)
Index("ix_firmware_updates_station_id", updates.c.station_id, updates.c.id)
_is_open = updates.c.finished_at.is_(None)
Index("ix_firmware_updates_open", updates.c.station_id, sqlite_where=_is_open, postgresql_where=_is_open)

State = Literal[
    "requested",
    "accepted",
    "refused",
    "downloading",
    "downloaded",
    "verified",
    "installing",
    "installed",
    "failed",
    "canceled",
    "expired",
]
_STEPS: dict[str, tuple[State, str]] = {
    "DownloadScheduled": ("accepted", "The charger will fetch the firmware at the time it was given."),
    "Downloading": ("downloading", "The charger is fetching the firmware."),
    "DownloadPaused": ("downloading", "The charger has paused fetching the firmware; it goes on by itself."),
    "Downloaded": ("downloaded", "The charger has fetched the firmware."),
    "SignatureVerified": ("verified", "The charger has checked the maker's signature, and it is right."),
    "InstallScheduled": ("downloaded", "The charger will install the firmware later, as when nobody charges."),
    "Installing": ("installing", "The charger is installing the firmware."),
    "InstallRebooting": ("installing", "The charger restarts to install the firmware."),
    "Installed": ("installed", "The charger says that the firmware is installed."),
    "DownloadFailed": ("failed", "The charger could not fetch the firmware. Can it reach the address of this server?"),
    "InstallationFailed": ("failed", "The charger could not install the firmware. Is it the right one for this model?"),
    "InvalidSignature": ("failed", "The charger says that the maker's signature does not fit the firmware."),
    "InstallVerificationFailed": ("failed", "The charger has installed the firmware, and found that it is not sound."),
}
_ENDED = ("installed", "failed", "refused", "canceled", "expired")
SPEAKS_LATE = timedelta(days=30)  # so long after it was asked for is what a charger says without a number about it
AT_ONCE = 200


class Firmware(NamedTuple):
    """A row of the table of files, its columns in their order."""

    id: int
    public_id: str
    organization_id: int
    name: str
    vendor: str | None
    model: str | None
    version: str
    kept_as: str
    size: int
    sha256: str
    signature: str | None
    signing_certificate: str | None
    uploaded_by: str
    created_at: datetime
    deleted_at: datetime | None
    md5: str | None


class Update(NamedTuple):
    """A row of the table of updates, its columns in their order."""

    id: int
    public_id: str
    station_id: int
    firmware_id: int
    request_id: int
    state: State
    status: str | None
    sentence: str
    from_version: str | None
    to_version: str
    booted_version: str | None
    asked_at: datetime
    changed_at: datetime
    until: datetime
    fetched_at: datetime | None
    finished_at: datetime | None


# The files


def add(
    work: Work,
    organization_id: int,
    *,
    name: str,
    version: str,
    vendor: str | None,
    model: str | None,
    signature: str | None,
    signing_certificate: str | None,
    kept_as: str,
    size: int,
    sha256: str,
    by: str,
    md5: str | None = None,
) -> Firmware:
    """A file that somebody has brought. Raises `Invalid`."""
    if size == 0:
        raise Invalid("body", "is empty; send the bytes of the file as they are")
    check_signature(signature, signing_certificate)
    values = {
        "public_id": secrets.token_hex(8),
        "organization_id": organization_id,
        "name": plain_name(name),
        "version": version,
        "vendor": vendor,
        "model": model,
        "signature": signature,
        "signing_certificate": signing_certificate,
        "kept_as": kept_as,
        "size": size,
        "sha256": sha256,
        "md5": md5,
        "uploaded_by": by,
        "created_at": work.now,
    }
    row = Firmware._make(work.execute(insert(firmware).values(**values).returning(*firmware.c)).one())
    after = {"name": row.name, "version": version, "vendor": vendor, "model": model, "sha256": sha256, "size": size}
    audit.record(work, "add_firmware", Subject("firmware", row.public_id), after=after, organization=organization_id)
    return row


def check_signature(signature: str | None, signing_certificate: str | None) -> None:
    """Raises `Invalid` for what no charger could check."""
    if (signature is None) != (signing_certificate is None):
        raise Invalid("signature", "goes with signing_certificate: give both, or neither")
    if signature is not None:
        try:
            base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            raise Invalid("signature", "must be base64") from None


def get(work: Work, organization_id: int, public_id: str) -> Firmware:
    """Raises `NotFound`."""
    mine = (firmware.c.organization_id == organization_id, firmware.c.public_id == public_id, not_deleted(firmware))
    row = work.execute(select(firmware).where(*mine)).one_or_none()
    if row is None:
        raise NotFound("there is no firmware {id!r}", id=public_id)
    return Firmware._make(row)


def checksum(work: Work, organization_id: int, public_id: str) -> str:
    """The MD5 of a file, in hexadecimal digits. Raises `NotFound`, and `Conflict` where it was never kept."""
    row = get(work, organization_id, public_id)
    if row.md5 is None:
        raise Conflict("this firmware was uploaded when MD5 checksums were not kept yet; upload it again")
    return row.md5


def listed(work: Work, organization_id: int, *, limit: int, cursor: str | None) -> list[Firmware]:
    """The files, newest first."""
    mine = select(firmware).where(firmware.c.organization_id == organization_id, not_deleted(firmware))
    return [Firmware._make(row) for row in work.execute(page(mine, firmware.c.id, limit=limit, cursor=cursor))]


def remove(work: Work, organization_id: int, public_id: str) -> Firmware:
    """A file that no charger is given any more; its bytes may go. Raises `NotFound` and `Conflict`."""
    row = get(work, organization_id, public_id)
    wanted = select(updates.c.id).where(updates.c.firmware_id == row.id, _is_open)
    if work.execute(wanted.limit(1)).first() is not None:
        raise Conflict("a charger is being updated with it")
    work.execute(update(firmware).where(firmware.c.id == row.id).values(deleted_at=work.now))
    audit.record(work, "remove_firmware", Subject("firmware", public_id), before={"name": row.name})
    return row


# The update of one charger


def begin(work: Work, station: Station, *, public_id: str, force: bool, until: datetime) -> tuple[Firmware, Update]:
    """An update that is about to be asked for. Raises `NotFound`, and `Conflict` for a firmware of other chargers."""
    wanted = get(work, station.organization_id, public_id)
    there = work.execute(select(stations).where(stations.c.id == station.id)).one()
    if not force:
        for what, here, needed in (("vendor", there.vendor, wanted.vendor), ("model", there.model, wanted.model)):
            if here and needed and here.strip().lower() != needed.strip().lower():
                raise Conflict(
                    "this firmware is for the vendor {needed}, and the charger says it is {here}; with `force` it is sent all the same"
                    if what == "vendor"
                    else "this firmware is for the model {needed}, and the charger says it is {here}; with `force` it is sent all"
                    " the same",
                    needed=needed,
                    here=here,
                )
    values = {
        "public_id": secrets.token_hex(8),
        "station_id": station.id,
        "firmware_id": wanted.id,
        "request_id": commands.new_request_id(),
        "state": "requested",
        "sentence": "The charger has been asked.",
        "from_version": there.firmware,
        "to_version": wanted.version,
        "asked_at": work.now,
        "changed_at": work.now,
        "until": until,
    }
    return wanted, Update._make(work.execute(insert(updates).values(**values).returning(*updates.c)).one())


def accepted(work: Work, station: Station, request_id: int | None, *, replaces: bool = True) -> None:
    """The charger will do it. What was under way before is canceled by it, where the charger has one update at a time."""
    row = _find(work, station, request_id)
    if row is None:
        return
    if row.state == "requested":
        _move(work, row, "accepted", "The charger has accepted the update.")
    if replaces:
        older = (updates.c.station_id == station.id, updates.c.id < row.id, _is_open)
        for found in work.execute(select(updates).where(*older)).all():
            earlier = Update._make(found)
            _move(work, earlier, "canceled", "A newer update has taken its place.")
            commands.progress(work, station, earlier.request_id, "canceled", ended="failed")


def refused(work: Work, station: Station, request_id: int | None, sentence: str) -> None:
    """The charger will not do it; one that is under way goes on."""
    row = _find(work, station, request_id)
    if row is not None and row.state == "requested":
        _move(work, row, "refused", sentence)


def report(work: Work, station: Station, status: str, *, request_id: int | None) -> bool:
    """How far the charger says it is. Without a number (1.6) it is about its newest update. False when it is about none of ours.

    A station knows its own numbers only: that of another one's update finds nothing (ATK-05).
    """
    meant = _STEPS.get(status)
    row = _find(work, station, request_id)
    if row is None:
        return False
    if meant is None or row.state in ("refused", "canceled") or work.now > row.asked_at + SPEAKS_LATE:
        return True
    state, sentence = meant
    values: dict[str, str | None] = {"status": status}
    if state == "installed":
        booted = work.execute(select(stations).where(stations.c.id == station.id)).one()
        since = booted.booted_at is not None and booted.booted_at > row.asked_at
        if since and booted.firmware == row.to_version:  # else its next boot decides
            values["booted_version"] = booted.firmware
            sentence = f"The charger runs {row.to_version}."
    _move(work, row, state, sentence, **values)
    ended: Literal["done", "failed"] | None = (
        "done" if state == "installed" else "failed" if state == "failed" else None
    )
    commands.progress(work, station, row.request_id, state, ended=ended, sentence=sentence)
    return True


def fetch(work: Work, public_id: str) -> Firmware:
    """What an address leads to: that of an update as often as the charger needs it, until it is installed; that of the file itself,
    for a local controller that publishes it, until its time is over. Raises `Gone`."""
    published = work.execute(select(firmware).where(firmware.c.public_id == public_id, not_deleted(firmware)))
    if (file := published.one_or_none()) is not None:
        return Firmware._make(file)
    joined = select(firmware, updates.c.id.label("update_id"), updates.c.finished_at).join(
        updates, updates.c.firmware_id == firmware.c.id
    )
    row = work.execute(joined.where(updates.c.public_id == public_id)).one_or_none()
    if row is None or row.deleted_at is not None:
        raise Gone("this firmware is not here any more")
    if row.finished_at is not None:
        raise Gone("this update has ended")
    work.execute(update(updates).where(updates.c.id == row.update_id).values(fetched_at=work.now))
    return Firmware._make(row[: len(firmware.c)])


def of_station(work: Work, station_id: int, *, limit: int, cursor: str | None) -> list[Update]:
    """The updates of a charger, newest first."""
    mine = select(updates).where(updates.c.station_id == station_id)
    return [Update._make(row) for row in work.execute(page(mine, updates.c.id, limit=limit, cursor=cursor))]


def any_open(work: Work) -> bool:
    """Whether there is anything to look after; cheap."""
    looked = or_(_is_open, _unproven(work.now))
    return work.execute(select(updates.c.id).where(looked).limit(1)).first() is not None


def look_after(work: Work, *, silent: timedelta) -> int:
    """What chargers do not tell themselves: that they have booted with the new firmware, or with the old one; that they were
    never asked, or say no more. Returns how many updates have ended, or have turned out otherwise (O-11)."""
    joined = select(
        updates,
        stations.c.identity,
        stations.c.organization_id,
        stations.c.registration,
        stations.c.booted_at,
        stations.c.firmware,
    ).join(stations, stations.c.id == updates.c.station_id)
    ended = 0
    for found in work.execute(joined.where(or_(_is_open, _unproven(work.now))).limit(AT_ONCE)).all():
        row = Update._make(found[: len(updates.c)])
        booted = found.firmware if found.booted_at is not None and found.booted_at > row.asked_at else None
        station = Station(row.station_id, found.identity, found.organization_id, "", found.registration, True)
        judged = _not_asked(work, station, row) or _judged(row, booted, found.booted_at, work.now, silent)
        if judged is None:
            continue
        state, sentence = judged
        _move(work, row, state, sentence, booted_version=booted)
        progress: Literal["done", "failed"] = "done" if state == "installed" else "failed"
        commands.progress(work, station, row.request_id, state, ended=progress, sentence=sentence)
        ended += 1
    return ended


def _not_asked(work: Work, station: Station, row: Update) -> tuple[State, str] | None:
    """The command has come to nothing: it could not be sent, or the charger has answered with an error."""
    if row.state != "requested":
        return None
    command = commands.by_request_id(work, station, row.request_id)
    if command is None or not command.has_failed:
        return None
    return "refused", command.detail or "The charger could not be asked."


def _judged(
    row: Update, booted: str | None, booted_at: datetime | None, now: datetime, silent: timedelta
) -> tuple[State, str] | None:
    """What a boot, or silence, makes of an update; None when it goes on."""
    old = booted is not None and booted == row.from_version and booted != row.to_version
    if row.state == "installed":
        if booted is None or booted_at is None or row.finished_at is None or booted_at <= row.finished_at:
            return None
        if booted == row.to_version:
            return "installed", f"The charger runs {booted}."
        if old:
            return "failed", f"The charger said that it was installed, and has started with {booted} as before."
        return "installed", f"The charger says that it is installed, and calls its firmware {booted}."
    if booted is not None and booted == row.to_version and booted != row.from_version:
        return "installed", f"The charger has started with {booted}."
    if old and row.state in ("downloaded", "verified", "installing") and now - row.changed_at > silent:
        return "failed", f"The charger has started with {booted}, not with {row.to_version}, and says no more of it."
    if now > row.until:
        return "expired", "The charger has told nothing more of it in time."
    return None


def _unproven(now: datetime) -> ColumnElement[bool]:
    """Said to be installed lately, and not booted since."""
    return and_(
        updates.c.state == "installed", updates.c.booted_version.is_(None), updates.c.finished_at > now - SPEAKS_LATE
    )


def _find(work: Work, station: Station, request_id: int | None) -> Update | None:
    """The update of this number, or the newest one."""
    if request_id is not None and not 0 <= request_id < 2**31:
        return None  # what fits no column is none of ours
    mine = select(updates).where(updates.c.station_id == station.id)
    if request_id is not None:
        mine = mine.where(updates.c.request_id == request_id)
    row = work.execute(mine.order_by(updates.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else Update._make(row)


def _move(work: Work, row: Update, state: State, sentence: str, **values: str | None) -> None:
    finished = work.now if state in _ENDED else None
    if state == "installed" and row.finished_at is not None:
        finished = row.finished_at
    changed = {"state": state, "sentence": sentence, "changed_at": work.now, "finished_at": finished, **values}
    work.execute(update(updates).where(updates.c.id == row.id).values(**changed))
