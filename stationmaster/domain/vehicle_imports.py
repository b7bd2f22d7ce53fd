"""Lists of vehicles that people bring: created or changed by their own ids, all of a file or nothing (O-04)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stationmaster.domain import vehicles
from stationmaster.domain.errors import Invalid, NotFound
from stationmaster.domain.imports import Line, Tally, one_by_one, without_doubled
from stationmaster.storage import Work

_COLUMNS = {"is_default": "default", "battery_wh": "battery_kwh"}
"""As a file calls what a row calls otherwise."""


def take(
    work: Work,
    organization_id: int,
    lines: Sequence[Line],
    facts_of: Callable[[dict[str, Any]], Mapping[str, Any]],
) -> Tally:
    """Create vehicles, or change what the file says of them. `facts_of` puts a line into our words and units."""
    tally = Tally()

    def take_one(line: Line) -> Sequence[str] | None:
        vehicle_id, facts = line.values["id"], dict(facts_of(line.values))
        customer = line.values.get("customer")
        try:
            before = vehicles.get(work, organization_id, vehicle_id)
        except NotFound:
            if customer is None:
                raise Invalid("customer", "is missing: there is no vehicle with this id yet") from None
            vehicles.create(work, organization_id, customer=customer, public_id=vehicle_id, **facts)
            return None
        if customer is not None:
            facts["customer"] = customer
        changed = vehicles.change(work, organization_id, vehicle_id, facts)
        return [_COLUMNS.get(name, name) for name in facts if getattr(changed, name) != getattr(before, name)]

    one_by_one(without_doubled(lines, lambda line: line.values["id"], "vehicle", tally), take_one, tally)
    return tally
