"""The device model of a 2.0.1 or 2.1 charger: its variables, reports of them, and what is told when it breaks (blocks B and N).

Most variables stand for a configuration key that all versions share; the rest say what the charger is and how it does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from stationmaster.ocpp import v201
from stationmaster.ocpp.errors import Defect, OcppError
from stationmaster.simulator import asked
from stationmaster.simulator.station import Handler, answering
from stationmaster.simulator.v2_words import VARIABLES

if TYPE_CHECKING:
    from stationmaster.simulator.v2 import ChargingStation201

ANSWERS: dict[str, Handler] = {}
answers = answering(ANSWERS)

IN_A_REPORT = 8  # variables in one NotifyReport, so that a report has more than one part
IN_A_QUESTION = 16  # variables in one GetVariables or SetVariables; more is refused (B05.FR.11, B06.FR.16)
DATA_TYPES = {"bool": "boolean", "int": "integer", "csv": "MemberList", "text": "string", "option": "OptionList"}
PROBLEM_SEVERITY = 3  # a hardware failure (SetMonitoringLevel)

T = TypeVar("T")


@dataclass(frozen=True)
class Variable:
    """One variable as it is now. `key` is the configuration key behind it, where there is one."""

    component: str
    name: str
    value: str
    instance: str | None = None  # of the variable
    evse: int | None = None
    connector: int | None = None
    key: str | None = None
    kind: str = "text"
    mutability: str = "ReadOnly"
    unit: str | None = None
    monitored: bool = False

    @property
    def names(self) -> tuple[str, str | None, int | None, int | None, str]:
        """Names are compared without regard to case (part 1, 4.1)."""
        instance = None if self.instance is None else self.instance.lower()
        return self.component.lower(), instance, self.evse, self.connector, self.name.lower()

    @property
    def wire_component(self) -> v201.ComponentType:
        where = None if self.evse is None else v201.EVSEType(id=self.evse, connector_id=self.connector)
        return v201.ComponentType(name=self.component, evse=where)

    @property
    def wire_variable(self) -> v201.VariableType:
        return v201.VariableType(name=self.name, instance=self.instance)


def variables(cs: "ChargingStation201") -> Iterator[Variable]:
    """All variables, as they are now."""
    plate = cs.nameplate
    for name, value in (
        ("Model", plate.model),
        ("VendorName", plate.vendor),
        ("SerialNumber", plate.serial_of(cs.identity)),
        ("FirmwareVersion", plate.firmware),
    ):
        yield Variable("ChargingStation", name, value)
    yield Variable("ChargingStation", "AvailabilityState", cs.status, kind="option", monitored=True)
    for post in cs.connectors.values():
        state, supply = cs.wire_status(post.status), post.outlet.supply
        here: dict[str, Any] = {"evse": post.number}
        yield Variable("EVSE", "AvailabilityState", state, kind="option", monitored=True, **here)
        yield Variable("EVSE", "Power", f"{post.outlet.power_w:.0f}", unit="W", kind="int", monitored=True, **here)
        yield Variable("EVSE", "SupplyPhases", str(supply.phases), kind="int", **here)
        here["connector"] = 1
        yield Variable("Connector", "AvailabilityState", state, kind="option", monitored=True, **here)
        yield Variable("Connector", "ConnectorType", "sType2", **here)
        problem = str(post.error_code != "NoError").lower()
        yield Variable("Connector", "Problem", problem, kind="bool", monitored=True, **here)
    yield Variable("ClockCtrlr", "DateTime", cs.now_text())
    for instance in ("GetReport", "GetVariables", "SetVariables"):
        many = str(IN_A_REPORT if instance == "GetReport" else IN_A_QUESTION)
        yield Variable("DeviceDataCtrlr", "ItemsPerMessage", many, instance=instance, kind="int")
        yield Variable("DeviceDataCtrlr", "BytesPerMessage", "16384", instance=instance, kind="int")
    yield Variable("LocalAuthListCtrlr", "Entries", str(len(cs.tokens.local)), kind="int")
    yield Variable("DisplayMessageCtrlr", "DisplayMessages", str(len(cs.display)), kind="int")
    yield Variable("SmartChargingCtrlr", "Entries", str(len(cs.limits.profiles)), kind="int")
    for (component, name), key in VARIABLES.items():
        setting = cs.configuration.settings[key]
        mutability = "WriteOnly" if setting.secret else "ReadOnly" if setting.readonly else "ReadWrite"
        yield Variable(component, name, setting.value, key=key, kind=setting.kind, mutability=mutability)


# -- variables ---------------------------------------------------------------------------------------------------------


@answers
def get_variables(cs: "ChargingStation201", req: v201.GetVariables) -> v201.GetVariablesResponse:
    _few_enough(req.get_variable_data)
    return v201.GetVariablesResponse(get_variable_result=[_get_one(cs, each) for each in req.get_variable_data])


@answers
def set_variables(cs: "ChargingStation201", req: v201.SetVariables) -> v201.SetVariablesResponse:
    _few_enough(req.set_variable_data)
    return v201.SetVariablesResponse(set_variable_result=[_set_one(cs, each) for each in req.set_variable_data])


@answers
def get_base_report(cs: "ChargingStation201", req: v201.GetBaseReport) -> v201.GetBaseReportResponse:
    rows = list(variables(cs))
    if req.report_base == "ConfigurationInventory":
        rows = [row for row in rows if row.mutability != "ReadOnly"]
    elif req.report_base == "SummaryInventory":
        rows = [row for row in rows if row.name in ("AvailabilityState", "Problem")]
    cs.soon(_report(cs, req.request_id, rows), "report")
    return v201.GetBaseReportResponse(status="Accepted")


@answers
def get_report(cs: "ChargingStation201", req: v201.GetReport) -> v201.GetReportResponse:
    """Of the criteria, a component is Problem when its variable of that name says so; the other three hold for all."""
    rows = chosen(variables(cs), req.component_variable)
    if req.component_criteria == ["Problem"]:
        broken = {row.names[:4] for row in variables(cs) if row.name == "Problem" and row.value == "true"}
        rows = [row for row in rows if row.names[:4] in broken]
    if not rows:
        return v201.GetReportResponse(status="EmptyResultSet")
    cs.soon(_report(cs, req.request_id, rows), "report")
    return v201.GetReportResponse(status="Accepted")


# -- events ------------------------------------------------------------------------------------------------------------


async def tell_problem(cs: "ChargingStation201", evse: int, *, broken: bool, code: str | None = None) -> None:
    """A connector is broken, or whole again: an event that no monitor has to be set for (N07)."""
    if cs.monitoring_level < PROBLEM_SEVERITY or not cs.is_ready:
        return
    event = v201.EventDataType(
        event_id=cs.next_event(),
        timestamp=cs.now_text(),
        trigger="Alerting",
        actual_value=str(broken).lower(),
        cleared=None if broken else True,
        tech_code=code,
        component=v201.ComponentType(name="Connector", evse=v201.EVSEType(id=evse, connector_id=1)),
        variable=v201.VariableType(name="Problem"),
        event_notification_type="HardWiredNotification",
    )
    await cs.try_call(v201.NotifyEvent(generated_at=cs.now_text(), seq_no=0, tbc=False, event_data=[event]))


# -- helpers -----------------------------------------------------------------------------------------------------------


def _few_enough(items: list[Any]) -> None:
    if len(items) > IN_A_QUESTION:
        raise OcppError(Defect.OCCURRENCE, f"At most {IN_A_QUESTION} variables in one message")


def find(
    cs: "ChargingStation201", component: v201.ComponentType, variable: v201.VariableType
) -> Variable | v201.GetVariableStatusEnumType:
    """The variable of these names, or what is unknown about them."""
    place, there = component.evse, False
    where = (None if place is None else place.id, None if place is None else place.connector_id)
    instance = None if variable.instance is None else variable.instance.lower()
    for each in variables(cs):
        name, its_instance, evse, connector, variable_name = each.names
        if component.instance is None and (name, evse, connector) == (component.name.lower(), *where):
            there = True
            if (variable_name, its_instance) == (variable.name.lower(), instance):
                return each
    return "UnknownVariable" if there else "UnknownComponent"


def _get_one(cs: "ChargingStation201", asked_for: v201.GetVariableDataType) -> v201.GetVariableResultType:
    found = find(cs, asked_for.component, asked_for.variable)
    status, value = "Accepted", None
    if not isinstance(found, Variable):
        status = found
    elif asked_for.attribute_type not in (None, "Actual"):
        status = "NotSupportedAttributeType"
    elif found.mutability == "WriteOnly":
        status = "Rejected"
    else:
        value = found.value
    return v201.GetVariableResultType(
        attribute_status=cast(Any, status),
        component=asked_for.component,
        variable=asked_for.variable,
        attribute_type=asked_for.attribute_type,
        attribute_value=value,
    )


def _set_one(cs: "ChargingStation201", given: v201.SetVariableDataType) -> v201.SetVariableResultType:
    found = find(cs, given.component, given.variable)
    if not isinstance(found, Variable):
        status: str = found
    elif given.attribute_type not in (None, "Actual"):
        status = "NotSupportedAttributeType"
    elif found.key is None:
        status = "Rejected"
    elif found.key == "AuthorizationKey":
        status = _change_password(cs, given.attribute_value)
    else:
        status = cs.configuration.change(found.key, given.attribute_value)
        if status == "Accepted" and found.key == "HeartbeatInterval":
            cs.restart_heartbeat()
    return v201.SetVariableResultType(
        attribute_status=cast(Any, status),
        component=given.component,
        variable=given.variable,
        attribute_type=given.attribute_type,
    )


def _change_password(cs: "ChargingStation201", value: str) -> str:
    """A new BasicAuthPassword: text of 16 to 64 characters, used from the next connection on (A01)."""
    if not 16 <= len(value) <= 64:
        return "Rejected"
    cs.password = value
    cs.soon(asked.come_back(cs), "new password")
    return "Accepted"


def chosen(rows: Iterable[Variable], wanted: list[v201.ComponentVariableType] | None) -> list[Variable]:
    """Those that are named; a component without a variable means all of its variables, one without an EVSE all EVSEs."""
    if not wanted:
        return list(rows)
    return [row for row in rows if any(_is_meant(row, each) for each in wanted)]


def _is_meant(row: Variable, wanted: v201.ComponentVariableType) -> bool:
    component, variable = wanted.component, wanted.variable
    place = component.evse
    return (
        row.component.lower() == component.name.lower()
        and (place is None or (row.evse == place.id and place.connector_id in (None, row.connector)))
        and (variable is None or row.name.lower() == variable.name.lower())
        and (variable is None or variable.instance in (None, row.instance))
    )


async def _report(cs: "ChargingStation201", request_id: int, rows: list[Variable]) -> None:
    """Variables, in several parts (B07, B08)."""
    for number, (part, more) in enumerate(parts(rows)):
        message = v201.NotifyReport(
            request_id=request_id,
            generated_at=cs.now_text(),
            seq_no=number,
            tbc=more,
            report_data=[_report_row(row) for row in part],
        )
        await cs.call(message, v201.NotifyReportResponse)


def parts(rows: list[T]) -> Iterator[tuple[list[T], bool]]:
    """Portions for one message each, and whether more will follow."""
    for start in range(0, len(rows), IN_A_REPORT):
        yield rows[start : start + IN_A_REPORT], start + IN_A_REPORT < len(rows)


def _report_row(row: Variable) -> v201.ReportDataType:
    value = None if row.mutability == "WriteOnly" else row.value
    return v201.ReportDataType(
        component=row.wire_component,
        variable=row.wire_variable,
        variable_attribute=[v201.VariableAttributeType(value=value, mutability=cast(Any, row.mutability))],
        variable_characteristics=v201.VariableCharacteristicsType(
            data_type=cast(Any, DATA_TYPES[row.kind]), unit=row.unit, supports_monitoring=row.monitored
        ),
    )
