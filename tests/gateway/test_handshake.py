"""Who is let in, who is not, and what is kept of it: before the 101, from the request alone (ATK-01, ATK-02, CON-25, CON-26)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from stationmaster.domain import organizations, stations
from stationmaster.domain.refused_connections import EXPLANATIONS, KEPT, KEPT_UNKNOWN, explain, refused_connections
from stationmaster.gateway.handshake import (
    ATTEMPTS,
    WINDOW_S,
    Admitted,
    Attempts,
    Handshake,
    Unsure,
    identity_of,
)
from stationmaster.ocpp.dialects import V16, V21, V201
from tests.charger import basic
from tests.gateway.conftest import connected, held, settled, until
from tests.patience import PATIENCE_S

# ATK-01: an id is no secret, and does not act as one


@pytest.mark.any_database
async def test_ATK_01_nobody_is_a_charger_by_knowing_its_id(app: Any, secrets: Any, knock: Any) -> None:
    right = secrets["CP1"]
    attempts: dict[str, dict[str, Any]] = {
        "no header": {},
        "wrong password": {"user": "CP1", "secret": right[:-1] + "?"},
        "another charger's password": {"user": "CP1", "secret": secrets["CP2"]},
        "another charger's credentials": {"user": "CP2", "secret": secrets["CP2"]},
        "no password": {"user": "CP1", "secret": ""},
        "no user": {"user": "", "secret": right},
        "the id in other letters": {"user": "cp1", "secret": right},
        "password and more": {"user": "CP1", "secret": right + "x"},
        "another scheme": {"headers": {"Authorization": f"Bearer {right}"}},
        "no base64": {"headers": {"Authorization": "Basic ***"}},
    }
    answers = {name: await knock(**options) for name, options in attempts.items()}
    assert {name: answer.status for name, answer in answers.items()} == dict.fromkeys(attempts, 401)
    assert connected(app) == set()
    assert (await knock(user="CP1", secret=right)).status == 429  # after ten failures, from here
    assert (await knock(user="CP1", secret=right, source="127.0.0.2")).status == 101


@pytest.mark.any_database
@pytest.mark.parametrize("path", ["/ocpp/CP1?chargePointId=CP2", "/ocpp/CP1?validToken=1&token={secret}"])
async def test_ATK_01_nothing_else_in_the_URL_opens_the_door(secrets: Any, knock: Any, path: str) -> None:
    filled = path.format(secret=secrets["CP1"])
    assert (await knock(filled)).status == 401
    assert (await knock(filled, user="CP2", secret=secrets["CP2"])).status == 401
    assert (await knock(filled, user="CP1", secret=secrets["CP1"])).status == 101


@pytest.mark.any_database
async def test_ATK_01_a_secret_of_bytes_with_a_colon_in_it_is_a_secret(app: Any, knock: Any) -> None:
    """SEC-05: split at the first colon only."""
    home = await app.database.write(organizations.home)
    await app.database.write(
        stations.create, home, app.keys, identity="CP:1".replace(":", ""), secret="a:b:" + "c" * 16
    )
    assert (await knock(user="CP1", secret="a:b:" + "c" * 16)).status == 101
    assert (await knock(user="CP1", secret=b"\x00\x3a\xff" + b"c" * 16)).status == 401


@pytest.mark.any_database
async def test_ATK_01_a_new_secret_ends_the_old_one_at_once(app: Any, secrets: Any, knock: Any) -> None:
    home = await app.database.write(organizations.home)
    new = await app.database.write(stations.new_secret, home, "CP1", app.keys)
    await settled(app.database)
    assert (await knock(user="CP1", secret=secrets["CP1"])).status == 401
    assert (await knock(user="CP1", secret=new)).status == 101


# ATK-02: guessing


@pytest.mark.any_database
async def test_ATK_02_a_thousand_guesses_are_throttled_and_the_charger_still_comes_in(secrets: Any, knock: Any) -> None:
    statuses = []
    for number in range(1000):
        statuses.append((await knock(user="CP1", secret=f"guess {number}")).status)
        if number % 200 == 100:
            genuine = await knock(user="CP1", secret=secrets["CP1"], source="127.0.0.2")
            assert genuine.status == 101
    assert statuses.count(429) >= 990
    assert set(statuses) == {401, 429}


@pytest.mark.any_database
async def test_ATK_02_many_ids_from_one_source_are_throttled_as_well(secrets: Any, knock: Any) -> None:
    answers = [await knock(f"/ocpp/X{number}", user=f"X{number}", secret="guess") for number in range(30)]
    assert [answer.status for answer in answers] == [401] * ATTEMPTS + [429] * (30 - ATTEMPTS)
    assert answers[-1].headers["retry-after"] == str(int(WINDOW_S))
    # Behind the same address there may be honest chargers.
    assert (await knock(user="CP1", secret=secrets["CP1"])).status == 101


@pytest.mark.any_database
async def test_ATK_02_a_refusal_does_not_tell_which_ids_exist(app: Any, secrets: Any, knock: Any) -> None:
    seen = set()
    for path, user in (("/ocpp/CP1", "CP1"), ("/ocpp/NOBODY", "NOBODY")):
        for options in ({}, {"user": user, "secret": "x" * 32}, {"user": "someone", "secret": "x" * 32}):
            answer = await knock(path, **options)
            seen.add((answer.status, answer.body, tuple(sorted(answer.headers.items()))))
    assert len(seen) == 1


@pytest.mark.any_database
async def test_ATK_02_a_refusal_takes_the_same_time_for_every_id(
    app: Any, secrets: Any, knock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by the clock: the one thing that takes time is done once for each of them."""
    digests: list[bytes] = []
    digest = app.keys._digest

    def counted(salt: bytes, secret: bytes) -> Any:
        digests.append(secret)
        return digest(salt, secret)

    monkeypatch.setattr(app.keys, "_digest", counted)
    for path, user in (
        ("/ocpp/CP1", "CP1"),
        ("/ocpp/NOBODY", "NOBODY"),
        ("/ocpp/CP1", "NOBODY"),
        ("/ocpp/NOBODY", "CP1"),
    ):
        digests.clear()
        assert (await knock(path, user=user, secret="a wrong secret")).status == 401
        assert digests == [b"a wrong secret"]
    for path in ("/ocpp/CP1", "/ocpp/NOBODY"):
        digests.clear()
        assert (await knock(path)).status == 401
        assert len(digests) == 1


def test_ATK_02_the_window_ends() -> None:
    now = 1000.0
    attempts = Attempts(lambda: now)
    for _ in range(ATTEMPTS):
        assert not attempts.exhausted("192.0.2.1", "CP1")
        attempts.failed("192.0.2.1", "CP1")
    assert attempts.exhausted("192.0.2.1", "CP1")
    assert attempts.exhausted("192.0.2.1")
    assert not attempts.exhausted("192.0.2.2", "CP1")
    now += WINDOW_S
    assert not attempts.exhausted("192.0.2.1", "CP1")


def test_ATK_02_addresses_that_cost_nothing_count_as_one() -> None:
    attempts = Attempts()
    for number in range(ATTEMPTS):
        attempts.failed(f"2001:db8::{number:x}", "CP1")
    assert attempts.exhausted("2001:db8::abcd", "CP1")


# CON-25: unknown chargers


async def test_CON_25_a_thousand_unknown_ids_leave_no_socket_and_a_short_list(
    app: Any, secrets: Any, knock: Any, inbox: Any, rows: Any
) -> None:
    async def ask(number: int) -> int:
        with_secret = {} if number % 2 else {"user": f"NEW{number}", "secret": "guess" * 4}
        return (await knock(f"/ocpp/NEW{number}", source=f"127.0.{number % 50}.{1 + number % 3}", **with_secret)).status

    statuses = []
    for start in range(0, 1000, 50):
        statuses += await asyncio.gather(*(ask(number) for number in range(start, start + 50)))
    assert set(statuses) <= {401, 429}
    assert app.listener.links == set()
    found = await inbox()
    assert set(found) == {"unknown_station"}
    assert len(await rows(refused_connections)) == KEPT_UNKNOWN == 100
    assert len(await rows(stations.stations)) == 2
    assert KEPT == 500


async def test_CON_25_the_list_tells_what_to_do(secrets: Any, knock: Any, inbox: Any) -> None:
    for _ in range(3):
        await knock("/ocpp/NEW1", headers={"User-Agent": "Firmware/1.2"})
    row = (await inbox())["unknown_station"]
    assert (row.identity, row.source, row.count, row.user_agent) == ("NEW1", "127.0.0.1", 3, "Firmware/1.2")
    assert row.path == "/ocpp/NEW1"
    assert "No charger is registered as NEW1" in explain(row)


# CON-26 and the checklist: which version


@pytest.mark.any_database
async def test_CON_26_the_version_follows_the_offer(secrets: Any, knock: Any, inbox: Any) -> None:
    login = {"user": "CP1", "secret": secrets["CP1"]}
    offers = {
        "ocpp1.6": (101, "ocpp1.6"),
        "ocpp1.6, ocpp2.0.1,ocpp2.1": (101, "ocpp2.1"),  # the newest that both speak
        "ocpp1.6,ocpp2.0.1": (101, "ocpp2.0.1"),
        "ocpp1.6 , ocpp1.5": (101, "ocpp1.6"),
        "OCPP1.6": (101, "OCPP1.6"),  # confirmed as it was offered, or the charger would not know its own word
        "ocpp2.0": (400, None),
        "ocpp1.5, ocpp1.2": (400, None),
        "mqtt": (400, None),
        None: (400, None),
    }
    for offered, (status, confirmed) in offers.items():
        answer = await knock(offers=offered, **login)
        assert (answer.status, answer.headers.get("sec-websocket-protocol")) == (status, confirmed), offered
    found = await inbox()
    assert set(found) == {"unknown_subprotocol", "no_subprotocol"}
    assert "mqtt" in explain(found["unknown_subprotocol"])


@pytest.mark.any_database
@pytest.mark.parametrize(
    "offered, chosen",
    [
        ("ocpp1.6, ocpp2.0.1, ocpp2.1", "2.1"),
        ("ocpp1.6, ocpp2.0.1", "2.0.1"),
        ("ocpp2.0.1, ocpp1.6", "2.0.1"),
        ("ocpp1.6", "1.6"),
        ("ocpp9, ocpp1.6", "1.6"),
    ],
)
async def test_CON_26_of_several_the_server_chooses(app: Any, secrets: Any, offered: str, chosen: str) -> None:
    await until(lambda: app.directory.find("CP1"))
    door = Handshake(app.directory, app.keys, {one.version: one for one in (V16, V201, V21)})
    headers: Mapping[str, str] = {
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": offered,
        "Authorization": basic("CP1", secrets["CP1"]),
    }
    decided = door.decide(b"/ocpp/CP1", headers, "192.0.2.1")
    assert isinstance(decided, Admitted)
    assert (decided.dialect.version, decided.subprotocol) == (chosen, f"ocpp{chosen}")


@pytest.mark.any_database
async def test_CON_26_a_version_set_by_a_person_is_chosen_when_it_is_offered(
    app: Any, secrets: Any, knock: Any
) -> None:
    login = {"user": "CP1", "secret": secrets["CP1"]}
    home = await app.database.write(organizations.home)
    await app.database.write(stations.change, home, "CP1", {"pinned_version": "1.6"})
    await settled(app.database)
    for offered, confirmed in (("ocpp2.0.1, ocpp1.6", "ocpp1.6"), ("ocpp2.0.1, ocpp2.1", "ocpp2.1")):
        answer = await knock(offers=offered, **login)
        assert (answer.status, answer.headers.get("sec-websocket-protocol")) == (101, confirmed)


@pytest.mark.any_database
async def test_CON_26_without_an_offer_the_record_decides_when_it_says_so(app: Any, secrets: Any, knock: Any) -> None:
    login = {"user": "CP1", "secret": secrets["CP1"]}
    assert (await knock(offers=None, **login)).status == 400
    home = await app.database.write(organizations.home)
    await app.database.write(stations.change, home, "CP1", {"pinned_version": "1.6"})
    await settled(app.database)
    answer = await knock(offers=None, **login)
    assert (answer.status, "sec-websocket-protocol" in answer.headers) == (101, False)
    assert (await knock(offers="ocpp1.5", **login)).status == 400  # an offer is an offer
    assert (await knock("/ocpp/CP2", offers=None, user="CP2", secret=secrets["CP2"])).status == 400


@pytest.mark.any_database
async def test_CON_26_the_query_form_names_id_and_version_and_never_opens_the_door(
    app: Any, secrets: Any, knock: Any
) -> None:
    login = {"user": "CP1", "secret": secrets["CP1"]}
    query = "/ocpp?chargePointId=CP1&version=1.6"
    assert (await knock(query)).status == 401
    assert (await knock(query, user="CP2", secret=secrets["CP2"])).status == 401
    answer = await knock(query, offers=None, **login)
    assert (answer.status, "sec-websocket-protocol" in answer.headers) == (101, False)
    # The offer is stronger than the query.
    answer = await knock("/ocpp?chargePointId=CP1&version=2.0.1", offers="ocpp1.6", **login)
    assert (answer.status, answer.headers["sec-websocket-protocol"]) == (101, "ocpp1.6")
    assert (await knock("/ocpp?chargePointId=CP1&version=2.0", offers=None, **login)).status == 400
    assert (await knock("/ocpp/?version=1.6&chargePointId=CP1", offers=None, **login)).status == 101
    assert (await knock("/ocpp?chargePointId=CP1", offers=None, **login)).status == 400


@pytest.mark.any_database
async def test_CON_26_who_came_by_query_speaks_as_everyone_does(app: Any, charger: Any) -> None:
    await (await charger("CP1", boot=False)).close()
    one = await charger("CP1", path="/ocpp?chargePointId=CP1&version=1.6", subprotocols=[])
    assert one.socket.subprotocol is None
    assert (await one.call("Heartbeat"))["currentTime"]


# SEC-02: the identity


@pytest.mark.parametrize(
    "path, identity",
    [
        (b"/ocpp/CP1", "CP1"),
        (b"/ocpp/CP1/", "CP1"),
        (b"/CP1", "CP1"),
        (b"/a/deeper/path/CP1?x=1", "CP1"),
        (b"/ocpp/CP%201", "CP 1"),
        (b"/ocpp/DE*ABC*E1", "DE*ABC*E1"),
        (b"/ocpp?chargePointId=CP%2B1&version=1.6", "CP+1"),
        (b"/ocpp/CP1?chargePointId=CP2", "CP1"),
        (b"/ocpp/" + b"x" * 48, "x" * 48),
        (b"/ocpp/" + b"x" * 49, None),
        (b"/ocpp/%2e%2e", None),
        (b"/ocpp/%00", None),
        (b"/ocpp/CP%2500", None),
        (b"/ocpp/a:b", None),
        (b"/ocpp/a%3Ab", None),
        (b"/ocpp/%ff", None),
        (b"/ocpp/CP1%0a", None),
        (b"/ocpp/%20CP1", None),
        (b"/ocpp", None),
        (b"/ocpp/", None),
        (b"/", None),
        (b"", None),
        (b"/ocpp?chargePointId=", None),
        (b"/ocpp?chargePointId=a:b", None),
        (b"/ocpp?" + b"&".join(b"a%d=1" % n for n in range(50)), None),
    ],
)
def test_SEC_02_the_identity_is_the_last_part_decoded_once(path: bytes, identity: str | None) -> None:
    assert identity_of(path)[0] == identity


# The inbox "why can't my charger connect?"


async def test_every_refusal_has_a_reason_that_a_person_understands(
    app: Any, secrets: Any, knock: Any, inbox: Any
) -> None:
    login = {"user": "CP1", "secret": secrets["CP1"]}
    await knock("/ocpp/NEW1", **login)
    await knock(user="CP1", secret="wrong")
    await knock()
    await knock(user="CP2", secret=secrets["CP1"])
    await knock(headers={"Authorization": "Basic ***"})
    await knock(offers=None, **login)
    await knock(offers="ocpp1.5", **login)
    await knock("/ocpp/a:b", **login)
    await knock(headers={"Sec-WebSocket-Key": None}, **login)
    for _ in range(ATTEMPTS + 1):
        await knock(user="CP1", secret="wrong", source="127.0.0.9")
    app.gate.max_checks = 0
    home = await app.database.write(organizations.home)
    await app.database.write(stations.create, home, app.keys, identity="CP3", secret="typed by a person")
    assert (await knock("/ocpp/CP3", user="CP3", secret="typed by a person")).status == 503
    app.gate.stopping = True
    stopped = await knock(**login)
    assert (stopped.status, "retry-after" in stopped.headers) == (503, True)
    app.gate.stopping = False
    found = await inbox()
    before_the_door = {"tls", "not_http", "old_http", "unfinished"}  # in test_door.py
    elsewhere = {"storage_down", "clock_off", "too_often"}  # below, and with several nodes
    # In test_tls.py, test_client_certificates.py and test_security_profiles.py.
    with_tls = {each for each in EXPLANATIONS if each.startswith(("tls_", "client_certificate_", "certificate_"))}
    with_tls |= {"plain", "profile_too_low"}
    assert set(found) == set(EXPLANATIONS) - before_the_door - elsewhere - with_tls
    for row in found.values():
        assert "{" not in explain(row)


@pytest.mark.any_database
async def test_while_storage_is_down_nobody_is_let_in(app: Any, secrets: Any, knock: Any, inbox: Any) -> None:
    """3.4: a charger that is let in and then not answered uses up its attempts."""
    app.database.stall_s = 0.05
    login = {"user": "CP1", "secret": secrets["CP1"]}
    with held(app.database):
        await until(lambda: not app.database.available)
        refused = await knock(**login)
        assert (refused.status, "retry-after" in refused.headers) == (503, True)
    app.database.stall_s = PATIENCE_S
    await until(lambda: app.gate.unready() is None)
    assert (await knock(**login)).status == 101
    assert set(await inbox()) == {"storage_down"}


@pytest.mark.every_case
async def test_what_strangers_send_is_kept_harmless(app: Any, secrets: Any, knock: Any, inbox: Any) -> None:
    """An escape sequence must not reach a terminal, a zero byte not PostgreSQL, a token in the URL nobody."""
    await knock("/ocpp/CP1?token=hunter2hunter2&version=1.6\x00\x1b[31m", headers={"User-Agent": "x" * 500})
    row = (await inbox())["no_credentials"]
    assert row.path == "/ocpp/CP1?token=…&version=1.6\ufffd\ufffd[31m"
    assert row.user_agent == "x" * 200


@pytest.mark.any_database
@pytest.mark.parametrize(
    "headers",
    [
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": "keep-alive"},
        {"Connection": None},
        {"Upgrade": None},
        {"Upgrade": "WebSocket"},
        {"Host": None},
        {"Sec-WebSocket-Protocol": None, "sec-websocket-protocol": "ocpp1.5,ocpp1.6"},
    ],
    ids=str,
)
async def test_chargers_that_forget_a_word_are_let_in(secrets: Any, knock: Any, headers: Any) -> None:
    assert (await knock(user="CP1", secret=secrets["CP1"], headers=headers)).status == 101


@pytest.mark.any_database
async def test_S2_003_S2_013_valid_token_opens_the_door_where_the_switch_is_on(app: Any, secrets: Any) -> None:
    """`ws://localhost:8080/ocpp?validToken`, from a private address, and never in place of credentials that were sent."""
    await until(lambda: app.directory.find("CP1"))
    spoken = {one.version: one for one in (V16, V201, V21)}
    headers = {
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "ocpp1.6",
    }

    def decided(path: bytes, source: str = "127.0.0.1", *, on: bool = True, **more: str) -> Admitted | int:
        door = Handshake(app.directory, app.keys, spoken, valid_token=on)
        answer = door.decide(path, headers | more, source)
        assert not isinstance(answer, Unsure)
        return answer if isinstance(answer, Admitted) else answer.status

    one = decided(b"/ocpp/CP1?validToken")
    assert isinstance(one, Admitted) and one.entry.station.identity == "CP1"
    assert isinstance(decided(b"/ocpp?chargePointId=CP1&validToken=", "10.0.0.9"), Admitted)
    assert decided(b"/ocpp/CP1?validToken", "8.8.8.8") == 401
    assert decided(b"/ocpp/CP1?validToken", on=False) == 401
    assert decided(b"/ocpp/CP1?validtoken") == 401
    assert decided(b"/ocpp/none?validToken") == 401
    wrong = {"Authorization": basic("CP1", "another secret that is wrong")}
    assert decided(b"/ocpp/CP1?validToken", **wrong) == 401
    assert len(list(app.directory.entries())) > 1
    assert decided(b"/ocpp?validToken") == 404  # there are several: which of them is it?
