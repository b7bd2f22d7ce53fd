"""What no message tells, and the clock does: a car that is nearly full, a fee that begins, a reservation that ends, a wallet that is low.

`look` reads, and only of those who have chosen such a notice; `telling.tell` writes what it has found. Nothing of it is asked when a meter value comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace
from sqlalchemy import and_, func, select

from stationmaster.domain import customers, looks, moments, prices, session_terms, tokens
from stationmaster.domain.alerts.tables import alert_notices
from stationmaster.domain.charging_profiles import charging_profiles
from stationmaster.domain.connectors import connectors
from stationmaster.domain.customer_notices import choices, telling
from stationmaster.domain.customer_notices.tables import Kind, notice_choices
from stationmaster.domain.customer_notices.telling import Notice, about_session
from stationmaster.domain.customer_notices.texts import Price, Unit
from stationmaster.domain.errors import Conflict
from stationmaster.domain.ledger import ledger_accounts, ledger_entries, ledger_transactions
from stationmaster.domain.metering import meter_values
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.money.bill import Line, Part
from stationmaster.domain.money.facts import Reading, SessionFacts
from stationmaster.domain.money.rating import rate
from stationmaster.domain.reservations import reservations
from stationmaster.domain.sessions import ListedRow, sessions
from stationmaster.domain.sessions.lists import with_names
from stationmaster.domain.sessions.table import is_open
from stationmaster.domain.stations import stations
from stationmaster.storage import Work
from stationmaster.storage.queries import not_deleted

LATELY = timedelta(minutes=5)  # for so long a car must take little, or nothing
LITTLE = Decimal("0.3")  # of the most that it took: then it is nearly full
ENOUGH_W = 1000  # who never took as much is not judged by their power
SETTLED_AFTER = timedelta(minutes=10)  # the power of a session that has just begun says nothing
FEE_AHEAD = timedelta(minutes=10)  # a fee is told so long before it begins
ENDS_AHEAD = timedelta(minutes=5)  # and the end of a reservation
_TOP_UPS = ("top_up", "bonus", "adjustment")
_PARKED = ("suspended_by_car", "connected")
_STOPPED = ("suspended_ev", "finishing")  # by the words of a connector


def look(work: Work) -> list[Notice]:
    """What is to be told now, and was not told before."""
    found = [*_in_sessions(work), *_reservations(work), *_wallets(work)]
    return [notice for notice in found if telling.is_due(work, notice)]


def _in_sessions(work: Work) -> Iterator[Notice]:
    """Sessions that go on, of those who were not told all of theirs."""
    chosen = notice_choices.c
    mine = with_names().join(notice_choices, chosen.customer_id == sessions.c.customer_id)
    mine = mine.where(is_open, ~sessions.c.excluded)
    found = work.execute(mine.add_columns(chosen.kinds, chosen.full_at_percent)).all()
    offered = {key: choices.offers(work, key).kinds for key in {row.organization_id for row in found}}
    told = _told(work, found)

    def is_wanted(row: Any, kind: Kind) -> bool:
        chosen = kind in row.kinds and kind in offered[row.organization_id]
        return chosen and (row.customer_id, kind, about_session(row)) not in told

    filling = [row for row in found if is_wanted(row, "nearly_full")]
    parking = [row for row in found if is_wanted(row, "idle_fee")]
    rows = list({row.id: row for row in (*filling, *parking)}.values())
    if not rows:
        return
    taken = {each.session_id: each for each in work.execute(_taken(work, rows))}
    stopped = _stopped(work, rows)
    for row in filling:
        yield from _nearly_full(work, row, row.full_at_percent, taken.get(row.id), stopped.get(row.id))
    for row in parking:
        # To price a session costs some milliseconds, so it is not done for a car that plainly charges.
        if row.id in stopped or _stands_still(taken.get(row.id)):
            yield from _idle_fee(work, row)


def _told(work: Work, rows: Sequence[Any]) -> set[tuple[int, str, str]]:
    table = alert_notices.c
    abouts = [about_session(row) for row in rows]
    mine = select(table.customer_id, table.kind, table.about)
    mine = mine.where(table.customer_id.in_({row.customer_id for row in rows}), table.about.in_(abouts))
    return {(row.customer_id, row.kind, row.about) for row in work.execute(mine)}


def _taken(work: Work, rows: Sequence[Any]) -> Any:
    """Of each session: the power and the battery as they were told, in all and lately."""
    value = meter_values.c
    lately = value.taken_at > work.now - LATELY - timedelta(minutes=1)
    return (
        select(
            value.session_id,
            func.max(value.power_w).label("most_w"),
            func.max(value.power_w).filter(lately).label("lately_w"),
            func.min(value.taken_at).filter(and_(lately, value.power_w.is_not(None))).label("lately_from"),
            func.max(value.taken_at).filter(and_(lately, value.power_w.is_not(None))).label("lately_until"),
            func.min(value.energy_wh).filter(lately).label("least_wh"),
            func.max(value.energy_wh).filter(lately).label("most_wh"),
            func.min(value.soc_percent).label("soc_first"),
            func.max(value.soc_percent).filter(lately).label("soc"),
        )
        .where(value.session_id.in_([row.id for row in rows]))
        .group_by(value.session_id)
    )


def _stands_still(taken: Any) -> bool:
    """Whether the meter told the same register for the last minutes, or nothing."""
    return taken is None or taken.most_wh is None or taken.most_wh == taken.least_wh


def _nearly_full(work: Work, row: ListedRow, full_at: int, taken: Any, stopped: datetime | None) -> Iterator[Notice]:
    """By the battery, where the car tells of it; else by what it takes, unless we limit that; or because it has stopped by itself."""
    customer = row.customer_id
    assert customer is not None

    def notice(why: str, **facts: Any) -> Notice:
        place = telling.place_of(work, row.station_id)
        said = {"place": place.name} | facts
        return Notice(customer, "nearly_full", about_session(row), f"nearly_full.{why}", said, place.zone)

    if taken is not None and taken.soc is not None:
        if taken.soc_first < full_at <= taken.soc:
            yield notice("percent", percent=taken.soc)
            return
        if taken.soc < full_at:
            return  # whatever its power is: a battery that says 60 percent is not full
    if stopped is not None:
        if stopped <= work.now - LATELY and stopped > row.started_at and taken is not None and taken.most_w:
            yield notice("stopped", since=stopped)
        return
    if taken is None or taken.soc is not None or row.started_at > work.now - SETTLED_AFTER:
        return
    if taken.most_w is None or taken.most_w < ENOUGH_W or taken.lately_w is None or _is_limited(work, row):
        return
    long_enough = taken.lately_until - taken.lately_from >= LATELY - timedelta(minutes=1)
    if long_enough and 0 < taken.lately_w <= taken.most_w * LITTLE:
        yield notice("power")


def _stopped(work: Work, rows: Sequence[Any]) -> dict[int, datetime]:
    """Of the sessions whose charger says that the car takes nothing: since when."""
    table = connectors.c
    here = select(table.station_id, table.evse, table.number, table.since).where(
        table.station_id.in_({row.station_id for row in rows}), table.state.in_(_STOPPED)
    )
    since: dict[tuple[int, int], list[Any]] = {}
    for each in work.execute(here):
        since.setdefault((each.station_id, each.evse), []).append(each)
    found: dict[int, datetime] = {}
    for row in rows:
        there = [
            each.since
            for each in since.get((row.station_id, row.evse or 0), ())
            if row.connector in (None, each.number) and each.since > row.started_at
        ]
        if there:
            found[row.id] = max(there)
        elif row.charging_state in _PARKED:
            states = prices.facts_of(work, row)[0].states
            if states and states[-1].state in _PARKED:
                found[row.id] = states[-1].at
    return found


def _is_limited(work: Work, row: ListedRow) -> bool:
    """Whether somebody limits this charger: then little power does not say that the car is full."""
    table = charging_profiles.c
    return work.execute(select(table.id).where(table.station_id == row.station_id).limit(1)).first() is not None


def _idle_fee(work: Work, row: ListedRow) -> Iterator[Notice]:
    """The bill as it would be in a few minutes, if the car went on to take nothing: does it have a fee for parking?"""
    try:
        version = prices.version_of_session(work, row, session_terms.of_session(work, row))
    except Conflict:  # nothing is paid here
        return
    fees = [each for element in version.elements for each in element.price_components if each.type == "parking_time"]
    if not any(each.price for each in fees):
        return
    facts, readings = prices.facts_of(work, row)
    if not _is_parked(facts, readings, work.now):
        return
    place = telling.place_of(work, row.station_id)
    until = work.now + FEE_AHEAD
    last = max((reading.wh for reading in readings), default=Decimal(0))
    ahead = rate(
        replace(facts, ends_at=until),
        [*readings, Reading(until, last, Decimal(0))],
        version,
        moments.zone_named(place.zone),
    )
    parts = [
        (part, line) for line in ahead.lines if line.type == "parking_time" and line.unit_price for part in line.parts
    ]
    latest: tuple[Part, Line] | None = max(parts, key=lambda each: each[0].ends_at, default=None)
    if latest is None or latest[0].ends_at < work.now:
        return
    part, line = latest
    assert row.customer_id is not None
    price = Price(line.unit_price, version.currency)
    key = "idle_fee.soon" if part.begins_at > work.now else "idle_fee.now"
    said = {"place": place.name, "since": part.begins_at, "price": price, "unit": Unit(line.unit)}
    yield Notice(row.customer_id, "idle_fee", about_session(row), key, said, place.zone)


def _is_parked(facts: SessionFacts, readings: Sequence[Reading], now: datetime) -> bool:
    """By the charger's word; where it says that it charges, or nothing, by a meter that stands still."""
    word = facts.states[-1].state if facts.states else "unknown"
    if word in _PARKED:
        return True
    if word not in ("charging", "unknown") or not readings:
        return False
    last = max(readings, key=lambda one: one.at)
    before = [one for one in readings if last.at - one.at >= LATELY]
    return bool(before) and max(before, key=lambda one: one.at).wh >= last.wh > 0 and last.at > now - 3 * LATELY


def _reservations(work: Work) -> Iterator[Notice]:
    """Those that end soon, and were made a while ago."""
    table, cards, there = reservations.c, tokens.tokens.c, stations.c
    mine = (
        select(table.public_id, table.station_id, table.expires_at, cards.customer_id)
        .join(stations, there.id == table.station_id)
        .join(tokens.tokens, and_(cards.uid_key == table.token_key, cards.organization_id == there.organization_id))
        .where(table.ended_at.is_(None), table.state == "accepted", not_deleted(tokens.tokens))
        .where(table.expires_at > work.now, table.expires_at <= work.now + ENDS_AHEAD)
        .where(table.accepted_at <= work.now - ENDS_AHEAD)
        .join(notice_choices, notice_choices.c.customer_id == cards.customer_id)
    )
    for row in work.execute(mine):
        place = telling.place_of(work, row.station_id)
        facts = {"place": place.name, "until": row.expires_at}
        yield Notice(
            row.customer_id,
            "reservation",
            f"reservation:{row.public_id}:ending",
            "reservation.ending",
            facts,
            place.zone,
        )


def _wallets(work: Work) -> Iterator[Notice]:
    """Of who pays in advance: what they can charge for, with what is held for a session that goes on. Once until more is paid in."""
    table, account = customers.customers.c, ledger_accounts.c
    mine = (
        select(table.id, table.organization_id, notice_choices.c.kinds, account.currency)
        .add_columns(func.sum(account.balance).label("balance"))
        .join(ledger_accounts, account.customer_id == table.id)
        .join(notice_choices, notice_choices.c.customer_id == table.id)
        .where(account.kind.in_(("wallet", "bonus", "held")), table.billing == "prepaid")
        .group_by(table.id, table.organization_id, notice_choices.c.kinds, account.currency)
    )
    offered: dict[int, choices.Offers] = {}
    for row in work.execute(mine).all():
        if "wallet_low" not in row.kinds:
            continue
        if row.organization_id not in offered:
            offered[row.organization_id] = choices.offers(work, row.organization_id)
        if row.balance >= offered[row.organization_id].wallet_below:
            continue
        facts = {
            "balance": Money(row.balance, row.currency),
            "organization": looks.shown_name(work, row.organization_id),
        }
        last = _last_top_up(work, row.id, row.currency)
        yield Notice(row.id, "wallet_low", f"wallet:{row.currency}:{last}", "wallet_low", facts)


def _last_top_up(work: Work, customer_key: int, currency: str) -> int:
    """The key of the last entry by which more came in; 0: there never was one. What is held and given back is none."""
    entry, account = ledger_entries.c, ledger_accounts.c
    mine = (
        select(func.max(entry.id))
        .join(ledger_accounts, account.id == entry.account_id)
        .join(ledger_transactions, ledger_transactions.c.id == entry.transaction_id)
        .where(account.customer_id == customer_key, account.currency == currency)
        .where(account.kind.in_(("wallet", "bonus")), entry.amount > 0, ledger_transactions.c.kind.in_(_TOP_UPS))
    )
    return work.execute(mine).scalar() or 0
