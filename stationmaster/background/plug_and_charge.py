"""The outside world as the settings have it: with responders, authorities, and the provider of contracts of cars."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog

from stationmaster.domain.timers import every
from stationmaster.outside import Http, Outside
from stationmaster.outside.pki import Authorities, Contracts, Responders
from stationmaster.outside.pki.named import in_words, load
from stationmaster.settings import BadSettings, PlugAndCharge, Settings
from stationmaster.storage import Database

LOOK_UPS = 32  # names of responders that are looked up at the same time; a slow one holds its thread
SOON = timedelta(days=30)

log = structlog.get_logger()


def outside(settings: Settings, database: Database) -> Outside:
    """Raises `BadSettings` for a file of authorities that cannot be read."""
    part, reached = settings.plug_and_charge, settings.outside
    # Chargers name these hosts, and a name may be made to be looked up slowly.
    named = Http(
        reached.allowed_networks,
        timeout_s=part.timeout_s,
        look_ups=ThreadPoolExecutor(LOOK_UPS, thread_name_prefix="responders"),
    )
    responders = Responders(
        named,
        lambda: database.clock(),
        authorities=_authorities(part),
        hosts=part.responders,
        timeout_s=part.timeout_s,
    )
    contracts = Contracts(
        Http(reached.allowed_networks, timeout_s=part.provider_timeout_s),
        lambda: database.clock(),
        url=part.provider_url,
        secret=part.secret,
        secret_header=part.secret_header,
        timeout_s=part.provider_timeout_s,
    )
    http = Http(reached.allowed_networks, timeout_s=reached.timeout_s)
    operator = None if settings.tls.ca_key is None else settings.tls.operator
    return Outside(database, http, responders=responders, contracts=contracts, operator=operator)


@every(seconds=24 * 3600, for_itself=True)
async def tell_of_expiring(outside: Outside) -> None:
    """An authority that ends takes all its contracts with it: their cars are refused one morning."""
    if outside.responders is None:
        return
    now = outside.responders.clock()
    for each in outside.responders.authorities.all:
        until = each.not_valid_after_utc
        if until - SOON <= now:
            log.warning("authority.expiring", authority=in_words(each.subject), until=until.isoformat())


def _authorities(part: PlugAndCharge) -> Authorities:
    found = []
    for path in part.authorities:
        try:
            found += load(path.read_bytes())
        except OSError as error:
            raise BadSettings(f"plug_and_charge.authorities: {path}: {error.strerror}") from None
        except ValueError:
            raise BadSettings(f"plug_and_charge.authorities: {path}: there is no certificate (PEM) in it") from None
    return Authorities(found)
