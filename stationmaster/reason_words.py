"""Sentences that say why something cannot be, in such a way that a page can say them in another language."""

from __future__ import annotations

import functools
import re

_VALUE = re.compile(r"\{(\w+)[^}]*\}")  # its name, and how Python is to write it
_CODE_WORDS = 12


class Reason(str):
    """An English sentence that knows what it was made of.

    `template` stands in the source as it is, never put together there: its values are named in braces, as `str.format` takes them,
    and given beside it. Whole numbers are told as they are, all else as text.
    """

    template: str
    values: dict[str, str | int]

    def __new__(cls, template: str, /, **values: object) -> Reason:
        made = super().__new__(cls, template.format_map(values) if values else template)
        made.template = template
        made.values = {name: value if type(value) is int else str(value) for name, value in values.items()}
        return made

    @classmethod
    def told(cls, sentence: str, template: str, values: dict[str, str | int]) -> Reason:
        """One of another node, which has put it together already; one of before has told its sentence only."""
        made = cls(sentence)
        made.template, made.values = template or sentence, values
        return made

    @property
    def code(self) -> str:
        """What a program can switch on, whatever the values are."""
        return code_of(self.template)


class Reasoned(Exception):
    """An error with a sentence for people. Give it a `Reason`, or a template and its values."""

    def __init__(self, reason: str = "", /, **values: object) -> None:
        self.reason = reason_of(reason, values)
        super().__init__(self.reason)


def reason_of(said: str, values: dict[str, object]) -> Reason:
    """A reason as it is; a template as one."""
    return said if isinstance(said, Reason) else Reason(said, **values)


@functools.cache
def code_of(template: str) -> str:
    """The first words of a template: `must_have_least_to_most_characters` for `must have {least} to {most} characters`."""
    return "_".join(re.findall(r"[a-z0-9]+", _VALUE.sub(r" \1 ", template).lower())[:_CODE_WORDS])
