"""Where figures are kept: what each session has added, the sums of it, and which sessions are to be looked at again."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text

from stationmaster.storage.columns import BigInt, Exact, UtcTime, key, metadata, organization


def _amounts() -> tuple[Column[object], ...]:
    return (
        Column("sessions", Integer, nullable=False),
        Column("good", Integer, nullable=False),
        Column("energy_wh", Exact(), nullable=False),
        Column("plugged_s", BigInt, nullable=False),
        Column("charging_s", BigInt, nullable=False),
    )


def _money() -> tuple[Column[object], ...]:
    return tuple(Column(name, Exact(3), nullable=False) for name in ("net", "tax", "gross"))


session_figures = Table(
    "session_figures",
    metadata,
    Column("session_id", BigInt, ForeignKey("sessions.id"), primary_key=True, autoincrement=False),
    organization(),
    Column("station_id", BigInt, nullable=False),
    Column("site_id", BigInt, nullable=False),  # 0: none
    Column("time_zone", Text, nullable=False),
    Column("began_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime, nullable=False),
    Column("charging_s", BigInt, nullable=False),
    Column("energy_wh", Exact(), nullable=False),
    Column("good", Boolean, nullable=False),
    Column("currency", Text, nullable=False),
    *_money(),
)
Index("ix_session_figures_ended", session_figures.c.organization_id, session_figures.c.ended_at)

station_days = Table(
    "station_days",
    metadata,
    organization(),
    Column("station_id", BigInt, nullable=False),
    Column("site_id", BigInt, nullable=False),
    Column("day", Text, nullable=False),
    Column("currency", Text, nullable=False),
    *_amounts(),
    *_money(),
    PrimaryKeyConstraint("station_id", "day", "site_id", "currency"),
)
Index("ix_station_days_day", station_days.c.organization_id, station_days.c.day)

station_hours = Table(
    "station_hours",
    metadata,
    organization(),
    Column("station_id", BigInt, nullable=False),
    Column("site_id", BigInt, nullable=False),
    Column("month", Text, nullable=False),
    Column("hour", Integer, nullable=False),
    *_amounts(),
    PrimaryKeyConstraint("station_id", "month", "hour", "site_id"),
)
Index("ix_station_hours_month", station_hours.c.organization_id, station_hours.c.month)

figures_due = Table(
    "figures_due",
    metadata,
    key(),
    Column("station_id", BigInt, nullable=False),
    Column("session", Text),  # its public id
    Column("evse", Integer),  # or the place where a fault came, perhaps just after a session
)

port_days = Table(
    "port_days",
    metadata,
    organization(),
    Column("station_id", BigInt, nullable=False),
    Column("site_id", BigInt, nullable=False),
    Column("evse", Integer, nullable=False),
    Column("day", Text, nullable=False),
    Column("known_s", BigInt, nullable=False),
    Column("down_s", BigInt, nullable=False),
    Column("offline_s", BigInt, nullable=False),
    Column("excluded_s", BigInt, nullable=False),
    PrimaryKeyConstraint("station_id", "evse", "day"),
)
Index("ix_port_days_day", port_days.c.organization_id, port_days.c.day)
