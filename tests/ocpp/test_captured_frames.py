"""Frames as stations in the field have sent them. The file name tells the story; a bug starts as one more file here.

Each file: which version, the frame (a JSON value, or `text` for one that is no JSON), and what has to come of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stationmaster.ocpp import frames
from stationmaster.ocpp.dialects import DIALECTS
from stationmaster.ocpp.errors import OcppError

FILES = sorted(Path(__file__).with_name("frames").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_captured_frame(path: Path) -> None:
    story = json.loads(path.read_text())
    dialect = DIALECTS[story["subprotocol"]]
    data = story["text"].encode() if "text" in story else json.dumps(story["frame"]).encode()
    expected: dict[str, Any] = story["expect"]
    if "code" in expected:
        with pytest.raises(OcppError) as caught:
            frame = frames.read(data)
            assert isinstance(frame, frames.Call)
            dialect.decode_request(frame.action, frame.payload)
        assert dialect.error_code(caught.value.defect) == expected["code"]
        return
    frame = frames.read(data)
    assert isinstance(frame, frames.Call)
    message, remarks = dialect.decode_request(frame.action, frame.payload)
    assert json.loads(msgspec.json.encode(message)) == expected["message"]
    assert list(remarks) == expected["remarks"]


def test_there_are_captured_frames() -> None:
    assert len(FILES) >= 10
