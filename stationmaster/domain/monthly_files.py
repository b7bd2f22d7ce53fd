"""Last month's sessions as a file for whoever keeps the books elsewhere: made once, kept, and sent until it has arrived (O-12).

The file of a month is made once for each receiver, and its bytes are kept: whoever is sent it again gets the same.
"""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, Protocol, cast

from sqlalchemy import Column, ForeignKey, Index, Integer, Select, Table, Text, UniqueConstraint, insert, select, update

from stationmaster.domain import audit, moments, months
from stationmaster.domain.audit import Subject
from stationmaster.domain.bills.tables import bills, that_hold
from stationmaster.domain.cells import harmless
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.domain.invoices import invoices, issuers
from stationmaster.domain.invoices.printouts import KeptFile
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.sessions import Times, Which
from stationmaster.domain.sessions.exported import ExportedSession, exported, first_key
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.lists import Found, Wanted, listed

State = Literal["waiting", "sent", "failed"]
"""It is to go out; it has arrived; it is not tried any more until a person says so."""

monthly_files = Table(
    "monthly_files",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("public_id", Text, nullable=False, unique=True),
    Column("receiver", Text, nullable=False),  # its name in the settings
    Column("month", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcTime, nullable=False),
    Column("error", Text),
    Column("kept_as", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("sessions", Integer, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime),
    UniqueConstraint("organization_id", "receiver", "month"),
)
_waits = monthly_files.c.state == "waiting"
Index("ix_monthly_files_due_at", monthly_files.c.due_at, sqlite_where=_waits, postgresql_where=_waits)

TRIES = 5
PAUSES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
"""Between the tries."""

COLUMNS = (
    "session", "charger", "site", "evse", "customer", "customer_name", "token", "started_at", "stopped_at", "time_zone",
    "energy_kwh", "bill", "bill_revision", "currency", "net", "tax", "round_off", "total", "booked_on", "flags", "excluded",
)  # fmt: skip


class FileRow(Protocol):
    """A row of the table."""

    id: int
    organization_id: int
    public_id: str
    receiver: str
    month: str
    state: State
    attempts: int
    due_at: datetime
    error: str | None
    kept_as: str
    size: int
    sha256: str
    sessions: int
    made_at: datetime
    sent_at: datetime | None


class Month(NamedTuple):
    """2026-11, and when it begins and ends by the organization's clock."""

    name: str
    since: datetime
    until: datetime


def to_make(work: Work, organization_id: int, receiver: str, *, hour: int) -> Month | None:
    """The month whose file is due and not made yet: the last one, from the 1st at this hour on."""
    zone = moments.zone_named(issuers.get(work, organization_id).time_zone)
    last = months.at(work.now, zone).before
    span = last.span(zone)
    if work.now < span.until.astimezone(zone).replace(hour=hour):
        return None
    month = Month(str(last), *span)
    return None if _is_made(work, organization_id, receiver, month) else month


def head() -> bytes:
    return _lines([COLUMNS])


def rows(
    work: Work, organization_id: int, month: Month, *, after: int | None, limit: int
) -> tuple[bytes, int, int | None]:
    """The next sessions that have ended in a month: as lines, how many they are, and the key of the last; None: there are no more."""
    which = Which(times=Times(ended_from=month.since, ended_to=month.until))
    first = first_key(work, organization_id, which)
    found = exported(work, organization_id, which, after=after, limit=limit, first=first)
    billed = _bills(work, [each.key for each in found])
    lines = _lines([_row(each, billed.get(each.key)) for each in found])
    return lines, len(found), found[-1].key if len(found) == limit else None


def keep(
    work: Work, organization_id: int, receiver: str, month: Month, made: KeptFile, *, sessions: int
) -> FileRow | None:
    """A file that was made, to be sent now; None where somebody else has made it in this moment."""
    if _is_made(work, organization_id, receiver, month):
        return None
    values = {
        "organization_id": organization_id,
        "public_id": f"file_{secrets.token_hex(8)}",
        "receiver": receiver,
        "month": month.name,
        "state": "waiting",
        "due_at": work.now,
        "kept_as": made.name,
        "size": made.size,
        "sha256": made.sha256,
        "sessions": sessions,
        "made_at": work.now,
    }
    return cast(FileRow, work.execute(insert(monthly_files).values(values).returning(*monthly_files.c)).one())


def to_send(work: Work) -> list[FileRow]:
    """What is due, the oldest first."""
    due = select(monthly_files).where(_waits, monthly_files.c.due_at <= work.now)
    return cast(list[FileRow], work.execute(due.order_by(monthly_files.c.due_at).limit(20)).all())


def arrived(work: Work, row: FileRow) -> None:
    _set(work, row, state="sent", attempts=row.attempts + 1, error=None, sent_at=work.now)


def failed(work: Work, row: FileRow, error: str) -> bool:
    """It is tried again later; True when it was the last time, and somebody is to be told."""
    attempts = row.attempts + 1
    over = attempts >= TRIES
    due = work.now if over else work.now + PAUSES[attempts - 1]
    _set(work, row, state="failed" if over else "waiting", attempts=attempts, error=error[:500], due_at=due)
    return over


def send_again(work: Work, organization_id: int, public_id: str) -> FileRow:
    """Somebody wants it to be sent once more: the same bytes, whatever has changed since. Raises `NotFound`, `Conflict`."""
    before = get(work, organization_id, public_id)
    if before.state == "waiting":
        raise Conflict("it is about to be sent")
    _set(work, before, state="waiting", attempts=0, due_at=work.now)
    facts = {"receiver": before.receiver, "month": before.month, "sha256": before.sha256}
    subject = Subject("monthly_file", public_id)
    audit.record(work, "send_monthly_file", subject, after=facts, organization=organization_id)
    return get(work, organization_id, public_id)


def get(work: Work, organization_id: int, public_id: str) -> FileRow:
    """One file. Raises `NotFound`."""
    invoices.check_sees_all(work)
    row = work.execute(_of(organization_id).where(monthly_files.c.public_id == public_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such file")
    return cast(FileRow, row)


def list_files(work: Work, organization_id: int, wanted: Wanted) -> Found[FileRow]:
    """Files, the newest first."""
    invoices.check_sees_all(work)
    return listed(work, _of(organization_id), wanted, key=monthly_files.c.id)


def _is_made(work: Work, organization_id: int, receiver: str, month: Month) -> bool:
    mine = _of(organization_id).where(monthly_files.c.receiver == receiver, monthly_files.c.month == month.name)
    return work.execute(mine.with_only_columns(monthly_files.c.id)).first() is not None


def _of(organization_id: int) -> Select[Any]:
    return select(monthly_files).where(monthly_files.c.organization_id == organization_id)


def _set(work: Work, row: FileRow, **values: Any) -> None:
    work.execute(update(monthly_files).where(monthly_files.c.id == row.id).values(values))


def _bills(work: Work, keys: Sequence[int]) -> dict[int, Any]:
    """The bill that holds of each session that has one."""
    if not keys:
        return {}
    names = (
        "session_id",
        "public_id",
        "revision",
        "state",
        "currency",
        "net",
        "tax",
        "round_off",
        "total",
        "booked_on",
    )
    mine = select(*(bills.c[name] for name in names)).where(bills.c.session_id.in_(keys))
    return {row.session_id: row for row in work.execute(that_hold(mine)) if row.state != "taken_back"}


def _row(session: ExportedSession, bill: Any) -> list[str]:
    zone = moments.zone_named(session.time_zone)
    kwh = None if session.energy_wh is None else session.energy_wh / 1000
    values: list[Any] = [
        session.id, session.charger, session.site, session.evse, session.customer, session.customer_name, session.token,
        session.started_at.astimezone(zone).isoformat(), session.stopped_at and session.stopped_at.astimezone(zone).isoformat(),
        session.time_zone, None if kwh is None else f"{kwh:.3f}",
    ]  # fmt: skip
    if bill is None:
        values += [None] * 8
    else:
        amounts = [Money(each, bill.currency).amount for each in (bill.net, bill.tax, bill.round_off, bill.total)]
        values += [bill.public_id, bill.revision, bill.currency, *amounts, bill.booked_on]
    values += [" ".join(session.flags or ()), "yes" if session.excluded else ""]
    return ["" if value is None else harmless(value) if isinstance(value, str) else f"{value}" for value in values]


def _lines(written: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(written)
    return out.getvalue().encode()
