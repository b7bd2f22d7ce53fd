"""Why something cannot be is said in the reader's language: each reason in the sources can be found, and has its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.reason_words import Reason
from tools import reasons


def test_each_reason_stands_in_the_sources_as_it_is_with_the_values_that_it_names() -> None:
    sources = reasons.read()
    assert len(sources.found) > 500
    assert sources.hidden == [], "put no reason together: name its values, as CONTRIBUTING.md says"
    assert [found for found in sources.found if reasons.wrong_values(found)] == []


def test_what_a_reason_is_made_of() -> None:
    reason = Reason("must have {least} to {most:,} characters, not {text!r}", least=3, most=10_000, text="a b")
    assert reason == "must have 3 to 10,000 characters, not 'a b'"
    assert reason.values == {"least": 3, "most": 10_000, "text": "a b"}
    assert reason.code == "must_have_least_to_most_characters_not_text"
    assert reasons.message_of(reason.template) == "must have {least} to {most, number} characters, not “{text}”"
    assert Reason("takes {braces} as they are").values == {}
    assert Conflict(Invalid("name", "is {what}", what="empty").reason).reason.template == "is {what}"


SOURCE = """
class Missing(Conflict): ...
class Conflict(Reasoned): ...
class Invalid(Reasoned): ...
SHORT = "is short"
def f(row, error):
    said = "one {x}" if row else "many"
    raise Missing(said, x=row)
    if row:
        raise Invalid("name", "is {y!r}")
    raise Invalid("name", SHORT)
    raise Conflict(f"put {together}")
    raise Conflict(str(error))
    raise Conflict(error.reason)
"""


def test_a_reason_that_is_put_together_is_found(tmp_path: Path) -> None:
    (tmp_path / "topic.py").write_text(SOURCE)
    sources = reasons.read(tmp_path)
    assert [each.template for each in sources.found] == ["one {x}", "many", "is {y!r}", "is short"]
    assert [place.rpartition(":")[2] for place in sources.hidden] == ["12", "13"]
    assert [reasons.wrong_values(each) for each in sources.found] == [set(), set(), {"y"}, set()]
    with pytest.raises(ValueError, match="the same code"):
        reasons.messages(reasons.Sources([reasons.Found("", "is {y}", None), reasons.Found("", "is y", None)], []))
