"""The settings of document 004, as it writes them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from stationmaster import settings
from stationmaster.installation_key import secret_key
from stationmaster.settings import BadSettings, is_private
from stationmaster.settings_004 import translated

KEY = "Zk3v9Qp0-Lw8sT2xY-Mb5nR7cD-Hj4gQ1aE"
EXAMPLE = """
server:
  port: "8080"
  mode: "debug"

database:
  host: "localhost"
  port: 5432
  user: "csms_users"
  password: "password"
  dbname: "csms"
  sslmode: "disable"

jwt:
  secret: "your-super-secret-jwt-key-change-this-in-production"
  expiration: "24h"
  issuer: "csms"

tariff:
  price_per_kwh: 2500
"""


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`loaded(text)`: the settings of a file with this text, without what the environment says."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("STATIONMASTER_") or name in settings._PLAIN]:
        monkeypatch.delenv(name)

    def load(text: str) -> settings.Settings:
        (tmp_path / "stationmaster.yaml").write_text(text)
        return settings.load()

    return load


def test_S4_020_S4_037_S4_039_the_example_of_the_document_is_read_as_written(loaded: Any) -> None:
    read = loaded(EXAMPLE)
    assert (read.web.port, read.log.level) == (8080, "debug")
    assert read.database.url == "postgresql://csms_users:password@localhost:5432/csms?sslmode=disable"
    assert (read.security.token_minutes, read.security.token_issuer) == (24 * 60, "csms")
    assert (read.tariff.price_per_kwh, read.tariff.currency) == (2500, "EUR")
    with pytest.raises(BadSettings, match=r"jwt\.secret.*looks like an example"):  # what it asks for itself
        secret_key(read)
    theirs = loaded(EXAMPLE.replace("your-super-secret-jwt-key-change-this-in-production", KEY))
    assert secret_key(theirs).value == KEY.encode()


@pytest.mark.parametrize(
    ("database", "url"),
    [
        ({"dbname": "csms"}, "postgresql://localhost/csms"),
        ({"dbname": "csms", "host": "", "password": ""}, "postgresql://localhost/csms"),
        ({"dbname": "a b", "user": "u@x", "password": "p:/?#"}, "postgresql://u%40x:p%3A%2F%3F%23@localhost/a%20b"),
        ({"dbname": "csms", "host": "::1", "port": "5433"}, "postgresql://[::1]:5433/csms"),
    ],
    ids=str,
)
def test_S4_044_the_database_by_its_parts(database: dict[str, Any], url: str) -> None:
    assert translated({"database": database | {"lanes": 3}}) == {"database": {"url": url, "lanes": 3}}


@pytest.mark.parametrize(("text", "minutes"), [("24h", 1440), ("1h30m", 90), ("90s", 1.5), ("0.5h", 30)])
def test_S4_046_durations_as_go_writes_them(text: str, minutes: float) -> None:
    assert translated({"jwt": {"expiration": text}}) == {"security": {"token_minutes": minutes}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{server: {port: 8080}, web: {port: 9090}}", "server.port: web.port is set as well, and differs"),
        ("{jwt: {secret: a}, security: {key: b}}", "jwt.secret: security.key is set as well"),
        ("{database: {host: a, dbname: b, url: 'sqlite:///x'}}", "database.host: database.url is set as well"),
        ("{database: {host: a}}", "database.dbname: must name"),
        ("{database: {dbname: a, password: b}}", "database.user: must name"),
        ("{jwt: {expiration: 24}}", "jwt.expiration: must be a duration"),
        ("{jwt: {expiration: soon}}", "jwt.expiration: must be a duration"),
        ("{jwt: {expiration: 0s}}", "security.token_minutes: "),
        ("{jwt: {expire: 24h}}", "jwt.expire: there is no such setting"),
        ("{server: {prot: 1}}", "server.prot: there is no such setting"),
        ("{server: {mode: fast}}", "server.mode: must be one of"),
        ("{server: 8080}", "server: must have settings below it"),
        ("{server: {port: many}}", "web.port: "),
        ("{tariff: {price_per_kwh: -1}}", "tariff.price_per_kwh: "),
        ("{tariff: {price_per_kwh: free}}", "tariff.price_per_kwh: "),
        ("{tariff: {currency: rupees}}", "tariff.currency: "),
    ],
)
def test_S4_037_what_contradicts_itself_or_is_wrong_is_named(loaded: Any, text: str, said: str) -> None:
    with pytest.raises(BadSettings) as error:
        loaded(text)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_the_same_said_twice_is_no_contradiction_and_ours_stay_as_they_are() -> None:
    both = {"server": {"port": "8080", "mode": "debug"}, "web": {"port": 8080}, "log": {"level": "error"}}
    assert translated(both) == {"web": {"port": "8080"}, "log": {"level": "error"}}
    ours = yaml.safe_load("{web: {port: 1}, database: {url: x}, gateway:, redis: {url: y}}")
    assert translated(ours) == ours


def test_S2_003_the_switch_for_old_clients_is_for_private_addresses(loaded: Any) -> None:
    assert not loaded("{}").gateway.valid_token
    assert loaded("{gateway: {valid_token: true}}").gateway.valid_token
    for host in ("0.0.0.0", "::", "8.8.8.8", "csms.example.org"):
        with pytest.raises(BadSettings, match="valid_token is for private addresses only"):
            loaded(f"{{gateway: {{valid_token: true, host: '{host}'}}}}")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "fd00::1", "localhost", "192.168.0.9"])
def test_S2_003_private_addresses(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "0.0.0.0", "::", "2001:4860:4860::8888", "", "example.org"])
def test_S2_003_public_addresses(address: str) -> None:
    assert not is_private(address)
