"""What Prometheus reads, held against what chargers did; and that it reads what dashboards and alerts ask for."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from stationmaster.domain import commands
from stationmaster.settings import Metrics, Settings
from stationmaster.storage.durations import BOUNDS_S, Durations
from tests.charger import CallError

DEPLOY, DOCS = (Path(__file__).resolve().parents[2] / name for name in ("deploy", "docs"))

PROMTOOL = shutil.which("promtool")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    settings.metrics = Metrics(port=0)
    return settings


class Told:
    """The metrics at a moment."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.families = list(text_string_to_metric_families(text))

    def of(self, name: str, **labels: str) -> float | None:
        found = (
            sample.value
            for family in self.families
            for sample in family.samples
            if sample.name == f"stationmaster_{name}" and sample.labels == labels
        )
        return next(found, None)


async def _told(app: Any) -> Told:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.metrics_port}") as client:
        answer = await client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain")
        assert (await client.get("/")).status_code == 404
    return Told(answer.text)


async def test_S0_028_S0_030_S4_022_what_chargers_did_is_what_prometheus_reads(app: Any, charger: Any) -> None:
    cp = await charger("SECRET-NAME-1")
    transaction = (await cp.start())["transactionId"]
    await cp.call("Heartbeat")
    for action in ("MadeUp", "AnotherOne"):
        with pytest.raises(CallError):
            await cp.call(action)
    with pytest.raises(CallError):
        await cp.call("StatusNotification", {"connectorId": "none"})
    await charger("SECRET-NAME-2")
    told = await _told(app)
    assert told.of("connections", version="1.6") == 2
    assert (told.of("stations"), told.of("stations_connected"), told.of("sessions_active")) == (2, 2, 1)
    in_16 = {"version": "1.6", "direction": "in"}
    assert told.of("messages_total", action="BootNotification", outcome="ok", **in_16) == 2
    assert told.of("messages_total", action="Heartbeat", outcome="ok", **in_16) == 1
    assert (
        told.of("messages_total", action="", outcome="refused", **in_16) == 2
    )  # the charger's own words are no labels
    assert told.of("messages_total", action="StatusNotification", outcome="refused", **in_16) == 1
    assert told.of("sessions_started_total") == 1
    assert told.of("database_available") == 1
    answered = told.of("message_seconds_count")
    assert answered == told.of("message_seconds_bucket", le="+Inf")
    assert answered == 3  # two boots and a start; a heartbeat waits for no commit
    assert "SECRET-NAME" not in told.text
    await cp.stop(transaction, meter=26_000)
    told = await _told(app)
    assert (told.of("sessions_ended_total"), told.of("sessions_active")) == (1, 0)
    assert told.of("energy_wh_total") == 25_000


@pytest.mark.any_database
async def test_what_dashboards_and_alerts_ask_for_is_told(app: Any, charger: Any) -> None:
    await charger("CP1")
    told = await _told(app)
    there = {family.name for family in told.families}
    endings = {"counter": ("total",), "histogram": ("bucket", "sum", "count")}  # one without labels yet has no sample
    there |= {f"{family.name}_{end}" for family in told.families for end in endings.get(family.type, ())}
    [rules] = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"]
    alerts = {rule["alert"]: rule for rule in rules["rules"]}
    dashboard = json.loads((DEPLOY / "grafana" / "provisioning" / "dashboards" / "stationmaster.json").read_text())
    asked = [rule["expr"] for rule in alerts.values()]
    asked += [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    assert len(asked) > len(alerts) > 5
    named = {name for each in asked for name in re.findall(r"\b(?:stationmaster|process)_\w+", each)}
    assert named <= there, named - there
    told_of = (DOCS / "metrics.md").read_text()
    for name, rule in alerts.items():
        assert rule["annotations"]["summary"]
        assert f"**{name}**" in told_of, "docs/metrics.md says what to do"
    for family in told.families:
        if family.name.startswith("stationmaster_"):
            assert f"`{family.name.removeprefix('stationmaster_')}`" in told_of


@pytest.mark.any_database
async def test_a_command_is_counted_once_by_what_the_charger_said(app: Any, charger: Any) -> None:
    cp = await charger("CP1")
    sending = asyncio.ensure_future(
        app.switchboard.send(app.directory.find("CP1").station.id, commands.ClearCache(), by="me")
    )
    asked = await cp.receive()
    await cp.send([3, asked[1], {"status": "Rejected"}])
    await sending
    told = await _told(app)
    assert told.of("commands_total", command="clear-cache", outcome="rejected") == 1
    assert told.of("messages_total", version="1.6", direction="out", action="ClearCache", outcome="ok") == 1


def _promtool(arguments: list[Any], text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(PROMTOOL), *arguments], input=text, capture_output=True, text=True, check=False)


@pytest.mark.any_database
@pytest.mark.skipif(PROMTOOL is None, reason="Prometheus' promtool is not installed")
async def test_prometheus_itself_finds_no_fault_with_alerts_and_metrics(app: Any, charger: Any) -> None:
    await charger("CP1")
    told = (await _told(app)).text
    ours = "".join(line for line in told.splitlines(keepends=True) if "stationmaster_" in line)
    for arguments, text in (
        (["check", "rules", DEPLOY / "prometheus" / "alerts.yaml"], ""),
        (["check", "metrics"], ours),
    ):
        checked = await asyncio.to_thread(_promtool, arguments, text)
        assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.any_database
async def test_API_27_on_the_web_port_the_metrics_are_for_who_may_manage_all(app: Any) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.web_port}") as client:
        assert (await client.get("/metrics")).status_code == 401


def test_durations_are_told_as_how_many_took_no_longer() -> None:
    durations = Durations()
    for seconds in (0.0005, 0.001, 0.0011, 3, 60):
        durations.add(seconds)
    told = dict(durations.cumulative())
    assert (told["0.001"], told["0.0025"], told["2.5"], told["5.0"], told["10.0"], told["+Inf"]) == (2, 3, 3, 4, 4, 5)
    assert len(told) == len(BOUNDS_S) + 1
    assert durations.total_s == pytest.approx(63.0026)
