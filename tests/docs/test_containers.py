"""What the container files name is there: settings, files, ports, commands. No engine is needed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from stationmaster.settings import Settings, load

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {"PATH", "PYTHONUNBUFFERED"}
GIVEN = {
    "DOMAIN": "csms.example.org",
    "TLS_DOMAIN": "ocpp.example.org",
    "POSTGRES_PASSWORD": "pw",
    "STATIONMASTER_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
}


def _image() -> dict[str, str]:
    """The variables of the image."""
    return dict(re.findall(r"^(?:ENV )?\s+?(\w+)=(\S+?)(?: \\)?$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))


def _services(name: str) -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load((ROOT / name).read_text())["services"]
    return services


def _loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str]) -> Settings:
    monkeypatch.chdir(tmp_path)
    for name, value in variables.items():
        if name not in NOT_OURS:
            monkeypatch.setenv(name, re.sub(r"\$\{(\w+)[^}]*\}", lambda found: GIVEN[found[1]], value))
    return load()


def test_S3_095_S4_029_the_image_listens_for_everybody_and_keeps_all_in_one_volume(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = _loaded(monkeypatch, tmp_path, _image())
    assert (settings.web.host, settings.gateway.host) == ("0.0.0.0", "0.0.0.0")
    kept = (settings.database.url.removeprefix("sqlite:///"), settings.security.key_file, settings.files.folder)
    assert [str(Path(each).parent) for each in kept] == ["/data"] * 3
    text = (ROOT / "Dockerfile").read_text()
    assert f"EXPOSE {settings.web.port} {settings.gateway.port}\n" in text
    assert f"http://127.0.0.1:{settings.web.port}/health" in text
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for path in copied.split():
            assert path in let_in and (ROOT / path).exists(), path
    assert re.search(r"^USER stationmaster$", text, re.MULTILINE)


def test_S3_080_S3_086_document_003s_services_and_its_port() -> None:
    services = _services("compose.yaml")
    assert set(services) == {"ocpp-gateway", "charge-point"}
    assert "4000:9000" in services["ocpp-gateway"]["ports"]
    assert services["charge-point"]["command"][0] == "simulate"


def test_S3_095_production_is_several_nodes_on_postgresql_and_redis_behind_tls(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    services = _services("compose.production.yaml")
    settings = _loaded(monkeypatch, tmp_path, _image() | services["gateway"]["environment"])
    assert settings.database.url == "postgresql://stationmaster:pw@postgres/stationmaster"
    assert (settings.redis.url, settings.gateway.public_url) == ("redis://valkey:6379", "wss://csms.example.org/ocpp")
    assert services["gateway"]["deploy"]["replicas"] >= 2
    assert {"postgres", "valkey", "caddy", "prometheus", "grafana"} <= set(services)
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())["scrape_configs"][0]
    assert scraped["dns_sd_configs"][0]["port"] == settings.metrics.port
    proxied = (ROOT / "deploy" / "Caddyfile").read_text()
    assert f"gateway {settings.web.port}" in proxied and f"gateway {settings.gateway.port}" in proxied
    for service in services.values():
        for volume in service.get("volumes", ()):
            if volume.startswith("./"):
                assert (ROOT / volume.split(":")[0]).exists(), volume


def test_traces_of_production_go_to_a_collector_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    services, production = _services("deploy/traces.yaml"), _services("compose.production.yaml")
    together = _image() | production["gateway"]["environment"] | services["gateway"]["environment"]
    settings = _loaded(monkeypatch, tmp_path, together)
    assert settings.traces.url == "http://jaeger:4318/v1/traces" and 0 < settings.traces.share < 1
    assert set(services["jaeger"]["networks"]) <= set(production["grafana"]["networks"])
    assert services["jaeger"]["ports"] == ["127.0.0.1:16686:16686"]
    assert "--extra traces" in (ROOT / "Dockerfile").read_text()


def test_TLS_of_production_is_a_gateway_of_its_own_that_no_proxy_hides(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    services, production = _services("deploy/tls.yaml"), _services("compose.production.yaml")
    [gateway] = services.values()
    assert gateway["extends"] == {"file": "compose.production.yaml", "service": "gateway"}
    together = _image() | production["gateway"]["environment"] | gateway["environment"]
    settings = _loaded(monkeypatch, tmp_path, together)
    assert gateway["ports"] == [f"{settings.tls.port}:{settings.tls.port}"] and gateway["deploy"]["replicas"] == 1
    assert gateway["command"] == ["serve", "--role", "gateway"]
    [mounted] = gateway["volumes"]
    source, folder, mode = mounted.split(":")
    assert (source, mode) == ("./tls", "ro")  # Compose counts it from the first file
    for file in (settings.tls.ecdsa_certificate, settings.tls.ecdsa_key):
        assert file is not None and str(file.parent) == folder
    assert settings.gateway.public_url == "wss://ocpp.example.org:9443/ocpp"


def test_the_dashboard_and_its_source_of_figures_fit() -> None:
    provisioning = ROOT / "deploy" / "grafana" / "provisioning"
    [source] = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text())["datasources"]
    dashboard = json.loads((provisioning / "dashboards" / "stationmaster.json").read_text())
    assert source["type"] == "prometheus"
    assert dashboard["templating"]["list"][0]["query"] == source["type"]
