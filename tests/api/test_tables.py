"""Cards, sites and chargers that come and go as files (O-04, X-05, API-23)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from stationmaster.domain.audit import audit
from stationmaster.storage import Database
from tests.api.conftest import Client

API = "/api/v1"


async def bring(client: Client, what: str, text: str | bytes, *, dry_run: bool = False) -> httpx.Response:
    params = {"dry_run": "true"} if dry_run else {}
    return await client.post(f"{API}/imports/{what}", content=text, params=params, headers={"Content-Type": "text/csv"})


def counts(answer: httpx.Response) -> dict[str, int]:
    assert answer.status_code == 200, answer.text
    said = answer.json()
    return {name: said[name] for name in ("rows", "new", "changed", "unchanged", "doubled", "bad")}


async def cards(client: Client, **which: Any) -> list[dict[str, Any]]:
    found = (await client.get(f"{API}/tokens", params={"limit": 200, "sort": "uid"} | which)).json()
    assert found["next"] is None
    items: list[dict[str, Any]] = found["items"]
    return items


async def test_O_04_five_thousand_cards(admin: Client, database: Database) -> None:
    for number in range(9):
        await admin.post(f"{API}/tokens", json={"uid": f"00{number:06X}", "label": "old", "group": "kept"})
    lines = [f"00{number:06X},Driver {number},2030-12-31" for number in range(4997)]
    lines[100:100] = ["04:AA:BB:CC:DD:EE:FF,Ann,", "04AABBCCDDEEFF,Ann,", "04A2,Ben,soon"]
    text = "\r\n".join(["number,name,expiry", *lines])
    dry = await bring(admin, "tokens", text, dry_run=True)
    assert counts(dry) == {"rows": 5000, "new": 4988, "changed": 9, "unchanged": 0, "doubled": 2, "bad": 1}
    assert [(each["row"], each["field"], each["reason"]) for each in dry.json()["problems"]] == [
        (102, None, "is the same card as in row 103"),
        (103, None, "is the same card as in row 102"),
        (104, "expires_at", "must be a time with its zone, as in 2026-05-01T12:00:00Z"),
    ]
    assert dry.json()["problems"][0]["values"] == {"what": "card", "row": 103}
    assert len(dry.json()["outcomes"]) == 200
    assert dry.json()["outcomes"][0] == {"row": 2, "id": "00000000", "changed": ["label", "expires_at"]}
    assert dry.json()["outcomes"][9] == {"row": 11, "id": "00000009", "changed": None}
    assert len(await cards(admin)) == 9
    refused = await bring(admin, "tokens", text)
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["errors"]] == ["row 102", "row 103", "row 104, expires_at"]
    assert len(await cards(admin)) == 9
    good = "\r\n".join(["number,name,expiry", *lines[:100], *lines[103:]])
    assert counts(await bring(admin, "tokens", good)) == {
        **dict.fromkeys(("unchanged", "doubled", "bad"), 0),
        "rows": 4997,
        "new": 4988,
        "changed": 9,
    }
    changed = (await admin.get(f"{API}/tokens/00000003")).json()
    assert (changed["label"], changed["group"], changed["expires_at"]) == ("Driver 3", "kept", "2031-01-01T00:00:00Z")
    new = (await admin.get(f"{API}/tokens/00001000")).json()
    assert (new["label"], new["created_by"]) == ("Driver 4096", "administrator@example.com")
    assert counts(await bring(admin, "tokens", good))["unchanged"] == 4997
    exported = await admin.get(f"{API}/exports/tokens")
    assert counts(await bring(admin, "tokens", exported.content))["unchanged"] == 4997
    mine = (
        audit.select().where(audit.c.subject_id == "00000003").order_by(audit.c.id)
    )  # as a table, PostgreSQL has no order
    acts = await database.read(lambda work: work.execute(mine).all())
    assert [row.action for row in acts] == ["add_token", "change_token"]
    assert acts[1].before == {"label": "old", "expires_at": None}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("0004A2", "0004A2"),
        ("4A2", "4A2"),
        ("00:04:A2:B3", "0004A2B3"),
        ("00 04 a2 b3", "0004a2b3"),
        ("00-04-A2-B3", "0004A2B3"),
        ("00:04-A2:B3", "00:04-A2:B3"),
        ("DE-8AA-123456", "DE-8AA-123456"),
        (" 0004A2 ", "0004A2"),
        ("'-5A", "-5A"),
    ],
)
@pytest.mark.any_database
async def test_O_04_leading_zeros_survive_and_a_number_is_kept_as_chargers_tell_it(
    admin: Client, written: str, told: str
) -> None:
    assert counts(await bring(admin, "tokens", f"uid\n{written}"))["new"] == 1
    assert [card["uid"] for card in await cards(admin)] == [told]
    assert counts(await bring(admin, "tokens", f"uid\n{written.lower()}"))["unchanged"] == 1


@pytest.mark.any_database
async def test_O_04_a_card_that_was_typed_with_its_colons_is_the_same_card(admin: Client) -> None:
    await admin.post(f"{API}/tokens", json={"uid": "04:AA:BB:CC"})
    assert counts(await bring(admin, "tokens", "uid,label\n04:aa:bb:cc,Ann"))["changed"] == 1
    assert [(card["uid"], card["label"]) for card in await cards(admin)] == [("04:AA:BB:CC", "Ann")]


@pytest.mark.any_database
async def test_API_23_what_cannot_be_is_told_by_row_and_nothing_is_taken(admin: Client) -> None:
    text = "uid,status,kind,label\nA,lost,,\n4.1E+12,,,\nB,,no kind!,\nC,accepted,ISO14443,\x07\nD,blocked,,=1+1\n,,,x"
    answer = await bring(admin, "tokens", text)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [
        *("row 2, status", "row 3, uid", "row 4, kind", "row 5, label", "row 7, uid")
    ]
    assert await cards(admin) == []
    for body, reason in (
        ("uid\n" + "".join(f"C{number}\n" for number in range(10_001)), "has more than 10,000 rows"),
        ("uid,colour\nA,red", "has a column 'colour'"),
        ("", "is empty"),
    ):
        refused = await bring(admin, "tokens", body)
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["field"] == "file"
        assert reason in refused.json()["errors"][0]["reason"]
    assert (await bring(admin, "tokens", b"uid\n" + b"x" * 9_000_000)).status_code == 413
    assert await cards(admin) == []


@pytest.mark.any_database
async def test_X_05_a_label_that_looks_like_a_formula_is_none_in_a_file_and_reads_back(admin: Client) -> None:
    labels = ["=1+1", "@SUM(A1)", "-5", "+49 89 12", "'=2", " =3", "＝4", "plain", None]
    for number, label in enumerate(labels):
        await admin.post(f"{API}/tokens", json={"uid": f"C{number}", "label": label})
    exported = await admin.get(f"{API}/exports/tokens")
    assert exported.headers["content-type"] == "text/csv; charset=utf-8"
    assert exported.headers["content-disposition"] == 'attachment; filename="cards.csv"'
    assert '"\'=1+1"' in exported.text
    assert '"\'-5"' in exported.text
    assert counts(await bring(admin, "tokens", exported.content))["unchanged"] == len(labels)
    before = await cards(admin)
    for card in before:
        await admin.delete(f"{API}/tokens/{card['uid']}")
    assert counts(await bring(admin, "tokens", exported.content))["new"] == len(labels)
    assert [(card["uid"], card["label"]) for card in await cards(admin)] == [(c["uid"], c["label"]) for c in before]


@pytest.mark.any_database
async def test_O_04_a_card_is_given_to_a_customer_who_is_there(admin: Client) -> None:
    made = await admin.post(f"{API}/customers", json={"id": "C-1", "name": "Asha", "phone": "+919876543210"})
    assert made.status_code == 201, made.text
    wrong = await bring(admin, "tokens", "uid,customer\nA,C-1\nB,C-2\nC,C-2\nD,", dry_run=True)
    assert counts(wrong) == {"rows": 4, "new": 2, "changed": 0, "unchanged": 0, "doubled": 0, "bad": 2}
    assert [(each["row"], each["field"]) for each in wrong.json()["problems"]] == [(3, "customer"), (4, "customer")]
    assert counts(await bring(admin, "tokens", "uid,customer\nA,C-1\nB,"))["new"] == 2
    assert [(card["uid"], card["customer"]) for card in await cards(admin)] == [("A", "C-1"), ("B", None)]
    exported = await admin.get(f"{API}/exports/tokens")
    assert counts(await bring(admin, "tokens", exported.content))["unchanged"] == 2
    assert counts(await bring(admin, "tokens", "uid\nA"))["unchanged"] == 1
    taken = await bring(admin, "tokens", "uid,customer\nA,\nB,")
    assert taken.json()["outcomes"] == [{"row": 2, "id": "A", "changed": ["customer"]}]
    assert [card["customer"] for card in await cards(admin)] == [None, None]


async def customers(client: Client) -> list[tuple[Any, ...]]:
    found = (await client.get(f"{API}/customers?limit=200&sort=id")).json()["items"]
    return [(one["id"], one["name"], one["phone"], one["email"]) for one in found]


async def test_O_04_customers_are_brought_by_their_own_ids_and_read_back(admin: Client, database: Database) -> None:
    await admin.post(f"{API}/customers", json={"id": "0004", "name": "Old", "email": "old@example.in"})
    text = "Customer ID;Name;Phone\n0004;Ann;+91 98765 43210\n0005;=Ben;030 123\n0006;Cid;"
    dry = await bring(admin, "customers", text, dry_run=True)
    assert counts(dry) == {"rows": 3, "new": 2, "changed": 1, "unchanged": 0, "doubled": 0, "bad": 0}
    assert dry.json()["outcomes"] == [
        {"row": 2, "id": "0004", "changed": ["name", "phone"]},
        {"row": 3, "id": "0005", "changed": None},
        {"row": 4, "id": "0006", "changed": None},
    ]
    assert await customers(admin) == [("0004", "Old", None, "old@example.in")]
    assert counts(await bring(admin, "customers", text)) == counts(dry)
    kept = [
        ("0004", "Ann", "+919876543210", "old@example.in"),
        ("0005", "=Ben", "030123", None),
        ("0006", "Cid", None, None),
    ]
    assert await customers(admin) == kept
    exported = await admin.get(f"{API}/exports/customers")
    assert '"\'=Ben"' in exported.text
    assert counts(await bring(admin, "customers", exported.content))["unchanged"] == 3
    for number in ("0004", "0005", "0006"):
        await admin.delete(f"{API}/customers/{number}")
    assert counts(await bring(admin, "customers", exported.content))["new"] == 3
    assert await customers(admin) == kept
    mine = audit.select().where(audit.c.subject_id == "0004").order_by(audit.c.id)
    acts = await database.read(lambda work: work.execute(mine).all())
    assert [row.action for row in acts] == ["add_customer", "change_customer", "remove_customer", "add_customer"]
    assert (acts[1].before, acts[1].after) == (
        {"name": "Old", "phone": None},
        {"name": "Ann", "phone": "+919876543210"},
    )


@pytest.mark.any_database
async def test_O_04_a_list_of_customers_with_a_mistake_is_not_taken(admin: Client) -> None:
    await admin.post(f"{API}/customers", json={"id": "A", "name": "Ann", "phone": "+91 98765 43210"})
    text = (
        "id,name,phone,email\n"
        "B,Ben,+919876543210,\n"  # Ann's
        "C,Cid,0049 30 1234567,\n"
        "D,Dan,+49 30 1234567,\n"  # Cid's
        "E,,,\n"
        "F,Fay,call me,\n"
        "G,Gus,,nobody\n"
        "H,Hal,,\n"
        "H,Hal,,\n"
        "A,Ann,+91 98765 43210,\n"
    )
    answer = await bring(admin, "customers", text, dry_run=True)
    assert counts(answer) == {"rows": 9, "new": 1, "changed": 0, "unchanged": 1, "doubled": 2, "bad": 5}
    assert [(each["row"], each["field"]) for each in answer.json()["problems"]] == [
        (2, "phone"),
        (4, "phone"),
        (5, "name"),
        (6, "phone"),
        (7, "email"),
        (8, None),
        (9, None),
    ]
    assert (await bring(admin, "customers", text)).status_code == 422
    assert [one[0] for one in await customers(admin)] == ["A"]


SITES = """id,name,latitude,longitude,working_days,opening_time,closing_time,contact_number,time_zone
S1,=Gate,-17.8,179.9,friday monday,22:00,06:00,+91 98765,Pacific/Fiji
S2,Yard,,,,,,,
"""


async def test_O_04_sites_come_and_go_as_a_file(admin: Client) -> None:
    bad = SITES + "S2,Twice,,,,,,,\nS3,,,,,,,,\nS4,Four,12,,,,,,\nS5,Five,1,1,,,,,Mars/One\n"
    dry = await bring(admin, "sites", bad, dry_run=True)
    assert counts(dry) == {"rows": 6, "new": 1, "changed": 0, "unchanged": 0, "doubled": 2, "bad": 3}
    assert [(each["row"], each["field"]) for each in dry.json()["problems"]] == [
        *((3, None), (4, None), (5, "name"), (6, "longitude"), (7, "time_zone")),
    ]
    assert (await bring(admin, "sites", bad)).status_code == 422
    assert (await admin.get(f"{API}/sites")).json()["items"] == []
    assert counts(await bring(admin, "sites", SITES))["new"] == 2
    one = (await admin.get(f"{API}/sites/S1")).json()
    assert (one["name"], one["latitude"], one["working_days"]) == ("=Gate", -17.8, ["monday", "friday"])
    assert (one["contact_number"], one["time_zone"]) == ("+91 98765", "Pacific/Fiji")
    exported = await admin.get(f"{API}/exports/sites")
    assert '"\'=Gate"' in exported.text
    assert counts(await bring(admin, "sites", exported.content))["unchanged"] == 2
    assert (await admin.get(f"{API}/sites/S1")).json() == one
    taken = await bring(admin, "sites", "id,city\nS1,Suva\nS2,")
    assert counts(taken)["unchanged"] == 1
    assert taken.json()["outcomes"] == [{"row": 2, "id": "S1", "changed": ["city"]}]
    assert (await admin.get(f"{API}/sites/S1")).json()["name"] == "=Gate"


async def test_O_04_chargers_come_and_go_as_a_file(admin: Client) -> None:
    await admin.post(f"{API}/sites", json={"name": "Yard"})
    text = "id,name,site,charger_type,max_power_w\nCP1,Gate,Yard,dc,60000\nCP2,,,ac,\n"
    dry = await bring(admin, "stations", text + "CP3,,Nowhere,,\nCP:4,,,,\nCP5,,,,12\n", dry_run=True)
    assert counts(dry) == {"rows": 5, "new": 2, "changed": 0, "unchanged": 0, "doubled": 0, "bad": 3}
    assert [(each["row"], each["field"]) for each in dry.json()["problems"]] == [
        *((4, "site"), (5, "id"), (6, "max_power_w")),
    ]
    assert dry.json()["secrets"] == {}
    assert (await admin.get(f"{API}/stations")).json()["items"] == []
    made = await bring(admin, "stations", text)
    assert counts(made)["new"] == 2
    assert set(made.json()["secrets"]) == {"CP1", "CP2"}
    one = (await admin.get(f"{API}/stations/CP1")).json()
    assert (one["site"], one["charger_type"], one["max_power_w"]) == ("Yard", "dc", 60_000)
    exported = await admin.get(f"{API}/exports/stations")
    for secret in made.json()["secrets"].values():
        assert secret not in exported.text
    again = await bring(admin, "stations", exported.content)
    assert (counts(again)["unchanged"], again.json()["secrets"]) == (2, {})
    taken = await bring(admin, "stations", "id,site,name\nCP1,,Door\nCP2,,\nCP3,,")
    assert taken.json()["outcomes"] == [
        {"row": 2, "id": "CP1", "changed": ["site", "name"]},
        {"row": 4, "id": "CP3", "changed": None},
    ]
    one = (await admin.get(f"{API}/stations/CP1")).json()
    assert (one["site"], one["name"]) == (None, "Door")


async def test_O_04_vehicles_are_brought_by_their_own_ids_and_read_back(admin: Client) -> None:
    for number in ("ann", "bob"):
        await admin.post(f"{API}/customers", json={"id": number, "name": number})
    await admin.post(f"{API}/vehicles", json={"id": "V1", "customer": "ann", "make": "Old", "vin": "WVWZZZ1JZXW000001"})
    text = (
        "Vehicle ID;customer;make;plate;battery_kwh;connector_types\n"
        "V1;ann;Tata;=KA 01;40.5;type2 ccs2\nV2;bob;Acme;;;\n"
    )
    dry = await bring(admin, "vehicles", text, dry_run=True)
    assert counts(dry) == {"rows": 2, "new": 1, "changed": 1, "unchanged": 0, "doubled": 0, "bad": 0}
    assert dry.json()["outcomes"][0] == {
        "row": 2,
        "id": "V1",
        "changed": ["make", "plate", "connector_types", "battery_kwh"],
    }
    assert (await admin.get(f"{API}/vehicles/V2")).status_code == 404
    assert counts(await bring(admin, "vehicles", text)) == counts(dry)
    first = (await admin.get(f"{API}/vehicles/V1")).json()
    assert (first["make"], first["plate"], first["battery_kwh"]) == ("Tata", "=KA 01", 40.5)
    assert (first["connector_types"], first["vin"], first["default"]) == (["type2", "ccs2"], "WVWZZZ1JZXW000001", True)
    exported = await admin.get(f"{API}/exports/vehicles")
    assert "'=KA 01" in exported.text
    assert counts(await bring(admin, "vehicles", exported.content))["unchanged"] == 2


@pytest.mark.any_database
async def test_O_04_a_list_of_vehicles_with_a_mistake_is_not_taken(admin: Client) -> None:
    await admin.post(f"{API}/customers", json={"id": "ann", "name": "Ann"})
    await admin.post(f"{API}/customers", json={"id": "bob", "name": "Bob"})
    await admin.post(f"{API}/vehicles", json={"id": "V1", "customer": "ann", "make": "Acme"})
    text = (
        "id,customer,plate,battery_kwh\n"
        "V2,ann,B-XY 1,\n"
        "V1,bob,,\n"  # another's
        "V3,nobody,X,\n"
        "V4,,X,\n"
        "V5,ann,X,-1\n"
        "V6,ann,,\n"  # nothing to call it by
        "V7,ann,X,\nV7,ann,Y,\n"
    )
    refused = await admin.post(f"{API}/imports/vehicles", content=text)
    assert refused.status_code == 422
    fields = [one["field"] for one in refused.json()["errors"]]
    assert [field.partition(" ")[0] for field in fields] == ["row"] * 7, fields
    assert [one["id"] for one in (await admin.get(f"{API}/vehicles")).json()["items"]] == ["V1"]
