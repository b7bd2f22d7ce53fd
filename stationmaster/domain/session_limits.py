"""What a session may cost or take at most; looked at by the clock while it goes on, and ended in time (M-17, M-21, PAY-08).

A limit is what is set aside for the session (`amount`: a payment that was authorised), what its customer has or may owe, what is left of
their monthly budget, or of the energy that its card may take. The lowest decides. Nothing of it is asked when a meter value comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple, Protocol

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, func, literal, select, update

from stationmaster.domain import (
    connectors,
    covers,
    energy_budgets,
    events,
    moments,
    months,
    prices,
    session_terms,
    sessions,
    stations,
)
from stationmaster.domain.driver_texts import Why
from stationmaster.domain.errors import Conflict
from stationmaster.domain.events import Event
from stationmaster.domain.ledger import NotEnough, holds
from stationmaster.domain.money import spending
from stationmaster.domain.money.amounts import Money, rounded, total, zero
from stationmaster.domain.money.facts import Reading, SessionFacts
from stationmaster.domain.money.rating import rate
from stationmaster.domain.money.spending import Outlook, Step
from stationmaster.domain.sessions import ListedRow
from stationmaster.domain.sessions.lists import with_names
from stationmaster.domain.sessions.table import is_open
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Exact, UtcTime, key, metadata
from stationmaster.storage.queries import AtOnce, Bulk

session_limits = Table(
    "session_limits",
    metadata,
    key(),
    Column("session_id", BigInt, ForeignKey("sessions.id"), nullable=False, unique=True),
    Column("amount", Exact()),  # set aside for it; empty: what its customer has decides
    Column("currency", Text),
    Column("to_tell", Exact()),  # a charger of 2.1 is to be told so much, and has not been
    Column("told", Exact()),  # it was told so,
    Column("told_with", Integer),  # with the answer to its message of this number
    Column("spent", Exact()),  # by the last look,
    Column("spent_currency", Text),  # in that of its tariff
    Column("look_at", UtcTime),  # when to look next; empty: it is over
    Column("warned_at", UtcTime),
    Column("ended_at", UtcTime),  # since when its charger is asked to end it
    Column("because", Text),  # which limit that was
)
_watched = session_limits.c.look_at.is_not(None)
Index("ix_session_limits_look_at", session_limits.c.look_at, sqlite_where=_watched, postgresql_where=_watched)

Because = Literal[Why, "hold"]
"""What there is no more of; `hold` is what was set aside elsewhere."""

HELD_FOR = timedelta(minutes=15)  # so much of what it may cost is held at a time
AGAIN = timedelta(seconds=30)  # a charger that has not ended it is asked again
AT_ONCE = 100


class LimitRow(Protocol):
    """A row of the table."""

    session_id: int
    amount: Decimal | None
    currency: str | None
    to_tell: Decimal | None
    told: Decimal | None
    told_with: int | None
    spent: Decimal | None
    spent_currency: str | None
    look_at: datetime | None
    warned_at: datetime | None
    ended_at: datetime | None
    because: Because | None


class LimitRaised(Event, frozen=True, kw_only=True, gc=False):
    """A session that goes on may cost more than before: a charger of 2.1 is to be told."""

    session_key: int
    organization_id: int = 0  # whose it is; 0: it was kept before this was told


class Found(NamedTuple):
    """How near to a limit a session is."""

    because: Because
    step: Step
    pause: timedelta


class Wanted(NamedTuple):
    """What has to be held of a prepaid customer, so that the session may go on; and what would be good for a while."""

    least: Money
    good: Money


class Look(NamedTuple):
    """What was seen of a session: nothing where it is over."""

    key: int
    row: ListedRow | None
    found: Found | None = None
    spent: Money | None = None
    wanted: Wanted | None = None


class Ending(NamedTuple):
    """A session that its charger is to be asked to end."""

    station_id: int
    session: str
    because: Because


_begin = AtOnce(Bulk(session_limits, ("session_id", "look_at"), ignore_duplicates=True))


def begin(work: Work, row: sessions.SessionRow) -> None:
    """Look after a session that has begun, where anything limits it."""
    if covers.is_limited(work, row.customer_id) or covers.budget_of(work, row) is not None:
        work.run(_begin, rows=[(row.id, work.now)])


def take_up(work: Work, keys: Sequence[int]) -> None:
    """Of sessions that have begun: fix by which tariff they are priced, and look after those that are limited."""
    for row in work.execute(select(sessions.sessions).where(sessions.sessions.c.id.in_(keys), is_open)).all():
        session_terms.fix(work, row)
        begin(work, row)


def set_aside(work: Work, session_id: int, amount: Money) -> None:
    """A session may cost so much: what was authorised for it elsewhere, or more than before (P-09). Look after it from now on."""
    before = of_session(work, session_id)
    if before is not None and before.amount is not None and before.currency == amount.currency:
        if amount.amount <= before.amount:
            return
        owner = select(sessions.sessions.c.organization_id).where(sessions.sessions.c.id == session_id)
        work.publish(LimitRaised(session_key=session_id, organization_id=work.execute(owner).scalar_one()))
    work.run(_begin, rows=[(session_id, work.now)])
    mine = session_limits.c.session_id == session_id
    values = {"amount": amount.amount, "currency": amount.currency, "to_tell": amount.amount, "look_at": work.now}
    # Who was warned, or is about to be stopped, has more now: they are warned again when that is near.
    work.execute(update(session_limits).where(mine).values(**values, warned_at=None, ended_at=None, because=None))


class ToTell(NamedTuple):
    """Which charger is to be asked to say something of its transaction, so that it can be told a limit with the answer."""

    station_id: int
    evse: int | None


def whom_to_tell(work: Work, session_key: int) -> ToTell | None:
    """None where it has ended, was told already, or its charger has no word for it."""
    table = sessions.sessions
    mine = (
        select(table.c.station_id, table.c.evse)
        .join(session_limits, session_limits.c.session_id == table.c.id)
        .join(stations.stations, stations.stations.c.id == table.c.station_id)
        .where(table.c.id == session_key, is_open, session_limits.c.to_tell.is_not(None))
        .where(stations.stations.c.ocpp_version == "2.1")
    )
    row = work.execute(mine).one_or_none()
    return None if row is None else ToTell(row.station_id, row.evse)


def tell(work: Work, session_id: int, number: int | None) -> Decimal | None:
    """What a charger is told with the answer to its message of this number: once, and again where the same message comes again."""
    row = of_session(work, session_id)
    if row is None:
        return None
    if row.to_tell is None:
        return row.told if number is not None and row.told_with == number else None
    mine = update(session_limits).where(session_limits.c.session_id == session_id)
    work.execute(mine.values(to_tell=None, told=row.to_tell, told_with=number))
    return row.to_tell


def of_session(work: Work, session_id: int) -> LimitRow | None:
    """What is known of the limit of a session, if it has one."""
    mine = select(session_limits).where(session_limits.c.session_id == session_id)
    row: LimitRow | None = work.execute(mine).one_or_none()
    return row


def due(work: Work) -> list[int]:
    """The keys of the sessions that are to be looked at now."""
    mine = select(session_limits.c.session_id).where(session_limits.c.look_at <= work.now)
    return list(work.execute(mine.order_by(session_limits.c.look_at).limit(AT_ONCE)).scalars())


def look(work: Work, keys: Sequence[int]) -> list[Look]:
    """What these sessions have spent, and how far they may go. Changes nothing."""
    mine = select(session_limits).where(session_limits.c.session_id.in_(keys))
    limits: dict[int, LimitRow] = {row.session_id: row for row in work.execute(mine)}
    rows = {row.id: row for row in work.execute(with_names().where(sessions.sessions.c.id.in_(keys), is_open))}
    return [_look(work, rows[key], limits[key]) if key in rows else Look(key, None) for key in keys if key in limits]


def note(work: Work, looks: Sequence[Look]) -> list[Ending]:
    """Keep what was seen, hold what is missing; the sessions that are to be ended."""
    endings = []
    for seen in looks:
        mine = session_limits.c.session_id == seen.key
        if seen.row is None or not _goes_on(work, seen.key, lock=seen.wanted is not None):
            work.execute(update(session_limits).where(mine).values(look_at=None))
            continue
        found = seen.found
        if seen.wanted is not None and not _hold(work, seen.row, seen.wanted):
            found = Found("wallet", "end", AGAIN)
        values: dict[str, Any] = {"look_at": work.now + (spending.LATEST if found is None else found.pause)}
        if seen.spent is not None:
            values |= {"spent": seen.spent.amount, "spent_currency": seen.spent.currency}
        if found is not None and found.step != "go_on":
            first = update(session_limits).where(mine, session_limits.c.warned_at.is_(None)).values(warned_at=work.now)
            if work.execute(first).rowcount:
                _tell(work, seen.row, found.because)
            values["because"] = found.because
        if found is not None and found.step == "end":
            values |= {
                "look_at": work.now + AGAIN,
                "ended_at": func.coalesce(session_limits.c.ended_at, literal(work.now, UtcTime)),
            }
            endings.append(Ending(seen.row.station_id, seen.row.public_id, found.because))
        work.execute(update(session_limits).where(mine).values(values))
    return endings


def _goes_on(work: Work, key: int, *, lock: bool) -> bool:
    """Whether it does still. Locked, its bill is not made before the commit, so that nothing is held for a session that has been paid;

    one of many is not, for a charger that tells of several of them would wait in a circle.
    """
    mine = select(sessions.sessions.c.id).where(sessions.sessions.c.id == key, is_open)
    return work.execute(mine.with_for_update(key_share=True) if lock else mine).first() is not None


def name_of_hold(row: sessions.SessionRow) -> str:
    """What is held for a session is called so."""
    return f"session:{row.public_id}"


def _hold(work: Work, row: ListedRow, wanted: Wanted) -> bool:
    """Set aside what it may cost by the next look, for a while if there is enough. False where there is less."""
    assert row.customer_id is not None
    for amount in (wanted.good, wanted.least):
        if not amount:  # too little to be billed so far
            return True
        try:
            holds.hold(
                work,
                row.organization_id,
                name=name_of_hold(row),
                customer_id=row.customer_id,
                amount=amount,
                session_id=row.id,
            )
        except NotEnough:
            continue
        return True
    return False


def _tell(work: Work, row: ListedRow, because: Because) -> None:
    work.publish(
        events.SessionLimitNear(
            station_id=row.station_id,
            station=row.station,
            at=work.now,
            session=sessions.public_form(row, row.station),
            customer_key=row.customer_id,
            because=because,
        )
    )


def _look(work: Work, row: ListedRow, limit: LimitRow) -> Look:
    facts, readings = prices.facts_of(work, row)
    interval = spending.interval_of(readings)
    last = max((reading.at for reading in readings), default=row.started_at)
    watts = spending.full_power(readings, connectors.rated_w(work, row.station_id, row.evse, row.connector))
    next_at = max(facts.ends_at, last + interval)
    zone = moments.zone_named(prices.time_zone_of(work, row.station_id))
    found: list[Found] = []

    def judge(because: Because, most: Decimal, outlook: Outlook) -> None:
        found.append(Found(because, spending.step(most, outlook), spending.pause(most, outlook)))

    def at_full_power(until: datetime) -> tuple[SessionFacts, list[Reading]]:
        return spending.at_full_power(facts, readings, watts=watts, until=until)

    budget = covers.budget_of(work, row)
    if budget is not None:
        since = energy_budgets.begin_of(budget.period, work.now, zone)
        used = covers.used_wh(work, row.organization_id, row.token_key or "", since=since)
        begin = used - max((reading.wh for reading in readings), default=Decimal(0))
        ends = [at_full_power(until)[1][-1].wh for until in (next_at, next_at + spending.LATEST)]
        judge("card", budget.wh, Outlook(used, *(begin + wh for wh in ends)))
    try:
        version = prices.version_of_session(work, row, session_terms.of_session(work, row))
    except Conflict:  # nothing is paid here
        return Look(row.id, row, min(found, key=_urgency, default=None))
    spent = rate(facts, readings, version, zone).total
    ahead = rate(*at_full_power(next_at), version, zone).total
    far = rate(*at_full_power(next_at + spending.LATEST), version, zone).total
    outlook = Outlook(spent.amount, ahead.amount, far.amount)
    if limit.amount is not None and limit.currency == version.currency:
        judge("hold", limit.amount, outlook)
    month = months.at(work.now, zone)
    held = total([holds.amount_of(each) for each in holds.of_session(work, row.id)], version.currency)
    wanted = None
    others = _others(work, row, version.currency)
    for why, most in covers.allowances(work, row, version.currency, held=held, others=others, month=month):
        judge(why, most.amount, outlook)
        if why == "wallet" and far > held and found[-1].step != "end":  # nobody else spends it before the next look
            good = rate(*at_full_power(next_at + HELD_FOR), version, zone).total
            wanted = Wanted(ahead, min(good, most))
    return Look(row.id, row, min(found, key=_urgency, default=None), spent, wanted)


def _others(work: Work, row: sessions.SessionRow, currency: str) -> Money:
    """What other sessions of the same customer that go on have cost by their last looks, in this currency."""
    table = sessions.sessions
    theirs = select(session_limits.c.spent).join(table, table.c.id == session_limits.c.session_id)
    mine = (
        table.c.customer_id == row.customer_id,
        table.c.id != row.id,
        is_open,
        session_limits.c.spent_currency == currency,
    )
    spent = work.execute(theirs.where(*mine)).scalars().all() if row.customer_id is not None else []
    return sum((rounded(each, currency) for each in spent), zero(currency))


def _urgency(found: Found) -> tuple[int, timedelta]:
    return ("end", "warn", "go_on").index(found.step), found.pause
