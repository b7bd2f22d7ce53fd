"""Which answer for which defect, in each version's own spelling (the table of rules 3.1: RPC-01, RPC-02, RPC-03).

Sockets speak 1.6; for 2.0.1 and 2.1 a session is driven directly, with handlers of a few actions and a link that records.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from stationmaster.domain import organizations, stations
from stationmaster.domain.alarms import alarms
from stationmaster.domain.credentials import Keys
from stationmaster.domain.message_log import messages
from stationmaster.domain.quarantine import quarantine
from stationmaster.domain.stations import Station
from stationmaster.gateway import refusals
from stationmaster.gateway.connection import Connection, Rules
from stationmaster.gateway.counts import Counts
from stationmaster.gateway.directory import Directory
from stationmaster.gateway.remembered import Remembered
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v16, v21, v201
from stationmaster.ocpp.dialects import DIALECTS
from stationmaster.storage import Database, Work
from tests.gateway.conftest import held, settled, until
from tests.patience import PATIENCE_S

VERSIONS = ["1.6", "2.0.1", "2.1"]
EACH_VERSION = pytest.mark.parametrize("version", VERSIONS)
BOOT = {
    "1.6": {"chargePointVendor": "Vendor", "chargePointModel": "Model"},
    "2.0.1": {"reason": "PowerUp", "chargingStation": {"model": "Model", "vendorName": "Vendor"}},
    "2.1": {"reason": "PowerUp", "chargingStation": {"model": "Model", "vendorName": "Vendor"}},
}


class Recorder:
    """A link that keeps what is sent: the outside world of a session."""

    source = "192.0.2.1"
    last_heard_at = datetime(2026, 11, 1, tzinfo=UTC)

    def __init__(self) -> None:
        self.sent: asyncio.Queue[Any] = asyncio.Queue()
        self.closed: tuple[int, str] | None = None

    def send(self, data: bytes) -> None:
        self.sent.put_nowait(json.loads(data))

    def close(self, code: int, reason: str) -> None:
        self.closed = code, reason

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


def routes(version: str) -> Routes:
    """Handlers for Heartbeat, BootNotification and MeterValues; two that always fail."""
    messages: Any = {"1.6": v16, "2.0.1": v201, "2.1": v21}[version]
    made = Routes(DIALECTS[f"ocpp{version}"])
    now = "2026-11-01T10:00:00.000Z"

    def heartbeat(work: Work, station: Station, req: Any) -> Any:
        return messages.HeartbeatResponse(current_time=now)

    def boot(work: Work, station: Station, req: Any) -> Any:
        return messages.BootNotificationResponse(current_time=now, interval=300, status="Accepted")

    def meter_values(work: Work, station: Station, req: Any) -> Any:
        return messages.MeterValuesResponse()

    def broken(work: Work, station: Station, req: Any) -> Any:
        raise RuntimeError("a bug of ours, in secret words")

    made.handlers |= {
        "Heartbeat": heartbeat,
        "BootNotification": boot,
        "MeterValues": meter_values,
        "StatusNotification": broken,
        "StopTransaction": broken,
        "TransactionEvent": broken,
    }
    return made


@pytest.fixture
async def open_session(database: Database) -> Any:
    """`await open_session("2.0.1")`: a session of an accepted station, and its link."""
    home = await database.write(organizations.home)
    keys = Keys(b"a key that is only good for the tests 0123456789")
    await database.write(stations.create, home, keys, identity="CP1")

    async def opened(
        version: str, *, accepted: bool = True, strict: bool = False, remembered: Remembered | None = None
    ) -> tuple[Connection, Recorder]:
        directory = Directory(database, heartbeat_interval_s=300)
        await directory.load()
        entry = directory.find("CP1")
        assert entry is not None
        if accepted:
            fields = {name: getattr(entry.station, name) for name in entry.station.__struct_fields__}
            entry.station = Station(**fields | {"booted": True})
        link = Recorder()
        rules = Rules(strict=strict)
        made = Connection(entry, routes(version), link, database, Counts(), rules=rules, remembered=remembered)
        return made, link

    return opened


@pytest.fixture
def rows_kept(database: Database) -> Any:
    """What the message log holds."""

    async def look() -> list[Any]:
        await settled(database)
        return await database.read(lambda work: list(work.execute(messages.select().order_by(messages.c.id))))

    return look


def rows_of(version: str) -> dict[str, tuple[bytes, list[Any] | None]]:
    """What is wrong → the frame, and (id, code) of the CALLERROR; None when it is to be ignored."""
    one = version == "1.6"
    frame = "FormationViolation" if one else "RpcFrameworkError"
    format_ = "FormationViolation" if one else "FormatViolation"
    missing = "ProtocolError" if one else "OccurrenceConstraintViolation"
    count = "OccurenceConstraintViolation" if one else "OccurrenceConstraintViolation"
    boot = BOOT[version]
    other: dict[str, Any] = (
        {"connectorId": 1} if one else {"evseId": 1}
    )  # MeterValues without its values; with too few, with a text for a list

    def call(action: str, payload: Any) -> bytes:
        return json.dumps([2, "id-7", action, payload]).encode()

    unknown_type: dict[str, list[Any] | None] = {"1.6": None, "2.0.1": ["id-7", "MessageTypeNotSupported"], "2.1": None}
    return {
        "not JSON": (b"hello, is anybody there?", ["-1", frame]),
        "JSON that stops in the middle": (call("Heartbeat", {})[:-3], ["id-7", frame]),
        "an answer that stops in the middle": (b'[3,"id-7",{"status":"Acc', None),  # L5: answers are never answered
        "not an array": (b'{"messageType":2}', ["-1", frame]),
        "a text": (b'"Heartbeat"', ["-1", frame]),
        "empty array": (b"[]", ["-1", frame]),
        "array too short": (b"[2]", ["-1", frame]),
        "no id": (b'[2,null,"Heartbeat",{}]', ["-1", frame]),
        "the id is a number": (b'[2,1234567,"Heartbeat",{}]', ["-1", frame]),
        "the id has 256 characters": (b'[2,"' + b"i" * 256 + b'","Heartbeat",{}]', ["-1", frame]),
        "the id has 36, the rest is wrong": (b'[2,"' + b"i" * 36 + b'","Heartbeat"]', ["i" * 36, frame]),
        "three elements": (b'[2,"id-7","Heartbeat"]', ["id-7", frame]),
        "five elements": (b'[2,"id-7","Heartbeat",{},{}]', ["id-7", frame]),
        "the action is a number": (b'[2,"id-7",7,{}]', ["id-7", frame]),
        "the action is a list": (b'[2,"id-7",["Heartbeat"],{}]', ["id-7", frame]),
        "the payload is a list": (b'[2,"id-7","Heartbeat",[]]', ["id-7", frame]),
        "the payload is a text": (b'[2,"id-7","Heartbeat","{}"]', ["id-7", frame]),
        "the type is a text": (b'["2","id-7","Heartbeat",{}]', ["id-7", frame]),
        "the type is a fraction": (b'[3.0,"id-7",{}]', ["id-7", frame]),
        "an unknown type": (b'[9,"id-7","Heartbeat",{}]', unknown_type[version]),
        "an unknown type that begins as a known one": (b'[34,"id-7",{}]', unknown_type[version]),
        "an unknown type without an id": (b"[9]", None),
        "an unknown action": (call("OpenSesame", {}), ["id-7", "NotImplemented"]),
        "an action of Python": (call("__class__", {}), ["id-7", "NotImplemented"]),
        "an action in small letters": (call("heartbeat", {}), ["id-7", "NotImplemented"]),
        "an action that we send": (call("Reset", {"type": "Soft"}), ["id-7", "NotSupported"]),
        "a field missing": (call("BootNotification", {}), ["id-7", missing]),
        "a list missing": (call("MeterValues", other), ["id-7", missing]),
        "a list too short": (call("MeterValues", other | {"meterValue": []}), ["id-7", count]),
        "a text for a list": (call("MeterValues", other | {"meterValue": "x"}), ["id-7", "TypeConstraintViolation"]),
        "a list for a text": (
            call("BootNotification", boot | ({"chargePointModel": []} if one else {"reason": []})),
            ["id-7", "TypeConstraintViolation"],
        ),
        "too deep": (
            b'[2,"id-7","Heartbeat",{"a":' + b"[" * 40 + b"]" * 40 + b"}]",
            ["id-7", format_],
        ),
        "a key that is needed, twice": (
            call("MeterValues", other).replace(b"}]", b',"meterValue":[],"meterValue":[1]}]'),
            ["id-7", format_],
        ),
        "a number of 40 digits": (b'[2,"id-7","Heartbeat",{"a":' + b"8" * 40 + b"}]", ["id-7", format_]),
        "a bug of ours": (
            call(
                "StatusNotification",
                {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
                if one
                else {
                    "timestamp": "2026-11-01T10:00:00Z",
                    "connectorStatus": "Available",
                    "evseId": 1,
                    "connectorId": 1,
                },
            ),
            ["id-7", "InternalError"],
        ),
    }


def check_error(answer: list[Any], data: bytes) -> None:
    """The form of a CALLERROR, and RPC-03: nothing of the frame is repeated but its id."""
    assert (answer[0], len(answer)) == (4, 5)
    description, details = answer[3], answer[4]
    assert isinstance(description, str) and len(description) <= 255 and details == {}
    told = description.encode()
    assert not any(data[i : i + 8] in told for i in range(len(data) - 7)), description
    assert "Traceback" not in description and "secret words" not in description


@pytest.mark.any_database
@EACH_VERSION
async def test_RPC_01_every_defect_is_answered_as_this_version_spells_it(open_session: Any, version: str) -> None:
    session, link = await open_session(version)
    table = rows_of(version)
    answered: dict[str, Any] = {}
    for name, (data, _) in table.items():
        session.receive(data)
        session.receive(b'[2,"after","Heartbeat",{"n":"%d"}]' % len(answered))
        async with asyncio.timeout(PATIENCE_S):
            first = await link.sent.get()
            if first[1] == "after":
                answered[name] = None
            else:
                check_error(first, data)  # RPC-03
                answered[name] = first[1:3]
                first = await link.sent.get()
            assert first[:2] == [3, "after"], name  # RPC-02
    assert answered == {name: expected for name, (_, expected) in table.items()}
    assert link.closed is None and link.sent.empty()


@pytest.mark.any_database
@EACH_VERSION
async def test_RPC_01_before_it_is_accepted_only_a_boot(open_session: Any, version: str) -> None:
    session, link = await open_session(version, accepted=False)
    session.receive(b'[2,"1","Heartbeat",{}]')
    assert (await link.sent.get())[:3] == [4, "1", "SecurityError"]
    session.receive(json.dumps([2, "2", "BootNotification", BOOT[version]]).encode())
    assert (await link.sent.get())[:2] == [3, "2"]


@pytest.mark.any_database
@EACH_VERSION
async def test_RPC_01_an_unknown_field_is_an_error_when_strict_and_dropped_when_not(
    open_session: Any, version: str
) -> None:
    data = b'[2,"1","Heartbeat",{"unheardOf":1}]'
    session, link = await open_session(version, strict=True)
    session.receive(data)
    code = "FormationViolation" if version == "1.6" else "ProtocolError"
    assert (await link.sent.get())[:3] == [4, "1", code]
    session, link = await open_session(version)
    session.receive(data)
    assert (await link.sent.get())[:2] == [3, "1"]


@pytest.mark.any_database
@EACH_VERSION
async def test_RPC_01_a_payload_of_null_is_an_empty_one(open_session: Any, version: str) -> None:
    session, link = await open_session(version)
    session.receive(b'[2,"1","Heartbeat",null]')
    assert (await link.sent.get())[:2] == [3, "1"]
    for blank in (b"", b" ", b"\r\n"):
        session.receive(blank)
    session.receive(b'\n [ 2 , "2" ,\t"Heartbeat" , { } ] \r\n')
    assert (await link.sent.get())[:2] == [3, "2"]
    assert link.sent.empty()


@EACH_VERSION
async def test_RPC_01_when_we_fail_at_a_transaction_message_we_go_away(
    open_session: Any, database: Database, version: str
) -> None:
    """Rule 2: no answer at all, for some stations throw the record away when an error comes."""
    session, link = await open_session(version)
    action, payload = {
        "1.6": ("StopTransaction", {"transactionId": 1, "meterStop": 1, "timestamp": "2026-11-01T10:00:00Z"}),
    }.get(
        version,
        (
            "TransactionEvent",
            {
                "eventType": "Ended",
                "timestamp": "2026-11-01T10:00:00Z",
                "triggerReason": "Trigger",
                "seqNo": 1,
                "transactionInfo": {"transactionId": "t1"},
            },
        ),
    )
    session.receive(json.dumps([2, "1", action, payload]).encode())
    await until(lambda: link.closed)
    assert link.closed[0] == 1013 and link.sent.empty()
    await settled(database)
    kept = await database.read(lambda work: work.execute(quarantine.select()).all())
    assert [row.action for row in kept] == [action]
    assert json.loads(kept[0].content) == [2, "1", action, payload]


@pytest.mark.any_database
async def test_RPC_01_when_storage_hangs_we_hold_the_answer_and_then_go_away(app: Any, raw: Any) -> None:
    one = await raw("CP1")
    app.database.hold_s = 0.3
    with held(app.database):
        one.send([2, "1", "StopTransaction", {"transactionId": 1, "meterStop": 1, "timestamp": "2026-11-01T10:00:00Z"}])
        assert await one.close_code() == 1013


@pytest.mark.any_database
@EACH_VERSION
@pytest.mark.parametrize("strict", [True, False], ids=["strict", "lenient"])
async def test_RPC_03_no_error_repeats_what_was_sent(open_session: Any, version: str, strict: bool) -> None:
    session, link = await open_session(version, strict=strict)
    for data, expected in rows_of(version).values():
        session.receive(data)
        if expected is not None:
            check_error(await link.sent.get(), data)
    secret = "hunter2-hunter2-hunter2"
    boot = BOOT[version]
    deep = {"chargePointModel" if version == "1.6" else "chargingStation": [secret]}
    for number, payload in enumerate(
        [
            boot | deep,
            {name: {secret: secret} for name in boot},
            {name: [secret * 50] for name in boot},
            {secret: secret},
            {"chargePointVendor": 7, secret * 9: {secret: [secret]}},
        ]
    ):
        for action in ("BootNotification", secret, "Reset"):
            data = json.dumps([2, f"{number}", action, payload]).encode()
            session.receive(data)
            check_error(await link.sent.get(), data)


TRANSACTION = {"transactionId": 7, "meterStop": 1, "timestamp": "2026-11-01T10:00:00Z"}
UNREADABLE = {
    "a list missing": b'[2,"1","MeterValues",{"connectorId":1,"transactionId":7}]',
    "five elements": json.dumps([2, "1", "StopTransaction", TRANSACTION, {}]).encode(),
    "a key twice": b'[2,"1","StopTransaction",{"transactionId":7,"transactionId":8,"meterStop":1,"timestamp":"x"}]',
    "not JSON": json.dumps([2, "1", "StopTransaction", TRANSACTION]).encode()[:-2],
    "no id": json.dumps([2, None, "StopTransaction", TRANSACTION]).encode(),
}


@pytest.mark.every_case
async def test_RPC_01_a_transaction_message_is_in_the_quarantine_before_its_CALLERROR(raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    for number, (name, data) in enumerate(UNREADABLE.items(), 1):
        answer = await one.exchange(data)
        assert answer[0] == 4, name
        kept = await rows(quarantine)
        assert len(kept) == number, name
        assert f'"{kept[-1].action}"'.encode() in data
        assert kept[-1].content == data.decode(errors="replace").replace("\0", "\ufffd")


async def test_a_zero_byte_in_a_text_does_no_harm_on_any_database(raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    started = await one.exchange(
        '[2,"a\\u0000b","StartTransaction",{"connectorId":1,"idTag":"T\\u0000","meterStart":0,"timestamp":"\\u0000"}]'
    )
    assert (started[0], started[1]) == (3, "a\ufffdb")
    assert (await one.exchange('[2,"2","\\u0000",{}]'))[2] == "NotImplemented"
    assert (await one.exchange(b'[2,"3","Heartbeat\x00",{}]'))[2] == "NotImplemented"
    kept = [row.message_id for row in await rows(messages)]
    assert kept[-3:] == ["a\ufffdb", "2", "3"]


@pytest.mark.any_database
async def test_RPC_02_the_same_socket_answers_after_each_defect(raw: Any) -> None:
    one = await raw("CP1")
    table = rows_of("1.6")
    del table["a bug of ours"]
    for name, (data, expected) in table.items():
        one.send(data)
        if expected is not None:
            answer = await one.receive()
            check_error(answer, data)
            assert answer[1:3] == expected, name
        heartbeat = await one.exchange([2, f"after {name}"[:36], "Heartbeat", {}])
        assert heartbeat[0] == 3, name


@pytest.mark.any_database
async def test_what_is_out_of_order_is_kept_in_the_message_log_but_not_in_its_whole_length(raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    await one.exchange(b'[2,"1","OpenSesame",{"a":"' + b"x" * 200_000 + b'"}]')
    (kept,) = [row for row in await rows(messages) if row.outcome == "NotImplemented"]
    assert (kept.message_id, kept.action, len(kept.request)) == ("1", "OpenSesame", refusals.KEPT)


# L5: what is plain is repaired, and said so


@pytest.mark.any_database
@EACH_VERSION
async def test_L5_what_is_plain_is_repaired_and_answered(open_session: Any, version: str, rows_kept: Any) -> None:
    session, link = await open_session(version)
    for number, text in enumerate((b'"a\x00b"', b'"a\tb"', b'"\xe4"', b"NaN", b"[1,]", b"+5", b'1,"custom":1')):
        session.receive(b'[2,"%d","Heartbeat",{"custom":%b}]' % (number, text))
        answer = await link.sent.get()
        assert answer[:2] == [3, str(number)], text
    assert all(row.remarks for row in await rows_kept())


@pytest.mark.any_database
@EACH_VERSION
async def test_L5_strict_repairs_nothing(open_session: Any, version: str) -> None:
    session, link = await open_session(version, strict=True)
    for text in (b'"a\x00b"', b'"\xe4"', b"NaN", b"[1,]"):
        session.receive(b'[2,"7","Heartbeat",{"custom":%b}]' % text)
        answer = await link.sent.get()
        assert answer[1:3] == ["7", "FormationViolation" if version == "1.6" else "RpcFrameworkError"], text
    session.receive(b'[2,"%b","Heartbeat",{}]' % (b"i" * 37))
    assert (await link.sent.get())[:2] == [4, "i" * 37]


@pytest.mark.any_database
@EACH_VERSION
async def test_L5_an_id_in_braces_is_long_and_nothing_else(open_session: Any, version: str, rows_kept: Any) -> None:
    session, link = await open_session(version)
    long = "{12345678-1234-1234-1234-123456789012}"
    session.receive(json.dumps([2, long, "Heartbeat", {}]).encode())
    assert (await link.sent.get())[:2] == [3, long]
    (row,) = await rows_kept()
    assert "longer than 36" in row.remarks


@pytest.mark.any_database
@EACH_VERSION
async def test_L5_answers_are_never_answered(open_session: Any, version: str) -> None:
    session, link = await open_session(version)
    for data in (b'[3,"7",{"a":', b'[3,"7",{"a":\x00}]', b"[3]", b'[4,"7"', b' [ 3 , "7" , [] ]', b'[5,"7"'):
        session.receive(data)
    session.receive(b'[2,"after","Heartbeat",{}]')
    assert (await link.sent.get())[:2] == [3, "after"]


# RPC-16: the two frames of 2.1


@EACH_VERSION
async def test_RPC_16_a_SEND_is_taken_where_there_is_one_and_never_answered(
    open_session: Any, version: str, rows_kept: Any
) -> None:
    session, link = await open_session(version)
    values = {"timestamp": "2026-11-01T10:00:00Z", "sampledValue": [{"value": 1}]}
    session.receive(json.dumps([6, "s", "MeterValues", {"evseId": 1, "meterValue": [values]}]).encode())
    session.receive(b'[6,"t","OpenSesame",{}]')
    session.receive(b'[2,"after","Heartbeat",{}]')
    first = await link.sent.get()
    if version == "2.0.1":
        assert first[:3] == [4, "s", "MessageTypeNotSupported"]
        assert (await link.sent.get())[:3] == [4, "t", "MessageTypeNotSupported"]
        first = await link.sent.get()
    assert first[:2] == [3, "after"] and link.sent.empty()
    outcomes = {row.message_id: row.outcome for row in await rows_kept()}
    expected = {"1.6": ("ignored",) * 2, "2.0.1": ("MessageTypeNotSupported",) * 2, "2.1": ("ok", "NotImplemented")}
    assert (outcomes["s"], outcomes["t"]) == expected[version]


@EACH_VERSION
async def test_RPC_16_an_answer_that_a_charger_cannot_use_is_an_alarm(
    open_session: Any, version: str, database: Database, rows_kept: Any
) -> None:
    session, link = await open_session(version)
    for number in range(5):
        session.receive(b'[5,"%d","FormatViolation","no such time",{}]' % number)
    session.receive(b'[2,"after","Heartbeat",{}]')
    codes = []
    while (answer := await link.sent.get())[1] != "after":
        codes.append(answer[2])
    assert codes == (["MessageTypeNotSupported"] * 5 if version == "2.0.1" else [])
    await settled(database)
    raised = await database.read(lambda work: work.execute(alarms.select()).all())
    kinds = {alarm.kind for alarm in raised}
    assert kinds == {"1.6": set(), "2.0.1": {"refused"}, "2.1": {"answer_refused"}}[version]
    assert len(raised) <= 1
    assert len(await rows_kept()) == 6


# A3: what fails for a reason of ours again and again


@pytest.mark.every_case
@EACH_VERSION
async def test_A3_what_only_ever_fails_is_set_aside_and_answered(
    open_session: Any, version: str, database: Database
) -> None:
    action = "StopTransaction" if version == "1.6" else "TransactionEvent"
    payload: dict[str, Any] = {"transactionId": 1, "meterStop": 1, "timestamp": "2026-11-01T10:00:00Z"}
    if version != "1.6":
        payload = {
            "eventType": "Ended",
            "timestamp": "2026-11-01T10:00:00Z",
            "triggerReason": "Trigger",
            "seqNo": 1,
            "transactionInfo": {"transactionId": "t1"},
        }
    memory = Remembered()
    for attempt in range(1, 4):
        session, link = await open_session(version, remembered=memory)
        session.receive(json.dumps([2, f"id-{attempt}", action, payload]).encode())
        if attempt < 3:
            await until(lambda link=link: link.closed)
            assert link.closed[0] == 1013 and link.sent.empty()
        else:
            assert await link.sent.get() == [3, "id-3", {}]
            session.receive(b'[2,"after","Heartbeat",{}]')
            assert (await link.sent.get())[:2] == [3, "after"]
    await settled(database)
    (kept,) = await database.read(lambda work: work.execute(quarantine.select()).all())
    assert kept.action == action
