"""`stationmaster explain CHARGER --at TIME`: everything known around one moment, as one story."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from stationmaster.cli.records import read_or_write
from stationmaster.domain import moments, organizations, timeline
from stationmaster.domain.timeline import Entry, Timeline
from stationmaster.settings import load
from stationmaster.storage import Work

LOCAL = Path("/etc/localtime")


def explain(charger: str, *, at: str, minutes: int, zone: str | None, organization: str | None) -> None:
    """Print the time line of a charger. Raises `NotFound`, `Invalid`."""
    there = _zone(zone)
    settings = load()
    silent_after = timedelta(seconds=2 * settings.gateway.heartbeat_interval_s)

    def read(work: Work) -> Timeline:
        return timeline.around(
            work,
            organizations.named(work, organization),
            charger,
            at=moments.moment(at, now=work.now, zone=there),
            minutes=minutes,
            silent_after=silent_after,
        )

    print("\n".join(lines(read_or_write(read, settings), there, zone)))


def lines(told: Timeline, zone: tzinfo, name: str | None) -> list[str]:
    """The time line as text, its times in this zone."""
    moment = told.at.astimezone(zone)
    offset = moment.strftime("%z")
    shown = [
        f"{told.station} around {moment:%Y-%m-%d %H:%M:%S}, from {_local(told.since, zone)} to {_local(told.until, zone)}",
        f"Times are in {name or zone.tzname(told.at) or 'local time'} (UTC{offset[:3]}:{offset[3:5]}), oldest first.",
    ]
    if told.removed_at is not None:
        shown.append(f"This charger was removed at {_local(told.removed_at, zone)}.")
    if told.left_out:
        shown.append("There was more than is shown here: ask for fewer minutes.")
    if not told.entries:
        shown.append("Nothing is known of this time.")
    day = None
    marked = False
    for entry in told.entries:
        if not marked and entry.at >= told.at:
            marked = True
            shown.append(f"{moment:%H:%M:%S}  ---- the moment you asked about ----")
        here = entry.at.astimezone(zone)
        if here.date() != day:
            day = here.date()
            shown.append(f"{day:%A, %Y-%m-%d}")
        shown.append(_line(entry, here, zone))
    return shown


def _line(entry: Entry, here: datetime, zone: tzinfo) -> str:
    times = (
        f" ({entry.count} times, the last at {entry.until.astimezone(zone):%H:%M:%S})"
        if entry.count > 1 and entry.until
        else ""
    )
    own = f"  [{entry.detail}]" if entry.detail else ""
    return f"{here:%H:%M:%S}  {entry.kind:<10}  {entry.sentence}{times}{own}"


def _local(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _zone(name: str | None) -> tzinfo:
    """The one named, else the one of this machine."""
    if name or os.environ.get("TZ"):
        return moments.zone_named(name or os.environ["TZ"])
    if not LOCAL.exists():
        return moments.zone_named(None)
    with LOCAL.open("rb") as file:
        return ZoneInfo.from_file(file)
