"""Objects of the specification that a person has written: checked as strictly as a message of a charger that is held to the schemas."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import msgspec

from stationmaster.domain.errors import Invalid
from stationmaster.ocpp.dialects import Dialect
from stationmaster.ocpp.errors import OcppError
from stationmaster.ocpp.messages import Request

R = TypeVar("R", bound=Request)


def typed(dialect: Dialect, kind: type[R], payload: dict[str, Any], *, inside: str = "") -> R:
    """The request that this payload is. `inside` is the field of the command that holds all of it. Raises `Invalid` at the field at fault."""
    try:
        request, _ = dialect.decode_request(kind.action, msgspec.json.encode(payload), strict=True)
    except OcppError as error:
        where = ".".join(part for part in (inside, error.where) if part)
        said = "{must}, not {came}" if error.came else "{must}"
        raise Invalid(where, said, must=error.description, came=error.came) from None
    return cast(R, request)
