"""How responders are asked, at addresses that chargers name: what is reached, how long, how much, and what is kept of it (ATK-14, API-20)."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from stationmaster.outside import Http
from stationmaster.outside.pki import Authorities, Responders, Unusable, named, responders
from tests.background.receivers import answer, listening
from tests.pki.authority import Holder, Responder, made, now, question_about

HERE = [ipaddress.ip_network("127.0.0.0/8")]
ROOT = made("V2G Root", authority=True)
CARS = [ROOT.issue(f"DE8AA1A2B3C4{number}") for number in range(3)]


def which(car: Holder) -> named.Named:
    assert car.issuer is not None
    return named.of(car.certificate, car.issuer.certificate)


class Minutes:
    """The clocks, which a test sets."""

    def __init__(self) -> None:
        self.later = timedelta(0)
        self.ticks = 0.0

    def asking(self, *, trusted: tuple[Holder, ...] = (ROOT,), reached: Any = HERE, **more: Any) -> Responders:
        authorities = Authorities(each.certificate for each in trusted)
        return Responders(
            Http(reached, timeout_s=10),
            lambda: now() + self.later,
            authorities=authorities,
            ticks=lambda: self.ticks,
            **{"timeout_s": 10.0, **more},
        )


@pytest.fixture
def clock() -> Minutes:
    return Minutes()


@pytest.fixture
async def responder() -> AsyncIterator[Responder]:
    async with listening(Responder(ROOT)) as found:
        yield found


async def why_not(asking: Responders, url: str, *, asker: str = "CP1", car: Holder = CARS[0]) -> str:
    with pytest.raises(Unusable) as error:
        await asking.ocsp(asker, which(car), url)
    return str(error.value)


async def test_C07_FR_05_what_is_proven_is_kept_until_the_authority_says_more(
    clock: Minutes, responder: Responder
) -> None:
    asking = clock.asking()
    for _ in range(3):
        assert (await asking.ocsp("CP1", which(CARS[0]), responder.url)).status == "good"
    assert (await asking.ocsp("CP2", which(CARS[0]), "http://elsewhere.invalid/")).status == "good"
    assert len(responder.questions) == 1
    responder.revoked.add(CARS[0].certificate.serial_number)
    clock.later = timedelta(days=1)
    responder.instead = answer(200, body=ROOT.says(responder.questions[0], "revoked", until=timedelta(days=30)))
    assert (await asking.ocsp("CP1", which(CARS[0]), responder.url)).status == "revoked"
    clock.later = timedelta(days=7)  # it says so for a month; a week is the most (2.1 M07)
    assert (await asking.ocsp("CP1", which(CARS[0]), responder.url)).status == "revoked"
    assert len(responder.requests) == 2
    clock.later = timedelta(days=9)
    assert (await asking.ocsp("CP1", which(CARS[0]), responder.url)).status == "revoked"
    assert len(responder.requests) == 3
    assert asking.outcomes == {("ocsp", "good"): 1, ("ocsp", "revoked"): 2, ("ocsp", "known"): 4}


async def test_what_is_not_proven_and_what_is_not_known_is_not_kept(clock: Minutes, responder: Responder) -> None:
    asking = clock.asking(trusted=())
    for _ in range(2):
        assert not (await asking.ocsp("CP1", which(CARS[0]), responder.url)).proven
    assert len(responder.questions) == 2
    responder.unknown.add(CARS[1].certificate.serial_number)
    asking = clock.asking()
    for _ in range(2):
        assert (await asking.ocsp("CP1", which(CARS[1]), responder.url)).status == "unknown"
    assert len(responder.questions) == 4


async def test_what_is_too_long_for_any_charger_is_not_kept(clock: Minutes, responder: Responder) -> None:
    asking = clock.asking()
    responder.instead = answer(200, body=ROOT.says(question_about(CARS[0]), brings=[ROOT] * 60))
    for count in (1, 2):
        assert (await asking.ocsp("CP1", which(CARS[0]), responder.url)).proven
        assert len(responder.requests) == count


async def test_so_many_answers_are_kept(clock: Minutes, responder: Responder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responders, "MOST_KEPT", 2)
    asking = clock.asking()
    for car in (*CARS, CARS[2], CARS[1], CARS[0]):
        await asking.ocsp("CP1", which(car), responder.url)
    assert asking.outcomes == {("ocsp", "good"): 4, ("ocsp", "known"): 2}


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:{port}/ocsp",
        "http://127.0.0.1:{port}/ocsp",
        "http://2130706433:{port}/ocsp",
        "http://0x7f.1:{port}/ocsp",
        "http://[::1]:{port}/ocsp",
        "http://[::ffff:7f00:1]:{port}/ocsp",
        "http://0.0.0.0:{port}/ocsp",
        "https://10.0.0.1/",
        "http://user:password@192.0.2.1/",
        "file:///etc/passwd",
        "gopher://192.0.2.1/",
        "ldap://192.0.2.1/cn=x",
        "http://[::1",
        "http://192.0.2.1:99999/",
        "http:///ocsp",
        "http://exa mple.org/",
        "http://example.org/\r\nHost: other",
        "http://exämple.org/",
        "",
        "x" * 2000,
    ],
)
async def test_ATK_14_API_20_what_a_charger_may_not_reach_is_not_asked(
    clock: Minutes, responder: Responder, url: str
) -> None:
    asking = clock.asking(reached=())
    why = await why_not(asking, url.replace("{port}", str(responder.port)))
    assert why == "the address of the responder may not be reached from here"  # where a name leads here is not told
    assert responder.connections == 0
    assert asking.outcomes == {("ocsp", "refused"): 1}


async def test_ATK_14_only_the_hosts_of_the_settings_where_there_are_some(clock: Minutes, responder: Responder) -> None:
    asking = clock.asking(hosts=["127.0.0.1", "Example.org"])
    for url in (
        f"http://localhost:{responder.port}/ocsp",
        "http://badexample.org/",
        "http://example.org.evil.test/",
        "http://[::1",
    ):
        assert await why_not(asking, url) == "the address of the responder may not be reached from here"
    assert responder.connections == 0
    assert (await asking.ocsp("CP1", which(CARS[0]), responder.url)).status == "good"
    assert "not reached" in await why_not(clock.asking(hosts=["invalid"], reached=()), "http://ocsp.invalid/")


async def test_no_redirect_is_followed(clock: Minutes, responder: Responder) -> None:
    responder.instead = answer(302, f"Location: {responder.url}/next")
    assert await why_not(clock.asking(), responder.url) == "the responder answered 302"
    assert responder.connections == 1


async def test_an_answer_without_an_end_is_cut(clock: Minutes) -> None:
    class Endless(Responder):
        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            try:
                while True:
                    writer.write(b"\x30" * 65_536)
                    await writer.drain()
            except ConnectionError:
                writer.close()

    async with listening(Endless()) as endless:
        assert await why_not(clock.asking(), endless.url) == "the responder's answer does not end"


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0"])
async def test_a_slow_responder_is_not_waited_for(clock: Minutes, beginning: bytes) -> None:
    over = asyncio.Event()

    class Slow(Responder):
        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(beginning)
            await over.wait()
            writer.close()

    async with listening(Slow()) as slow:
        why = await why_not(clock.asking(timeout_s=0.05), slow.url)
        over.set()
    assert why == "the responder was not reached: no answer within 0.05 s"


async def test_a_responder_that_is_down_was_not_reached(clock: Minutes) -> None:
    async with listening(Responder()) as gone:
        pass
    assert (await why_not(clock.asking(), gone.url)).startswith("the responder was not reached: ")


async def test_a_thousand_responders_in_a_minute_are_asked_sixty_times(clock: Minutes, responder: Responder) -> None:
    asking = clock.asking()
    responder.instead = answer(500)
    whys = [await why_not(asking, f"{responder.url}/{number}") for number in range(200)]
    assert whys == ["the responder answered 500"] * 60 + ["this charger has asked too often in this minute"] * 140
    assert responder.connections == 60
    responder.instead = None
    assert (await asking.ocsp("CP2", which(CARS[0]), responder.url)).status == "good"  # others go on
    clock.ticks = 61
    assert (await asking.ocsp("CP1", which(CARS[1]), responder.url)).status == "good"


async def test_who_names_what_cannot_be_reached_is_stopped_sooner(clock: Minutes, responder: Responder) -> None:
    """So that a few chargers of an enemy do not hold all places, and all threads that look names up."""
    asking = clock.asking()
    async with listening(Responder()) as gone:
        pass
    whys = [await why_not(asking, gone.url) for _ in range(12)]
    assert [why.startswith("the responder was not reached: ") for why in whys] == [True] * 10 + [False] * 2
    assert whys[-1] == "this charger has asked too often in this minute"
    assert (await asking.ocsp("CP2", which(CARS[0]), responder.url)).status == "good"


async def test_so_many_are_under_way_at_once(clock: Minutes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responders, "AT_ONCE", 2)
    first, may_answer = asyncio.Semaphore(0), asyncio.Event()

    class Counting(Responder):
        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            first.release()
            await may_answer.wait()
            await super().serve(reader, writer)

    async with listening(Counting(ROOT)) as counting:
        asking = clock.asking()
        all_of_them = [asyncio.create_task(asking.ocsp(f"CP{n}", which(CARS[n]), counting.url)) for n in range(3)]
        await first.acquire()
        await first.acquire()
        assert counting.connections == 0 and first.locked()  # the third has not come
        may_answer.set()
        assert [(await each).status for each in all_of_them] == ["good"] * 3
        assert counting.connections == 3


async def test_M07_FR_06_FR_07_a_list_says_what_was_revoked(clock: Minutes, responder: Responder) -> None:
    asking = clock.asking()
    responder.instead = answer(200, body=ROOT.revokes(CARS[1]))
    assert [(await asking.crl("CP1", which(car), responder.url)).status for car in CARS] == ["good", "revoked", "good"]
    assert [(await asking.crl("CP1", which(car), responder.url)).status for car in CARS] == ["good", "revoked", "good"]
    assert len(responder.requests) == 3


STRANGER = made("V2G Root", authority=True)


@pytest.mark.parametrize(
    "content, trusted, why",
    [
        (STRANGER.revokes(), (ROOT,), "signed by somebody else"),
        (ROOT.revokes(until=timedelta(seconds=-1)), (ROOT,), "another time"),
        (ROOT.revokes(), (), "not among the authorities"),
        (ROOT.revokes(), (STRANGER,), "not among the authorities"),
        (made("Other", authority=True).revokes(signer=ROOT), (ROOT,), "some certificates only"),
        (b"<html>", (ROOT,), "no list of certificates"),
        (b"-----BEGIN X509 CRL-----", (ROOT,), "no list of certificates"),
    ],
)
async def test_M07_FR_05_a_list_that_is_not_the_issuers_says_nothing(
    clock: Minutes, responder: Responder, content: bytes, trusted: tuple[Holder, ...], why: str
) -> None:
    responder.instead = answer(200, body=content)
    with pytest.raises(Unusable, match=why):
        await clock.asking(trusted=trusted).crl("CP1", which(CARS[0]), responder.url)
