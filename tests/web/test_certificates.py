"""What a charger wants certificates for, on its page: a person saves the request, and gives what an authority has signed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.handlers.signed import CERTIFICATE, CSR, ROOT
from tests.web.conftest import Visitor

pytestmark = pytest.mark.slow


async def test_A02_a_person_gives_the_certificate_that_a_charger_has_asked_for(
    operator: Visitor, charger: Callable[..., Any]
) -> None:
    page, see = operator.page, operator.see
    raw = await charger("CP1", subprotocols=["ocpp2.0.1"], boot=False)
    plate = {"model": "Two", "vendorName": "Acme"}
    await raw.call("BootNotification", {"reason": "PowerUp", "chargingStation": plate})
    await raw.call("SignCertificate", {"csr": CSR, "certificateType": "ChargingStationCertificate"})
    await operator.open("/chargers/CP1?part=firmware")
    part = see("certificates")
    await expect(part).to_contain_text("For its connection")
    await expect(part).to_contain_text("Waits for a person")
    async with page.expect_download() as saved:
        await part.get_by_role("button", name="Its request").click()
    assert (await (await saved.value).path()).read_text() == CSR

    await part.get_by_role("button", name="Give a certificate…").click()
    await see("given-chain").fill("a key")
    await see("given-submit").click()
    await expect(page.get_by_text("PEM: it begins with")).to_be_visible()
    await see("given-chain").fill(CERTIFICATE + ROOT)
    await see("given-submit").click()
    _, number, action, payload = await raw.receive()
    assert (action, payload["certificateChain"]) == ("CertificateSigned", (CERTIFICATE + ROOT).strip())
    await raw.send([3, number, {"status": "Accepted"}])
    await expect(part).to_contain_text("In the charger")
    await expect(part.get_by_role("button", name="Give a certificate…")).to_have_count(0)
