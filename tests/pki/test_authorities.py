"""The authorities of the settings: who is trusted, and who ends soon."""

from __future__ import annotations

from datetime import timedelta

from structlog.testing import capture_logs

from stationmaster.background import plug_and_charge
from stationmaster.outside import Http, Outside
from stationmaster.outside.pki import Authorities, Responders
from stationmaster.storage import Database
from tests.pki.authority import made, now

ROOT = made("MO Root", authority=True)


def test_trust_begins_at_those_that_have_signed_themselves() -> None:
    sub = ROOT.issue("MO Sub-CA", authority=True)
    trusted = Authorities([sub.certificate, ROOT.certificate])
    assert trusted.is_root(ROOT.certificate) and not trusted.is_root(sub.certificate)
    assert not trusted.is_root(made("MO Root", authority=True).certificate)


async def test_an_authority_that_ends_within_thirty_days_is_told_of_each_day(database: Database) -> None:
    soon, over = (made(name, authority=True, until=timedelta(days=days)) for name, days in (("Soon", 29), ("Over", -1)))
    later = made("Later", authority=True, until=timedelta(days=31))
    trusted = Authorities(each.certificate for each in (later, soon, over))
    outside = Outside(database, Http(), responders=Responders(Http(), now, authorities=trusted))
    with capture_logs() as logs:
        await plug_and_charge.tell_of_expiring(outside)
    assert [(line["event"], line["authority"]) for line in logs] == [
        ("authority.expiring", "CN=Soon"),
        ("authority.expiring", "CN=Over"),
    ]
