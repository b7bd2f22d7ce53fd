"""Certification cases of block M, certificate management (OCPP 2.0.1 part 6, 3.14)."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.domain import commands
from tests.conformance.octt import PEM, Octt
from tests.conformance.octt import certificate_name as named

USES = {
    "csms": "CSMSRootCertificate",
    "manufacturer": "ManufacturerRootCertificate",
    "v2g": "V2GRootCertificate",
    "contracts": "MORootCertificate",
    "own_v2g": "V2GCertificateChain",
}


def chain(use: str, *children: dict[str, str], **name: str) -> dict[str, Any]:
    told: dict[str, Any] = {"certificateType": USES[use], "certificateHashData": named(**name)}
    return told | {"childCertificateHashData": list(children)} if children else told


async def installed(octt: Octt, use: str, status: str = "Accepted") -> commands.CommandRecord:
    """The state CertificateInstalled: what the operator was told."""
    command = commands.InstallCertificate(use=use, certificate=PEM)  # type: ignore[arg-type]
    came, calls = await octt.operator(command, {"status": status})
    assert calls == [("InstallCertificate", {"certificateType": USES[use], "certificate": PEM})]
    return came


async def get_installed(octt: Octt, *uses: str, chains: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The state GetInstalledCertificates: the certificates that the operator is told of."""
    answer = {"status": "Accepted", "certificateHashDataChain": chains} if chains else {"status": "NotFound"}
    came, [(action, request)] = await octt.operator(commands.ListCertificates(uses=list(uses)), answer)  # type: ignore[arg-type]
    assert action == "GetInstalledCertificateIds"
    assert request == ({"certificateType": [USES[use] for use in uses]} if uses else {})
    assert came.state == "done"
    told: list[dict[str, str]] = (came.data or {})["certificates"]
    return told


def in_our_words(use: str, name: dict[str, str]) -> dict[str, str]:
    return {
        "use": use,
        "hash_algorithm": name["hashAlgorithm"],
        "issuer_name_hash": name["issuerNameHash"],
        "issuer_key_hash": name["issuerKeyHash"],
        "serial_number": name["serialNumber"],
    }


async def install(octt: Octt, use: str) -> None:
    await octt.booted()
    came = await installed(octt, use)
    assert (came.state, came.outcome) == ("done", "accepted")


async def test_TC_M_01(octt: Octt) -> None:
    await install(octt, "csms")


async def test_TC_M_02(octt: Octt) -> None:
    await install(octt, "manufacturer")


async def test_TC_M_03(octt: Octt) -> None:
    await install(octt, "v2g")


async def test_TC_M_04(octt: Octt) -> None:
    await install(octt, "contracts")


async def test_TC_M_05(octt: Octt) -> None:
    await octt.booted()
    came = await installed(octt, "csms", "Failed")
    assert (came.state, came.outcome) == ("failed", "rejected")
    assert came.sentence == "The charger has tried, and could not do it."


async def retrieve(octt: Octt, use: str) -> None:
    await octt.booted()
    told = await get_installed(octt, use, chains=[chain(use)])
    assert told == [in_our_words(use, named())]


async def test_TC_M_12(octt: Octt) -> None:
    await octt.booted()
    for algorithm in ("SHA256", "SHA384", "SHA512"):
        told = await get_installed(octt, "csms", chains=[chain("csms", algorithm=algorithm)])
        assert told == [in_our_words("csms", named(algorithm))]


async def test_TC_M_13(octt: Octt) -> None:
    await retrieve(octt, "manufacturer")


async def test_TC_M_14(octt: Octt) -> None:
    await retrieve(octt, "v2g")


async def test_TC_M_15(octt: Octt) -> None:
    await octt.booted()
    sub = named(serial="02")
    told = await get_installed(octt, "own_v2g", chains=[chain("own_v2g", sub)])
    assert told == [in_our_words("own_v2g", named()), in_our_words("own_v2g", sub)]


async def test_TC_M_16(octt: Octt) -> None:
    await retrieve(octt, "contracts")


async def test_TC_M_17(octt: Octt) -> None:
    await octt.booted()
    chains = [chain("csms"), chain("manufacturer", serial="02")]
    told = await get_installed(octt, "csms", "manufacturer", chains=chains)
    assert told == [in_our_words("csms", named()), in_our_words("manufacturer", named(serial="02"))]


async def test_TC_M_18(octt: Octt) -> None:
    await octt.booted()
    told = await get_installed(octt, chains=[chain(use) for use in USES])
    assert told == [in_our_words(use, named()) for use in USES]


async def test_TC_M_19(octt: Octt) -> None:
    await octt.booted()
    assert await get_installed(octt, "manufacturer", chains=[]) == []
    assert (await octt.record()).sentence == "The charger has no such certificate."


async def delete(octt: Octt, algorithm: str, status: str) -> commands.CommandRecord:
    """What the operator was told who removed the certificate that he had found in the list."""
    [found] = await get_installed(octt, "csms", chains=[chain("csms", algorithm=algorithm)])
    facts: Any = {name: value for name, value in found.items() if name != "use"}
    came, calls = await octt.operator(commands.DeleteCertificate(**facts), {"status": status})
    assert calls == [("DeleteCertificate", {"certificateHashData": named(algorithm)})]
    return came


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
async def test_TC_M_20(octt: Octt, algorithm: str) -> None:
    await octt.booted()
    await installed(octt, "csms")
    came = await delete(octt, algorithm, "Accepted")
    assert (came.state, came.outcome) == ("done", "accepted")


async def test_TC_M_21(octt: Octt) -> None:
    await octt.booted()
    await installed(octt, "csms")
    came = await delete(octt, "SHA256", "Failed")
    assert (came.state, came.sentence) == ("failed", "The charger has tried, and could not do it.")
