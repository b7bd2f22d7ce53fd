"""Where sessions are kept, and what they look like outside."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy import text as sql

from stationmaster.domain.public_forms import Session
from stationmaster.storage.columns import BigInt, Exact, Json, UtcTime, key, metadata

sessions = Table(
    "sessions",
    metadata,
    key(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("evse", Integer),  # empty: not told yet
    Column("connector", Integer),  # empty: not told, which is never the same as 1 (P-04)
    Column("transaction_id", Text, nullable=False),  # what the station calls it; in 1.6 a number that we gave
    # Counts sessions that begin alike: an id that is used again after a boot, or the same start without a clock.
    Column("occurrence", Integer, nullable=False, server_default="0"),
    Column("start_key", BigInt),  # the content of a start that names no transaction; empty where the id does
    Column("token", Text),
    Column("token_key", Text),  # as tokens are compared: 1.6 idTags heed no case
    Column("customer_id", BigInt, ForeignKey("customers.id")),  # whose card it was when it began
    Column(
        "authorization", Text
    ),  # what we answered: accepted, unknown, blocked, expired, no_credit; empty: nobody has asked
    Column("remote_start_id", BigInt),
    Column("status", Text, nullable=False),
    Column("charging_state", Text),  # in our words
    Column("charging_state_told", Text),  # in the station's
    Column("sequence", BigInt),  # the highest the station has told of it
    Column("gaps", Json),  # and which below it have not come: ranges, first and last
    Column("started_at", UtcTime, nullable=False),
    Column("started_text", Text, nullable=False),  # the station's own words
    Column("received_at", UtcTime, nullable=False),
    Column("meter_start_wh", Exact()),
    Column("stopped_at", UtcTime),
    Column("stop_received_at", UtcTime),
    Column("meter_stop_wh", Exact()),
    Column("energy_wh", Exact()),
    Column("stop_reason", Text),  # in our words (`REASONS`)
    Column("stop_reason_told", Text),  # in the station's
    Column("stop_key", Text),  # the content of the stop that holds; empty while only estimated
    Column("stop_token", Text),
    Column("reservation_id", Integer),
    Column("flags", Json),
    Column("review", Boolean, nullable=False, server_default=sql("false")),  # billing is held until a person has looked
    Column("excluded", Boolean, nullable=False, server_default=sql("false")),  # a person's word: it does not count
    Column("suspect_since", UtcTime),  # the station booted, or says the connector is free
    Column("silent_since", UtcTime),  # the station has not been heard of for long
    Column("again_at", UtcTime),  # its start was heard again after its stop
    Column("asked_at", UtcTime),  # when the station was asked whether it still goes on
    # TX-20: an id is unique for its station only. The id comes first, so that it can also be looked for by itself.
    UniqueConstraint("transaction_id", "station_id", "occurrence"),
    # TX-01: one session for one start, whoever hears it twice, on however many nodes.
    UniqueConstraint("station_id", "start_key", "occurrence"),
)
is_open = sessions.c.status == literal_column(
    "'active'"
)  # a literal, because no database uses a partial index for a parameter
Index(
    "ix_sessions_open",
    sessions.c.station_id,
    sessions.c.evse,
    sessions.c.started_at,
    sqlite_where=is_open,
    postgresql_where=is_open,
)
Index("ix_sessions_station", sessions.c.station_id, sessions.c.id)
Index("ix_sessions_token", sessions.c.token_key, sessions.c.id)
has_customer = sessions.c.customer_id.is_not(None)
Index(
    "ix_sessions_customer",
    sessions.c.customer_id,
    sessions.c.id,
    sqlite_where=has_customer,
    postgresql_where=has_customer,
)
# Without the organization: SQLite would take it for every list of one, and sort all sessions for the order of their keys.
Index("ix_sessions_started", sessions.c.started_at, sessions.c.id)
# What is told once, when a session ends, so that no message before it pays for these.
has_energy = sessions.c.energy_wh.is_not(None)
Index("ix_sessions_energy", sessions.c.energy_wh, sessions.c.id, sqlite_where=has_energy, postgresql_where=has_energy)
has_stopped = sessions.c.stopped_at.is_not(None)
Index(
    "ix_sessions_stopped", sessions.c.stopped_at, sessions.c.id, sqlite_where=has_stopped, postgresql_where=has_stopped
)
# The few that are neither charging nor have ended as they should; and those that do not count. Told as no Boolean, because of one
# SQLAlchemy asks SQLite whether it `= 1`, and then it goes by none of these indexes.
is_unusual: ColumnElement[bool] = literal_column("status NOT IN ('active', 'completed')")
Index("ix_sessions_unusual", sessions.c.status, sessions.c.id, sqlite_where=is_unusual, postgresql_where=is_unusual)
is_left_out: ColumnElement[bool] = literal_column("excluded")
Index("ix_sessions_excluded", sessions.c.id, sqlite_where=is_left_out, postgresql_where=is_left_out)
is_held: ColumnElement[bool] = literal_column("review")
Index("ix_sessions_review", sessions.c.id, sqlite_where=is_held, postgresql_where=is_held)

STATUSES = ("pending", "active", "completed", "cancelled", "invalid")
METER_FAULT = "meter_fault"
"""The flag of a session during which the charger has said that its meter is broken (`meters.py`)."""
VALUES_DROPPED = "values_dropped"
"""The flag of a session whose meter values were dropped after their time (`old_values.py`): its figures stay as they are."""
SEEN, SEEN_AS = "seen", "seen-"
"""The flag of a session that no charger has told of, and how the name begins that it has here (`seen.py`)."""
REFUSED = frozenset({"unknown", "blocked", "expired", "no_credit"})
"""Answers to a card that may not charge."""

REASONS = (
    "local",
    "remote",
    "car_disconnected",
    "car_stopped",
    "deauthorized",
    "unlocked",
    "emergency_stop",
    "power_loss",
    "power_quality",
    "ground_fault",
    "overcurrent",
    "reboot",
    "soft_reset",
    "hard_reset",
    "energy_limit",
    "time_limit",
    "cost_limit",
    "charge_limit",
    "out_of_credit",
    "master_pass",
    "timed_out",
    "other",
    # and ours
    "superseded",
    "lost",
    "silent",
    "operator",
    "charger_removed",
)
"""Why a session ended, in the words of no version."""

CHARGING_STATES = ("idle", "connected", "charging", "suspended_by_car", "suspended_by_charger")


class SessionRow(Protocol):
    """A row of the table, as every query here gives it."""

    id: int
    public_id: str
    organization_id: int
    station_id: int
    evse: int | None
    connector: int | None
    transaction_id: str
    occurrence: int
    start_key: int | None
    token: str | None
    token_key: str | None
    customer_id: int | None
    authorization: str | None
    remote_start_id: int | None
    status: str
    charging_state: str | None
    charging_state_told: str | None
    sequence: int | None
    gaps: list[list[int]] | None
    started_at: datetime
    started_text: str
    received_at: datetime
    meter_start_wh: Decimal | None
    stopped_at: datetime | None
    stop_received_at: datetime | None
    meter_stop_wh: Decimal | None
    energy_wh: Decimal | None
    stop_reason: str | None
    stop_reason_told: str | None
    stop_key: str | None
    stop_token: str | None
    reservation_id: int | None
    flags: list[str] | None
    review: bool
    excluded: bool
    suspect_since: datetime | None
    silent_since: datetime | None
    again_at: datetime | None
    asked_at: datetime | None


class ListedRow(SessionRow, Protocol):
    """A row with the identity of its charger, and the id and name of the customer whose card it was."""

    station: str
    customer: str | None
    customer_name: str | None


_PUBLIC = tuple(name for name in Session.__struct_fields__ if name not in ("id", "station", "flags"))


def public_form(row: SessionRow, station: str, **changes: Any) -> Session:
    """The public form of a row, with these columns as they are now."""
    facts = {name: getattr(row, name) for name in _PUBLIC} | {
        name: value for name, value in changes.items() if name in _PUBLIC
    }
    flags = changes.get("flags", row.flags)
    return Session(id=row.public_id, station=station, flags=tuple(flags or ()), **facts)
