"""Every message of the three versions has somebody who takes it, or sends it."""

from __future__ import annotations

import pytest

from stationmaster.app import ROUTES
from stationmaster.domain import commands


@pytest.mark.parametrize("version", ROUTES)
def test_every_message_of_a_charger_is_taken_and_every_message_to_it_is_sent_by_a_command(version: str) -> None:
    routes = ROUTES[version]
    assert set(routes.handlers) == routes.dialect.from_station
    sent = {request.action for command in commands.COMMANDS.values() for request in routes.requests_of(command)}
    assert sent == routes.dialect.from_csms


def test_every_command_has_a_version() -> None:
    known = {command for routes in ROUTES.values() for command in routes.senders}
    assert known == set(commands.COMMANDS.values())
