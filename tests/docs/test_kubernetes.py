"""The Helm chart: what Helm makes of it is valid for Kubernetes, and names what is there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from stationmaster.settings import load
from tools.generate_manifests import DEPLOY, NOTICE, rendered

VERSIONS = ("1.27", "1.37")  # the oldest that the chart takes, and the newest there is
Thing = dict[str, Any]

pytestmark = pytest.mark.skipif(
    shutil.which("helm", path=str(Path(sys.executable).parent)) is None and shutil.which("helm") is None,
    reason="helm comes from the registry only for Linux on x86-64",
)


def things(*options: str) -> list[Thing]:
    return [each for each in yaml.safe_load_all(rendered(*options)) if each]


@pytest.fixture(scope="module")
def plain() -> list[Thing]:
    return things()


def of_kind(all_of_them: list[Thing], kind: str) -> dict[str, Thing]:
    return {each["metadata"]["name"]: each for each in all_of_them if each["kind"] == kind}


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--set", "gateway.autoscaling.enabled=true,api.autoscaling.enabled=true,worker.autoscaling.enabled=true"),
        ("--set", "ingress.enabled=false,networkPolicy.enabled=false,imagePullSecrets[0].name=x,nodeSelector.disk=ssd"),
    ],
    ids=["plain", "autoscaling", "bare"],
)
def test_S4_030_kubernetes_takes_what_helm_makes(options: tuple[str, ...]) -> None:
    made = things(*options)
    for version in VERSIONS:
        for each in made:
            kubernetes_validate.validate(each, version, strict=True)


def test_S4_030_the_plain_manifests_are_those_of_the_chart() -> None:
    assert (DEPLOY / "kubernetes.yaml").read_text() == NOTICE + rendered(), "make manifests"


def test_S4_030_each_part_has_its_role_its_probes_and_no_rights(plain: list[Thing]) -> None:
    parts = of_kind(plain, "Deployment")
    assert set(parts) == {"csms-gateway", "csms-api", "csms-worker"} == set(of_kind(plain, "PodDisruptionBudget"))
    for name, part in parts.items():
        pod = part["spec"]["template"]["spec"]
        [container] = pod["containers"]
        assert container["args"] == ["serve", "--role", name.removeprefix("csms-")]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert container["readinessProbe"]["httpGet"]["port"] in ports
        assert container["livenessProbe"]["httpGet"] == {"path": "/health/live", "port": "metrics"}
        assert part["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, 10001)
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    for service in of_kind(plain, "Service").values():
        [port] = service["spec"]["ports"]
        assert any(
            part["spec"]["template"]["metadata"]["labels"] == service["spec"]["selector"]
            and port["targetPort"]
            in [each["name"] for each in part["spec"]["template"]["spec"]["containers"][0]["ports"]]
            for part in parts.values()
        )


@pytest.mark.parametrize("role", ["gateway", "api", "worker"])
def test_S4_030_the_server_understands_its_settings(role: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bucket = ("--set", "settings.files.bucket=s3://logs,settings.web.max_connections=500")
    [settings] = of_kind(things(*bucket), "ConfigMap").values()
    (tmp_path / "stationmaster.yaml").write_text(settings["data"]["stationmaster.yaml"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", "postgresql://one:two@db/stationmaster")
    monkeypatch.setenv("REDIS_URL", "redis://cache:6379")
    monkeypatch.setenv("STATIONMASTER_SECURITY__KEY", "0123456789abcdefghijklmnopqrstuvwxyz")
    loaded = load(node={"role": role})
    assert (loaded.node.role, loaded.files.bucket, loaded.web.max_connections) == (role, "s3://logs", 500)
    assert (loaded.web.port, loaded.gateway.port, loaded.metrics.port) == (8080, 9000, 9464)
    assert loaded.gateway.public_url == "wss://csms.example.org/ocpp"


TLS = "tls.secret=chargers-tls,tls.domain=ocpp.example.org"


def test_TLS_ends_at_the_gateways_where_a_secret_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ours = (
        "settings.tls.ca_certificate=/data/tls/ca.pem,settings.tls.ca_key=/data/tls/ca.key,settings.tls.operator=Acme"
    )
    made = things("--set", TLS, "--set", ours)
    for version in VERSIONS:
        for each in made:
            kubernetes_validate.validate(each, version, strict=True)
    parts = of_kind(made, "Deployment")
    for name, part in parts.items():
        pod = part["spec"]["template"]["spec"]
        named = {each["name"] for each in pod["volumes"]}
        assert ("tls" in named) == (name == "csms-gateway")  # nobody else has the keys
    gateway = parts["csms-gateway"]["spec"]["template"]
    [container] = gateway["spec"]["containers"]
    assert {"name": "chargers-tls", "containerPort": 9443} in container["ports"]
    mounts = {
        each["name"]: (each["mountPath"], each["readOnly"]) for each in container["volumeMounts"] if "readOnly" in each
    }
    assert mounts["tls"] == ("/data/tls", True)
    [volume] = [each for each in gateway["spec"]["volumes"] if each["name"] == "tls"]
    assert volume["secret"] == {"secretName": "chargers-tls", "defaultMode": 0o440}
    service = of_kind(made, "Service")["csms-gateway-tls"]["spec"]
    assert (service["type"], service["externalTrafficPolicy"]) == ("LoadBalancer", "Local")
    assert service["selector"] == gateway["metadata"]["labels"]
    assert service["ports"] == [{"name": "chargers-tls", "port": 9443, "targetPort": "chargers-tls"}]
    [policy] = of_kind(made, "NetworkPolicy").values()
    assert {"ports": [{"port": "chargers-tls"}]} in policy["spec"]["ingress"]
    [settings] = of_kind(made, "ConfigMap").values()
    (tmp_path / "stationmaster.yaml").write_text(settings["data"]["stationmaster.yaml"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", "postgresql://one:two@db/stationmaster")
    monkeypatch.setenv("REDIS_URL", "redis://cache:6379")
    loaded = load(node={"role": "gateway"})
    assert (loaded.tls.port, loaded.tls.operator) == (9443, "Acme")
    files = (loaded.tls.ecdsa_certificate, loaded.tls.ecdsa_key, loaded.tls.ca_certificate, loaded.tls.ca_key)
    assert [each is not None and each.parent == Path("/data/tls") for each in files] == [True] * 4
    assert loaded.gateway.public_url == "wss://ocpp.example.org:9443/ocpp"


def test_without_a_secret_nothing_of_TLS_is_there(plain: list[Thing]) -> None:
    assert "chargers-tls" not in yaml.safe_dump_all(plain)


@pytest.mark.parametrize(
    "options, why",
    [
        ("tls.secret=x", "tls.domain: the name in the certificate"),
        (f"{TLS},tls.kind=dsa", "tls.kind: must be ecdsa or rsa"),
    ],
)
def test_a_chart_with_half_of_TLS_says_so(options: str, why: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as error:
        rendered("--set", options)
    assert why in error.value.stderr


def test_a_certificate_for_RSA_goes_where_the_server_looks_for_it() -> None:
    [settings] = of_kind(things("--set", f"{TLS},tls.kind=rsa,tls.service=ClusterIP"), "ConfigMap").values()
    told = yaml.safe_load(settings["data"]["stationmaster.yaml"])["tls"]
    assert told == {"port": 9443, "rsa_certificate": "/data/tls/tls.crt", "rsa_key": "/data/tls/tls.key"}


def test_S4_030_a_chart_without_a_domain_says_so() -> None:
    with pytest.raises(subprocess.CalledProcessError) as error:
        rendered("--set", "domain=")
    assert "domain: the name that people and chargers use" in error.value.stderr


def test_the_authorities_of_contracts_are_where_the_settings_say() -> None:
    file = "/data/authorities/roots.pem"
    loaded = things("--set", f"authorities=trusted,settings.plug_and_charge.authorities={{{file}}}")
    [settings] = of_kind(loaded, "ConfigMap").values()
    assert file in settings["data"]["stationmaster.yaml"]
    for part in of_kind(loaded, "Deployment").values():
        pod = part["spec"]["template"]["spec"]
        assert {"name": "authorities", "configMap": {"name": "trusted"}} in pod["volumes"]
        mounts = {each["name"]: each["mountPath"] for each in pod["containers"][0]["volumeMounts"]}
        assert mounts["authorities"] == "/data/authorities"
    [policy] = of_kind(loaded, "NetworkPolicy").values()
    ports = {each["port"] for rule in policy["spec"]["egress"] for each in rule["ports"]}
    assert {80, 443} <= ports  # most responders speak http://
