"""Block C, authorization."""

from __future__ import annotations

from stationmaster.domain import alarms, auto_start, commands, shown_prices
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2 import contract_certificates, words
from stationmaster.handlers.v2.contract_certificates import MOST_S, NOT_ASKED, Contract
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.outside import Outside
from stationmaster.storage import Work

authorization = Routes(V201)

_REFUSED: dict[str, tuple[v201.AuthorizeCertificateStatusEnumType, v201.AuthorizationStatusEnumType]] = {
    "expired": ("CertificateExpired", "Expired"),  # C07.FR.15
    "revoked": ("CertificateRevoked", "Invalid"),  # C07.FR.16
    "unverified": ("CertChainError", "Invalid"),  # C07.FR.17
}
_NO_CONTRACT = ("Blocked", "Expired", "Invalid", "Unknown")
UNVERIFIED = (
    "contract_certificate"  # the alarm: a responder that is away, or an authority that is not trusted, is for a person
)


@authorization.prepares(default=NOT_ASKED, timeout_s=MOST_S, wanted=contract_certificates.shown)
async def judge_contract(outside: Outside, station: Station, request: v201.Authorize) -> Contract:
    return await contract_certificates.judge(outside, station, request)


@authorization.on
def authorize(work: Work, station: Station, req: v201.Authorize, contract: Contract) -> v201.AuthorizeResponse:
    with_certificate = contract_certificates.shown(req)
    if with_certificate and contract.verdict != "good":
        if contract.verdict == "unverified":
            detail = f"A car with the contract {req.id_token.id_token} was refused: {contract.why}."
            alarms.raise_alarm(work, station, kind=UNVERIFIED, detail=detail)
        certificate, card = _REFUSED[contract.verdict]
        return v201.AuthorizeResponse(id_token_info=v201.IdTokenInfoType(status=card), certificate_status=certificate)
    found = words.authorize(work, station, req.id_token)
    info = words.id_token_info(station, found)
    if found.accepted:
        info = words.with_price(info, shown_prices.at(work, station, found.customer_id))
    if not with_certificate:
        if found.accepted:
            auto_start.card_accepted(work, station, found.card or words.card(req.id_token))
        return v201.AuthorizeResponse(id_token_info=info)
    cancelled = info.status in _NO_CONTRACT  # C07.FR.13, FR.14
    return v201.AuthorizeResponse(
        id_token_info=info, certificate_status="ContractCancelled" if cancelled else "Accepted"
    )


@authorization.sends
def clear_cache(work: Work, station: Station, command: commands.ClearCache) -> v201.ClearCache:
    return v201.ClearCache()
