"""What `make bench-api` asks for: every GET of the OpenAPI document, with each of its filters, searches and orders.

It is read from the document, so that what is new is measured as well. What has no value here is asked for with one that nothing has:
such a thing must be looked for longest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

API = "/api/v1"

# What is no question to a database: a log-in elsewhere, a stream without an end, files (`bench_api` measures their rate).
LEFT_OUT = re.compile(rf"(?!{API}/)|{API}/(auth/providers/|events$|exports/)|.*/file$")

# Where the id of a path comes from: the first item of this list, and what it is called there.
IDS = {
    "station_id": ("/stations?search=SEED", "id"),
    "charger_id": ("/stations?search=SEED", "id"),
    "session_id": ("/sessions?status=completed", "id"),
    "site_id": ("/sites", "id"),
    "customer_id": ("/customers", "id"),
    "uid": ("/tokens?search=5EED", "uid"),
    "vehicle_id": ("/vehicles", "id"),
    "tariff_id": ("/tariffs", "id"),
    "reservation_id": ("/reservations", "id"),
    "request_id": ("/certificate-requests", "id"),
    "entry_id": ("/quarantine", "id"),
    "webhook_id": ("/webhooks", "id"),
    "organization_id": ("/organizations", "id"),
}
PAGED = {"limit", "cursor"}  # the second page is asked for with the cursor of the first
NOTHING = "nothing is called so"

# What a parameter is given, unless the document names all of its values.
VALUES: dict[str, tuple[str, ...]] = {
    "search": ("ann 8", "c77@", "seed00000", "city 7", "e", NOTHING),
    "q": ("a",),
    "station": ("SEED0000009", NOTHING),
    "with": ("SEED0000009",),
    "site": ("site-1", "Site 1", NOTHING),
    "customer": ("c7", NOTHING),
    "token": ("5EED00000008", NOTHING),
    "manufacturer": ("Acme", NOTHING),
    "city": ("City 7", NOTHING),
    "country": ("IN", NOTHING),
    "group": (NOTHING,),
    "kind": ("rfid", NOTHING),
    "component": ("EVSE",),
    "variable": ("Interval",),
    "action": ("MeterValues", NOTHING),
    "receiver": (NOTHING,),
    "type": ("session_started",),
    "actor": (NOTHING,),
    "subject": (f"station:{NOTHING}", "station"),
    "currency": ("EUR", "CHF"),
    "offline_for_h": ("24",),
    "latitude": ("45.5",),
    "longitude": ("5.05",),
    "radius_km": ("200",),
    "min_power_w": ("11000",),
    "after": ("latest", "1"),
    "at": ("2026-10-30T12:00:00Z",),
    "minutes": ("720",),
    "zone": ("Europe/Berlin",),
    "month": ("2026-10",),
    "week": ("2026-W43",),
    "from": ("2026-10-01",),
    "to": ("2026-10-31",),
    "booked_from": ("2026-10-01",),
    "booked_to": ("2026-10-01",),
}
# What is refused without these.
ALONG: dict[str, dict[str, str]] = {
    f"{API}/discovery": {"latitude": "45.5", "longitude": "5.05"},
    f"{API}/reports/preview": {"site": "site-1"},
}
TIMES = ("2026-10-31T00:00:00Z", "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z")
# Together, as people ask: sessions of a month, the largest first.
TOGETHER: dict[str, tuple[str, ...]] = {
    f"{API}/sessions": (
        "started_from=2026-10-31T00:00:00Z&started_to=2026-11-01T00:00:00Z",
        "started_from=2026-10-01T00:00:00Z&started_to=2026-11-01T00:00:00Z&sort=-energy",
        "ended_from=2026-10-01T00:00:00Z&ended_to=2026-11-01T00:00:00Z&sort=stopped",
        "station=SEED0000009&sort=-energy",
        "customer=c7&sort=-energy",
        "site=site-1&sort=-started",
        "site=site-1&status=invalid",
        "station=SEED0000009&status=invalid",
    ),
    f"{API}/stations": ("site=Site 1&sort=id", "connected=true&sort=-updated"),
    f"{API}/customers": ("search=ann&sort=name", "search=c77@&sort=-created"),
}


class Asked(NamedTuple):
    """A path with its query, and whether it searches a text."""

    path: str
    searches: bool


def requests(document: Mapping[str, Any], ids: Mapping[str, str]) -> list[Asked]:
    """All that is asked; `ids` are those of the paths, by their names."""
    asked = []
    for path, operations in document["paths"].items():
        if "get" not in operations or LEFT_OUT.match(path):
            continue
        filled = _filled(path, ids)
        parameters = [_resolved(document, parameter) for parameter in operations["get"].get("parameters", ())]
        for query in _queries(path, [one for one in parameters if one["in"] == "query"]):
            asked.append(Asked(filled + query, "search=" in query))
    return asked


def _queries(path: str, parameters: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Without any, with each value of each alone, and together."""
    always = {one["name"]: _values(one)[0] for one in parameters if one.get("required")} | ALONG.get(path, {})
    yield _query(always)
    for parameter in parameters:
        if parameter["name"] not in PAGED and parameter["name"] not in always:
            for value in _values(parameter):
                yield _query(always | {parameter["name"]: value})
    for together in TOGETHER.get(path, ()):
        yield "?" + quote(together, safe="&=:-")


def _values(parameter: Mapping[str, Any]) -> tuple[str, ...]:
    schema, name = parameter["schema"], parameter["name"]
    kinds = [schema, *schema.get("oneOf", ())]
    if "enum" in schema:
        return tuple(str(value) for value in schema["enum"] if value is not None)
    if any(kind.get("type") == "boolean" for kind in kinds):
        return ("true", "false")
    if any(kind.get("format") == "date-time" for kind in kinds):
        return TIMES
    if name in VALUES:
        return VALUES[name]
    return ("1",) if any(kind.get("type") in ("integer", "number") for kind in kinds) else (NOTHING,)


def _filled(path: str, ids: Mapping[str, str]) -> str:
    for name in re.findall(r"{(\w+)}", path):
        path = path.replace(f"{{{name}}}", quote(ids.get(name, "none"), safe=""))
    return path


def _query(values: Mapping[str, str]) -> str:
    return "?" + urlencode(values) if values else ""


def _resolved(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in parameter:
        found: Any = document
        for part in parameter["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        parameter = found
    return parameter
