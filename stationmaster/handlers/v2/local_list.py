"""Block D, local authorization list."""

from __future__ import annotations

from stationmaster.domain import commands, station_settings, tokens
from stationmaster.domain.commands import Answer
from stationmaster.domain.stations import Station
from stationmaster.handlers import local_lists
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v21, v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

local_list = Routes(V201)

USUAL_KIND = "ISO14443"  # of a card whose kind nobody has said: a list is for what is held to a reader


@local_list.sends
def send_local_list(work: Work, station: Station, command: commands.SendLocalList) -> Ask[v201.SendLocalList]:
    return local_lists.parts(
        work,
        station,
        command,
        _wanted(work, station),
        removal=_removal,
        request=lambda version, full, some: v201.SendLocalList(
            version_number=version,
            update_type="Full" if full else "Differential",
            local_authorization_list=some or None,
        ),
        at_once=station_settings.number(work, station, "LocalAuthListCtrlr/ItemsPerMessage"),
        at_once_bytes=station_settings.number(work, station, "LocalAuthListCtrlr/BytesPerMessage"),
    )


@local_list.answers
def send_local_list_answered(
    work: Work,
    station: Station,
    command: commands.SendLocalList,
    request: v201.SendLocalList,
    response: v201.SendLocalListResponse,
) -> Answer:
    some = request.local_authorization_list or []
    return local_lists.answered(
        work,
        station,
        response.status,
        version=request.version_number,
        full=request.update_type == "Full",
        put={_name(entry.id_token): entry for entry in some if entry.id_token_info is not None},
        dropped=[_name(entry.id_token) for entry in some if entry.id_token_info is None],
        reason=words.reason(response.status_info),
    )


@local_list.sends
def get_local_list_version(
    work: Work, station: Station, command: commands.GetLocalListVersion
) -> v201.GetLocalListVersion:
    return v201.GetLocalListVersion()


@local_list.answers
def get_local_list_version_answered(
    work: Work,
    station: Station,
    command: commands.GetLocalListVersion,
    request: v201.GetLocalListVersion,
    response: v201.GetLocalListVersionResponse,
) -> Answer:
    return local_lists.version_told(work, station, response.version_number)


def _wanted(work: Work, station: Station) -> dict[str, v201.AuthorizationData]:
    longest = words.LONGEST_TOKEN.get(station.version, 36)
    found: dict[str, v201.AuthorizationData] = {}
    for card in tokens.for_local_list(work, station, room=None, longest=longest):
        token = v21.IdTokenType(id_token=card.uid, type=card.kind or USUAL_KIND)
        info = words.id_token_info(station, card.answer)
        found.setdefault(_name(token), v201.AuthorizationData(id_token=token, id_token_info=info))
    return found


def _name(token: v201.IdTokenType) -> str:
    return f"{token.type} {tokens.uid_key(token.id_token)}"


def _removal(name: str) -> v201.AuthorizationData:
    kind, _, uid = name.partition(" ")
    return v201.AuthorizationData(id_token=v21.IdTokenType(id_token=uid, type=kind))
