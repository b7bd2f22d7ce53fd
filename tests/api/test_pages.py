"""The web application's files, the headers of every answer, and the API's description of itself."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import get_args

import httpx
import pytest
from litestar import Litestar
from pydantic import ValidationError

from stationmaster.api import guard
from stationmaster.api.context import Context
from stationmaster.api.live_shapes import LiveEvent
from stationmaster.api.pages import pages as pages_of
from stationmaster.api.pages import policy
from stationmaster.settings_parts import Maps
from tests.api.conftest import Client

SCRIPT = "console.log('hello');\n" * 200


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Stationmaster</title>")
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "assets" / "app-1a2b3c.js").write_text(SCRIPT)
    (tmp_path / "secret.txt").write_text("not for you")
    return folder


@pytest.fixture
def site(dist: Path) -> Client:
    return Client(Litestar([pages_of(dist)], guards=[guard.guard], openapi_config=None, logging_config=None))


async def test_hashed_assets_are_kept_forever_and_the_page_is_asked_for_again(site: Client) -> None:
    asset = await site.get("/assets/app-1a2b3c.js")
    assert asset.text == SCRIPT
    assert asset.headers["content-type"].startswith("text/javascript")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    index = await site.get("/")
    assert index.headers["cache-control"] == "no-cache"
    assert index.headers["content-type"].startswith("text/html")
    again = await site.get("/", headers={"If-None-Match": index.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    icon = await site.get("/icon.svg")
    assert icon.headers["content-type"].startswith("image/svg+xml")


async def test_large_texts_are_compressed(site: Client) -> None:
    async with site.stream("GET", "/assets/app-1a2b3c.js", headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(raw).decode() == SCRIPT
    plain = await site.get("/assets/app-1a2b3c.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers


async def test_every_other_path_is_the_applications_own(site: Client) -> None:
    index = (await site.get("/")).text
    for path in ("/sessions", "/stations/CP1", "/deep/er/path/"):
        assert (await site.get(path)).text == index
    assert (await site.head("/")).status_code == 200
    for path in ("/assets/gone.js", "/favicon.ico", "/assets/"):
        assert (await site.get(path)).status_code == 404


async def test_API_22_no_path_leads_out_of_the_folder(site: Client) -> None:
    for path in (
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/../../secret.txt",
        "/..%2fsecret.txt",
        "//etc/passwd",
    ):
        answer = await site.get(httpx.URL("http://stationmaster.test", raw_path=path.encode()))
        assert "not for you" not in answer.text
        assert "root:" not in answer.text


async def test_pages_that_are_not_built_say_so_kindly(tmp_path: Path) -> None:
    bare = Client(
        Litestar([pages_of(tmp_path / "nothing")], guards=[guard.guard], openapi_config=None, logging_config=None)
    )
    answer = await bare.get("/")
    assert answer.status_code == 200
    assert "make setup" in answer.text
    assert "<script" not in answer.text


async def test_API_30_every_answer_carries_its_headers(admin: Client) -> None:
    for method, path in (
        ("GET", "/"),
        ("GET", "/health"),
        ("GET", "/api/docs"),
        ("GET", "/api/v1/tokens"),
        ("GET", "/api/v1/nothing"),
        ("PUT", "/api/v1/tokens"),
        ("POST", "/api/v1/auth/login"),
    ):
        headers = (await admin.request(method, path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script" not in policy  # scripts fall under default-src: our own files, nothing inline
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers
        if path.startswith("/api/v1"):
            assert headers["cache-control"] == "no-store"


def test_API_30_a_setting_lets_pages_fetch_maps_of_one_host_and_nothing_else() -> None:
    assert "connect-src" not in policy(None)
    told = policy("https://tiles.example.org:8443/{z}/{x}/{y}.png?key=1")
    assert told == policy(None) + "; connect-src 'self' https://tiles.example.org:8443"
    for right in ("https://tiles.example.org/{z}/{y}/{x}", "http://localhost:8081/styles/grey.json?key=1"):
        assert Maps(tiles=right).tiles == right
    for wrong in (
        "https://tiles.example.org/{z}/{x}.png",
        "https://tiles.example.org/{s}/{z}/{x}/{y}.png",
        "https://tiles.example.org; script-src */{z}/{x}/{y}",
        "https://a@tiles.example.org/{z}/{x}/{y}",
        "javascript:/{z}/{x}/{y}",
        "https://tiles.example.org/{z}/{x}/{y};",
        "https://tiles.example.org",
        "",
    ):
        with pytest.raises(ValidationError, match="must be like"):
            Maps(tiles=wrong)


async def test_API_30_https_is_remembered(context: Context, anonymous: Client) -> None:
    for https, expected in ((True, "max-age=31536000"), (False, None)):
        context.settings.web.secure_cookies = https
        assert (await anonymous.get("/")).headers.get("strict-transport-security") == expected


async def test_the_api_describes_itself_with_every_shape(anonymous: Client) -> None:
    document = (await anonymous.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    paths = document["paths"]
    start = paths["/api/v1/stations/{station_id}/commands/remote-start"]["post"]
    body = start["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    shapes = document["components"]["schemas"]
    assert set(shapes[body]["properties"]) == {"token", "evse", "force", "profile"}
    for path, item in paths.items():
        for method, operation in item.items():
            assert operation["description"], (method, path)
            problem = operation["responses"]["default"]["content"]["application/problem+json"]
            assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert paths["/health"]["get"]["security"] == [{}]
    assert "security" not in paths["/api/v1/tokens"]["get"]
    assert document["security"] == [{"token": []}]
    references = {part.split('"')[0] for part in str(document).replace("'", '"').split("#/components/schemas/")[1:]}
    assert references <= set(shapes)


async def test_the_names_in_the_description_are_short_and_each_its_own(anonymous: Client) -> None:
    document = (await anonymous.get("/api/openapi.json")).json()
    operations = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(set(operations)) == len(operations)
    for name in operations:
        assert re.fullmatch(r"[a-z]+([A-Z][a-z]+){0,3}", name), name
    shapes = document["components"]["schemas"]
    for name in shapes:
        assert re.fullmatch(r"([A-Z][a-z]+){1,4}", name), name
    assert {"listStations", "getStation", "remoteStart"} <= set(operations)
    assert {"Station", "StationPage", "Session", "SessionPage"} <= set(shapes)
    assert shapes["StationPage"]["properties"]["items"]["items"] == {"$ref": "#/components/schemas/Station"}


async def test_the_description_has_a_shape_for_every_live_event(anonymous: Client) -> None:
    document = (await anonymous.get("/api/openapi.json")).json()
    answer = document["paths"]["/api/v1/events"]["get"]["responses"]["200"]
    assert answer["content"] == {"text/event-stream": {"schema": {"$ref": "#/components/schemas/LiveEvent"}}}
    shapes = document["components"]["schemas"]
    described = {
        shapes[each["$ref"].rpartition("/")[2]]["properties"]["type"]["enum"][0]: each
        for each in shapes["LiveEvent"]["anyOf"]
    }
    assert shapes["LiveEvent"]["discriminator"]["mapping"] == {kind: each["$ref"] for kind, each in described.items()}
    assert set(described) == {kind.__struct_config__.tag for kind in get_args(LiveEvent)}


async def test_the_page_of_it_needs_nothing_from_elsewhere(anonymous: Client) -> None:
    page = await anonymous.get("/api/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "/api/v1/stations/{station_id}/commands/remote-start" in page.text
    for foreign in ("<script", "<link", "@import", "src=", "https://"):
        assert foreign not in page.text
