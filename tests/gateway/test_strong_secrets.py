"""A strong secret that was kept as if it were weak is slow once, and never again (docs/decisions/0015)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from stationmaster.domain import credentials, organizations, stations
from stationmaster.domain.credentials import Credential
from tests.charger import Charger
from tests.gateway.conftest import until

STRONG, WEAK = "4cJ1OiruLZyQLFrU5URs2Q", "correct horse battery staple"


def follows_anew(app: Any) -> bool:
    """The directory reads all rows again: one of the test has a number that no later change exceeds."""
    app.directory._number = 0
    return True


@pytest.mark.parametrize("secret, stays", [(STRONG, False), (WEAK, True)])
async def test_a_row_from_before_is_put_right_by_its_first_connection(
    app: Any, rows: Any, secret: str, stays: bool
) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(stations.create, home, app.keys, identity="CP1", secret=secret)
    kept = app.directory.find("CP1").credential
    before = Credential(kept.salt, kept.digest[:2], credentials._argon2.hash(secret.encode()))
    as_before = update(stations.stations).values(
        secret_digest=before.digest, secret_slow=before.slow, change_number=2**40
    )
    await app.database.write(lambda work: work.execute(as_before))
    await until(lambda: app.directory.find("CP1").credential == before)
    cp = await Charger.connect(app.gateway_port, "CP1", secret)
    await cp.boot()
    if not stays:
        await until(lambda: follows_anew(app) and app.directory.find("CP1").credential == kept)
    [row] = await rows(stations.stations)
    assert (row.secret_slow is not None) == stays
    assert "currentTime" in await cp.call("Heartbeat")  # the secret is the same: nobody is sent away
    await cp.close()
    again = await Charger.connect(app.gateway_port, "CP1", secret)
    await again.close()
