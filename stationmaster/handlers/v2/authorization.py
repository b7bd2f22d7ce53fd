"""Block C, authorization."""

from __future__ import annotations

from stationmaster.domain import commands
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

authorization = Routes(V201)


@authorization.on
def authorize(work: Work, station: Station, req: v201.Authorize) -> v201.AuthorizeResponse:
    if req.certificate is not None or req.iso15118_certificate_hash_data is not None:
        # C07.FR.17: nothing here can verify a contract certificate yet, and what cannot be verified is invalid.
        invalid = v201.IdTokenInfoType(status="Invalid")
        return v201.AuthorizeResponse(id_token_info=invalid, certificate_status="CertChainError")
    found = words.authorize(work, station, req.id_token)
    return v201.AuthorizeResponse(id_token_info=words.id_token_info(station, found))


@authorization.sends
def clear_cache(work: Work, station: Station, command: commands.ClearCache) -> v201.ClearCache:
    return v201.ClearCache()
