"""What meters have signed, in the file that the public software for checking it reads (D-06)."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

import msgspec
import pytest

from stationmaster.domain.errors import NotFound
from stationmaster.domain.invoices.documents import Charge, SignedValue
from stationmaster.domain.invoices.signed import transparency_file
from tests.money.test_documents import m_07

# With every sign that XML has a meaning for: it must come out as it went in, or no signature is right any more.
RECORD = 'OCMF|{"FV":"1.0","IS":true,"IL":"MISMATCH","ID":"<a&b>\'\\"","RD":[{"RV":0.26,"RU":"kWh"}]}|{"SD":"887FABF4"}'
KEY = "3059301306072A8648CE3D020106082A8648CE3D03010703420004"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def with_values(*values: SignedValue) -> Charge:
    return msgspec.structs.replace(m_07().charges[0], signed=values)


@pytest.mark.parametrize("text", [RECORD, encoded(RECORD)], ids=["1.6", "2.x"])
@pytest.mark.parametrize("key", [KEY, encoded(KEY), encoded(f"oca:base16:asn1:{KEY}"), f"oca:base16:asn1:{KEY}"])
def test_D_06_begin_and_end_are_in_one_file_as_they_were_signed(text: str, key: str) -> None:
    values = [SignedValue(context=f"Transaction.{when}", text=text, public_key=key) for when in ("Begin", "End")]
    found = ElementTree.fromstring(transparency_file([with_values(*values)])).findall("value")
    assert [(each.get("transactionId"), each.get("context")) for each in found] == [
        ("s1", "Transaction.Begin"),
        ("s1", "Transaction.End"),
    ]
    for each in found:
        assert each.findtext("signedData") == RECORD
        assert each.find("signedData[@format='OCMF'][@encoding='plain']") is not None
        assert each.findtext("publicKey") == (
            key if key == encoded(KEY) else KEY
        )  # where nothing says what it is, it stays


def test_D_06_without_a_key_and_in_another_format() -> None:
    [found] = ElementTree.fromstring(transparency_file([with_values(SignedValue(text="AQID", encoding="EDL"))]))
    assert found.find("signedData[@format='EDL']") is not None and found.find("publicKey") is None
    assert found.findtext("signedData") == "AQID"


def test_D_06_where_nothing_was_signed_there_is_no_file() -> None:
    with pytest.raises(NotFound):
        transparency_file([with_values()])
