"""Plug & Charge at chargers of 1.6: messages of 2.0.1 inside of DataTransfer (OCA, "Using ISO 15118 Plug & Charge with OCPP 1.6").

What is inside is handled by the handlers of 2.0.1. Certificates of a charger itself (SignCertificate) are asked for by 1.6's own message.
"""

from __future__ import annotations

from typing import Any

import msgspec

from stationmaster.domain.stations import Station
from stationmaster.handlers.preparing import Preparation
from stationmaster.handlers.v2.authorization import authorization
from stationmaster.handlers.v2.certificates import MOST_S, certificates
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V201
from stationmaster.ocpp.errors import OcppError
from stationmaster.ocpp.frames import payload_of
from stationmaster.ocpp.messages import Request
from stationmaster.outside import Outside
from stationmaster.storage import Work

__all__ = ["MOST_S", "VENDOR", "Fetched", "answer", "fetch", "needs_fetching"]

VENDOR = "org.openchargealliance.iso15118pnc"
_STEPS: dict[str, Preparation] = {
    action: {**authorization.preparations, **certificates.preparations}[action]
    for action in ("Authorize", "GetCertificateStatus", "Get15118EVCertificate")
}


class Fetched(msgspec.Struct, frozen=True):
    """What the handler of the message inside is given; None: nothing came, or nothing was wanted."""

    value: Any = None


def needs_fetching(request: v16.DataTransfer) -> bool:
    """Whether it is a message of this kind that we know."""
    return request.vendor_id == VENDOR and request.message_id in _STEPS


async def fetch(outside: Outside, station: Station, request: v16.DataTransfer) -> Fetched:
    """What has to be asked outside before the message inside can be answered."""
    inside = _inside(request)
    if inside is None:
        return Fetched()
    step = _STEPS[inside.action]
    if step.wanted is not None and not step.wanted(inside):
        return Fetched()
    return Fetched(await step.function(outside, station, inside))


def answer(work: Work, station: Station, request: v16.DataTransfer, fetched: Fetched) -> v16.DataTransferResponse:
    """What the handler of 2.0.1 answers, as text. Rejected where nobody can read what is inside."""
    if request.message_id not in _STEPS:
        return v16.DataTransferResponse(status="UnknownMessageId")
    inside = _inside(request)
    if inside is None:
        return v16.DataTransferResponse(status="Rejected")
    step = _STEPS[inside.action]
    assert step.handler is not None  # checked when the routes of 2.0.1 were put together
    given = step.default if fetched.value is None else fetched.value
    told = step.handler(work, station, inside, given)
    return v16.DataTransferResponse(status="Accepted", data=payload_of(told).decode())


def _inside(request: v16.DataTransfer) -> Request | None:
    """The message of 2.0.1; None for what is none."""
    try:
        told = msgspec.json.decode(request.data or "", type=dict[str, Any])
        if isinstance(told.get("idToken"), str):  # some say only the number
            told["idToken"] = {"idToken": told["idToken"], "type": "eMAID"}
        return V201.decode_request(request.message_id or "", told)[0]
    except (msgspec.MsgspecError, OcppError, UnicodeError, RecursionError):
        return None
