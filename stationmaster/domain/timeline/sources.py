"""What each history has to say of a time: everything but the messages."""

from __future__ import annotations

from datetime import datetime, timedelta

from stationmaster.domain import (
    alarms,
    commands,
    connections,
    connector_states,
    connectors,
    nodes,
    quarantine,
    refused_connections,
    sessions,
)
from stationmaster.domain.connections import LogRow
from stationmaster.domain.sessions import SessionRow
from stationmaster.domain.timeline.entries import Entry
from stationmaster.domain.timeline.lived import Lived
from stationmaster.domain.timeline.wording import cut, watt_hours
from stationmaster.storage import Work

LATE = timedelta(minutes=2)
"""What was told so long after it had happened was told late."""


def connections_of(work: Work, station_id: int, since: datetime, until: datetime, most: int) -> list[Entry]:
    """When it came and went; first, whether it was there when the time began."""
    rows = connections.log_between(work, station_id, since=since, until=until, most=most)
    return [_before_move(row, since) if row.at < since else _move(row) for row in rows]


def all_but_messages(work: Work, station: Lived, since: datetime, until: datetime, most: int) -> list[Entry]:
    """Our own starts, refused connections, states, sessions, commands, quarantine, alarms; in no order."""
    return [
        *_servers(work, since, until, most),
        *_refusals(work, station.identity, since, until),
        *_states(work, station.id, since, until),
        *_sessions(work, station.id, since, until, most),
        *_commands(work, station.id, since, until, most),
        *_quarantine(work, station.id, since, until, most),
        *_alarms(work, station.id, since, until, most),
        *_removal(station, since, until),
    ]


def _before_move(row: LogRow, since: datetime) -> Entry:
    there = row.event in ("connected", "online")
    return Entry(since, "before", "It was connected." if there else "It was not connected.", connected=there)


def _move(row: LogRow) -> Entry:
    match row.event:
        case "connected":
            return Entry(row.at, "connection", "It connected.", detail=_from(row.detail), connected=True)
        case "disconnected":
            why = f": {cut(row.detail)}" if row.detail else ""
            return Entry(row.at, "connection", f"Its connection ended{why}.", connected=False)
        case "online":
            return Entry(row.at, "connection", "It counted as online again.", connected=True)
        case _:
            return Entry(
                row.at, "connection", "It had been gone for too long, and counted as offline.", connected=False
            )


def _from(source: str | None) -> str | None:
    return None if source is None else f"from {cut(source)}"


def _servers(work: Work, since: datetime, until: datetime, most: int) -> list[Entry]:
    words = {
        "started": "This server was started; chargers that were connected before had to come back.",
        "stopped": "This server was stopped in order; every charger lost its connection.",
        "died": "This server, or one beside it, was found to have stopped without warning.",
    }
    found = nodes.events_between(work, since, until, most=most)
    return [Entry(each.at, "server", words[each.event], detail=f"node {each.node}") for each in found]


def _refusals(work: Work, identity: str, since: datetime, until: datetime) -> list[Entry]:
    return [
        Entry(
            row.last_at if row.last_at < until else max(row.first_at, since),
            "refused",
            _refused_words(row),
            detail=f"{row.reason}, from {cut(row.source)}",
        )
        for row in refused_connections.of_identity(work, identity, since=since, until=until)
    ]


def _refused_words(row: refused_connections.RefusedRow) -> str:
    often = "" if row.count == 1 else f" {row.count} times since {row.first_at:%Y-%m-%d %H:%M} UTC"
    return f"It was turned away at the door{often}. {refused_connections.explain(row)}"


_STATES = {
    "suspended_ev": "waiting for the car (suspended by the car)",
    "suspended_evse": "held back by the charger (suspended)",
    "available": "free",
    "unavailable": "out of service",
    "faulted": "out of order (faulted)",
}


def _states(work: Work, station_id: int, since: datetime, until: datetime) -> list[Entry]:
    found: list[Entry] = []
    for place in connectors.of_stations(work, [station_id]):
        name = "The charger" if place.evse == 0 else f"Connector {place.evse}"
        name += f".{place.number}" if place.number > 1 else ""
        for span in connector_states.timeline(work, place, since=since, until=until):
            state = _STATES.get(span.state, span.state)
            error = "" if span.error_code in (None, "NoError") else f", error {cut(span.error_code, 40)}"
            held = span.since <= since
            words = f"{name} was {state}{error}." if held else f"{name} became {state}{error}."
            found.append(Entry(span.since, "before" if held else "state", words, detail=span.status))
    return found


def _sessions(work: Work, station_id: int, since: datetime, until: datetime, most: int) -> list[Entry]:
    found: list[Entry] = []
    for row in sessions.of_station_between(work, station_id, since=since, until=until, most=most):
        found += [each for each in _session(row, since) if since <= each.at < until]
        for change in sessions.of_session(work, row.id):
            if since <= change.at < until:
                who = (
                    f"{cut(change.by, 60)} changed the session"
                    if change.by
                    else "What the charger told later changed the session"
                )
                words = f"{who} ({change.kind.replace('_', ' ')}): {cut(change.note) or 'no reason given'}."
                found.append(Entry(change.at, "session", words, session=row.public_id))
    return found


def _session(row: SessionRow, since: datetime) -> list[Entry]:
    def entry(at: datetime | None, words: str) -> list[Entry]:
        return (
            []
            if at is None
            else [Entry(at, "session", words, detail=f"session {row.public_id}", session=row.public_id)]
        )

    where = "" if row.evse is None else f" at connector {row.evse}"
    card = f" with the card {cut(row.token, 40)}" if row.token else ""
    late = _told_at(row.started_at, row.received_at)
    if row.started_at < since:
        words = f"A session was going on{where}{card}, since {row.started_at:%Y-%m-%d %H:%M} UTC."
        begun = [Entry(since, "before", words, detail=f"session {row.public_id}", session=row.public_id)]
        if row.stopped_at is not None and row.stopped_at < since:
            begun = []
        if late and row.received_at >= since:
            begun += entry(row.received_at, f"It told of a session{where}{card} that had begun long before.")
    else:
        begun = entry(row.started_at, f"A session began{where}{card}.{late}")
    energy = "" if row.energy_wh is None else f" It counts {watt_hours(row.energy_wh)}."
    why = f": {row.stop_reason.replace('_', ' ')}" if row.stop_reason else ""
    return [
        *begun,
        *entry(
            row.suspect_since,
            "It became doubtful whether the session goes on: the charger restarted, or says that the connector is free.",
        ),
        *entry(row.silent_since, "The session is open, and nothing was heard of the charger for long."),
        *entry(row.stopped_at, f"The session ended{why}.{energy}{_told_at(row.stopped_at, row.stop_received_at)}"),
    ]


def _told_at(happened: datetime | None, told: datetime | None) -> str:
    if happened is None or told is None or told - happened < LATE:
        return ""
    return f" (The charger told of it only at {told:%H:%M} UTC{'' if told.date() == happened.date() else f' on {told:%Y-%m-%d}'}.)"


def _commands(work: Work, station_id: int, since: datetime, until: datetime, most: int) -> list[Entry]:
    found: list[Entry] = []
    for row in commands.of_station_between(work, station_id, since=since, until=until, most=most):
        name = row.name.replace("-", " ")
        found.append(Entry(row.asked_at, "command", f"{cut(row.asked_by, 60)} asked for: {name}.", detail=row.remark))
        ended = row.finished_at or row.answered_at
        if ended is not None and ended < until and (row.detail or row.outcome):
            words = cut(row.detail or (row.outcome or "").replace("_", " "), 200)
            found.append(Entry(ended, "command", f"Of “{name}” came: {words}", detail=row.outcome, session=row.session))
    return found


def _quarantine(work: Work, station_id: int, since: datetime, until: datetime, most: int) -> list[Entry]:
    return [
        Entry(
            row.at,
            "quarantine",
            f"What it said of a transaction could not be used as it was, and was kept for a person"
            f"{'' if row.resolved_at is None else ', who has looked at it since'}.",
            detail=f"{row.action}: {cut(row.reason, 300)}",
        )
        for row in quarantine.of_station_between(work, station_id, since=since, until=until, most=most)
    ]


def _alarms(work: Work, station_id: int, since: datetime, until: datetime, most: int) -> list[Entry]:
    found: list[Entry] = []
    for row in alarms.of_station_between(work, station_id, since=since, until=until, most=most):
        again = "" if row.count == 1 else f" ({row.count} times until {row.last_at:%Y-%m-%d %H:%M} UTC)"
        at = row.at if row.at >= since else min(row.last_at, until - timedelta(microseconds=1))
        words = f"An alarm was raised: {row.kind.replace('_', ' ').replace(':', ': ')}{again}."
        found.append(Entry(at, "alarm", words, detail=cut(row.detail, 300)))
    return found


def _removal(station: Lived, since: datetime, until: datetime) -> list[Entry]:
    moments = ((station.created_at, "It was added here."), (station.deleted_at, "It was removed here."))
    return [Entry(at, "server", words) for at, words in moments if at is not None and since <= at < until]
