"""What a person types, and what they are told when it is wrong: one line, and nothing half done."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path

import pytest

from tests.cli.terminal import run


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"STATIONMASTER_WEB__PORT": "abc"}, "web.port"),
        ({"STATIONMASTER_WEB__PORT": "70000"}, "web.port"),
        ({"STATIONMASTER_WEB__PROT": "8080"}, "STATIONMASTER_WEB__PROT"),
        ({"DATABASE_URL": "mysql://there/it"}, "database.url"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "database.url"),
        ({"STATIONMASTER_SECURITY__KEY": "short"}, "security.key"),
        ({"STATIONMASTER_SECURITY__KEY": "change-me-please-change-me-please-change"}, "security.key"),
        ({"REDIS_URL": "http://localhost"}, "redis.url"),
        ({"REDIS_URL": "redis://localhost:many"}, "redis.url"),
        ({"REDIS_URL": "redis://:6379"}, "redis.url"),
        ({"REDIS_URL": "redis://localhost"}, "redis.url"),  # of an SQLite file there are no several nodes
        ({"LOG_LEVEL": "loud"}, "log.level"),
        ({"STATIONMASTER_MAIL__HOST": "mail.example.org"}, "web.public_url"),  # links in mails lead there
        ({"STATIONMASTER_REGISTRATION__OPEN": "true"}, "mail.host"),
        ({"STATIONMASTER_MAIL__SENDER": "nobody"}, "mail.sender"),
        ({"STATIONMASTER_GATEWAY__CALL_TIMEOUTS": '{"Reset": 0}'}, "gateway.call_timeouts.Reset"),
        ({"STATIONMASTER_GATEWAY__CALL_TIMEOUTS": '{"Unlock": 9}'}, "gateway.call_timeouts"),
    ],
)
def test_API_03_bad_settings_are_one_line_that_names_the_key(
    tmp_path: Path, environment: dict[str, str], named: str
) -> None:
    told = run(tmp_path, "serve", STATIONMASTER_DATABASE__WAIT_S="0", **environment)
    assert told.returncode != 0
    assert told.stderr.startswith(f"stationmaster: {named}") and told.stderr.count("\n") == 1, told.stderr


@pytest.mark.parametrize("part", ["web", "gateway"])
def test_a_port_that_is_taken_is_one_line_that_names_the_key(tmp_path: Path, part: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {"STATIONMASTER_WEB__PORT": "0", "STATIONMASTER_GATEWAY__PORT": "0"}
        ports[f"STATIONMASTER_{part.upper()}__PORT"] = str(taken.getsockname()[1])
        told = run(tmp_path, "serve", LOG_LEVEL="warning", **ports)
    assert told.returncode == 1
    assert told.stderr.startswith(f"stationmaster: {part}.port: ") and told.stderr.count("\n") == 1, told.stderr


def test_a_bad_file_of_settings_is_named(tmp_path: Path) -> None:
    (tmp_path / "stationmaster.yaml").write_text("gateway:\n  prot: 9000\n")
    assert run(tmp_path, "serve").stderr.startswith("stationmaster: gateway.prot")


def test_records_are_made_once_and_wrong_ones_are_told(tmp_path: Path) -> None:
    made = run(tmp_path, "station", "add", "CP1", "--secret", "0123456789abcdef")
    assert (made.returncode, made.stdout) == (0, "charger CP1\nsecret  0123456789abcdef\n")
    assert run(tmp_path, "token", "add", "TAG1").returncode == 0
    assert run(tmp_path, "user", "add", "a@example.org", "--password", "a long password").returncode == 0
    for arguments, said in [
        (["station", "add", "CP1"], "there is a charger 'CP1' already"),
        (["station", "add", "CP2", "--secret", "short"], "secret: must have 16 to 64 bytes"),
        (["station", "add", "a:b"], "id: must have 1 to 48 characters"),
        (["token", "add", "tag1"], "there is a card 'tag1' already"),
        (["user", "add", "b@example.org", "--password", "short"], "password: must have at least 12 characters"),
    ]:
        told = run(tmp_path, *arguments)
        assert told.returncode == 2
        assert told.stderr.startswith(f"stationmaster: {said}") and told.stderr.count("\n") == 1, told.stderr


def test_of_several_organizations_one_is_named(tmp_path: Path) -> None:
    """The first is there by itself; with a second one, nothing is put into either by guess."""
    assert run(tmp_path, "token", "add", "TAG1").returncode == 0
    assert run(tmp_path, "organization", "add", "Harbour").stdout == "organization Harbour\n"
    assert run(tmp_path, "organization", "list").stdout == "Home\nHarbour\n"
    again = run(tmp_path, "organization", "add", "Harbour")
    assert (again.returncode, again.stderr) == (
        2,
        "stationmaster: there is an organization named 'Harbour' already\n",
    )
    unnamed = run(tmp_path, "token", "add", "TAG2")
    assert (unnamed.returncode, unnamed.stderr) == (
        2,
        "stationmaster: organization: there are several, so one must be named\n",
    )
    assert run(tmp_path, "token", "add", "TAG1", "--organization", "Harbour").returncode == 0
    unknown = run(tmp_path, "token", "add", "TAG2", "--organization", "Airport")
    assert unknown.stderr == "stationmaster: there is no organization named 'Airport'\n"


def test_a_tenant_is_made_with_its_owner_renamed_and_closed(tmp_path: Path) -> None:
    made = run(tmp_path, "organization", "add", "Harbour", "--owner", "boss@example.org").stdout.splitlines()
    assert made[0] == "organization Harbour" and made[1].startswith("http://127.0.0.1:8080/welcome#")
    assert run(tmp_path, "organization", "rename", "Harbour", "Port").stdout == "organization Port\n"
    assert run(tmp_path, "token", "add", "TAG1", "--organization", "Port").returncode == 0
    assert run(tmp_path, "organization", "add", "Airport").returncode == 0
    assert run(tmp_path, "organization", "close", "Airport").stdout == "organization Airport is closed\n"
    assert run(tmp_path, "organization", "list").stdout == "Port\nAirport  closed\n"
    assert run(tmp_path, "organization", "open", "Airport").stdout == "organization Airport is open\n"
    told = run(tmp_path, "organization", "close", "Port")
    assert told.stderr == "stationmaster: this organization runs the installation\n"


def test_what_the_command_line_changes_is_in_the_audit_log(tmp_path: Path) -> None:
    assert run(tmp_path, "user", "add", "a@example.org", "--password", "a long password").returncode == 0
    assert run(tmp_path, "user", "add", "b@example.org", "--password", "a long password", "--role", "viewer").stdout
    assert run(tmp_path, "user", "list").stdout == "a@example.org  administrator\nb@example.org  viewer\n"
    assert run(tmp_path, "user", "password", "b@example.org", "--password", "a longer password").returncode == 0
    assert run(tmp_path, "user", "remove", "b@example.org").returncode == 0
    last = run(tmp_path, "user", "remove", "a@example.org")
    assert (last.returncode, last.stderr) == (2, "stationmaster: a@example.org is the last administrator\n")
    with sqlite3.connect(tmp_path / "data/stationmaster.db") as database:
        rows = database.execute("SELECT actor_name, action, organization_id FROM audit ORDER BY id").fetchall()
    assert rows == [
        ("command line", action, 1)
        for action in ("add_organization", "add_user", "add_user", "change_password", "remove_user")
    ]


def test_X_01_people_are_looked_after_on_the_command_line(tmp_path: Path) -> None:
    assert run(tmp_path, "user", "add", "a@example.org", "--password", "a long password").returncode == 0
    link, until = run(tmp_path, "user", "invite", "b@example.org", "--role", "viewer").stdout.splitlines()
    assert link.startswith("http://127.0.0.1:8080/welcome#")
    assert until.startswith("It works once, until ") and until.endswith(" UTC; give it to b@example.org")
    assert run(tmp_path, "user", "reset", "a@example.org").stdout.startswith("http://127.0.0.1:8080/new-password#")
    assert run(tmp_path, "user", "reset", "b@example.org").stdout.startswith("http://127.0.0.1:8080/welcome#")
    for arguments, said in [
        (["role", "b@example.org", "operator"], "b@example.org is operator now\n"),
        (["lock", "b@example.org"], "b@example.org is locked out\n"),
        (["unlock", "b@example.org"], "b@example.org may log in\n"),
        (["sites", "b@example.org"], "b@example.org sees all sites\n"),
    ]:
        assert run(tmp_path, "user", *arguments).stdout == said
    assert run(tmp_path, "user", "list").stdout == ("a@example.org  administrator\nb@example.org  operator  invited\n")
    for arguments, said in [
        (["sites", "b@example.org", "Harbour"], "sites: there is no site named 'Harbour'"),
        (["role", "a@example.org", "viewer"], "a@example.org is the last administrator"),
        (["lock", "a@example.org"], "a@example.org is the last administrator"),
        (["role", "b@example.org", "god"], "role: must be one of owner, "),
        (["invite", "a@example.org"], "there is a user a@example.org already"),
        (["reset", "c@example.org"], "there is no user c@example.org"),
    ]:
        told = run(tmp_path, "user", *arguments)
        assert told.returncode == 2 and told.stderr.startswith(f"stationmaster: {said}"), told.stderr


def test_explain_tells_a_story_and_says_which_times_it_takes(tmp_path: Path) -> None:
    assert run(tmp_path, "station", "add", "CP1").returncode == 0
    told = run(tmp_path, "explain", "CP1", "--zone", "Europe/Berlin", "--minutes", "5")
    assert told.returncode == 0, told.stderr
    first, second, *story = told.stdout.splitlines()
    assert first.startswith("CP1 around ") and second.startswith("Times are in Europe/Berlin (UTC+0")
    assert any("It was added here." in line for line in story)
    wrong = run(tmp_path, "explain", "CP1", "--at", "noonish")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("stationmaster: at: 'noonish' is not understood as a time; write it as one of: ")
    assert run(tmp_path, "explain", "CP9").stderr == "stationmaster: there is no charger 'CP9'\n"


def test_a_database_is_checked_and_moves_only_from_sqlite_to_postgresql(tmp_path: Path) -> None:
    nothing = run(tmp_path, "db", "check")
    assert (nothing.returncode, "run `stationmaster migrate`" in nothing.stderr) == (1, True)
    assert run(tmp_path, "station", "add", "CP1").returncode == 0
    checked = run(tmp_path, "db", "check")
    assert checked.returncode == 0, checked
    assert "stations: 1\n" in checked.stdout and "the database is whole" in checked.stdout
    for target, said in (
        ("sqlite:///other.db", "a move goes from SQLite, which database.url names, to PostgreSQL"),
        ("mysql://x/y", "URL: mysql is not supported"),
    ):
        refused = run(tmp_path, "db", "move", target)
        assert refused.returncode == 2 and refused.stderr.startswith(f"stationmaster: {said}"), refused
