"""The committed messages are what the generator makes, complete, and cheap to import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stationmaster.ocpp.dialects import DIALECTS, V16, V21, V201, Dialect
from stationmaster.ocpp.messages import Response
from tests.ocpp import payloads
from tools import generate_messages

ROOT = Path(__file__).resolve().parents[2]


def test_the_generator_reproduces_the_committed_modules(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["generate_messages", "--check"])
    returned = generate_messages.main()
    assert (capsys.readouterr().out, returned) == ("", 0)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=repr)
def test_every_action_of_the_schemas_is_there_with_a_direction(dialect: Dialect) -> None:
    official = {name for name in payloads.schemas(dialect.subprotocol) if not name.endswith("Response")}
    assert set(dialect.requests) == official
    assert dialect.from_station | dialect.from_csms == official
    assert dialect.from_station & dialect.from_csms == {"DataTransfer"}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=repr)
def test_a_request_knows_its_action_and_its_response(dialect: Dialect) -> None:
    for action, request in dialect.requests.items():
        assert request.action == action == request.__name__
        if action == "NotifyPeriodicEventStream":
            assert request.response is Response
        else:
            assert request.response.__name__ == f"{action}Response"


def test_a_message_of_2_1_can_be_handled_as_one_of_2_0_1() -> None:
    for action, request in V201.requests.items():
        assert issubclass(V21.requests[action], request)
        assert issubclass(V21.requests[action].response, request.response)


def test_server_preference_is_newest_first() -> None:
    assert list(DIALECTS.values()) == [V21, V201, V16]
    assert list(DIALECTS) == ["ocpp2.1", "ocpp2.0.1", "ocpp1.6"]


def test_importing_builds_no_decoder() -> None:
    code = "from stationmaster.ocpp import dialects, shapes; print(shapes.decoder_of.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"
