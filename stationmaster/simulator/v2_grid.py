"""What a 2.1 charger does for the grid, as far as one can see it from outside: controls are kept and reported, nothing is fed back (R04)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from stationmaster.ocpp import v21
from stationmaster.simulator.station import Handler, answering

if TYPE_CHECKING:
    from stationmaster.simulator.v2 import ChargingStation21

ANSWERS: dict[str, Handler] = {}
answers = answering(ANSWERS)

IN_A_REPORT = 2  # controls in one message, so that a report has more than one part
# The object that belongs to a kind of control; all others are curves.
OBJECTS = {
    "EnterService": "enter_service",
    "FixedPFAbsorb": "fixed_pf_absorb",
    "FixedPFInject": "fixed_pf_inject",
    "FixedVar": "fixed_var",
    "FreqDroop": "freq_droop",
    "Gradients": "gradient",
    "LimitMaxDischarge": "limit_max_discharge",
}


@dataclass
class Control:
    """One that was set; a lower number of its priority goes first."""

    id: str
    kind: str
    default: bool
    content: Any
    superseded: bool = False


@answers
def set_control(cs: "ChargingStation21", req: v21.SetDERControl) -> v21.SetDERControlResponse:
    content = getattr(req, OBJECTS.get(req.control_type, "curve"))
    if content is None:
        return v21.SetDERControlResponse(status="Rejected")
    new = Control(req.control_id, req.control_type, req.is_default, content)
    cs.controls.pop(new.id, None)
    loser = None
    for one in cs.controls.values():
        if (one.kind, one.default, one.superseded) == (new.kind, new.default, False):
            loser = one if one.content.priority > content.priority else new
            loser.superseded = True
            break
    cs.controls[new.id] = new
    return v21.SetDERControlResponse(status="Accepted", superseded_ids=None if loser is None else [loser.id])


@answers
def get_controls(cs: "ChargingStation21", req: v21.GetDERControl) -> v21.GetDERControlResponse:
    found = list(_chosen(cs, req.is_default, req.control_type, req.control_id))
    if not found:
        return v21.GetDERControlResponse(status="NotFound")
    cs.soon(_report(cs, req.request_id, found), "grid controls")
    return v21.GetDERControlResponse(status="Accepted")


@answers
def clear_controls(cs: "ChargingStation21", req: v21.ClearDERControl) -> v21.ClearDERControlResponse:
    found = list(_chosen(cs, req.is_default, req.control_type, req.control_id))
    for one in found:
        del cs.controls[one.id]
    return v21.ClearDERControlResponse(status="Accepted" if found else "NotFound")


@answers
def take_signal(cs: "ChargingStation21", req: v21.AFRRSignal) -> v21.AFRRSignalResponse:
    """Nothing is fed back here that could be changed by it (Q10)."""
    return v21.AFRRSignalResponse(status="Rejected")


def _chosen(cs: "ChargingStation21", default: bool | None, kind: str | None, name: str | None) -> Iterator[Control]:
    for one in cs.controls.values():
        if default in (None, one.default) and kind in (None, one.kind) and name in (None, one.id):
            yield one


async def _report(cs: "ChargingStation21", request_id: int, found: list[Control]) -> None:
    for start in range(0, len(found), IN_A_REPORT):
        message = v21.ReportDERControl(request_id=request_id, tbc=start + IN_A_REPORT < len(found))
        for one in found[start : start + IN_A_REPORT]:
            name = OBJECTS.get(one.kind, "curve")
            setattr(message, name, [*(getattr(message, name) or []), _told(one, name)])
        await cs.call(message, v21.ReportDERControlResponse)


def _told(one: Control, name: str) -> Any:
    flags: dict[str, Any] = {"is_default": one.default, "is_superseded": one.superseded}
    match name:
        case "curve":
            return v21.DERCurveGetType(curve=one.content, id=one.id, curve_type=cast(Any, one.kind), **flags)
        case "enter_service":
            return v21.EnterServiceGetType(enter_service=one.content, id=one.id)
        case "gradient":
            return v21.GradientGetType(gradient=one.content, id=one.id)
        case "fixed_var":
            return v21.FixedVarGetType(fixed_var=one.content, id=one.id, **flags)
        case "freq_droop":
            return v21.FreqDroopGetType(freq_droop=one.content, id=one.id, **flags)
        case "limit_max_discharge":
            return v21.LimitMaxDischargeGetType(limit_max_discharge=one.content, id=one.id, **flags)
        case _:
            return v21.FixedPFGetType(fixed_pf=one.content, id=one.id, **flags)
