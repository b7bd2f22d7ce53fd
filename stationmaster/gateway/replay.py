"""A message from the quarantine is said again: the same decoder, the same handler, but nobody waits for the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from stationmaster.domain import events
from stationmaster.domain.quarantine import Play, Replayed
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp.errors import OcppError
from stationmaster.reason_words import Reason
from stationmaster.storage import Work

_ABOUT_SESSIONS = (events.SessionStarted, events.SessionEnded, events.SessionCorrected, events.SessionChanged)
_WITHOUT_EFFECT_ON_SESSIONS = ("MeterValues",)


def player(routes: Mapping[str, Routes]) -> Play:
    """Plays messages of these versions."""

    def play(work: Work, station: Station, action: str, payload: Any) -> Replayed:
        known = routes.get(station.version)
        handler = None if known is None else known.handlers.get(action)
        if known is None or handler is None:
            return Replayed(
                problem=Reason(
                    "OCPP {version} has no message {action!r} that is taken here",
                    version=station.version,
                    action=action,
                )
            )
        try:
            request, remarks = known.dialect.decode_request(action, payload)
        except OcppError as error:
            where = f"{error.where}: " if error.where else ""
            return Replayed(problem=Reason("it still cannot be understood: {why}", why=where + error.description))
        before = len(work.events)
        response = handler(work, station, request)
        told = [event.session for event in work.events[before:] if isinstance(event, _ABOUT_SESSIONS)]
        problem = None
        if not told and action not in _WITHOUT_EFFECT_ON_SESSIONS:
            problem = Reason("nothing would come of it: it fits no session, or says what is known already")
        return Replayed(problem, remarks, msgspec.to_builtins(response), tuple(told))

    return play
