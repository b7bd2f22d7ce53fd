"""A9: a secret is known by its kind, wherever it is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmaster.domain.secrets_by_kind import blank, blanked, is_secret

CANARY = "canary-9f31c07b5e2d4a86"


@pytest.mark.parametrize(
    "name",
    ["AuthorizationKey", "BasicAuthPassword", "password", "WifiPassword", "wifi_password", "WIFI-PASSWORD", "apnPassword",
     "APN.Password", "passphrase", "WiFi PSK", "wpaKey", "clientSecret", "private_key", "simPin", "SIM PIN", "ftpPwd", "accessToken",
     "sasToken", "vpn.sharedKey", "ApiKey", "MqttCredentials"],
)  # fmt: skip
def test_A9_these_are_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    ["idToken", "idTag", "key", "readonly", "keyType", "HeartbeatInterval", "PasswordLength", "passwordMinLength", "chargingProfilePurpose",
     "LocalAuthListEnabled", "status", "WebSocketPingInterval", "spinning", "passthrough", "ConnectorPhaseRotation"],
)  # fmt: skip
def test_A9_these_are_none(name: str) -> None:
    assert not is_secret(name)


HOLDS: dict[str, Any] = {
    "a setting": {"key": "WifiPassword", "value": CANARY},
    "the value before its name": {"value": CANARY, "key": "WifiPassword"},
    "settings told": {"configurationKey": [{"key": "a", "value": "b"}, {"key": "ApnPassword", "readonly": False, "value": CANARY}]},
    "a variable of 2.x": {"variable": {"name": "BasicAuthPassword"}, "component": {"name": "SecurityCtrlr"}, "attributeValue": CANARY},
    "an APN of 2.x": {"apn": {"apn": "internet", "apnUserName": "u", "apnPassword": CANARY}},
    "a VPN of 2.x": {"vpn": {"server": "s", "user": "u", "password": CANARY, "key": "k"}},
    "the key of a VPN": {"vpn": {"server": "s", "user": "u", "password": "p", "key": CANARY}},
    "JSON in a text": {"vendorId": "Acme", "data": json.dumps({"wifi": {"psk": CANARY}})},
    "a URL with a log-in": {"location": f"ftp://user:{CANARY}@files.example/fw.bin"},
    "a URL with a log-in and an odd user": {"location": f"sftp://u%40x:{CANARY}@10.0.0.1:22/"},
    "a signed URL": {"location": f"https://s3.example/fw.bin?X-Amz-Expires=60&X-Amz-Signature={CANARY}"},
    "a signed URL of another maker": {"location": f"https://blob.example/fw?sv=1&sig={CANARY}"},
    "a URL in a sentence": {"info": f"get ftp://u:{CANARY}@h/x please"},
    "a list": [[{"secret": CANARY}]],
    "a private key": {"pem": f"-----BEGIN EC PRIVATE KEY-----\n{CANARY}\n-----END EC PRIVATE KEY-----"},
    "a number": {"simPin": 90316},
}  # fmt: skip


@pytest.mark.parametrize("value", HOLDS.values(), ids=HOLDS.keys())
def test_A9_what_holds_one_loses_it_and_nothing_else(value: Any) -> None:
    text = json.dumps(value)
    for hidden in (json.dumps(blanked(value)), blank(text)):
        assert CANARY not in hidden and "90316" not in hidden
        assert "\\u2022" in hidden or "•" in hidden
    names = lambda one: [*one, *(n for v in one.values() for n in names(v))] if isinstance(one, dict) else []  # noqa: E731
    assert names(blanked(value)) == names(value)


def test_A9_the_host_and_the_file_of_a_URL_stay_readable() -> None:
    assert blanked(HOLDS["a URL with a log-in"]) == {"location": "ftp://•••@files.example/fw.bin"}
    assert "blob.example/fw?sv=1&sig=•••" in blanked(HOLDS["a signed URL of another maker"])["location"]


@pytest.mark.parametrize(
    "text",
    [f'{{"key":"WifiPassword","value":"{CANARY}', f"password={CANARY}", f'[2,"1","X",{{"ftpPassword": "{CANARY}"'],
)
def test_A9_what_cannot_be_read_is_not_kept_when_it_may_hold_one(text: str) -> None:
    assert CANARY not in blank(text)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["idTag", "meterStart", "status", "value", "unit"]), st.text() | st.integers()))
def test_A9_what_holds_none_is_unchanged(value: dict[str, Any]) -> None:
    text = json.dumps(value)
    if "://" not in text and "PRIVATE" not in text and "{" not in text[1:-1] and "[" not in text:
        assert blank(text) == text
