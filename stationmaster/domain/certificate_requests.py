"""Requests of chargers for a certificate of their own (SignCertificate). Our own authority signs what is of this very charger
(`certificate_authority.py`, `gateway/own_certificates.py`). All else waits for a person, who takes it to an authority, and gives the
charger what comes of it by the command give-certificate.

A life: received → sent → accepted, or rejected by the charger, which may be given another one. One that has asked anew, with
another key, has replaced the request before. What cannot be read, or has the name of another charger in it, is refused. One with
`due_at` is ours to sign and to give; of several nodes the one that moves `due_at` on does it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, cast

import msgspec
from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, delete, func, insert, or_, select, update
from sqlalchemy import text as sql

from stationmaster.domain import alarms, audit, connections, signing, stations, x509
from stationmaster.domain.audit import Actor, Signature, Subject
from stationmaster.domain.certificate_authority import NO_OPINION, Issued, Opinion
from stationmaster.domain.errors import Invalid, NotFound
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import not_deleted, page

Use = Literal["charger", "v2g", "v2g20", "both"]
"""What a certificate is for: the charger's connection to us, cars (ISO 15118-2, -20), or connection and cars."""
State = Literal["received", "refused", "sent", "accepted", "rejected", "replaced"]
OPEN: tuple[State, ...] = ("received", "sent", "rejected")
MOST = 50  # requests of one charger; the oldest go
MAX_CSR = 5500
WANTED = "certificate_wanted"  # the alarm that brings a person
TRIES = 3  # to give a charger what our authority has signed; then a person
CLAIMED = timedelta(minutes=1)  # so long nobody else takes one that a node has taken; it signs, and gives, within
PAUSES = (timedelta(minutes=1), timedelta(minutes=10))  # before the second try, and the third
MOST_A_DAY = 10  # certificates that our authority signs for one charger
ASK_AGAIN = timedelta(hours=24)  # to renew
AUTHORITY = Actor("authority", "", "certificate authority (tls.ca_certificate)")

certificate_requests = Table(
    "certificate_requests",
    metadata,
    key(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("use", Text, nullable=False),
    Column("csr", Text, nullable=False),  # PEM; of one that cannot be read, as it came
    Column("fingerprint", Text, nullable=False),  # the same request has the same
    Column("subject", Text),
    Column("key_kind", Text),
    Column("public_key", Text),  # a hash of it: a certificate for this request has the same key
    Column("number", Integer),  # by which the station names its request (2.1)
    Column("state", Text, nullable=False),
    Column("detail", Text),  # a sentence for people
    Column("count", Integer, nullable=False, server_default=sql("1")),
    Column("asked_at", UtcTime, nullable=False),
    Column("last_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime),
    Column("answered_at", UtcTime),
    Column("valid_until", UtcTime),  # of the certificate that was sent
    Column("command", Text),  # the public id of the command by which it was sent
    Column("due_at", UtcTime),  # when our authority is to sign it, or to try again; None: it has nothing to do with it
    Column("tries", Integer, nullable=False, server_default=sql("0")),
    Column("signed_at", UtcTime),  # by our authority
    Column("serial", Text),  # the serial number of what it has signed, in hex
    Column("chain", Text),  # and that itself, so that no request is signed twice
    Column("renewal_asked_at", UtcTime),
)
Index("ix_certificate_requests_station_id", certificate_requests.c.station_id, certificate_requests.c.id)
_is_due = certificate_requests.c.due_at.is_not(None)
Index("ix_certificate_requests_due", certificate_requests.c.due_at, sqlite_where=_is_due, postgresql_where=_is_due)


class RequestRow(Protocol):
    """A row of the table."""

    id: int
    public_id: str
    station_id: int
    use: Use
    csr: str
    subject: str | None
    key_kind: str | None
    public_key: str | None
    number: int | None
    state: State
    detail: str | None
    count: int
    asked_at: datetime
    last_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    valid_until: datetime | None
    command: str | None
    due_at: datetime | None
    tries: int
    signed_at: datetime | None
    serial: str | None
    chain: str | None


class ListedRequest(RequestRow, Protocol):
    """A row with the identity of its charger."""

    station: str


class CertificateRequest(msgspec.Struct, frozen=True):
    """A charger's request for a certificate: what it is for, the request itself as PEM (`csr`), whose name is in it, and how far it is.
    `count` says how often the charger has asked for it. Of one that our own authority has signed there are `signed_at` and the `serial`
    number of the certificate, in hex."""

    id: str
    station: str
    use: Use
    state: State
    detail: str | None
    csr: str
    subject: str | None
    key_kind: str | None
    count: int
    asked_at: datetime
    last_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    valid_until: datetime | None
    command: str | None
    signed_at: datetime | None
    serial: str | None


def receive(
    work: Work, station: Station, *, csr: str, use: Use, number: int | None = None, opinion: Opinion = NO_OPINION
) -> bool:
    """A charger asks for a certificate; whether it may hope for one. `opinion` is that of our own authority."""
    try:
        told = x509.read_request(csr)
    except x509.Unreadable as error:
        return _refuse(work, station, csr=csr, use=use, why=f"The request is of no use: {error}.", subject=None)
    if len(told.common_names) > 1:
        why = "There is more than one name (CN) in it, so it would be of several chargers. It was refused."
        return _refuse(work, station, csr=told.pem, use=use, why=why, subject=told.subject)
    if told.common_name is not None and (owner := _owner(work, station, told.common_name)) is not None:
        why = f"There is the name of {owner} in it. It was refused, and nothing was signed."
        alarms.raise_alarm(work, station, kind="certificate_of_another", detail=f"{told.subject}: {why}")
        return _refuse(work, station, csr=told.pem, use=use, why=why, subject=told.subject)
    fingerprint = hashlib.sha256(told.der).hexdigest()
    again = (certificate_requests.c.fingerprint == fingerprint, certificate_requests.c.state.in_(OPEN))
    against = _against(work, station, told.common_name, use, opinion)
    ours = opinion.signs and against is None
    values = {"state": "received", "number": number, "last_at": work.now, "use": use, "tries": 0}
    values |= {"due_at": work.now if ours else None}
    values |= {"detail": f"It waits for a person. {against}" if against is not None else None}
    changed = update(certificate_requests).where(certificate_requests.c.station_id == station.id, *again)
    if not work.execute(changed.values(count=certificate_requests.c.count + 1, **values)).rowcount:
        mine = (certificate_requests.c.station_id == station.id, certificate_requests.c.use == use)
        older = update(certificate_requests).where(*mine, certificate_requests.c.state.in_(OPEN))
        gone = "The charger has asked anew, with another request."
        work.execute(older.values(state="replaced", detail=gone, due_at=None))
        _add(
            work,
            station,
            csr=told.pem,
            fingerprint=fingerprint,
            subject=told.subject,
            key_kind=told.key_kind,
            public_key=_hash(told.key),
            asked_at=work.now,
            **values,
        )
    if not ours:
        asks = f"It asks for a certificate ({told.subject or 'without a name'}), and waits for what a person has had signed."
        alarms.raise_alarm(work, station, kind=WANTED, detail=f"{asks} {against}" if against is not None else asks)
    return True


def due(work: Work) -> list[tuple[int, int]]:
    """What is ours to sign or to give now: ids of requests and of their chargers, oldest first."""
    table = certificate_requests.c
    waiting = select(table.id, table.station_id).where(_is_due, table.due_at <= work.now)
    return [(row.id, row.station_id) for row in work.execute(waiting.order_by(table.due_at, table.id))]


def take(work: Work, row_id: int) -> RequestRow | None:
    """It is this node's to sign and to give for a minute; None when it is not due any more, or another node was faster."""
    table = certificate_requests
    mine = update(table).where(table.c.id == row_id, _is_due, table.c.due_at <= work.now)
    if not work.execute(mine.values(due_at=work.now + CLAIMED)).rowcount:
        return None
    return cast(RequestRow, work.execute(select(table).where(table.c.id == row_id)).one())


def signed(work: Work, row: RequestRow, station: str, organization_id: int, issued: Issued) -> bool:
    """Our authority has signed it. False when it was signed already, or replaced meanwhile: what was signed now is then thrown away."""
    table = certificate_requests
    mine = update(table).where(table.c.id == row.id, table.c.signed_at.is_(None), _is_due)
    values = {"signed_at": work.now, "serial": issued.serial, "chain": issued.chain}
    if not work.execute(mine.values(valid_until=issued.valid_until, **values)).rowcount:
        return False
    signature = Signature(actor=AUTHORITY, organization=organization_id)
    after = {"request": row.public_id, "subject": row.subject, "serial_number": issued.serial}
    after |= {"valid_until": issued.valid_until.isoformat()}
    signing.signed(work, signature, audit.record, "sign_certificate", Subject("station", station), after=after)
    return True


def hand_over(work: Work, station: Station, row_id: int, why: str) -> None:
    """Our authority can do nothing with it; a person is to look."""
    _change(work, row_id, due_at=None, detail=f"It waits for a person. {why}")
    alarms.raise_alarm(work, station, kind=WANTED, detail=f"It asks for a certificate, and waits for a person. {why}")


def not_given(work: Work, station: Station, row_id: int, why: str) -> None:
    """What our authority has signed could not be sent to the charger."""
    row = work.execute(select(certificate_requests).where(certificate_requests.c.id == row_id)).one_or_none()
    if row is not None:
        _try_again(work, station, cast(RequestRow, row), why)
        _change(work, row_id, detail=why)


def to_renew(work: Work, *, within: timedelta) -> list[tuple[int, int]]:
    """Certificates of our authority that end within this time, and whose chargers have not been asked to renew them for a day: ids
    of requests and of chargers. One whose charger has asked since is none of them."""
    table = certificate_requests
    newest = select(func.max(table.c.id)).where(table.c.use == "charger", table.c.state != "refused")
    ends = select(table.c.id, table.c.station_id).where(
        table.c.state == "accepted",
        table.c.signed_at.is_not(None),
        table.c.valid_until <= work.now + within,
        or_(table.c.renewal_asked_at.is_(None), table.c.renewal_asked_at <= work.now - ASK_AGAIN),
        table.c.id.in_(newest.group_by(table.c.station_id)),
    )
    return [(row.id, row.station_id) for row in work.execute(ends.order_by(table.c.valid_until, table.c.id))]


def take_renewal(work: Work, row_id: int) -> bool:
    """It is this node's to ask for it today."""
    table = certificate_requests.c
    mine = or_(table.renewal_asked_at.is_(None), table.renewal_asked_at <= work.now - ASK_AGAIN)
    asked = update(certificate_requests).where(table.id == row_id, mine).values(renewal_asked_at=work.now)
    return bool(work.execute(asked).rowcount)


def meant(work: Work, station: Station, public_id: str | None, chain: str) -> RequestRow | None:
    """The request that a certificate is for: the one that is named, or the newest with the same key. None when the charger has none
    that is open, and none is named. Raises `NotFound`, and `Invalid` for a certificate that does not fit."""
    mine = select(certificate_requests).where(certificate_requests.c.station_id == station.id)
    if public_id is not None:
        row = work.execute(mine.where(certificate_requests.c.public_id == public_id)).one_or_none()
        if row is None:
            raise NotFound("charger {charger} has no request {id!r}", charger=station.identity, id=public_id)
        rows = [cast(RequestRow, row)]
    else:
        newest = mine.where(certificate_requests.c.state.in_(OPEN)).order_by(certificate_requests.c.id.desc())
        rows = [cast(RequestRow, row) for row in work.execute(newest)]
        if not rows:
            return None
    leaf = _leaf(chain)
    if leaf.valid_until <= work.now:
        raise Invalid("chain", "has ended: it was valid until {until} UTC", until=f"{leaf.valid_until:%Y-%m-%d %H:%M}")
    found = next((row for row in rows if row.public_key == _hash(leaf.key)), None)
    if found is None:
        raise Invalid("chain", "its first certificate has another key than the charger's request")
    return found


def given(work: Work, station: Station, public_id: str | None, chain: str) -> RequestRow | None:
    """The request for which this certificate was sent, whatever has become of it since."""
    mine = select(certificate_requests).where(certificate_requests.c.station_id == station.id)
    if public_id is not None:
        mine = mine.where(certificate_requests.c.public_id == public_id)
    try:
        mine = mine.where(certificate_requests.c.public_key == _hash(_leaf(chain).key))
    except Invalid:
        return None
    row = work.execute(mine.order_by(certificate_requests.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else cast(RequestRow, row)


def sent(work: Work, row: RequestRow, *, chain: str) -> None:
    """A certificate is on its way to the charger."""
    values = {"state": "sent", "detail": None, "sent_at": work.now, "answered_at": None}
    _change(work, row.id, valid_until=_leaf(chain).valid_until, **values)


def answered(work: Work, station: Station, row: RequestRow, *, accepted: bool, sentence: str, command: str) -> None:
    """What the charger says of it."""
    state: State = "accepted" if accepted else "rejected"
    if accepted:
        alarms.resolve_all(work, station.organization_id, station_id=station.id, kind=WANTED)
        _change(work, row.id, due_at=None)
    else:
        _try_again(work, station, row, sentence)
    _change(work, row.id, state=state, detail=sentence, answered_at=work.now, command=command)


def not_answered(work: Work, station: Station, row: RequestRow, *, refused: bool, sentence: str) -> None:
    """It brought an error, which is a refusal; or nothing, and then the charger may have taken it all the same."""
    _try_again(work, station, row, sentence)
    _change(work, row.id, state="rejected" if refused else "sent", detail=sentence)


def get(work: Work, organization_id: int, public_id: str) -> ListedRequest:
    """One of them. Raises `NotFound`."""
    row = work.execute(_listed(organization_id).where(certificate_requests.c.public_id == public_id)).one_or_none()
    if row is None:
        raise NotFound("there is no request {id!r}", id=public_id)
    return cast(ListedRequest, row)


def listed(
    work: Work,
    organization_id: int,
    *,
    station: str | None = None,
    state: State | None = None,
    limit: int,
    cursor: str | None,
) -> Sequence[ListedRequest]:
    """Requests, newest first."""
    mine = _listed(organization_id)
    if station is not None:
        mine = mine.where(certificate_requests.c.station_id == stations.get(work, organization_id, station).id)
    if state is not None:
        mine = mine.where(certificate_requests.c.state == state)
    found = work.execute(page(mine, certificate_requests.c.id, limit=limit, cursor=cursor))
    return [cast(ListedRequest, row) for row in found]


def public_form(row: ListedRequest) -> CertificateRequest:
    """As everyone outside sees it."""
    facts = {name: getattr(row, name) for name in CertificateRequest.__struct_fields__ if name != "id"}
    return CertificateRequest(id=row.public_id, **facts)


def _against(work: Work, station: Station, name: str | None, use: Use, opinion: Opinion) -> str | None:
    """Why our authority does not sign this, as a sentence; None when it does, or when there is none."""
    if not opinion.signs:
        return None
    if use != "charger":
        return "The authority here signs for the connection of chargers only, and this is for cars as well."
    if opinion.against is not None:
        return opinion.against
    # The serial number of another charger is refused before (`_owner`).
    serial = select(stations.stations.c.serial).where(stations.stations.c.id == station.id)
    if name not in (station.identity, work.execute(serial).scalar_one()):
        return "Its common name (CN) must be the charger's id, or the serial number that it has told at its last boot."
    connection = connections.current(work, [station.id]).get(station.id)
    if connection is None or not connection.profile:
        return "The charger has connected without a secret."
    table = certificate_requests.c
    today = select(func.count()).where(table.station_id == station.id, table.signed_at > work.now - timedelta(days=1))
    if work.execute(today).scalar_one() >= MOST_A_DAY:
        return f"It has been given {MOST_A_DAY} certificates within a day."
    return None


def _try_again(work: Work, station: Station, row: RequestRow, sentence: str) -> None:
    """What our authority has signed is given again after a pause (SEC-24); after the last try a person is to look."""
    if row.due_at is None:
        return
    tries = row.tries + 1
    if tries < TRIES:
        _change(work, row.id, tries=tries, due_at=work.now + PAUSES[tries - 1])
        return
    _change(work, row.id, tries=tries, due_at=None)
    detail = f"It has not taken the certificate that it had asked for, {tries} times: {sentence}"
    alarms.raise_alarm(work, station, kind=WANTED, detail=detail)


def _refuse(work: Work, station: Station, *, csr: str, use: Use, why: str, subject: str | None) -> bool:
    """Kept, since a person may want to know why; told again, it is counted."""
    fingerprint = hashlib.sha256(csr.encode("utf-8", "replace")).hexdigest()
    mine = (certificate_requests.c.station_id == station.id, certificate_requests.c.fingerprint == fingerprint)
    again = update(certificate_requests).where(*mine, certificate_requests.c.state == "refused")
    counted = again.values(count=certificate_requests.c.count + 1, last_at=work.now, detail=why)
    if not work.execute(counted).rowcount:
        values = {"state": "refused", "detail": why, "subject": subject, "asked_at": work.now, "last_at": work.now}
        _add(work, station, csr=csr[:MAX_CSR].replace("\0", ""), fingerprint=fingerprint, use=use, **values)
    return False


def _add(work: Work, station: Station, **values: Any) -> None:
    work.execute(
        insert(certificate_requests).values(station_id=station.id, public_id=secrets.token_hex(8), count=1, **values)
    )
    mine = certificate_requests.c.station_id == station.id
    newest = select(certificate_requests.c.id).where(mine).order_by(certificate_requests.c.id.desc()).limit(MOST)
    kept = [row.id for row in work.execute(newest)]
    if len(kept) == MOST:
        # Those of today are counted: who asks for nonsense in between is not given more of them.
        today = or_(
            certificate_requests.c.signed_at.is_(None),
            certificate_requests.c.signed_at <= work.now - timedelta(days=1),
        )
        work.execute(delete(certificate_requests).where(mine, certificate_requests.c.id < kept[-1], today))


def _owner(work: Work, station: Station, name: str) -> str | None:
    """The charger that a name belongs to, in words, when it is another one: by its identity, or by the serial number it boots with. Which serial
    number it has a charger says itself, so with the name of another as its own it gets nothing."""
    table = stations.stations.c
    others = select(table.identity, table.organization_id).where(
        or_(table.identity == name, table.serial == name), table.id != station.id, not_deleted(stations.stations)
    )
    home = station.organization_id
    found = [row for row in work.execute(others) if name != station.identity or row.organization_id != home]
    if not found:
        return None
    return f"charger {found[0].identity}" if found[0].organization_id == home else "a charger of another organization"


def _leaf(chain: str) -> x509.Certificate:
    try:
        return x509.read_chain(chain)[0]
    except x509.Unreadable as error:
        raise Invalid("chain", error.reason) from None


def _hash(public_key: bytes) -> str:
    return hashlib.sha256(public_key).hexdigest()


def _listed(organization_id: int) -> Any:
    joined = select(stations.stations.c.identity.label("station"), *certificate_requests.c)
    joined = joined.join_from(
        certificate_requests, stations.stations, stations.stations.c.id == certificate_requests.c.station_id
    )
    return joined.where(stations.stations.c.organization_id == organization_id)


def _change(work: Work, row_id: int, **values: Any) -> None:
    work.execute(update(certificate_requests).where(certificate_requests.c.id == row_id).values(**values))
