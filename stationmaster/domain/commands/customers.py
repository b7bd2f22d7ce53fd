"""Commands about what a charger knows of a customer (2.x)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from stationmaster.domain import local_lists, tokens
from stationmaster.domain.commands.certificates import CertificateName
from stationmaster.domain.commands.kinds import Command, TokenText
from stationmaster.domain.errors import Invalid
from stationmaster.domain.stations import Station
from stationmaster.storage import Work


class CustomerInformation(Command, frozen=True):
    """Let the charger tell what it knows of a customer (`report`), forget it (`clear`), or both: for who asks what is stored about
    them. The customer is named by a card, by an identifier of the maker's kind, or by the certificate of a car. What the charger
    tells is put together to one text. Its local list of cards is left alone: that follows the cards that are kept here."""

    report: bool = True
    clear: bool = False
    token: TokenText | None = None
    customer: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None
    certificate: CertificateName | None = None

    @property
    def can_be_repeated(self) -> bool:
        return not self.clear  # it has nothing to tell any more

    def check(self, work: Work, station: Station) -> str | None:
        if not self.report and not self.clear:
            raise Invalid("report", "nothing is asked for: choose `report`, `clear`, or both")
        named = [each for each in (self.token, self.customer, self.certificate) if each is not None]
        if len(named) != 1:  # N09.FR.09
            raise Invalid("token", "name the customer by one of `token`, `customer` and `certificate`")
        if self.clear and self.token is not None and local_lists.holds(work, station, tokens.uid_key(self.token)):
            return "the card is in the charger's local list; it leaves that list when it is removed here"
        return None
