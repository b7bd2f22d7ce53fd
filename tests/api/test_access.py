"""Who may do what: every route × every role, against a list a person has looked at (API-10)."""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, get
from litestar.exceptions import ImproperlyConfiguredException

from stationmaster.api import application, callers
from stationmaster.api.application import Application
from stationmaster.domain import permissions
from stationmaster.domain.audit import Actor
from stationmaster.domain.commands import Outcome
from stationmaster.domain.permissions import ROLES
from stationmaster.storage import Work
from tests.api.conftest import Client
from tests.docs import references

CANARY = "canary-9f31c07b5e2d4a86"
RIGHTS = Path(__file__).with_name("rights.txt")


def read_rights() -> dict[str, str]:
    """`GET /api/v1/sites` → `view`, from the file; a route twice is a mistake."""
    found: dict[str, str] = {}
    for line in RIGHTS.read_text().splitlines():
        if line and not line.startswith("#"):
            method, path, permission = line.split()
            assert f"{method} {path}" not in found, line
            found[f"{method} {path}"] = permission
    return found


MATRIX = read_rights()

_LOOK = {"public", "logged_in", "discover", "view"}
_OPERATE = _LOOK | {"operate", "correct_sessions", "view_customers", "manage_customers"}
_ADMINISTER = _OPERATE | {
    *(
        "raw_call",
        "deploy_firmware",
        "handle_money",
        "administer",
        "manage_users",
        "manage_keys",
        "view_audit",
        "see_secrets",
    )
}
ALLOWED = {
    "driver": {"public", "logged_in", "discover"},
    "viewer": _LOOK,
    "operator": _OPERATE,
    "technician": _OPERATE | {"raw_call", "deploy_firmware"},
    "administrator": _ADMINISTER,
    "owner": _ADMINISTER | {"own", "manage_organizations"},
}


def routes_of(app: Litestar) -> set[str]:
    """Every route a request can reach; the pages' other methods answer 405 and are left aside."""
    found = set()
    for route in app.routes:
        path = re.sub(r"{(\w+):\w+}", r"{\1}", route.path)
        for handler in getattr(
            route, "route_handlers", ()
        ):  # a WebSocket has none: tests/scenarios/test_live_socket.py
            methods = handler.http_methods - {"OPTIONS"}
            pages = handler.opt.get("permission") == "public" and len(methods) > 1
            found |= {f"{method} {path}" for method in (["GET"] if pages else methods)}
    return found


async def test_API_10_every_route_is_in_the_matrix(web: Application) -> None:
    assert routes_of(web.routes) == set(MATRIX)


def test_API_10_every_role_is_in_the_matrix() -> None:
    assert {role: held | {"public", "logged_in"} for role, held in ROLES.items()} == ALLOWED


@pytest.mark.parametrize("role", ["nobody", *ALLOWED])
async def test_API_10_every_route_for_every_role(role: str, as_role: Callable[..., Any], anonymous: Client) -> None:
    client = anonymous if role == "nobody" else await as_role(role)
    allowed = ALLOWED.get(role, {"public"})
    for route, permission in MATRIX.items():
        if route == "GET /api/v1/events" or route.startswith("POST /api/v1/auth/logout"):
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

    given = {"badges": types.SimpleNamespace(find=find), "Actor": Actor, "permissions": permissions}
    names: dict[str, Any] = given | vars(callers)
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
