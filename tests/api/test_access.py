"""Who may do what: every route × every role, against a list a person has looked at (API-10)."""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from typing import Any

import pytest
from litestar import Litestar, get
from litestar.exceptions import ImproperlyConfiguredException

from stationmaster.api import application, callers
from stationmaster.api.application import Application
from stationmaster.domain.audit import Actor
from stationmaster.domain.commands import Outcome
from stationmaster.domain.permissions import ROLES
from stationmaster.storage import Work
from tests.api.conftest import Client
from tests.docs import references

CANARY = "canary-9f31c07b5e2d4a86"
PUBLIC, VIEW, OPERATE, RAW_CALL, ADMINISTER = "public", "view", "operate", "raw_call", "administer"
DEPLOY_FIRMWARE = "deploy_firmware"
CORRECT_SESSIONS, MANAGE_USERS, MANAGE_KEYS, VIEW_AUDIT = (
    "correct_sessions",
    "manage_users",
    "manage_keys",
    "view_audit",
)

MATRIX = {
    "GET /": PUBLIC,
    "GET /api": PUBLIC,
    "GET /api/docs": PUBLIC,
    "GET /api/openapi.json": PUBLIC,
    "GET /api/{path}": PUBLIC,
    "GET /health": PUBLIC,
    "GET /health/live": PUBLIC,
    "GET /health/ready": PUBLIC,
    "GET /{path}": PUBLIC,
    "GET /api/v1/auth/setup": PUBLIC,
    "POST /api/v1/auth/login": PUBLIC,
    "POST /api/v1/auth/logout": PUBLIC,
    "POST /api/v1/auth/refresh": PUBLIC,
    "GET /api/v1/alarms": VIEW,
    "GET /api/v1/auth/me": VIEW,
    "GET /api/v1/connections": VIEW,
    "DELETE /api/v1/connections/{station_id}": OPERATE,
    "GET /connections": VIEW,
    "POST /connections/{charge_point_id}/send": RAW_CALL,
    "DELETE /connections/{charge_point_id}": OPERATE,
    "GET /statistics": VIEW,
    "GET /charge-points": VIEW,
    "POST /charge-points": ADMINISTER,
    "GET /charge-points/{charge_point_id}": VIEW,
    "GET /transactions": VIEW,
    "GET /transactions/{transaction_id}": VIEW,
    "GET /services": VIEW,
    "GET /api/v1/events": VIEW,
    "GET /api/v1/quarantine": VIEW,
    "GET /api/v1/refused-connections": VIEW,
    "GET /api/v1/sessions": VIEW,
    "GET /api/v1/sessions/{session_id}": VIEW,
    "GET /api/v1/sessions/{session_id}/meter-values": VIEW,
    "GET /api/v1/sessions/{session_id}/changes": VIEW,
    "GET /api/v1/quarantine/{entry_id}": VIEW,
    "GET /api/v1/quarantine/groups": VIEW,
    "GET /api/v1/reservations": VIEW,
    "GET /api/v1/certificate-requests": VIEW,
    "GET /api/v1/certificate-requests/{request_id}": VIEW,
    "GET /api/v1/reservations/{reservation_id}": VIEW,
    "GET /api/v1/sites": VIEW,
    "GET /api/v1/stations": VIEW,
    "GET /api/v1/stations/{station_id}": VIEW,
    "GET /api/v1/stations/{station_id}/commands": VIEW,
    "GET /api/v1/stations/{station_id}/connections": VIEW,
    "GET /api/v1/stations/{station_id}/charging-profiles": VIEW,
    "GET /api/v1/stations/{station_id}/display-messages": VIEW,
    "GET /api/v1/stations/{station_id}/local-list": VIEW,
    "GET /api/v1/stations/{station_id}/local-list/cards": VIEW,
    "GET /api/v1/stations/{station_id}/messages": VIEW,
    "GET /api/v1/stations/{station_id}/orphan-meter-values": VIEW,
    "GET /api/v1/stations/{station_id}/states": VIEW,
    "GET /api/v1/stations/{station_id}/settings": VIEW,
    "GET /api/v1/stations/{station_id}/settings/changes": VIEW,
    "GET /api/v1/stations/{station_id}/settings/compare": VIEW,
    "GET /api/v1/stations/{station_id}/monitors": VIEW,
    "GET /api/v1/stations/{station_id}/event-streams": VIEW,
    "GET /api/v1/stations/{station_id}/timeline": VIEW,
    "GET /api/v1/stations/{station_id}/deviations": VIEW,
    "GET /api/v1/status": VIEW,
    "GET /api/v1/firmware": VIEW,
    "POST /api/v1/firmware": DEPLOY_FIRMWARE,
    "DELETE /api/v1/firmware/{firmware_id}": DEPLOY_FIRMWARE,
    "POST /api/v1/stations/{station_id}/commands/update-firmware": DEPLOY_FIRMWARE,
    "GET /api/v1/stations/{station_id}/firmware-updates": VIEW,
    "POST /api/v1/stations/{station_id}/commands/get-log": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/list-certificates": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/install-certificate": ADMINISTER,
    "POST /api/v1/stations/{station_id}/commands/delete-certificate": ADMINISTER,
    "POST /api/v1/stations/{station_id}/commands/give-certificate": ADMINISTER,
    "GET /api/v1/stations/{station_id}/logs": VIEW,
    "GET /api/v1/stations/{station_id}/logs/{log_id}/file": OPERATE,
    "GET /api/v1/tokens": VIEW,
    "GET /api/v1/tokens/{uid}": VIEW,
    "DELETE /api/v1/tokens/{uid}": OPERATE,
    "PATCH /api/v1/tokens/{uid}": OPERATE,
    "POST /api/v1/alarms/{alarm_id}/resolve": OPERATE,
    "POST /api/v1/quarantine/{entry_id}/resolve": OPERATE,
    "POST /api/v1/sessions/{session_id}/reviewed": OPERATE,
    "POST /api/v1/stations/{station_id}/call": RAW_CALL,
    "POST /api/v1/stations/{station_id}/commands/change-availability": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/change-configuration": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/renew-password": ADMINISTER,
    "POST /api/v1/stations/{station_id}/commands/check-session": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/clear-cache": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/get-configuration": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/read-settings": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/report-settings": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/change-settings": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/set-monitors": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/clear-monitors": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/report-monitors": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/set-monitoring-base": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/set-monitoring-level": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/remote-start": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/remote-stop": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/cancel-reservation": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/reserve-now": OPERATE,
    "PATCH /api/v1/stations/{station_id}/local-list": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/send-local-list": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/get-local-list-version": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/set-charging-profile": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/clear-charging-profile": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/get-charging-profiles": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/get-composite-schedule": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/set-display-message": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/get-display-messages": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/clear-display-message": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/show-cost": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/customer-information": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/data-transfer": RAW_CALL,
    "POST /api/v1/stations/{station_id}/commands/set-default-tariff": ADMINISTER,
    "POST /api/v1/stations/{station_id}/commands/get-tariffs": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/clear-tariffs": ADMINISTER,
    "POST /api/v1/stations/{station_id}/commands/change-transaction-tariff": ADMINISTER,
    "POST /api/v1/stations/{station_id}/commands/notify-web-payment-started": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/set-der-control": ADMINISTER,
    "POST /api/v1/stations/{station_id}/commands/get-der-control": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/clear-der-control": ADMINISTER,
    "POST /api/v1/stations/{station_id}/commands/send-afrr-signal": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/get-periodic-event-streams": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/adjust-periodic-event-stream": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/publish-firmware": DEPLOY_FIRMWARE,
    "POST /api/v1/stations/{station_id}/commands/unpublish-firmware": DEPLOY_FIRMWARE,
    "POST /api/v1/stations/{station_id}/commands/request-battery-swap": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/use-priority-charging": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/update-dynamic-schedule": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/notify-allowed-energy-transfer": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/set-network-profile": ADMINISTER,
    "POST /api/v1/stations/{station_id}/commands/reset": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/trigger-message": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/unlock": OPERATE,
    "POST /api/v1/stations/{station_id}/commands/{name}": OPERATE,
    "POST /api/v1/tokens": OPERATE,
    "POST /api/v1/alarms/resolve": OPERATE,
    "POST /api/v1/quarantine/resolve": OPERATE,
    "POST /api/v1/quarantine/{entry_id}/preview": CORRECT_SESSIONS,
    "POST /api/v1/quarantine/{entry_id}/replay": CORRECT_SESSIONS,
    "POST /api/v1/sessions/{session_id}/end": CORRECT_SESSIONS,
    "POST /api/v1/sessions/{session_id}/correct": CORRECT_SESSIONS,
    "POST /api/v1/sessions/{session_id}/exclude": CORRECT_SESSIONS,
    "POST /api/v1/sessions/{session_id}/restore": CORRECT_SESSIONS,
    "POST /api/v1/sessions/{session_id}/undo": CORRECT_SESSIONS,
    "DELETE /api/v1/stations/{station_id}": ADMINISTER,
    "PATCH /api/v1/stations/{station_id}": ADMINISTER,
    "PATCH /api/v1/stations/{station_id}/connectors/{evse}/{connector}": ADMINISTER,
    "POST /api/v1/sites": ADMINISTER,
    "POST /api/v1/stations": ADMINISTER,
    "POST /api/v1/stations/{station_id}/secret": ADMINISTER,
    "POST /api/v1/auth/password": VIEW,
    "GET /api/v1/users": MANAGE_USERS,
    "POST /api/v1/users": MANAGE_USERS,
    "PATCH /api/v1/users/{user_id}": MANAGE_USERS,
    "DELETE /api/v1/users/{user_id}": MANAGE_USERS,
    "GET /api/v1/api-keys": MANAGE_KEYS,
    "POST /api/v1/api-keys": MANAGE_KEYS,
    "DELETE /api/v1/api-keys/{key_id}": MANAGE_KEYS,
    "GET /api/v1/audit": VIEW_AUDIT,
    "GET /files/firmware/{key}": PUBLIC,
    "GET /files/firmware/{key}/{name}": PUBLIC,
    "GET /files/logs/{key}": PUBLIC,
    "GET /files/logs/{key}/{name}": PUBLIC,
    "GET /api/v1/deliveries": ADMINISTER,
    "POST /api/v1/deliveries/{delivery_id}/retry": ADMINISTER,
}

ALLOWED = {
    "viewer": {PUBLIC, VIEW},
    "operator": {PUBLIC, VIEW, OPERATE, CORRECT_SESSIONS},
    "technician": {PUBLIC, VIEW, OPERATE, CORRECT_SESSIONS, RAW_CALL, DEPLOY_FIRMWARE},
    "administrator": set(ROLES["administrator"]) | {PUBLIC},
}


def routes_of(app: Litestar) -> set[str]:
    """Every route a request can reach; the pages' other methods answer 405 and are left aside."""
    found = set()
    for route in app.routes:
        path = re.sub(r"{(\w+):\w+}", r"{\1}", route.path)
        for handler in route.route_handlers:  # type: ignore[attr-defined]
            methods = handler.http_methods - {"OPTIONS"}
            pages = handler.opt.get("permission") == PUBLIC and len(methods) > 1
            found |= {f"{method} {path}" for method in (["GET"] if pages else methods)}
    return found


async def test_API_10_every_route_is_in_the_matrix(web: Application) -> None:
    assert routes_of(web.routes) == set(MATRIX)


@pytest.mark.parametrize("role", ["nobody", *ALLOWED])
async def test_API_10_every_route_for_every_role(role: str, as_role: Callable[..., Any], anonymous: Client) -> None:
    client = anonymous if role == "nobody" else await as_role(role)
    allowed = ALLOWED.get(role, {PUBLIC})
    for route, permission in MATRIX.items():
        if route in ("GET /api/v1/events", "POST /api/v1/auth/logout"):
            continue  # streams are tested in test_live.py; a log-out would end the walk
        if " /files/" in route:
            continue  # their address is the key, whoever comes: tested in test_transfers.py
        method, path = route.split(" ")
        path = re.sub(r"{(entry_id|alarm_id|evse|connector)}", "1", path)
        answer = await client.request(method, re.sub(r"{\w+}", "none", path))
        if permission in allowed:
            denied = answer.status_code == 401 and not path.startswith("/api/v1/auth")
            assert not denied and answer.status_code != 403, route
        else:
            assert answer.status_code == (401 if role == "nobody" else 403), route
            assert answer.headers["content-type"] == "application/problem+json"


async def test_API_10_a_route_without_a_permission_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @get("/forgotten")
    async def forgotten() -> str:
        return "open to all"

    monkeypatch.setattr(application.status, "health", forgotten)
    with pytest.raises(ImproperlyConfiguredException, match="/forgotten"):
        application.make_routes()


async def test_API_10_options_are_denied(admin: Client) -> None:
    assert (await admin.options("/api/v1/tokens")).status_code == 403


async def test_A10_a_raw_call_is_a_permission_of_its_own(as_role: Callable[..., Any], charger: Any) -> None:
    body = {"action": "UpdateFirmware", "payload": {"location": "http://10.0.0.1/evil.bin"}}
    operator, technician = await as_role("operator"), await as_role("technician")
    refused = await operator.post("/api/v1/stations/CP1/call", json=body)
    assert refused.status_code == 403
    assert "raw_call" in refused.json()["detail"]
    assert (await technician.post("/api/v1/stations/CP1/call", json=body)).status_code == 200


ANSWERS = {
    "settings": Outcome(
        "result",
        {"configurationKey": [{"key": "WifiPassword", "readonly": False, "value": CANARY}], "unknownKey": ["x"]},
    ),
    "a log-in in an address": Outcome("result", {"fileName": f"ftp://u:{CANARY}@files.example/log.gz"}),
    "JSON in a text": Outcome("result", {"status": "Accepted", "data": f'{{"psk": "{CANARY}"}}'}),
    "a refusal that says it": Outcome(
        "error", code="InternalError", description=f"cannot reach ftp://u:{CANARY}@h/x", details={"password": CANARY}
    ),
}


@pytest.mark.parametrize("outcome", ANSWERS.values(), ids=ANSWERS.keys())
async def test_A9_what_a_charger_answers_to_a_raw_call_shows_no_secret_but_to_administrators(
    as_role: Callable[..., Any], admin: Client, charger: Any, chargers: Any, outcome: Outcome
) -> None:
    technician = await as_role("technician")
    chargers.outcome = outcome
    body = {"action": "GetConfiguration", "payload": {}}
    shown = await technician.post("/api/v1/stations/CP1/call", json=body)
    whole = await admin.post("/api/v1/stations/CP1/call", json=body)
    assert (shown.status_code, whole.status_code) == (200, 200)
    assert CANARY not in shown.text and "•••" in shown.text
    assert CANARY in whole.text and "•••" not in whole.text
    assert shown.json().keys() == whole.json().keys()


@pytest.mark.parametrize("role", [*ROLES])
async def test_everyone_is_told_what_they_may_do(role: str, as_role: Callable[..., Any]) -> None:
    client = await as_role(role)
    me = (await client.get("/api/v1/auth/me")).json()
    assert (me["kind"], me["name"], me["role"]) == ("user", f"{role}@example.com", role)
    assert (me["organization"], me["sites"]) == ("Home", None)
    assert me["permissions"] == sorted(ROLES[role])
    assert "public" not in me["permissions"]


async def test_a_new_kind_of_caller_is_one_function_as_it_is_written(
    web: Application, user: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one of CONTRIBUTING.md."""
    await user("viewer")
    text = (references.ROOT / "CONTRIBUTING.md").read_text().partition("## Add a caller")[2]
    [block] = re.findall(r"```python\n(.*?)```", text.partition("\n## ")[0], flags=re.DOTALL)

    def find(_work: Work, badge: str) -> Any:
        return types.SimpleNamespace(id="7", name="Ann", organization_id=1) if badge == "7" else None

    names: dict[str, Any] = {"badges": types.SimpleNamespace(find=find), "Actor": Actor} | vars(callers)
    exec("from __future__ import annotations\n" + block, names)
    monkeypatch.setattr(callers, "AUTHENTICATORS", [names["by_badge"], *callers.AUTHENTICATORS])
    async with Client(web) as client:
        client.headers["X-Badge"] = "7"
        answer = await client.get("/api/v1/auth/me")
        assert answer.status_code == 200, answer.text
        me = answer.json()
        assert (me["kind"], me["name"], me["email"]) == ("badge", "Ann", "")
        assert (await client.post("/api/v1/tokens", json={"uid": "A"})).status_code == 403
        client.headers["X-Badge"] = "8"
        assert (await client.get("/api/v1/tokens")).json()["detail"] == "this badge is not valid"
        del client.headers["X-Badge"]
        assert (await client.get("/api/v1/tokens")).json()["detail"] == "please log in"
