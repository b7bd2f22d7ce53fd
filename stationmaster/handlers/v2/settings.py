"""Block B, the device model: variables are read, changed and reported (B05 to B08)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from stationmaster.domain import commands, station_settings
from stationmaster.domain.commands import Answer, Asked, Attribute, Awaits
from stationmaster.domain.errors import Invalid
from stationmaster.domain.station_settings import Result, Setting
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import frames, v201
from stationmaster.ocpp.dialects import V201
from stationmaster.ocpp.messages import Request
from stationmaster.outside import Outside
from stationmaster.storage import Work

settings = Routes(V201)

AT_ONCE = 150  # variables in one unit of work
REPORT_S = 300.0  # so long may the next part of a report take
_MESSAGE_ID = "0" * 36
T = TypeVar("T")
R = TypeVar("R", bound=Request)

_ATTRIBUTES: dict[Attribute, v201.AttributeEnumType] = {
    "actual": "Actual",
    "target": "Target",
    "min": "MinSet",
    "max": "MaxSet",
}
_OUR_ATTRIBUTES: dict[str | None, Attribute] = {theirs: ours for ours, theirs in _ATTRIBUTES.items()}
_KINDS = {
    "dateTime": "date_time",
    "OptionList": "option_list",
    "SequenceList": "sequence_list",
    "MemberList": "member_list",
}
_BASES: dict[str, v201.ReportBaseEnumType] = {
    "all": "FullInventory",
    "configuration": "ConfigurationInventory",
    "summary": "SummaryInventory",
}
_CRITERIA: dict[str, v201.ComponentCriterionEnumType] = {
    "active": "Active",
    "available": "Available",
    "enabled": "Enabled",
    "problem": "Problem",
}


# Reports


class Stored(msgspec.Struct, frozen=True):
    """How many variables of a long report are stored already."""

    count: int = 0


@settings.prepares(default=Stored(), timeout_s=60.0)
async def store_in_pieces(outside: Outside, station: Station, req: v201.NotifyReport) -> Stored:
    """Of a long report all but the end goes into units of its own, since the messages of others would wait for one long unit.

    Should the station not get its answer it tells all of it again, and nothing is there twice.
    """
    told, done = req.report_data or [], 0
    while len(told) - done > AT_ONCE:
        await outside.database.write(_learn, station, req.request_id, told[done : done + AT_ONCE])
        done += AT_ONCE
    return Stored(done)


@settings.on
def notify_report(work: Work, station: Station, req: v201.NotifyReport, stored: Stored) -> v201.NotifyReportResponse:
    told = req.report_data or []
    commands.take_part(work, station, req.request_id, seq=req.seq_no, more=req.tbc is True, items=len(told))
    _learn(work, station, req.request_id, told[stored.count :])
    return v201.NotifyReportResponse()


@settings.sends
def report_settings(
    work: Work, station: Station, command: commands.ReportSettings
) -> Ask[v201.GetBaseReport] | Ask[v201.GetReport]:
    number, report = commands.new_request_id(), Awaits("report", REPORT_S)
    lets_in = ("NotifyReport",)  # B02: a station that is pending may then send it
    if command.scope in _BASES and not command.components:
        request = v201.GetBaseReport(request_id=number, report_base=_BASES[command.scope])
        return Ask([request], awaits=report, request_id=number, lets_in=lets_in)
    asked = v201.GetReport(
        request_id=number,
        component_criteria=[_CRITERIA[command.scope]] if command.scope in _CRITERIA else None,
        component_variable=[component_or_variable("components", name) for name in command.components] or None,
    )
    return Ask([asked], awaits=report, request_id=number, lets_in=lets_in)


# Read


@settings.sends
def get_variables(
    work: Work, station: Station, command: commands.GetConfiguration
) -> Ask[v201.GetVariables] | Ask[v201.GetBaseReport]:
    if not command.keys:
        number = commands.new_request_id()
        request = v201.GetBaseReport(request_id=number, report_base="FullInventory")
        return Ask([request], Awaits("report", REPORT_S), number, lets_in=("NotifyReport",))
    return Ask(_read(work, station, "keys", command.keys, "actual"))


@settings.answers
def get_variables_answered(
    work: Work,
    station: Station,
    command: commands.GetConfiguration,
    request: v201.GetVariables,
    response: v201.GetVariablesResponse,
) -> Answer:
    return _read_answer(work, station, response)


@settings.sends
def read_settings(work: Work, station: Station, command: commands.ReadSettings) -> list[v201.GetVariables]:
    return _read(work, station, "settings", command.settings, command.attribute)


@settings.answers
def read_settings_answered(
    work: Work,
    station: Station,
    command: commands.ReadSettings,
    request: v201.GetVariables,
    response: v201.GetVariablesResponse,
) -> Answer:
    return _read_answer(work, station, response)


# Change


@settings.sends
def set_variable(work: Work, station: Station, command: commands.ChangeConfiguration) -> v201.SetVariables:
    words.check_length("value", command.value, 1000)
    return set_one(command.key, command.value)


@settings.answers
def set_variable_answered(
    work: Work,
    station: Station,
    command: commands.ChangeConfiguration,
    request: v201.SetVariables,
    response: v201.SetVariablesResponse,
    asked: Asked | None = None,
) -> Answer:
    _changed(work, station, request, response, asked)
    return set_one_answer(response)


@settings.sends
def change_settings(work: Work, station: Station, command: commands.ChangeSettings) -> list[v201.SetVariables]:
    longest = 1000 if station.version == "2.0.1" else 2500
    items = []
    for change in command.changes:
        words.check_length("changes", change.value, longest)
        items.append(_set("changes", change.setting, change.value, change.attribute))
    return within_limits(
        work, station, items, lambda portion: v201.SetVariables(set_variable_data=portion), field="changes"
    )


@settings.answers
def change_settings_answered(
    work: Work,
    station: Station,
    command: commands.ChangeSettings,
    request: v201.SetVariables,
    response: v201.SetVariablesResponse,
    asked: Asked | None = None,
) -> Answer:
    return station_settings.change_answer(_changed(work, station, request, response, asked))


def set_one(name: str, value: str) -> v201.SetVariables:
    """The request that sets one variable."""
    return v201.SetVariables(set_variable_data=[_set("key", name, value, "actual")])


def set_one_answer(response: v201.SetVariablesResponse) -> Answer:
    """There is one result then."""
    result = response.set_variable_result[0]
    return words.answer(result.attribute_status, words.reason(result.attribute_status_info))


# What every part of the device model needs


def within_limits(
    work: Work, station: Station, items: Sequence[T], make: Callable[[list[T]], R], *, field: str
) -> list[R]:
    """Requests of so many items and bytes as the station takes at once, by its own model (B05.FR.11, B06.FR.05, N04.FR.09).

    Without a limit in its model it is one at a time, which is always right. Raises `Invalid` for an item no message has room for.
    """
    action = make([]).action
    at_once = int(station_settings.number(work, station, f"DeviceDataCtrlr/ItemsPerMessage({action})") or 0)
    at_once = at_once or int(station_settings.number(work, station, f"MonitoringCtrlr/ItemsPerMessage({action})") or 1)
    longest = station_settings.number(work, station, f"DeviceDataCtrlr/BytesPerMessage({action})")
    longest = longest or station_settings.number(work, station, f"MonitoringCtrlr/BytesPerMessage({action})")
    empty = len(frames.call(_MESSAGE_ID, action, make([])))
    portions: list[list[T]] = []
    size = empty
    for item in items:
        own = len(msgspec.json.encode(item)) + 1
        if longest is not None and empty + own > longest:
            raise Invalid(
                field, "this charger takes messages of {most} bytes; one of these is longer", most=int(longest)
            )
        if not portions or len(portions[-1]) >= at_once or (longest is not None and size + own > longest):
            portions.append([])
            size = empty
        portions[-1].append(item)
        size += own
    return [make(portion) for portion in portions]


def setting(
    component: v201.ComponentType,
    variable: v201.VariableType,
    value: str | None,
    attribute: str | None = None,
    told: v201.VariableAttributeType | None = None,
    described: v201.VariableCharacteristicsType | None = None,
) -> Setting:
    """A variable, or one of its attributes, in our words."""
    evse, mutability = component.evse, None if told is None else told.mutability or "ReadWrite"
    return Setting(
        name=words.setting_name(component, variable),
        value=value,
        read_only=None if mutability is None else mutability == "ReadOnly",
        write_only=None if mutability is None else mutability == "WriteOnly",
        attribute=_OUR_ATTRIBUTES.get(attribute, "actual"),
        component=component.name,
        instance=component.instance,
        evse=None if evse is None else evse.id,
        connector=None if evse is None else evse.connector_id,
        variable=variable.name,
        variable_instance=variable.instance,
        kind=None if described is None else _KINDS.get(described.data_type, described.data_type),
        unit=None if described is None else described.unit,
        min_limit=None if described is None else described.min_limit,
        max_limit=None if described is None else described.max_limit,
        choices=None if described is None else described.values_list,
    )


def _learn(work: Work, station: Station, request_id: int, told: Sequence[v201.ReportDataType]) -> None:
    command = commands.by_request_id(work, station, request_id)
    # What was asked for earlier may come later: it tells of a time that is over.
    station_settings.learn(work, station, _reported(told), as_of=None if command is None else command.asked_at)


def _reported(told: Sequence[v201.ReportDataType]) -> Iterable[Setting]:
    for one in told:
        for attribute in one.variable_attribute:
            yield setting(
                one.component,
                one.variable,
                attribute.value,
                attribute.type,
                attribute,
                one.variable_characteristics,
            )


def component_or_variable(field: str, name: str) -> v201.ComponentVariableType:
    """A setting, or all of a component. Raises `Invalid`."""
    if "/" not in name:
        component, _ = words.component_and_variable(field, f"{name}/x")
        return v201.ComponentVariableType(component=component)
    component, variable = words.component_and_variable(field, name)
    return v201.ComponentVariableType(component=component, variable=variable)


def _read(
    work: Work, station: Station, field: str, names: Sequence[str], attribute: Attribute
) -> list[v201.GetVariables]:
    items = [
        v201.GetVariableDataType(
            component=component,
            variable=variable,
            attribute_type=None if attribute == "actual" else _ATTRIBUTES[attribute],
        )
        for component, variable in (words.component_and_variable(field, name) for name in dict.fromkeys(names))
    ]
    return within_limits(
        work, station, items, lambda portion: v201.GetVariables(get_variable_data=portion), field=field
    )


def _read_answer(work: Work, station: Station, response: v201.GetVariablesResponse) -> Answer:
    read, unknown, refused = [], [], []
    for result in response.get_variable_result:
        told = setting(result.component, result.variable, result.attribute_value, result.attribute_type)
        if result.attribute_status == "Accepted":
            read.append(told)
        elif result.attribute_status == "Rejected":
            refused.append(told.name)
        else:
            unknown.append(told.name)
    station_settings.learn(work, station, read)
    return station_settings.read_answer(read, unknown, refused)


def _set(field: str, name: str, value: str, attribute: Attribute) -> v201.SetVariableDataType:
    component, variable = words.component_and_variable(field, name)
    return v201.SetVariableDataType(
        attribute_value=value,
        component=component,
        variable=variable,
        attribute_type=None if attribute == "actual" else _ATTRIBUTES[attribute],
    )


def _changed(
    work: Work,
    station: Station,
    request: v201.SetVariables,
    response: v201.SetVariablesResponse,
    asked: Asked | None,
) -> list[Result]:
    """What became of each, and what was accepted is remembered."""
    wanted = {
        (
            words.setting_name(data.component, data.variable).lower(),
            data.attribute_type or "Actual",
        ): data.attribute_value
        for data in request.set_variable_data
    }
    results, accepted = [], []
    for result in response.set_variable_result:
        kind = result.attribute_type or "Actual"
        told = setting(result.component, result.variable, None, kind)
        value = wanted.get((told.name.lower(), kind))
        outcome = words.answer(result.attribute_status).outcome
        reason = words.reason(result.attribute_status_info)
        results.append(Result(told.name, outcome, value, told.attribute, reason))
        if outcome == "accepted" and value is not None:
            accepted.append(msgspec.structs.replace(told, value=value))
    station_settings.learn(work, station, accepted, asked=asked)
    return results
