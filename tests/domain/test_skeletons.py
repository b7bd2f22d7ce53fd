"""What the pages offer as a beginning is what a charger, or a command, takes as it is."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from stationmaster.domain import commands
from stationmaster.ocpp.dialects import DIALECTS
from tools import skeletons

FORMS = skeletons.forms()


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_every_call_is_offered_with_a_payload_that_its_schema_takes(version: str) -> None:
    [dialect] = [each for each in DIALECTS.values() if each.version == version]
    offered = skeletons.calls()[version]
    assert set(offered) == set(dialect.from_csms)
    for action, payload in offered.items():
        _, remarks = dialect.decode_request(action, payload, strict=True)
        assert remarks == (), action


def test_every_command_has_a_form_and_belongs_to_a_version() -> None:
    assert {form["name"] for form in FORMS} == set(commands.COMMANDS)
    assert all(form["versions"] and form["about"] for form in FORMS)
    assert {form["name"] for form in FORMS if form["may"] == "raw_call"} == {"data-transfer"}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: str(form["name"]))
def test_what_is_offered_for_a_field_is_of_its_type(form: dict[str, Any]) -> None:
    types = {each.encode_name: each.type for each in msgspec.structs.fields(commands.COMMANDS[form["name"]])}
    assert [each["name"] for each in form["fields"]] == list(types)
    for field in form["fields"]:
        offered = {"example": field.get("example"), "choice": field.get("choices", [None])[0], "flag": True}
        offered |= {"time": skeletons.NOON, "json": field.get("example")}
        if (value := offered.get(field["kind"])) is not None:
            msgspec.convert(value, types[field["name"]])
