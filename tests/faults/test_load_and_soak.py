"""What `make load` and `make soak` call broken (S0-031, S0-066)."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from stationmaster.domain import message_packs
from stationmaster.domain.exchanges import Exchange, Logged
from stationmaster.simulator.journal import Journal
from stationmaster.storage import Database
from tools import load, running, soak

OPTIONS = argparse.Namespace(stations=20, versions=["1.6", "2.0.1"], seconds=5, url="", only="sqlite", p99_ms=100)


def step(rate: float, **told: Any) -> dict[str, Any]:
    good = {
        "stations": 10, "answers_per_s": rate / 2, "p50_ms": 4.0, "p95_ms": 8.0, "p99_ms": 12.0,
        "errors": 0, "lost_connections": 0, "stalled": 0,
    }  # fmt: skip
    return {"rate": rate, "versions": {"1.6": good, "2.0.1": good | told}, "server_cpu": 0.5}


def test_S0_031_a_load_that_is_carried_breaks_nothing(tmp_path: Path):
    report = load.written([step(100.0), step(400.0)], OPTIONS)
    assert report.problems == []
    report.write(tmp_path / "load.html")
    page = (tmp_path / "load.html").read_text()
    assert "Within all bounds" in page and page.count("<polyline") == 3 and "http" not in page


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"p99_ms": 101.0}, "p99 is 101.0 ms"),
        ({"p99_ms": None}, "p99 is None ms"),
        ({"answers_per_s": 80.0}, "only 40% of the rate"),
        ({"errors": 2}, "2 errors"),
        ({"lost_connections": 1}, "1 lost connections"),
        ({"stalled": 3}, "3 chargers without an answer"),
    ],
)
def test_S0_066_what_breaks_a_bound_is_named(told: dict[str, Any], said: str):
    (problem,) = load.written([step(100.0), step(400.0, **told)], OPTIONS).problems
    assert problem.startswith("at 400 messages/s, 2.0.1: ") and said in problem


def memory(minutes: int, percent_an_hour: float, *, files: float = 0.0) -> soak.Memory:
    """It doubles at the start, as every server's does, and grows by that much then; with pages of files by so much more."""
    own, resident = (
        [(at, 50_000.0 if at < 30 else 100_000 * (1 + percent / 100 * at / 3600)) for at in range(0, minutes * 60, 2)]
        for percent in (percent_an_hour, percent_an_hour + files)
    )
    return soak.Memory(own, resident)


NOTHING = soak.Memory([], [])


def test_soak_judges_memory_after_the_warm_up():
    assert soak.written(memory(60, 0.5), 10, [], 1.0).problems == []
    (problem,) = soak.written(memory(60, 4), 10, [], 1.0).problems
    assert "Memory grows by 3.9 %" in problem
    assert (
        soak.written(memory(60, 0.5, files=20), 10, [], 1.0).problems == []
    )  # pages of files are the system's to take
    assert soak.written(memory(10, 50), 10, [], 1.0).problems == []  # too short to judge, and it says so
    assert soak.slope([]) == soak.slope([(0.0, 1.0)]) == 0


def test_soak_finds_what_was_answered_and_is_not_stored(tmp_path: Path, database_url: str):
    running.prepare(database_url, ["CP1"])
    with Journal(tmp_path / "CP1.journal") as journal:
        for number, action in enumerate(("Heartbeat", "StatusNotification", "Authorize")):
            journal.write("live", n=number, action=action, payload={})
            journal.write("sent", n=number, id=f"m{number}")
            if action != "Authorize":
                journal.write("answered", n=number, payload={})
    answered, lost = soak.compare(database_url, tmp_path, ["CP1"])
    assert answered == 2
    assert [line.split(" was answered")[0] for line in lost] == ["CP1: StatusNotification ['m1']"]
    assert any("StatusNotification" in problem for problem in soak.written(NOTHING, answered, lost, 1.0).problems)
    assert soak.written(NOTHING, 0, [], 1.0).problems == ["No message was answered at all."]

    database = Database(database_url, lanes=1, readers=1)
    with database.engine.begin() as connection:  # as the server packs what is two days old
        frame = Exchange("in", "m1", "StatusNotification", "{}", "{}", "ok")
        pack = message_packs.row(1, [Logged(1, datetime(2026, 11, 1, tzinfo=UTC), frame)])
        connection.execute(insert(message_packs.message_packs), [pack])
    database.close()
    assert soak.compare(database_url, tmp_path, ["CP1"]) == (2, [])
