"""Something was told of a transaction: it began, went on, or ended. The one entry, whatever version was spoken.

What makes a repeat harmless is content, not message ids, and it does so after the session has ended as well. Every lookup is
scoped by station (rule 5), and nothing is refused: what fits no session goes to the quarantine.
"""

from __future__ import annotations

import hashlib
import secrets
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update

from stationmaster.domain import commands, events, metering, quarantine, reservations, tokens
from stationmaster.domain.public_forms import Session
from stationmaster.domain.sessions import beginning, closing, misfits, numbers, order
from stationmaster.domain.sessions.closing import Ending
from stationmaster.domain.sessions.table import REFUSED, VALUES_DROPPED, SessionRow, is_open, sessions
from stationmaster.domain.sessions.transaction import Found, TransactionTold, goes_on
from stationmaster.domain.stations import Station, stations
from stationmaster.domain.times import Instant
from stationmaster.storage import Work
from stationmaster.storage.queries import Prepared, PreparedInsert

MAX_NUMBER = 2**31 - 1


def tell(work: Work, station: Station, told: TransactionTold) -> Found | None:
    """Take what a station says of a transaction; None when it fits no session, and is in the quarantine.

    It may come in any order and more than once: the token or the EVSE with a later message, an end before its start, the
    same again. The session exists whatever we think of the token, for the station may be charging already (TX-03).
    """
    if told.transaction_id is None and not told.numbered:
        misfits.fits_nothing(work, station, told)  # nobody could say which one it is, now or later
        return None
    if told.kind == "started" and told.transaction_id is None:
        return _started_without_id(work, station, told)
    if told.kind == "updated" and (found := goes_on(work, station, told)) is not None:
        return found
    if told.kind == "started":
        return _started(work, station, told)
    rows = _of_transaction(work, station.id, told.transaction_id)
    if told.kind == "ended":
        return _ended(work, station, rows, told)
    row = _belonging(rows, told)
    if row is None:
        return _insert(work, station, told, flags=("no_start",))
    return _amend(work, station, row, told)


_by_transaction = Prepared(
    select(sessions)
    .where(
        sessions.c.transaction_id == bindparam("transaction_id"),
        sessions.c.station_id == bindparam("station_id"),
    )
    .order_by(sessions.c.occurrence.desc())
    .limit(beginning.OCCURRENCES)
)


def _of_transaction(work: Work, station_id: int, transaction_id: str | None) -> list[SessionRow]:
    """The sessions with this id, the newest first. More than one only where a station begins its ids anew."""
    if transaction_id is None:
        return []
    return work.run(_by_transaction, station_id=station_id, transaction_id=transaction_id)


def _belonging(rows: list[SessionRow], told: TransactionTold) -> SessionRow | None:
    """The newest session that had begun by then. What is told late may belong to the one before (P-05)."""
    if told.at.believable:
        for row in rows:
            if row.started_at <= told.at.at:
                return row
    return rows[0] if rows else None


def _started(work: Work, station: Station, told: TransactionTold) -> Found:
    around: list[SessionRow] = work.run(
        beginning.around_start, station_id=station.id, transaction_id=told.transaction_id, evse=told.evse
    )
    rows = {row.id: row for row in around if row.transaction_id == told.transaction_id}
    row = _belonging(sorted(rows.values(), key=attrgetter("occurrence"), reverse=True), told)
    if row is not None:
        return _started_again(work, station, row, told)
    return _insert(work, station, told, opened=around)


def start_key(told: TransactionTold) -> int:
    """The content of a start that names no transaction: two with one key are the same start (TX-01)."""
    meter = "" if told.meter_wh is None else f"{told.meter_wh.normalize():f}"
    content = f"{told.evse}|{told.token}|{told.at.text}|{meter}"
    return int.from_bytes(hashlib.blake2b(content.encode(), digest_size=8).digest(), signed=True)


def _started_without_id(work: Work, station: Station, told: TransactionTold) -> Found:
    """A start from before the session that is open on its connector is history told late: it leaves the open one alone, and
    waits for its stop as a suspect.
    """
    content = start_key(told)
    opened = same = None
    for row in work.run(beginning.related, station_id=station.id, evse=told.evse, start_key=content):
        if row.start_key == content:
            same = row
        if row.status == "active" and (opened is None or row.started_at > opened.started_at):
            opened = row
    flags: list[str] = []
    occurrence = 0
    if same is not None:
        if same.status == "active":
            return Found(same.id, same.public_id, same.transaction_id, told.evse)
        if told.at.believable:
            # No connector begins twice in one second with one register, so this is a repeat (E9). A stop that differs from
            # the one we know would show that it was none, and makes a session of its own.
            if same.stop_key is not None:
                work.execute(update(sessions).where(sessions.c.id == same.id).values(again_at=work.now))
            return Found(same.id, same.public_id, same.transaction_id, told.evse)
        flags.append("clock")  # TX-02: a station without a clock begins every session at the same time
        occurrence = same.occurrence + 1
    late = opened is not None and opened.started_at > told.at.at
    if opened is not None and not late:
        _supersede(work, station, told.evse)
    number = secrets.randbelow(MAX_NUMBER) + 1
    named = msgspec.structs.replace(told, transaction_id=str(number))
    return _insert_row(work, station, named, flags=flags, occurrence=occurrence, start_key=content, late=late)


_insert_names = (
    "public_id",
    "organization_id",
    "station_id",
    "evse",
    "connector",
    "transaction_id",
    "occurrence",
    "start_key",
    "token",
    "token_key",
    "authorization",
    "remote_start_id",
    "status",
    "charging_state",
    "charging_state_told",
    "sequence",
    "gaps",
    "started_at",
    "started_text",
    "received_at",
    "meter_start_wh",
    "reservation_id",
    "flags",
    "suspect_since",
    "customer_id",
)
_insert_session = PreparedInsert(sessions, _insert_names)


def _insert(
    work: Work,
    station: Station,
    told: TransactionTold,
    *,
    flags: tuple[str, ...] = (),
    occurrence: int = 0,
    opened: list[SessionRow] | None = None,
) -> Found:
    """A session under the station's own id; one that is open on its EVSE (`opened`, where they are known) has then ended without a
    word."""
    late = False
    if told.evse is not None:
        if opened is None:
            opened = _open_on(work, station.id, told.evse)
        late = any(row.started_at > told.at.at for row in opened)
        if opened and not late:
            _supersede(work, station, told.evse)
    return _insert_row(work, station, told, flags=list(flags), occurrence=occurrence, start_key=None, late=late)


def _insert_row(
    work: Work,
    station: Station,
    told: TransactionTold,
    *,
    flags: list[str],
    occurrence: int,
    start_key: int | None,
    late: bool,
) -> Found:
    began = told.kind == "started"
    told = _with_card(work, station, told)
    if not told.at.believable and "clock" not in flags:
        flags.append("clock")
    if began and told.meter_wh is None and told.numbered:
        flags.append("no_meter_start")
    if told.authorization in REFUSED:
        flags.append("refused_card")
    heard = order.hear(order.Heard(None, []), told.sequence, begins=began)
    order.mark(flags, heard)
    public_id = secrets.token_hex(10)
    assert told.transaction_id is not None
    session_id = work.insert(
        _insert_session,
        public_id=public_id,
        organization_id=station.organization_id,
        station_id=station.id,
        evse=told.evse,
        connector=told.connector,
        transaction_id=told.transaction_id,
        occurrence=occurrence,
        start_key=start_key,
        token=told.token,
        token_key=None if told.token is None else tokens.uid_key(told.token),
        authorization=told.authorization,
        remote_start_id=told.remote_start_id,
        status="active",
        charging_state=told.charging_state,
        charging_state_told=told.charging_state_told,
        sequence=heard.sequence,
        gaps=heard.gaps or None,
        started_at=told.at.at,
        started_text=told.at.text or "",
        received_at=work.now,
        meter_start_wh=told.meter_wh if began else None,
        reservation_id=told.reservation_id,
        flags=flags or None,
        suspect_since=work.now if late else None,
        customer_id=told.customer_id,
    )
    begun = Session(
        id=public_id,
        station=station.identity,
        evse=told.evse,
        connector=told.connector,
        transaction_id=told.transaction_id,
        token=told.token,
        authorization=told.authorization,
        status="active",
        charging_state=told.charging_state,
        started_at=told.at.at,
        stopped_at=None,
        stop_reason=None,
        stop_reason_told=None,
        meter_start_wh=told.meter_wh if began else None,
        meter_stop_wh=None,
        energy_wh=None,
        flags=tuple(flags),
        review=False,
        excluded=False,
    )
    awaited = work.first(beginning.awaited, station_id=station.id)
    if awaited.by_command:
        _tell_command(work, station, told, public_id)
    # What is told late may have used a reservation that has expired since.
    if awaited.by_reservation or told.reservation_id is not None or told.at.at < work.now - reservations.SLACK:
        _use_reservation(work, station, told, public_id)
    work.publish(
        events.SessionStarted(
            station_id=station.id,
            station=station.identity,
            at=told.at.at,
            session=begun,
            customer_key=told.customer_id,
        )
    )
    return Found(session_id, public_id, told.transaction_id, told.evse)


def _with_card(work: Work, station: Station, told: TransactionTold) -> TransactionTold:
    """Some name only the remote start that they do, and no card: then it is the one that was started for."""
    if told.token is not None or told.remote_start_id is None:
        return told
    card = commands.card_of_start(work, station, told.remote_start_id)
    return msgspec.structs.replace(told, token=card, customer_id=tokens.authorize(work, station, card).customer_id)


def _tell_command(work: Work, station: Station, told: TransactionTold, public_id: str) -> None:
    """A remote start may have asked for it; that names the session it has come to (D-02)."""
    commands.session_began(
        work,
        station,
        session=public_id,
        evse=told.evse,
        token=told.token,
        at=told.at.at,
        request_id=told.remote_start_id,
    )


def _use_reservation(work: Work, station: Station, told: TransactionTold, public_id: str) -> None:
    """Somebody may have reserved, and has come (D-07)."""
    reservations.session_began(
        work,
        station,
        session=public_id,
        number=told.reservation_id,
        evse=told.evse,
        token=told.token,
        at=told.at.at,
    )


def _started_again(work: Work, station: Station, row: SessionRow, told: TransactionTold) -> Found:
    """A start under an id that is known: the start of what was told before it, a repeat, or an id that begins anew."""
    if "no_start" in (row.flags or ()):
        return _amend(work, station, row, told)
    if row.started_text == (told.at.text or ""):
        return _amend(work, station, row, told)
    booted_at = work.execute(select(stations.c.booted_at).where(stations.c.id == station.id)).scalar()
    if booted_at is not None and booted_at > row.received_at:
        # P-05: some stations count their transactions from the beginning after each boot.
        newest = _of_transaction(work, station.id, told.transaction_id)[0]
        return _insert(work, station, told, occurrence=newest.occurrence + 1)
    misfits.conflicts(work, station, row, told, "a second start with other content for a transaction that has begun")
    return _found(row)


_amend_names = (
    "evse",
    "connector",
    "token",
    "token_key",
    "authorization",
    "charging_state",
    "charging_state_told",
    "sequence",
    "gaps",
    "started_at",
    "started_text",
    "meter_start_wh",
    "remote_start_id",
    "reservation_id",
    "flags",
    "suspect_since",
    "customer_id",
)
_amend_session = Prepared(
    update(sessions)
    .where(sessions.c.id == bindparam("session_id"))
    .values({name: bindparam(f"new_{name}", type_=sessions.c[name].type) for name in _amend_names})
)


def _amend(work: Work, station: Station, row: SessionRow, told: TransactionTold) -> Found:
    """Add what was not known yet. What is known holds, and what is late does not change the state of now (P-05)."""
    values: dict[str, Any] = {name: getattr(row, name) for name in _amend_names}
    flags = list(row.flags or ())
    if row.token is None:
        told = _with_card(work, station, told)
        values["customer_id"] = told.customer_id
    for name in ("evse", "connector", "token", "remote_start_id", "reservation_id"):
        if values[name] is None:
            values[name] = getattr(told, name)
    if values["token"] is not None:
        values["token_key"] = tokens.uid_key(values["token"])
    if row.authorization is None and told.authorization is not None:
        values["authorization"] = told.authorization
        if told.authorization in REFUSED:
            flags.append("refused_card")
    newer = row.sequence is None or (told.sequence is not None and told.sequence > row.sequence)
    known = order.Heard(row.sequence, row.gaps or [])
    again = order.is_known(known, told.sequence)
    if again and numbers.is_other(row, told) and numbers.FLAG not in flags:
        flags.append(numbers.FLAG)
    heard = order.hear(known, told.sequence, begins=told.kind == "started")
    values |= {"sequence": heard.sequence, "gaps": heard.gaps or None}
    order.mark(flags, heard)
    if newer and told.charging_state is not None:
        values |= {"charging_state": told.charging_state, "charging_state_told": told.charging_state_told}
    if told.kind == "started" and "no_start" in flags:
        flags.remove("no_start")
        values |= {
            "started_at": told.at.at,
            "started_text": told.at.text or "",
            "meter_start_wh": told.meter_wh,
        }
    if row.suspect_since is not None and not told.offline and told.at.at > row.suspect_since:
        values["suspect_since"] = None  # it goes on, whatever made us think that it had ended
    values["flags"] = flags or None
    changed = {name for name in _amend_names if values[name] != getattr(row, name)}
    if changed:
        work.run(_amend_session, session_id=row.id, **{f"new_{name}": value for name, value in values.items()})
        if changed & {"token", "remote_start_id"}:
            _tell_command(work, station, told, row.public_id)
        late = told.points if told.kind == "updated" and "estimated" in flags else ()
        if changed & {"token", "reservation_id"} and row.status == "active":
            _use_reservation(work, station, told, row.public_id)
        if changed - {"sequence", "suspect_since"}:
            now = closing.current(work, row.id)
            if row.status == "active" or (changed <= {"sequence", "gaps", "flags"} and not late):
                closing.publish(work, station, events.SessionChanged, now)
            else:
                closing.recompute(work, station, now, late)
    return Found(row.id, row.public_id, row.transaction_id, values["evse"], again)


def _ended(
    work: Work, station: Station, rows: list[SessionRow], told: TransactionTold, *, inserted: bool = False
) -> Found | None:
    """An end. The same again changes nothing; another for a session that has ended is kept as a conflict (TX-06); one that
    comes after we had closed the session by an estimate corrects it (TX-13, TX-14). `inserted`: the session is made of it.
    """
    for known in rows:
        if known.stop_key is not None and known.stop_key in (told.repeat_key, quarantine.key_of(told.content)):
            _end_of_a_repeat(work, station, known)
            return _found(known)
    row = _belonging(rows, told)
    if row is None:
        if not told.numbered and told.transaction_id is not None:
            # TX-23: the end is all that has come of it so far.
            _insert(work, station, told, flags=("no_start",))
            return _ended(work, station, _of_transaction(work, station.id, told.transaction_id), told, inserted=True)
        found = _ended_before_it_was_added_again(work, station, told)
        if found is None:
            misfits.fits_nothing(work, station, told)
        return found
    if row.status == "active" or row.stop_key is None:
        if VALUES_DROPPED in (row.flags or ()):
            misfits.conflicts(
                work, station, row, told, "a stop for a session whose meter values were dropped after their time"
            )
            return _found(row)
        if "corrected_by_operator" in (row.flags or ()):
            misfits.conflicts(work, station, row, told, "a stop for a session whose figures a person has corrected")
            return _found(row)
        if not told.numbered and not inserted and _tells_more(row, told):
            _amend(work, station, row, told)  # TX-26: where it was, and whose it was, may be told last
            row = closing.current(work, row.id)
        if row.occurrence and _same_end_before(work, row, told):
            closing.cancel(work, station, row, because="repeated")
            return _found(row)
        if not closing.close(work, station, row, told.at, told.meter_wh, _ending(told)):
            # Another node was first: look again.
            return _ended(work, station, _of_transaction(work, station.id, told.transaction_id), told)
        return _found(row)
    if row.again_at is not None:
        return _ended_a_second_time(work, station, row, told)
    misfits.conflicts(work, station, row, told, "a second stop with other content for a session that has ended")
    return _found(row)


def _tells_more(row: SessionRow, told: TransactionTold) -> bool:
    """Whether an end says what was not known, or leaves something out."""
    if row.gaps or row.sequence is None or told.sequence not in (None, row.sequence + 1):
        return True
    return any(
        getattr(row, name) is None and getattr(told, name) is not None for name in ("evse", "connector", "token")
    )


def _ending(told: TransactionTold) -> Ending:
    return Ending(
        told.reason or "local",
        reason_told=told.reason_told,
        token=told.token,
        stop_key=told.repeat_key or quarantine.key_of(told.content),
        points=told.points,
    )


def _ended_a_second_time(work: Work, station: Station, row: SessionRow, told: TransactionTold) -> Found:
    """Its start was heard again after its stop, and now another stop: so there were two sessions that began alike (TX-02)."""
    assert row.again_at is not None
    began = msgspec.structs.replace(
        told,
        kind="started",
        transaction_id=row.transaction_id,
        evse=row.evse,
        connector=row.connector,
        token=row.token,
        customer_id=row.customer_id,
        authorization=row.authorization,
        meter_wh=row.meter_start_wh,
        at=Instant(row.started_at, row.started_text),
    )
    second = _insert_row(
        work, station, began, flags=["clock"], occurrence=row.occurrence + 1, start_key=row.start_key, late=False
    )
    work.execute(update(sessions).where(sessions.c.id == row.id).values(again_at=None))
    metering.move(work, row.id, second.session_id, since=row.again_at)
    closing.close(work, station, closing.current(work, second.session_id), told.at, told.meter_wh, _ending(told))
    return second


_alike = Prepared(
    select(sessions).where(
        sessions.c.station_id == bindparam("station_id"),
        sessions.c.start_key == bindparam("start_key"),
        sessions.c.occurrence == bindparam("occurrence"),
    )
)


def _same_end_before(work: Work, row: SessionRow, told: TransactionTold) -> bool:
    """Whether the session before it, which began alike, also ended alike: then a charger without a clock tells it again."""
    if row.start_key is None or not told.repeat_key:
        return False
    before = work.first(_alike, station_id=row.station_id, start_key=row.start_key, occurrence=row.occurrence - 1)
    return before is not None and before.stop_key == told.repeat_key


def _end_of_a_repeat(work: Work, station: Station, row: SessionRow) -> None:
    """A stop told again: was its start told again as well, and taken for a new one, then that was none."""
    if row.again_at is not None:
        work.execute(update(sessions).where(sessions.c.id == row.id).values(again_at=None))
    if row.start_key is not None and "clock" in (row.flags or ()):
        after = work.first(_alike, station_id=row.station_id, start_key=row.start_key, occurrence=row.occurrence + 1)
        if after is not None and after.status == "active":
            closing.cancel(work, station, after, because="repeated")


def _ended_before_it_was_added_again(work: Work, station: Station, told: TransactionTold) -> Found | None:
    """The charger was deleted while it charged, and added again under its id: its late stop belongs to the old session."""
    if told.transaction_id is None:
        return None
    before = (
        select(sessions)
        .join(stations, stations.c.id == sessions.c.station_id)
        .where(
            sessions.c.transaction_id == told.transaction_id,
            stations.c.identity == station.identity,
            stations.c.organization_id == station.organization_id,
            stations.c.deleted_at.is_not(None),
        )
        .order_by(sessions.c.id.desc())
        .limit(1)
    )
    old = work.execute(before).first()
    if old is None:
        return None
    metering.adopt(work, station.id, told.transaction_id, old.id)
    then = msgspec.structs.replace(station, id=old.station_id)
    return _ended(work, then, [closing.current(work, old.id)], told)


_open_here = Prepared(
    select(sessions).where(
        sessions.c.station_id == bindparam("station_id"), sessions.c.evse == bindparam("evse"), is_open
    )
)


def _open_on(work: Work, station_id: int, evse: int) -> list[SessionRow]:
    return work.run(_open_here, station_id=station_id, evse=evse)


def _supersede(work: Work, station: Station, evse: int | None) -> None:
    """A new start on a connector whose session never ended: close that one with what is known (TX-13)."""
    for row in [] if evse is None else _open_on(work, station.id, evse):
        closing.close(work, station, row, None, None, Ending("superseded", because=("superseded",)))


def _found(row: SessionRow) -> Found:
    return Found(row.id, row.public_id, row.transaction_id, row.evse)
