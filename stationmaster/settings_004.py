"""The settings of document 004 as it writes them (`server.port`, `database.host`, `jwt.secret` …), turned into ours.

They stand in `stationmaster.yaml` beside ours. What says two things about one is an error, because nobody could tell which of them holds.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

_DATABASE = ("host", "port", "user", "password", "dbname", "sslmode")
_MODES = {"debug": "debug", "release": "info", "test": "info"}
_UNITS_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")

Told = dict[str, Any]


def translated(told: Told) -> Told:
    """What a file says, in our words. Raises `ValueError` with a sentence that begins with the key."""
    ours = {part: dict(values) if isinstance(values, dict) else values for part, values in told.items()}
    server = _section(ours, "server")
    _move(server, "server.port", ours, "web", "port")
    if (mode := server.pop("mode", None)) is not None:
        if mode not in _MODES:
            raise ValueError(f"server.mode: must be one of {', '.join(_MODES)}")
        _part(ours, "log").setdefault("level", _MODES[mode])
    jwt = _section(ours, "jwt")
    if "expiration" in jwt:
        jwt["expiration"] = _minutes(jwt["expiration"])
    _move(jwt, "jwt.secret", ours, "security", "key")
    _move(jwt, "jwt.expiration", ours, "security", "token_minutes")
    _move(jwt, "jwt.issuer", ours, "security", "token_issuer")
    for section, left in (("server", server), ("jwt", jwt)):
        for name in left:
            raise ValueError(f"{section}.{name}: there is no such setting")
    if isinstance(ours.get("database"), dict):
        _name_database(ours["database"])
    return ours


def _section(told: Told, name: str) -> Told:
    """A section that only the document has; taken out."""
    section = told.pop(name, None) or {}
    if not isinstance(section, dict):
        raise ValueError(f"{name}: must have settings below it")
    return section


def _part(ours: Told, name: str) -> Told:
    if not isinstance(ours.get(name), dict):
        ours[name] = {}
    part: Told = ours[name]
    return part


def _move(section: Told, name: str, ours: Told, part: str, key: str) -> None:
    theirs = name.partition(".")[2]
    if theirs not in section:
        return
    value = section.pop(theirs)
    there = _part(ours, part)
    if key in there and str(there[key]) != str(value):
        raise ValueError(f"{name}: {part}.{key} is set as well, and differs; keep one of the two")
    there[key] = value


def _name_database(database: Told) -> None:
    """`database.url` of the document's keys for a PostgreSQL, in place of them."""
    theirs = {key: database.pop(key) for key in _DATABASE if key in database}
    if not theirs:
        return
    if "url" in database:
        raise ValueError(f"database.{next(iter(theirs))}: database.url is set as well; keep one of the two")
    if not theirs.get("dbname"):
        raise ValueError("database.dbname: must name the database")
    quoted = {key: quote(str(value), safe="") for key, value in theirs.items() if value not in (None, "")}
    login = quoted.get("user", "")
    if "password" in quoted:
        if not login:
            raise ValueError("database.user: must name whose password database.password is")
        login += f":{quoted['password']}"
    host = str(theirs.get("host") or "localhost")
    place = f"[{host}]" if ":" in host else quoted.get("host", host)
    if "port" in quoted:
        place += f":{quoted['port']}"
    url = f"postgresql://{login}@{place}" if login else f"postgresql://{place}"
    database["url"] = f"{url}/{quoted['dbname']}" + (f"?sslmode={quoted['sslmode']}" if "sslmode" in quoted else "")


def _minutes(text: Any) -> float:
    """A duration as Go writes it: `24h`, `1h30m`, `90s`."""
    parts = _DURATION.findall(str(text))
    if not parts or "".join(number + unit for number, unit in parts) != str(text):
        raise ValueError("jwt.expiration: must be a duration, as in 24h or 1h30m")
    return sum(float(number) * _UNITS_S[unit] for number, unit in parts) / 60
