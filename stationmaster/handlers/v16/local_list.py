"""1.6 local authorization list profile (§5.10, §5.15)."""

from __future__ import annotations

from stationmaster.domain import commands, station_settings, tokens
from stationmaster.domain.commands import Answer
from stationmaster.domain.stations import Station
from stationmaster.handlers import local_lists
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v16 import words
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.storage import Work

local_list = Routes(V16)


@local_list.sends
def send_local_list(work: Work, station: Station, command: commands.SendLocalList) -> Ask[v16.SendLocalList]:
    return local_lists.parts(
        work,
        station,
        command,
        _wanted(work, station),
        removal=lambda name: v16.AuthorizationData(id_tag=name),
        request=lambda version, full, some: v16.SendLocalList(
            list_version=version, update_type="Full" if full else "Differential", local_authorization_list=some
        ),
        at_once=station_settings.number(work, station, "SendLocalListMaxLength"),
    )


@local_list.answers
def send_local_list_answered(
    work: Work,
    station: Station,
    command: commands.SendLocalList,
    request: v16.SendLocalList,
    response: v16.SendLocalListResponse,
) -> Answer:
    some = request.local_authorization_list or []
    return local_lists.answered(
        work,
        station,
        response.status,
        version=request.list_version,
        full=request.update_type == "Full",
        put={tokens.uid_key(entry.id_tag): entry for entry in some if entry.id_tag_info is not None},
        dropped=[tokens.uid_key(entry.id_tag) for entry in some if entry.id_tag_info is None],
    )


@local_list.sends
def get_local_list_version(
    work: Work, station: Station, command: commands.GetLocalListVersion
) -> v16.GetLocalListVersion:
    return v16.GetLocalListVersion()


@local_list.answers
def get_local_list_version_answered(
    work: Work,
    station: Station,
    command: commands.GetLocalListVersion,
    request: v16.GetLocalListVersion,
    response: v16.GetLocalListVersionResponse,
) -> Answer:
    return local_lists.version_told(work, station, response.list_version)


def _wanted(work: Work, station: Station) -> dict[str, v16.AuthorizationData]:
    """By number, for 1.6 has no kinds: of several cards with one number that which may charge."""
    limit = station_settings.number(work, station, "LocalAuthListMaxLength")
    found: dict[str, v16.AuthorizationData] = {}
    for card in tokens.for_local_list(work, station, room=limit, longest=words.MAX_ID_TAG):
        info = words.id_tag_info(card.answer)
        found.setdefault(tokens.uid_key(card.uid), v16.AuthorizationData(id_tag=card.uid, id_tag_info=info))
    return found
