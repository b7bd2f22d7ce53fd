"""Certification cases of block E, Transactions (OCPP 2.0.1 part 6, 3.6)."""

from __future__ import annotations

from tests.conformance.octt import Octt


async def test_TC_E_03(octt: Octt) -> None:
    await octt.booted()
    await octt.ev_connected_pre_session()
    await octt.authorized()
    await octt.energy_transfer_started()
    await octt.ev_disconnected()
