"""What a charger says otherwise than it should: repaired and counted by rule; or, when it is held strictly, refused (issue 7, 7)."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import deviations, organizations, quarantine, stations
from stationmaster.domain.deviations import NAMED, RULES, DeviationRow, rule_of
from tests.charger import Charger
from tests.docs import references

_ids = itertools.count(1)
AT = "2026-11-01T10:00:00Z"
STATUS = {"timestamp": AT, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
STATUS_16 = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}


async def said(one: Charger, text: str) -> list[Any]:
    """A frame as the very text given, `ID` replaced by a number of its own; the answer."""
    answer: list[Any] = await one.exchange(text.replace("ID", f"d{next(_ids)}"))
    return answer


def frame(action: str, payload: dict[str, Any]) -> str:
    from json import dumps

    return f'[2,"ID","{action}",{dumps(payload)}]'


async def hold(app: App, identity: str, *, strictly: bool) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(stations.change, home, identity, {"strict": strictly})


async def counted(app: App, identity: str = "CP1") -> dict[str, DeviationRow]:
    entry = app.directory.find(identity)
    assert entry is not None
    return {row.rule: row for row in await app.database.read(deviations.of_station, entry.station.id)}


MISSPOKEN = {
    "null": (frame("StatusNotification", STATUS | {"customData": None}), "TypeConstraintViolation"),
    "comma-too-many": ('[2,"ID","Heartbeat",{},]', "RpcFrameworkError"),
    "too-long-text": (
        frame(
            "BootNotification",
            {"reason": "PowerUp", "chargingStation": {"model": "M" * 21, "vendorName": "Acme"}},
        ),
        "PropertyConstraintViolation",
    ),
    "unknown-field": (frame("Heartbeat", {"uptime": 5}), "ProtocolError"),
    "number-as-text": (frame("StatusNotification", STATUS | {"evseId": "1"}), "TypeConstraintViolation"),
}


async def test_a_2_0_1_charger_that_mis_speaks_in_five_ways_is_explained_and_can_be_held_strictly(
    app: App, charger: Callable[..., Any]
) -> None:
    one = await charger("CP1", boot=False, subprotocols=["ocpp2.0.1"])
    await one.call("BootNotification", {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "Acme"}})
    assert await counted(app) == {}
    for text, _ in MISSPOKEN.values():
        assert (await said(one, text))[0] == 3
    await until_counted(app, dict.fromkeys(MISSPOKEN, (1, 0)))
    await hold(app, "CP1", strictly=True)
    codes = [(await said(one, text))[2] for text, _ in MISSPOKEN.values()]
    assert codes == [code for _, code in MISSPOKEN.values()]
    assert (await said(one, frame("Heartbeat", {})))[0] == 3
    event = {"eventType": "Ended", "timestamp": AT, "triggerReason": "EVDeparted", "seqNo": "3"}
    refused = await said(one, frame("TransactionEvent", event | {"transactionInfo": {"transactionId": "T1"}}))
    assert refused[2] == "TypeConstraintViolation"
    home = await app.database.write(organizations.home)
    (kept,) = await app.database.read(lambda work: quarantine.listed(work, home, limit=5, cursor=None))
    assert kept.action == "TransactionEvent" and '"seqNo": "3"' in kept.content
    await hold(app, "CP1", strictly=False)
    for text, _ in MISSPOKEN.values():
        assert (await said(one, text))[0] == 3
    await one.close()
    refusals = {"null": 1, "broken-frame": 1, "too-long-text": 1, "unknown-field": 1, "wrong-kind": 2}
    repairs = dict.fromkeys(MISSPOKEN, 2)
    wanted = {rule: (repairs.get(rule, 0), refusals.get(rule, 0)) for rule in {*repairs, *refusals}}
    found = await until_counted(app, wanted)
    assert found["null"].example == "StatusNotification"
    for rule in found:
        assert NAMED[rule].wrong.endswith(".") and NAMED[rule].done.endswith(".")


async def until_counted(app: App, wanted: dict[str, tuple[int, int]]) -> dict[str, DeviationRow]:
    """Counts are written beside the answers, at the latest when the socket is closed."""
    for _ in range(2000):
        found = await counted(app)
        if {rule: (row.repaired, row.refused) for rule, row in found.items()} == wanted:
            return found
        await asyncio.sleep(0.005)
    raise AssertionError({rule: (row.repaired, row.refused) for rule, row in found.items()})


EVERYWHERE = {
    "control-character": '[2,"ID","DataTransfer",{"vendorId":"a\tb"}]',
    "zero-byte": '[2,"ID","DataTransfer",{"vendorId":"a\\u0000b"}]',
    "stray-backslash": '[2,"ID","DataTransfer",{"vendorId":"C:\\firmware\\x"}]',
    "comma-too-many": '[2,"ID","DataTransfer",{"vendorId":"a",}]',
    "missing-value": '[2,"ID","DataTransfer",{"vendorId":"a","messageId":}]',
    "bytes-around": '[2,"ID","DataTransfer",{"vendorId":"a"}]\x00',
    "long-message-id": f'[2,"ID{"x" * 40}","DataTransfer",{{"vendorId":"a"}}]',
    "unknown-field": '[2,"ID","DataTransfer",{"vendorId":"a","colour":1}]',
    "null": '[2,"ID","DataTransfer",{"vendorId":"a","messageId":null}]',
    "twice": '[2,"ID","DataTransfer",{"vendorId":"a","messageId":"b","messageId":"c"}]',
    "too-long-text": f'[2,"ID","DataTransfer",{{"vendorId":"{"a" * 300}"}}]',
}
BOOTS = {
    "1.6": {"chargePointVendor": "Acme", "chargePointModel": "One"},
    "2.0.1": {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "Acme"}},
    "2.1": {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "Acme"}},
}


@pytest.mark.parametrize("version", BOOTS)
async def test_rules_of_frames_and_payloads_hold_in_every_version_and_not_when_held_strictly(
    app: App, charger: Callable[..., Any], version: str
) -> None:
    one = await charger("CP1", boot=False, subprotocols=[f"ocpp{version}"])
    await one.call("BootNotification", BOOTS[version])
    for rule, text in EVERYWHERE.items():
        assert (await said(one, text))[0] == 3, rule
    # A value that is missing becomes null, and is counted as such, too.
    await until_counted(app, dict.fromkeys(EVERYWHERE, (1, 0)) | {"null": (2, 0)})
    await hold(app, "CP1", strictly=True)
    for rule, text in EVERYWHERE.items():
        if rule != "zero-byte":  # no fault of the charger's: only our databases cannot keep it
            assert (await said(one, text))[0] == 4, rule


async def test_counts_go_on_over_connections_and_belong_to_one_charger(app: App, charger: Callable[..., Any]) -> None:
    for _ in range(2):
        one = await charger("CP1")
        for _ in range(3):
            await one.call("Heartbeat", {"uptime": 5})
        await one.close()
    await charger("CP2")
    assert (await until_counted(app, {"unknown-field": (6, 0)}))["unknown-field"].example == "Heartbeat uptime"
    assert await counted(app, "CP2") == {}


def test_every_remark_there_is_has_a_rule_of_its_own() -> None:
    """What is written in the code that repairs is found here, so that a new repair does not end up nameless."""
    source = "".join(
        (references.ROOT / "stationmaster/ocpp" / name).read_text() for name in ("lenient.py", "mending.py")
    )
    remarks = re.findall(r'_remark\([\w.]+, "(.+?)"', source) + re.findall(
        r'^[A-Z_0-9]+ = "(.+; .+)"$', source, re.MULTILINE
    )
    problems = re.findall(r'(?:_Bad|OcppError)\(Defect\.\w+, (?:at, )?"(.+?)"', source)
    assert len(remarks) > 15 and len(problems) > 8
    for remark in [*remarks, *problems]:
        assert rule_of(remark) not in (None, "other"), remark


def test_rules_are_written_for_people() -> None:
    assert len(NAMED) == len(RULES)
    for rule in RULES:
        assert rule.versions and set(rule.versions) <= set(deviations.ALL)
        for sentence in (rule.wrong, rule.done):
            assert sentence.endswith(".") and not re.search(r"JSON|schema|payload|enum|CALL|null\b(?!”)", sentence), (
                sentence
            )
