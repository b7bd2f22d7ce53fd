"""What is kept of a charger's settings: what we have read or written last, not what it would say now; and what changed, by whom."""

from __future__ import annotations

import msgspec
from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from stationmaster.domain.commands import Attribute
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata

station_settings = Table(
    "station_settings",
    metadata,
    key(),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("name_key", Text, nullable=False),  # in lower case: chargers and people do not agree on capitals
    Column("name", Text, nullable=False),
    Column("value", Text),
    Column("read_only", Boolean),
    # When it was so, by our clock: for a report, when it was asked for. What was so earlier never replaces it.
    Column("told_at", UtcTime, nullable=False),
    Column("component", Text),  # None for a key of 1.6
    Column("instance", Text),
    Column("evse", Integer),
    Column("connector", Integer),
    Column("variable", Text),
    Column("variable_instance", Text),
    Column("attribute", Text, nullable=False, server_default="actual"),
    Column("write_only", Boolean),
    Column("kind", Text),  # string, decimal, integer, date_time, boolean, option_list, sequence_list, member_list
    Column("unit", Text),
    Column("min_limit", Float),
    Column("max_limit", Float),
    Column("choices", Text),  # what an option or a list may be of, with commas
    Column("changed_at", UtcTime),  # when its value was another than before; None while we know of no change
    UniqueConstraint("station_id", "name_key"),
)

setting_changes = Table(
    "setting_changes",
    metadata,
    key(),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("attribute", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("at", UtcTime, nullable=False),
    Column("by", Text),  # who has changed it by a command; None when the charger has told it by itself
    Column("command", Text),  # its public id
)
Index("ix_setting_changes_station_id", setting_changes.c.station_id, setting_changes.c.id)


class Setting(msgspec.Struct, frozen=True):
    """One setting as a station tells it: `name` is its key, or in 2.x its full name. None is what is not known."""

    name: str
    value: str | None
    read_only: bool | None = None
    write_only: bool | None = None
    attribute: Attribute = "actual"
    component: str | None = None
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    variable: str | None = None
    variable_instance: str | None = None
    kind: str | None = None
    unit: str | None = None
    min_limit: float | None = None
    max_limit: float | None = None
    choices: str | None = None

    @property
    def key(self) -> str:
        """By which it is found."""
        return name_key(self.name, self.attribute)


def name_key(name: str, attribute: str = "actual") -> str:
    return name.lower() if attribute == "actual" else f"{name.lower()}/{attribute}"
