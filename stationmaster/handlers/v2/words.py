"""2.x words to ours and back. A setting is written `Component/Variable`, in full `Component(instance)#evse#connector/Variable(instance)`:
none of these signs can be in a name."""

from __future__ import annotations

import re

from stationmaster.domain.errors import Invalid
from stationmaster.handlers.words import answer as answer
from stationmaster.handlers.words import check_length as check_length
from stationmaster.handlers.words import portions as portions
from stationmaster.ocpp import v201

_NAME = re.compile(
    r"([^#()/]{1,50})(?:\(([^()]{1,50})\))?(?:#(\d{1,9})(?:#(\d{1,9}))?)?/([^#()/]{1,50})(?:\(([^()]{1,50})\))?"
)


def component_and_variable(field: str, name: str) -> tuple[v201.ComponentType, v201.VariableType]:
    """Of a setting's name. Raises `Invalid` when it is none."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise Invalid(field, f"{name!r} is no setting of this charger; they are written Component/Variable")
    component, its_instance, evse, connector, variable, instance = found.groups()
    where = None
    if evse is not None:
        where = v201.EVSEType(id=int(evse), connector_id=None if connector is None else int(connector))
    return (
        v201.ComponentType(name=component, instance=its_instance, evse=where),
        v201.VariableType(name=variable, instance=instance),
    )


def setting_name(component: v201.ComponentType, variable: v201.VariableType) -> str:
    evse = component.evse
    place = "" if evse is None else f"#{evse.id}" + (f"#{evse.connector_id}" if evse.connector_id is not None else "")
    return f"{component.name}{_instance(component.instance)}{place}/{variable.name}{_instance(variable.instance)}"


def _instance(name: str | None) -> str:
    return "" if name is None else f"({name})"
