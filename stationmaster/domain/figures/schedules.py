"""Reports that are sent by themselves: which, of what, to whom, each month or each week.

A schedule knows the last period that it was sent for. That moves on in the transaction that queues the mails, so a period goes out once, whatever
node or restart comes in between; the mails are deliveries, tried again for a day, and the schedule says what failed until it has arrived.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, time, tzinfo
from typing import Any, Literal, Protocol, cast, get_args

from sqlalchemy import Boolean, Column, ForeignKey, Index, Select, Table, Text, func, insert, select, update
from sqlalchemy import text as sql

from stationmaster.domain import audit, customers, moments, months, organizations, sites, versions
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.events import ReportMailDue
from stationmaster.domain.figures import reports
from stationmaster.domain.invoices import issuers
from stationmaster.domain.invoices.languages import LANGUAGES
from stationmaster.reason_words import Reason
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Json, UtcTime, key, metadata
from stationmaster.storage.lists import Found, Wanted, listed
from stationmaster.storage.queries import not_deleted

Rhythm = Literal["monthly", "weekly"]
Format = Literal["pdf", "xlsx", "csv"]

report_schedules = Table(
    "report_schedules",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("public_id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("report", Text, nullable=False),
    Column("site_id", BigInt, ForeignKey("sites.id")),
    Column("rhythm", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("language", Text),  # None: the organization's
    Column("receivers", Json, nullable=False),  # e-mail addresses
    Column("active", Boolean, nullable=False, server_default=sql("true")),
    Column("sent_for", Text, nullable=False),  # the last period that is done, as in 2026-11 or 2026-W48
    Column("sent_at", UtcTime),  # when the last mail has arrived
    Column("error", Text),  # to whom the last mail could not be sent, and why
    *versions.columns(),
)
Index("ix_report_schedules_organization", report_schedules.c.organization_id, report_schedules.c.id)

FACTS = ("name", "report", "site", "rhythm", "format", "language", "receivers", "active")
"""What a person may say of a schedule."""

SORTS = {"name": func.lower(report_schedules.c.name), "created": report_schedules.c.id}
MOST = 50  # of one organization
MOST_RECEIVERS = 20
HOUR = 6
"""Of the day after the period, by the clock of the site or the organization: days of ports are counted by then, and late words are in."""


class ScheduleRow(Protocol):
    """A row of the table, with the id of its site."""

    id: int
    organization_id: int
    public_id: str
    name: str
    report: reports.Kind
    site_id: int | None
    site: str | None
    time_zone: str | None  # of the site
    rhythm: Rhythm
    format: Format
    language: str | None
    receivers: list[str]
    active: bool
    sent_for: str
    sent_at: datetime | None
    error: str | None
    version: int
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None


def create(work: Work, organization_id: int, facts: Mapping[str, Any]) -> ScheduleRow:
    """A new schedule with all of the `FACTS`, sent first for the period that goes on. Raises `Invalid`, `Conflict`."""
    _check_sees_all(work)
    count = select(func.count()).select_from(_of(organization_id).subquery())
    if int(work.execute(count).scalar_one()) >= MOST:
        raise Conflict("there are {most} schedules already; remove one first", most=MOST)
    values = _checked(work, organization_id, facts)
    zone = _zone(
        work,
        organization_id,
        None if facts["site"] is None else sites.get(work, organization_id, facts["site"]).time_zone,
    )
    public_id = secrets.token_hex(8)
    work.execute(
        insert(report_schedules).values(
            organization_id=organization_id, public_id=public_id, sent_for=str(_over(work, values["rhythm"], zone)),
            **values, **versions.first(work),
        )
    )  # fmt: skip
    row = get(work, organization_id, public_id)
    _record(work, "add_report_schedule", row, after=_facts(row))
    return row


def get(work: Work, organization_id: int, public_id: str, *, lock: bool = False) -> ScheduleRow:
    """One schedule. Raises `NotFound`."""
    _check_sees_all(work)
    mine = _of(organization_id).where(report_schedules.c.public_id == public_id)
    row = work.execute(mine.with_for_update(of=report_schedules) if lock else mine).one_or_none()
    if row is None:
        raise NotFound("there is no such schedule")
    return cast(ScheduleRow, row)


def change(
    work: Work, organization_id: int, public_id: str, changes: Mapping[str, Any], *, expected: versions.Expected = None
) -> ScheduleRow:
    """Set the `FACTS` that are given. One that goes on after a pause does not make up for it. Raises `NotFound`, `Outdated`, `Invalid`."""
    before = get(work, organization_id, public_id, lock=True)
    versions.check(before, expected)
    facts = _facts(before) | dict(changes)
    values = _checked(work, organization_id, facts)
    if values["rhythm"] != before.rhythm or (values["active"] and not before.active):
        values["sent_for"] = str(_over(work, values["rhythm"], _zone(work, organization_id, before.time_zone)))
    versions.change(work, report_schedules, before, values)
    row = get(work, organization_id, public_id)
    _record(work, "change_report_schedule", row, before=_facts(before), after=_facts(row))
    return row


def remove(work: Work, organization_id: int, public_id: str, *, expected: versions.Expected = None) -> None:
    """Soft. Raises `NotFound`, `Outdated`."""
    row = get(work, organization_id, public_id, lock=True)
    versions.check(row, expected)
    versions.delete(work, report_schedules, row)
    _record(work, "remove_report_schedule", row, before=_facts(row))


def list_schedules(work: Work, organization_id: int, wanted: Wanted) -> Found[ScheduleRow]:
    """The schedules that there are."""
    _check_sees_all(work)
    table = report_schedules.c
    return listed(work, _of(organization_id), wanted, key=table.id, sorts=SORTS, searched=(table.name,))


def send_now(work: Work, organization_id: int, public_id: str) -> str:
    """Send the last period that is over once more, whether it was sent or not; returns its name. Raises `NotFound`."""
    row = get(work, organization_id, public_id)
    period = str(_over(work, row.rhythm, _zone(work, organization_id, row.time_zone)))
    _tell(work, row, period)
    _record(work, "send_report", row, after={"period": period})
    return period


def due(work: Work) -> list[tuple[int, str]]:
    """The key of each schedule whose period is over and not sent, and that period."""
    found = []
    opened = organizations.organizations.c.closed_at.is_(None)
    mine = _with_site().join(
        organizations.organizations, organizations.organizations.c.id == report_schedules.c.organization_id
    )
    for row in work.execute(mine.where(not_deleted(report_schedules), report_schedules.c.active, opened)).all():
        zone = _zone(work, row.organization_id, row.time_zone)
        period = _over(work, row.rhythm, zone)
        if str(period) != row.sent_for and _sent_from(period, zone) <= work.now:
            found.append((row.id, str(period)))
    return found


def send(work: Work, schedule: int, period: str) -> bool:
    """Queue the mails for a period; False where that is done already."""
    mine = _with_site().where(report_schedules.c.id == schedule, not_deleted(report_schedules))
    row = work.execute(mine.with_for_update(of=report_schedules)).one_or_none()
    if row is None or not row.active or row.sent_for == period:
        return False
    work.execute(update(report_schedules).where(report_schedules.c.id == schedule).values(sent_for=period))
    _tell(work, row, period)
    return True


def arrived(work: Work, schedule: int, email: str) -> None:
    """A mail has gone out; what is said of this address holds no more."""
    mine = update(report_schedules).where(report_schedules.c.id == schedule)
    work.execute(mine.values(sent_at=work.now))
    work.execute(mine.where(report_schedules.c.error.startswith(f"{email}: ", autoescape=True)).values(error=None))


def failed(work: Work, schedule: int, email: str, why: str) -> None:
    """A mail could not be sent, this time or for good."""
    mine = update(report_schedules).where(report_schedules.c.id == schedule)
    work.execute(mine.values(error=f"{email}: {why}"[:500]))


def _tell(work: Work, row: Any, period: str) -> None:
    for email in row.receivers:
        work.publish(
            ReportMailDue(
                organization_id=row.organization_id, schedule=row.id, report=row.report, period=period, site=row.site, format=row.format,
                language=row.language, email=email,
            )
        )  # fmt: skip


def _over(work: Work, rhythm: Rhythm, zone: tzinfo) -> months.Period:
    """The last period that is over by a clock."""
    today = work.now.astimezone(zone).date()
    return months.of(today).before if rhythm == "monthly" else months.week_of(today).before


def _sent_from(period: months.Period, zone: tzinfo) -> datetime:
    return datetime.combine(period.next.first, time(HOUR), zone)


def _zone(work: Work, organization_id: int, of_site: str | None) -> tzinfo:
    return moments.zone_named(of_site or issuers.get(work, organization_id).time_zone)


def _checked(work: Work, organization_id: int, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the columns. Raises `Invalid`."""
    _check("name", facts["name"].strip(), Reason("is empty"))
    _check("report", facts["report"] in reports.KINDS, Reason("must be one of {known}", known=", ".join(reports.KINDS)))
    _check("rhythm", facts["rhythm"] in get_args(Rhythm), Reason("must be monthly or weekly"))
    _check("format", facts["format"] in get_args(Format), Reason("must be pdf, xlsx or csv"))
    _check(
        "language",
        facts["language"] in (None, *LANGUAGES),
        Reason("must be one of {known}", known=", ".join(LANGUAGES)),
    )
    reports.check_site(facts["report"], facts["site"])
    return {
        "name": facts["name"].strip(),
        "report": facts["report"],
        "site_id": _site(work, organization_id, facts["site"]),
        "rhythm": facts["rhythm"],
        "format": facts["format"],
        "language": facts["language"],
        "receivers": _receivers(facts["receivers"]),
        "active": facts["active"],
    }


def _site(work: Work, organization_id: int, site: str | None) -> int | None:
    try:
        return None if site is None else sites.get(work, organization_id, site).id
    except NotFound as missing:
        raise Invalid("site", missing.reason) from None


def _receivers(given: Sequence[str]) -> list[str]:
    emails = list(dict.fromkeys(each.strip() for each in given))
    _check("receivers", emails, Reason("name at least one e-mail address"))
    _check("receivers", len(emails) <= MOST_RECEIVERS, Reason("has {most} addresses at the most", most=MOST_RECEIVERS))
    for email in emails:
        _check("receivers", customers.is_email(email), Reason("{email!r} is no e-mail address", email=email))
    return emails


def _check(field: str, holds: object, otherwise: Reason) -> None:
    if not holds:
        raise Invalid(field, otherwise)


def _check_sees_all(work: Work) -> None:
    """Raises `Conflict`: what is sent is about all sites, also those that somebody limited may not see."""
    if work.narrow is not None:
        raise Conflict("reports are sent of all sites, and you are limited to some")


def _with_site() -> Select[Any]:
    site = sites.sites.c
    mine = select(report_schedules, site.public_id.label("site"), site.time_zone)
    return mine.outerjoin(sites.sites, site.id == report_schedules.c.site_id)


def _of(organization_id: int) -> Select[Any]:
    return _with_site().where(report_schedules.c.organization_id == organization_id, not_deleted(report_schedules))


def _facts(row: ScheduleRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FACTS}


def _record(work: Work, action: str, row: ScheduleRow, *, before: Any = None, after: Any = None) -> None:
    subject = Subject("report_schedule", row.public_id)
    audit.record(work, action, subject, before=before, after=after, organization=row.organization_id)
