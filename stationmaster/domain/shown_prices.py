"""What charging costs whoever shows a card, for chargers whose settings say that they show prices."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from stationmaster.domain import commands, station_settings, tariff_places, tariffs
from stationmaster.domain.commands.history import commands as asked
from stationmaster.domain.customers import customers
from stationmaster.domain.events import PriceWanted
from stationmaster.domain.money.price_text import in_words
from stationmaster.domain.stations import Station
from stationmaster.storage import Work

SETTINGS = {
    "1.6": "CustomDisplayCostAndPrice",
    "2.0.1": "TariffCostCtrlr/Enabled(Tariff)",
    "2.1": "TariffCostCtrlr/Enabled(Tariff)",
}
"""Which setting says, in each version, that a charger shows prices (I01.FR.02)."""

SHOWN_FOR = timedelta(minutes=5)
MOST_TIMES = 2  # with the card when it was shown, and once more when a session has begun, as some take it only then


class Shown(NamedTuple):
    """What a charger of 1.6 is to show."""

    station_id: int
    command: commands.ShowPrice


def ask(work: Work, station: Station, card: str, customer_id: int | None, *, shown_at: datetime | None = None) -> None:
    """A charger of 1.6 has no place for a price in its answer: it is told after it, where it shows one.

    `shown_at`: None is now. Who came while the charger was offline has long since left its display.
    """
    is_news = shown_at is None or work.now - shown_at < SHOWN_FOR
    if is_news and _shows_prices(work, station):
        work.publish(
            PriceWanted(
                organization_id=station.organization_id, station_id=station.id, token=card, customer_id=customer_id
            )
        )


def at(work: Work, station: Station, customer_id: int | None) -> str | None:
    """What a charger of 2.x tells with the card; None where it shows no prices, or none holds."""
    return _text(work, station.organization_id, station.id, customer_id) if _shows_prices(work, station) else None


def wanted(work: Work, event: PriceWanted) -> Shown | None:
    """What a charger of 1.6 is told by now; None where no price holds, or it shows it already."""
    text = _text(work, event.organization_id, event.station_id, event.customer_id)
    if text is None:
        return None
    command = commands.ShowPrice(token=event.token, text=text)
    return None if _is_shown(work, event.station_id, command) else Shown(event.station_id, command)


def _is_shown(work: Work, station_id: int, command: commands.ShowPrice) -> bool:
    """It has taken it, or was told it often enough: some chargers ask for a card over and over."""
    newest = select(asked.c.arguments, asked.c.outcome).where(
        asked.c.station_id == station_id, asked.c.name == "show-price", asked.c.asked_at > work.now - SHOWN_FOR
    )
    last = work.execute(newest.order_by(asked.c.id.desc()).limit(MOST_TIMES)).all()
    told = {"token": command.token, "text": command.text}
    if not last or last[0].arguments != told:
        return False
    return last[0].outcome == "accepted" or (len(last) == MOST_TIMES and last[-1].arguments == told)


def _shows_prices(work: Work, station: Station) -> bool:
    return station_settings.is_on(work, station.id, SETTINGS[station.version])


def _text(work: Work, organization_id: int, station_id: int, customer_id: int | None) -> str | None:
    """One line where all its EVSEs cost the same, else one for each; cut where a display would cut it."""
    held = tariff_places.for_driver(work, organization_id, station_id, customer_id=customer_id)
    rows = tariffs.of_keys(work, organization_id, {one.tariff.id for one in held.values() if one is not None})
    if not rows:
        return None
    language = None
    if customer_id is not None:
        language = work.execute(select(customers.c.language).where(customers.c.id == customer_id)).scalar()
    words = {key: in_words(tariffs.version_of(row), language) for key, row in rows.items()}
    texts = {evse: words[one.tariff.id] for evse, one in sorted(held.items()) if one is not None}
    if len(set(texts.values())) == 1:
        return next(iter(texts.values()))[: commands.LONGEST_PRICE]
    return "\n".join(f"{evse}: {text}" for evse, text in texts.items())[: commands.LONGEST_PRICE]
