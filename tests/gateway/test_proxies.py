"""Where a charger comes from: the headers of a proxy are believed exactly as far as the proxy is (ATK-02)."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from multidict import CIMultiDict

from stationmaster.domain import connections, refused_connections
from stationmaster.gateway.handshake import ATTEMPTS
from stationmaster.gateway.proxies import source_of
from stationmaster.settings import Gateway
from tests.gateway.conftest import until
from tests.gateway.raw import Raw, request

PROXY, STRANGER = "10.0.0.5", "198.51.100.66"
TRUSTED = [ip_network(one) for one in ("10.0.0.5", "10.1.0.0/16", "2001:db8:ffff::/48")]


@pytest.mark.parametrize(
    "peer, forwarded, source",
    [
        (PROXY, "192.0.2.1", "192.0.2.1"),
        (STRANGER, "192.0.2.1", STRANGER),  # everybody can write a header
        (PROXY, "203.0.113.9, 192.0.2.1", "192.0.2.1"),  # the left one is what the client said of itself
        (PROXY, "192.0.2.1, 10.1.2.3", "192.0.2.1"),  # two proxies of ours, one behind the other
        (PROXY, "203.0.113.9,192.0.2.1,10.1.2.3,10.1.9.9", "192.0.2.1"),
        (PROXY, "10.1.2.3", "10.1.2.3"),  # nobody but proxies: the first of them
        (PROXY, "192.0.2.1, 10.2.0.1", "10.2.0.1"),  # a proxy, but none of ours
        (PROXY, "192.0.2.1:4711", "192.0.2.1"),
        (PROXY, "2001:db8::1", "2001:db8::1"),
        (PROXY, "[2001:db8::1]:4711", "2001:db8::1"),
        (PROXY, "2001:DB8:0::1", "2001:db8::1"),
        (PROXY, "192.0.2.1, 2001:db8:ffff::7", "192.0.2.1"),
        ("2001:db8:ffff::7", "192.0.2.1", "192.0.2.1"),
        ("::ffff:10.0.0.5", "192.0.2.1", "192.0.2.1"),  # a socket that takes IPv6 and IPv4
        ("2001:db8:fffe::7", "192.0.2.1", "2001:db8:fffe::7"),
        (PROXY, "", PROXY),
        (PROXY, "unknown", PROXY),
        (PROXY, "192.0.2.1, unknown", PROXY),
        (PROXY, "192.0.2.1, garbage, 10.1.2.3", "10.1.2.3"),
        (PROXY, "192.0.2.1,", PROXY),
        (PROXY, "192.0.2.1; DROP TABLE stations", PROXY),
        (PROXY, "192.0.2.1.5", PROXY),
        (PROXY, "[2001:db8::1", "2001:db8::1"),
        (PROXY, "\udcff\udcfe", PROXY),
        (PROXY, ",".join(["10.1.2.3"] * 3000), "10.1.2.3"),
        ("?", "192.0.2.1", "?"),
    ],
)
def test_ATK_02_a_header_is_believed_as_far_as_who_wrote_it(peer: str, forwarded: str, source: str) -> None:
    assert source_of(peer, {"X-Forwarded-For": forwarded}, TRUSTED) == source
    assert source_of(peer, {"X-Forwarded-For": forwarded}, []) == peer


@pytest.mark.parametrize(
    "forwarded, source",
    [
        ("for=192.0.2.1", "192.0.2.1"),
        ('For="[2001:db8::1]:4711";proto=https', "2001:db8::1"),
        ("proto=https; for=192.0.2.1;by=10.0.0.5", "192.0.2.1"),
        ("for=203.0.113.9, for=192.0.2.1, for=10.1.2.3", "192.0.2.1"),
        ("for=_hidden", PROXY),
        ("by=192.0.2.1", PROXY),
        ("xfor=192.0.2.1", PROXY),
        ("for=192.0.2.1, proto=https", PROXY),
        ("=;,;=", PROXY),
    ],
)
def test_ATK_02_the_standard_header_is_read_where_the_customary_one_is_missing(forwarded: str, source: str) -> None:
    assert source_of(PROXY, {"Forwarded": forwarded}, TRUSTED) == source
    assert source_of(STRANGER, {"Forwarded": forwarded}, TRUSTED) == STRANGER
    assert source_of(PROXY, {"Forwarded": forwarded, "X-Forwarded-For": "192.0.2.77"}, TRUSTED) == "192.0.2.77"


def test_ATK_02_a_list_may_be_spread_over_several_headers() -> None:
    headers = CIMultiDict([("x-forwarded-for", "192.0.2.1"), ("X-Forwarded-For", "10.1.2.3")])
    assert source_of(PROXY, headers, TRUSTED) == "192.0.2.1"


@pytest.mark.any_database
@pytest.mark.gateway(trusted_proxies=[ip_network("127.0.0.0/28")])
async def test_ATK_02_behind_a_proxy_each_charger_has_its_own_attempts(app: Any, charger: Any, rows: Any) -> None:
    await (await charger("CP1", boot=False)).close()
    secret = charger.secrets["CP1"]

    async def knock(via: str, source: str, secret: str) -> int:
        said = request("/ocpp/CP1", user="CP1", secret=secret, headers={"X-Forwarded-For": source})
        one = await Raw.open(app.gateway_port, said, source=via)
        await one.close()
        return one.status

    guesses = [await knock("127.0.0.1", "192.0.2.66", f"guess {number}") for number in range(ATTEMPTS + 1)]
    assert guesses == [401] * ATTEMPTS + [429]
    assert await knock("127.0.0.1", "192.0.2.66", secret) == 429
    assert await knock("127.0.0.1", "192.0.2.1", secret) == 101
    # Whoever is no proxy of ours is itself, whatever it writes.
    elsewhere = [await knock("127.0.0.99", f"192.0.2.{number}", "guess") for number in range(ATTEMPTS + 1)]
    assert elsewhere == [401] * ATTEMPTS + [429]
    app.gate.write_refusals()

    async def connected_from() -> set[Any]:
        return {row.detail for row in await rows(connections.connection_log, event="connected")}

    await until(lambda: app.listener.links == set())
    assert await connected_from() == {"127.0.0.1", "192.0.2.1"}
    assert {row.source for row in await rows(refused_connections.refused_connections)} == {"192.0.2.66", "127.0.0.99"}


def test_nobody_is_trusted_by_default() -> None:
    assert Gateway().trusted_proxies == []
