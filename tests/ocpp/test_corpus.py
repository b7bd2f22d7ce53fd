"""RPC-20 without sockets: whatever the corpus holds, reading and decoding raise OcppError or nothing."""

from __future__ import annotations

from collections import Counter

import pytest

from stationmaster.ocpp import frames
from stationmaster.ocpp.dialects import DIALECTS
from stationmaster.ocpp.errors import OcppError
from tests.ocpp import corpus

SEED = 20
EACH_VERSION = pytest.mark.parametrize("subprotocol", DIALECTS)


@EACH_VERSION
@pytest.mark.parametrize("strict", [True, False], ids=["strict", "lenient"])
def test_RPC_20_nothing_but_an_ocpp_error_comes_out(subprotocol: str, strict: bool) -> None:
    dialect = DIALECTS[subprotocol]
    outcomes: Counter[str] = Counter()
    for data in corpus.frames(subprotocol, SEED, 3_400):
        try:
            frame = frames.read(data)
            if isinstance(frame, frames.Call | frames.Send):
                dialect.decode_request(frame.action, frame.payload, strict=strict)
            outcomes[type(frame).__name__] += 1
        except OcppError as error:
            outcomes[dialect.error_code(error.defect)] += 1
            assert len(error.description) <= 255
            assert len(error.message_id) <= frames.LONGEST_ID
    # The corpus reaches all there is to reach.
    assert {"Call", "CallResult", "CallError", "CallResultError", "Send", "UnknownType"} <= set(outcomes)
    missing = {dialect.error_code(defect) for defect in corpus.REACHED} - set(outcomes)
    assert not missing, outcomes


@EACH_VERSION
def test_RPC_20_the_corpus_is_the_same_each_time(subprotocol: str) -> None:
    first = list(corpus.frames(subprotocol, SEED, 200))
    assert list(corpus.frames(subprotocol, SEED, 200)) == first
    assert list(corpus.frames(subprotocol, SEED + 1, 200)) != first
    assert len(set(first)) > 180
