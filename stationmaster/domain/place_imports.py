"""Lists of sites and chargers that people bring: created or changed by their own ids, all of a file or nothing (O-04)."""

from __future__ import annotations

from collections.abc import Sequence

from stationmaster.domain import sites, stations
from stationmaster.domain.credentials import Keys
from stationmaster.domain.errors import Invalid
from stationmaster.domain.imports import Line, Tally, one_by_one, without_doubled
from stationmaster.storage import Work

MAX_ROWS = 1000
"""Each row takes about a millisecond, in which chargers wait where there is one writer only (SQLite)."""


def take_sites(work: Work, organization_id: int, lines: Sequence[Line], time_zone: str) -> Tally:
    """Create sites, or change what the file says of them. `time_zone` is that of a new site that names none."""
    tally = Tally()
    lines = without_doubled(lines, lambda line: line.values["id"], "site", tally)
    there = sites.of_ids(work, organization_id, [line.values["id"] for line in lines])

    def take(line: Line) -> Sequence[str] | None:
        facts = {name: line.values[name] for name in sites.FACTS if name in line.values}
        site = there.get(line.values["id"])
        if site is None:
            if "name" not in facts:
                raise Invalid("name", "is missing: there is no such site yet")
            facts = {"time_zone": time_zone} | facts
            sites.create(work, organization_id, public_id=line.values["id"], **facts)
            return None
        if all(getattr(site, name) == value for name, value in facts.items()):
            return []
        changed = sites.change(work, organization_id, line.values["id"], facts)
        return [name for name in facts if getattr(changed, name) != getattr(site, name)]

    one_by_one(lines, take, tally)
    return tally


def take_stations(work: Work, organization_id: int, lines: Sequence[Line], keys: Keys) -> Tally:
    """Create chargers, each with a secret that the tally holds, or change what the file says of them."""
    tally = Tally()
    lines = without_doubled(lines, lambda line: line.values["id"], "charger", tally)
    there = stations.of_identities(work, organization_id, [line.values["id"] for line in lines])

    def take(line: Line) -> Sequence[str] | None:
        identity = line.values["id"]
        facts = {name: line.values[name] for name in stations.FACTS if name in line.values}
        place = {"site": line.values["site"]} if "site" in line.values else {}
        before = there.get(identity)
        if before is None:
            _, secret = stations.create(
                work, organization_id, keys, identity=identity, site=place.get("site"), facts=facts
            )
            tally.secrets[identity] = secret
            return None
        moved = ["site"] if place and place["site"] != stations.site_name(work, before) else []
        changed = moved + [name for name, value in facts.items() if getattr(before, name) != value]
        if changed:
            stations.change(work, organization_id, identity, facts | place)
        return changed

    one_by_one(lines, take, tally)
    return tally
