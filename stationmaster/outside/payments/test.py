"""The provider for practice: it speaks to the bank of `test_bank.py`, over HTTP as all others do."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from stationmaster.outside.http import Failed, Http
from stationmaster.outside.http import Refused as NotReached
from stationmaster.outside.payments.provider import SIGNED_WITHIN_S, Asked, Forged, Refused, Unclear
from stationmaster.outside.payments.test_bank import SIGNATURE, signature
from stationmaster.payment_words import Amount, Movement, Refunded, SavedMethod, Told, Webhook

_SIGNED = re.compile(r"t=(\d{1,12}),v1=[0-9a-f]{64}")


class Practice:
    """An account with the bank for practice. `page` is where its payers pay, without the reference at its end."""

    kind = "test"
    can_hold = True

    def __init__(self, http: Http, *, url: str, secret: str, page: str) -> None:
        self._http = http
        self.url = url
        self.secret = secret
        self._page = page

    async def begin(self, asked: Asked, *, key: str) -> Told:
        fields = {
            "payment": asked.payment,
            "amount": asked.amount.minor,
            "currency": asked.amount.currency,
            "capture": asked.capture,
            "description": asked.description,
            "return_url": asked.return_url,
            "expires_at": asked.expires_at,
            "save": asked.save,
        }
        if asked.method is not None:
            fields["method"] = asked.method.method
        return self._told(await self._post("/payments", key, fields))

    async def increase(self, told: Told, amount: Amount, *, key: str) -> Told:
        return self._told(await self._post(f"/payments/{told.reference}/increase", key, {"amount": amount.minor}))

    async def capture(self, told: Told, amount: Amount, *, key: str) -> Told:
        return self._told(await self._post(f"/payments/{told.reference}/capture", key, {"amount": amount.minor}))

    async def release(self, told: Told, *, key: str) -> Told:
        return self._told(await self._post(f"/payments/{told.reference}/release", key, {}))

    async def refund(self, told: Told, amount: Amount, *, refund: str, charge: str, key: str) -> Refunded:
        fields = {"amount": amount.minor, "refund": refund, "charge": charge}
        return _refunded(await self._post(f"/payments/{told.reference}/refunds", key, fields))

    async def find(self, reference: str) -> Told:
        return self._told(await self._get(f"/payments/{quote(reference, safe='')}"))

    async def find_refund(self, reference: str) -> Refunded:
        return _refunded(await self._get(f"/refunds/{quote(reference, safe='')}"))

    async def movements(self, since: datetime, until: datetime) -> Sequence[Movement]:
        span = f"since={msgspec.to_builtins(since)}&until={msgspec.to_builtins(until)}"
        return [
            Movement(
                each["reference"],
                each["kind"],
                Amount(each["amount"], each["currency"]),
                msgspec.convert(each["at"], datetime),
                each["payment"],
            )
            for each in await self._get(f"/movements?{span}")
        ]

    def event(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Webhook:
        signed = headers.get(SIGNATURE, "")
        found = _SIGNED.fullmatch(signed)
        if found is None:
            raise Forged("there is no signature")
        at = datetime.fromtimestamp(int(found[1]), now.tzinfo)
        if not hmac.compare_digest(signed, signature(self.secret, body, at)):
            raise Forged("the signature is not ours")
        if abs((now - at).total_seconds()) > SIGNED_WITHIN_S:
            raise Forged("it was signed too long ago")
        said = msgspec.json.decode(body)
        return Webhook(
            id=said["id"],
            at=msgspec.convert(said["at"], datetime),
            kind=said["kind"],
            payment=self._told(said["payment"]) if "payment" in said else None,
            refund=_refunded(said["refund"]) if "refund" in said else None,
        )

    async def close(self) -> None:
        pass

    async def pay(self, reference: str, card: str) -> Told:
        """What the payer does on the bank's page. Raises `Refused`, `Unclear`."""
        return self._told(await self._post(f"/payments/{quote(reference, safe='')}/pay", None, {"card": card}))

    async def shown(self, reference: str) -> dict[str, Any]:
        """What the bank's page shows."""
        return dict(await self._get(f"/payments/{quote(reference, safe='')}"))

    async def _post(self, path: str, key: str | None, fields: dict[str, Any]) -> Any:
        headers = {"Content-Type": "application/json"} | ({} if key is None else {"Idempotency-Key": key})
        return await self._asked(self._http.post(self.url + path, msgspec.json.encode(fields), headers))

    async def _get(self, path: str) -> Any:
        return await self._asked(self._http.get(self.url + path))

    async def _asked(self, asking: Any) -> Any:
        try:
            answer = await asking
        except (Failed, NotReached, TimeoutError) as error:
            raise Unclear(str(error)) from error
        if answer.status >= 500 or answer.status == 429:
            raise Unclear(f"the bank answered {answer.status}")
        try:
            said = msgspec.json.decode(answer.body)
        except msgspec.DecodeError as error:
            raise Unclear("the bank's answer cannot be read") from error
        if answer.status >= 400:
            raise Refused(said["sentence"], said["code"])
        return said

    def _told(self, said: dict[str, Any]) -> Told:
        saved = None
        if said["save"] and said["card"] is not None:
            label = f"card ···· {said['card'][-4:]}"
            saved = SavedMethod(f"payer_{said['payment']}", f"card_{said['card']}", label)
        return Told(
            reference=said["reference"],
            state=said["state"],
            at=msgspec.convert(said["at"], datetime),
            payment=said["payment"],
            charge=said["charge"],
            amount=Amount(said["amount"], said["currency"]),
            captured=said["captured"],
            hold_until=None if said["hold_until"] is None else msgspec.convert(said["hold_until"], datetime),
            pay_at=f"{self._page}{said['reference']}",
            code=said["code"],
            reason=said["reason"],
            method=saved,
        )


def _refunded(said: dict[str, Any]) -> Refunded:
    return Refunded(
        reference=said["reference"],
        state=said["state"],
        at=msgspec.convert(said["at"], datetime),
        refund=said["refund"],
        charge=said["charge"],
        amount=Amount(said["amount"], said["currency"]),
    )
