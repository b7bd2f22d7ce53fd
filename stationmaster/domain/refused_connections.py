"""Who was turned away at the door and why: "why can't my charger connect?"."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, cast

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy import text as sql

from stationmaster.domain import events
from stationmaster.domain.stations import stations
from stationmaster.storage import Work
from stationmaster.storage.columns import Json, UtcTime, key, metadata
from stationmaster.storage.queries import Prepared, not_deleted, page

refused_connections = Table(
    "refused_connections",
    metadata,
    key(),
    Column("identity", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("offered_protocols", Json),
    Column("user_agent", Text),
    Column("count", Integer, nullable=False),
    Column("first_at", UtcTime, nullable=False),
    Column("last_at", UtcTime, nullable=False),
    UniqueConstraint("identity", "source", "reason"),
)


class RefusedRow(Protocol):
    """A row of `refused_connections`."""

    id: int
    identity: str
    source: str
    reason: str
    path: str
    offered_protocols: list[str] | None
    user_agent: str | None
    count: int
    first_at: datetime
    last_at: datetime


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """A handshake that was answered with something other than 101."""

    identity: str
    source: str
    reason: str
    path: str
    at: datetime
    offered_protocols: tuple[str, ...] = ()
    user_agent: str | None = None
    count: int = 1


KEPT = 500  # entries in the inbox, beside the newest of each identity; the least recent make room
KEPT_EACH = 10  # of one identity: whoever guesses at one charger from a thousand addresses hides nobody else (A15)
KEPT_UNKNOWN = 100  # of them for identities that are no charger of ours, and as many without an identity (CON-25)

# What a person needs to know, and to do. `{identity}` and `{offered}` are filled in where they help.
EXPLANATIONS = {
    "unknown_station": "No charger is registered as {identity}. Add it, or correct the id in the charger's settings (upper and lower case count).",
    "wrong_password": "The charger {identity} is known, but its password is not the one stored here. Set the same secret on both sides.",
    "no_credentials": "The charger sent no user name and password. Enter its secret (Basic authentication, security profile 1 or 2) in its settings.",
    "username_mismatch": "The user name in the credentials differs from the id at the end of the URL ({identity}). They must be equal, letter by letter.",
    "bad_credentials": "The Authorization header could not be read. It must be Basic authentication: base64 of id, colon, password.",
    "no_subprotocol": "The charger named no OCPP version (no Sec-WebSocket-Protocol header). If it cannot, set the assumed version in its record here.",
    "unknown_subprotocol": "The charger offered only OCPP versions that are not spoken here: {offered}.",
    "bad_identity": "The id at the end of the URL is missing or has characters that are not allowed (at most 48, no ':').",
    "bad_request": "What arrived was not a WebSocket handshake. Check that the URL begins with ws:// or wss:// and names this port.",
    "tls": "The charger speaks TLS (wss://) to a port that expects ws://. Write ws:// in its settings, or let it connect to the port that has the certificate (tls.port), here or at a proxy.",
    "plain": "The charger speaks without TLS (ws://) to the port that expects wss://. Write wss:// in its settings, or let it connect to the port without TLS (gateway.port).",
    "tls_version": "The charger speaks only TLS 1.1 or older, or SSL, which can be broken. It needs a newer firmware.",
    "tls_suites": "The charger and this server have no way of encryption in common. It may know only RSA certificates (tls.rsa_certificate), or want RSA key exchange (tls.ocpp_rsa_kx).",
    "tls_distrusted": "The charger did not accept the certificate of this server: install the certificate of the authority that has signed it in the charger, and check the charger's clock and that the host in its URL is a name in the certificate.",
    "tls_unfinished": "The charger broke off in the middle of the TLS handshake, without a word. Most often it has no certificate of the authority that has signed ours, and drops wss:// in silence: install that. Else the network loses data on the way.",
    "tls_failed": "The TLS handshake failed for a reason that is in the log of the server only.",
    "tls_crl": "Whether the charger's certificate is revoked cannot be told: the list of its authority (tls.crl) is missing, or has ended. Fetch the newest one.",
    "client_certificate_unknown": "The charger has shown a certificate that no authority in tls.client_ca has signed. Give it one of yours, or let it show none if it connects with its password; or add the authority, if that signs for your organization.",
    "client_certificate_expired": "The charger has shown a certificate that has ended, or begins later. Renew it, and check the clocks of the charger and of this server. An administrator can let the charger in with it for a while, to renew it and for nothing else (Security profile, on its page).",
    "client_certificate_revoked": "The charger has shown a certificate that was revoked. If it is yours again, give it a new one.",
    "client_certificate_weak": "The charger has shown a certificate whose key, or that of its authority, is too weak: RSA must have 2048 bits or more, EC be P-256 or larger.",
    "certificate_of_another": "The certificate that was shown is not of {identity}: its common name (CN) must be the charger's serial number, as it was told at its last boot, or its id.",
    "certificate_of_removed": "The certificate that was shown is older than the record of {identity}: it was made for the charger of this id that was removed. Give the charger a new one, or bring the removed record back.",
    "certificate_organization": "The certificate that {identity} has shown is of another organization: O must equal tls.operator, letter by letter.",
    "profile_too_low": "{identity} has the right credentials, but has connected with a lower security profile than it must have. Write wss:// in its settings, or let it show its certificate; an administrator can lower the profile in its record here.",
    "client_certificate_purpose": "The charger has shown a certificate that is not meant for clients. Give it one with the extended key usage clientAuth, or without any.",
    "not_http": "What arrived was neither HTTP nor TLS. Something else than an OCPP charger speaks to this port, or the charger is set to another protocol.",
    "old_http": "The request came as HTTP/1.0, which has no WebSocket. This is often a proxy on the way that must be told to speak HTTP/1.1.",
    "unfinished": "A request began and did not end before its time was over. The network loses data on the way, or the charger's address is entered in a client of another kind.",
    "too_many_attempts": "Too many failed attempts from this address in the last minute; it is let in again by itself, once the credentials are right.",
    "storage_down": "The database could not be reached, so nothing could be promised to the charger. It was asked to come back later.",
    "stopping": "The server was shutting down. The charger was asked to come back later.",
    "clock_off": "The clock of the server differs too much from the one of the database. The charger was asked to come back later.",
    "too_often": "The charger connects again and again. It is slowed down, and only its newest attempt counts: look for a second device with this id, or for a bad network.",
    "too_busy": "Too many chargers connected in the same moment. The charger was asked to come back a little later.",
}


_upsert = Prepared(
    sql(
        "INSERT INTO refused_connections"
        " (identity, source, reason, path, offered_protocols, user_agent, count, first_at, last_at)"
        " VALUES (:identity, :source, :reason, :path, :offered_protocols, :user_agent, :count, :at, :at)"
        " ON CONFLICT (identity, source, reason) DO UPDATE SET path = excluded.path,"
        " offered_protocols = excluded.offered_protocols, user_agent = excluded.user_agent,"
        " count = refused_connections.count + excluded.count, last_at = excluded.last_at"
    ).bindparams(bindparam("at", type_=UtcTime), bindparam("offered_protocols", type_=Json))
)


def keep(work: Work, refusals: list[Refusal]) -> None:
    """Keep refused handshakes; the same one again only counts. The inbox is bounded, an attack cannot fill the disk."""
    for refusal in refusals:
        work.run(
            _upsert,
            identity=refusal.identity,
            source=refusal.source,
            reason=refusal.reason,
            path=refusal.path,
            offered_protocols=list(refusal.offered_protocols),
            user_agent=refusal.user_agent,
            count=refusal.count,
            at=refusal.at,
        )
        work.publish(events.ConnectionRefused(identity=refusal.identity, reason=refusal.reason, at=refusal.at))
    for identity in {refusal.identity for refusal in refusals}:
        _trim(work, KEPT_EACH if identity else KEPT_UNKNOWN, refused_connections.c.identity == identity)
    newest_of_each = select(func.max(refused_connections.c.id)).group_by(refused_connections.c.identity)
    _trim(work, KEPT, refused_connections.c.id.not_in(newest_of_each))
    _trim(work, KEPT_UNKNOWN, refused_connections.c.reason == "unknown_station")


def listed(work: Work, organization_id: int | None = None, *, limit: int, cursor: str | None) -> list[RefusedRow]:
    """The inbox, newest entry first; for an organization, without the chargers of others (API-11)."""
    inbox = select(refused_connections)
    if organization_id is not None:
        inbox = inbox.outerjoin(
            stations, and_(stations.c.identity == refused_connections.c.identity, not_deleted(stations))
        ).where(or_(stations.c.id.is_(None), stations.c.organization_id == organization_id))
    with work.beyond():  # one that is nobody's belongs to no tenant; whether it is somebody's, only all chargers tell
        found = work.execute(page(inbox, refused_connections.c.id, limit=limit, cursor=cursor)).all()
    return cast(list[RefusedRow], found)


def of_identity(work: Work, identity: str, *, since: datetime, until: datetime) -> list[RefusedRow]:
    """What was refused to whoever called itself so, if any of it was in this time."""
    columns = refused_connections.c
    mine = select(refused_connections).where(
        columns.identity == identity, columns.last_at >= since, columns.first_at < until
    )
    with work.beyond():  # it belongs to no tenant; whose charger has this name, the caller has looked up
        return cast(list[RefusedRow], work.execute(mine.order_by(columns.id)).all())


def explain(row: RefusedRow) -> str:
    """The plain-language reason."""
    offered = ", ".join(row.offered_protocols or ()) or "none"
    return EXPLANATIONS[row.reason].format(identity=row.identity, offered=offered)


def _trim(work: Work, kept: int, which: ColumnElement[bool]) -> None:
    inbox = select(refused_connections.c.id).where(which)
    counted = select(func.count()).select_from(refused_connections).where(which)
    too_many = work.execute(counted).scalar_one() - kept
    if too_many > 0:
        oldest = inbox.order_by(refused_connections.c.last_at).limit(too_many)
        work.execute(delete(refused_connections).where(refused_connections.c.id.in_(oldest)))
