"""What a charger tells while it charges, where it does not say what it can: all at once, then one by one, and nothing is taken from it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any

import pytest

from stationmaster.api.resources.measurands import FoundMeasurands, try_out
from stationmaster.app import App
from stationmaster.domain import station_settings
from stationmaster.domain.commands import Command, CommandRecord
from stationmaster.domain.station_settings import Setting, measurands
from stationmaster.domain.station_settings.measurands import WANTED
from tests.handlers.asking import Asked

ENERGY, POWER, CURRENT, VOLTAGE, SOC = WANTED


def ended(told: str | None, choices: str | None, takes: Collection[str], most: int = 99) -> tuple[list[str], list[str]]:
    """What a charger has at the end that takes these, so many at the most; and what it was asked for."""
    trial, asked = measurands.trial(told, choices), list[str]()
    try:
        value = next(trial)
        while True:
            asked.append(value)
            values = value.split(",")
            value = trial.send(set(values) <= set(takes) and len(values) <= most)
    except StopIteration as end:
        return end.value, asked


@pytest.mark.parametrize(
    "told, choices, takes, has, times",
    [
        ("", None, WANTED, [*WANTED], 1),
        (None, None, WANTED, [*WANTED], 1),
        (ENERGY, None, [ENERGY, POWER, SOC], [ENERGY, POWER, SOC], 5),
        (ENERGY, None, [ENERGY], [ENERGY], 5),
        (None, None, [], [], 6),
        ("Temperature," + ENERGY, None, ["Temperature", ENERGY, POWER], ["Temperature", ENERGY, POWER], 5),
        (ENERGY, f"{ENERGY},{POWER},Temperature", WANTED, [ENERGY, POWER], 1),
        (ENERGY, f'"{ENERGY}", "{POWER.lower()}"', [ENERGY], [ENERGY], 1),
        (",".join(WANTED).upper(), None, [], [each.upper() for each in WANTED], 0),
    ],
)
def test_all_at_once_then_one_by_one(
    told: str | None, choices: str | None, takes: list[str], has: list[str], times: int
) -> None:
    found, asked = ended(told, choices, takes)
    assert (found, len(asked)) == (has, times)
    assert len(asked) == len(set(asked)) <= len(WANTED) + 1
    before = measurands.listed(told)
    assert all(value.split(",")[: len(before)] == before for value in asked if before)


def test_one_that_takes_so_many_only_has_the_most_important() -> None:
    assert ended(None, None, WANTED, most=2)[0] == [ENERGY, POWER]


@pytest.fixture(params=["1.6", "2.0.1", "2.1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Answering:
    """A charger that takes some values, and what it was asked."""

    def __init__(self, one: Asked, takes: Collection[str]) -> None:
        self.one, self.takes, self.told = one, set(takes), ENERGY
        self.asked: list[str] = []
        self.answer: Callable[[str, str, Any], list[Any]] = self._as_it_should

    async def find(self, **before: Any) -> FoundMeasurands:
        one = self.one
        name = measurands.name_in(one.version)

        async def send(command: Command) -> CommandRecord:
            return await one.app.switchboard.send(one.id, command, by="me")

        async def known() -> tuple[str | None, str | None]:
            return await one.app.database.read(station_settings.described, one.id, name)

        entry = one.app.directory.find(one.raw.identity)
        assert entry is not None
        if before:
            await one.app.database.write(station_settings.learn, entry.station, [Setting(name, **before)])
        finding = asyncio.create_task(try_out(name, send, known))
        while not finding.done():
            came = asyncio.create_task(one.raw.receive())
            await asyncio.wait({came, finding}, return_when=asyncio.FIRST_COMPLETED)
            if not came.done():
                came.cancel()
                await asyncio.wait({came})
                break
            _, message_id, action, payload = came.result()
            await one.raw.send(self.answer(message_id, action, payload))
        return await finding

    def _as_it_should(self, message_id: str, action: str, payload: Any) -> list[Any]:
        if action == "GetConfiguration":
            known = {"key": payload["key"][0], "readonly": False, "value": self.told}
            return [3, message_id, {"configurationKey": [known]}]
        place = (
            payload
            if self.one.old
            else payload["setVariableData" if action == "SetVariables" else "getVariableData"][0]
        )
        named = {} if self.one.old else {"component": place["component"], "variable": place["variable"]}
        if action == "GetVariables":
            return [
                3,
                message_id,
                {"getVariableResult": [named | {"attributeStatus": "Accepted", "attributeValue": self.told}]},
            ]
        value = place["value"] if self.one.old else place["attributeValue"]
        self.asked.append(value)
        status = "Accepted" if set(value.split(",")) <= self.takes else "Rejected"
        if status == "Accepted":
            self.told = value
        answer = {"status": status} if self.one.old else {"setVariableResult": [named | {"attributeStatus": status}]}
        return [3, message_id, answer]


async def test_a_charger_is_tried_out_and_what_it_takes_is_remembered(app: App, one: Asked) -> None:
    charger = Answering(one, [ENERGY, POWER, SOC])
    found = await charger.find()
    assert (found.before, found.tells, found.why) == ([ENERGY], [ENERGY, POWER, SOC], None)
    assert (found.asked, charger.told) == (5, f"{ENERGY},{POWER},{SOC}")
    remembered, _ = await app.database.read(station_settings.described, one.id, found.setting)
    assert remembered == charger.told
    again = await charger.find()
    assert (again.before, again.tells) == (found.tells, found.tells)


async def test_one_that_says_what_it_can_is_asked_once_for_that(one: Asked) -> None:
    charger = Answering(one, WANTED)
    found = await charger.find(value=ENERGY, choices=f"{ENERGY},{POWER}")
    assert (charger.asked, found.tells) == ([f"{ENERGY},{POWER}"], [ENERGY, POWER])


async def test_one_that_answers_something_else_is_asked_no_more(one: Asked) -> None:
    charger = Answering(one, WANTED)
    unknown = {"status": "NotSupported"} if one.old else None

    def answer(message_id: str, action: str, payload: Any) -> list[Any]:
        charger.asked.append(action)
        return [3, message_id, unknown] if unknown else [4, message_id, "InternalError", "", {}]

    charger.answer = answer
    found = await charger.find(value=ENERGY)
    assert (len(charger.asked), found.asked, found.tells) == (1, 1, [ENERGY])
    assert found.why is not None
