"""Finds every reason that the server can give, in its sources: what the pages have in their catalogues is made from it.

A reason is a template that stands in the source as it is (`stationmaster/reason_words.py`): where it is given to an error or to
`Reason`, or in a name that is given there.
"""

from __future__ import annotations

import ast
import functools
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from stationmaster.reason_words import code_of

ROOT = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(r"^(?:async def |def |class |\w+ = |\w+: )", re.MULTILINE)
# Its name, what it is, and whether it has arguments of its own.
_CLASS = re.compile(
    r"^ *class (\w+)(?:\(([^)]*)\))?:[^\n]*\n((?:(?! *class )[^\n]*\n)*?    def __init__)?", re.MULTILINE
)
_IMPORT = re.compile(r"^from [\w.]*?(\w+) import (\([^)]*\)|[^\n]*)", re.MULTILINE)
_FIRST = "Reasoned"  # the class of which all errors with a reason are
_VALUE = re.compile(r"\{([a-z_]+)(!r|:,)?\}")


class Found(NamedTuple):
    """A reason where it stands, and the values that are given with it; None where they cannot be seen."""

    where: str
    template: str
    values: frozenset[str] | None


class Sources(NamedTuple):
    """All reasons, and the places where one is put together, so that nobody could know it."""

    found: list[Found]
    hidden: list[str]


@functools.cache
def read(folder: Path = ROOT / "stationmaster") -> Sources:
    """Those of all files."""
    texts = {path: path.read_text() for path in sorted(folder.rglob("*.py"))}
    errors, others = _errors(texts)
    sources = Sources([], [])
    for path, text in texts.items():
        strange = others.get(path.stem, set()) | {
            name
            for module, names in _IMPORT.findall(text)
            for name in others.get(module, set()) & set(re.findall(r"\w+", names))
        }
        mine = {name: place for name, place in errors.items() if name not in strange}
        given = re.compile(rf"\b(?:{'|'.join(mine)}|super\(\).__init__)\(|\A\w+ = [\"']")
        reader = _Reader(path.relative_to(folder.parent).as_posix(), mine, sources)
        for block in _parsed(text, given):
            reader.visit(block)
    return sources


def _parsed(text: str, given: re.Pattern[str]) -> list[ast.Module]:
    """The functions, classes and constants of a file that may give a reason: to parse all of them takes seconds."""
    starts = [match.start() for match in _BLOCK.finditer(text)]
    try:
        return [
            ast.parse("\n" * text.count("\n", 0, start) + text[start:end])
            for start, end in itertools.pairwise([*starts, len(text)])
            if given.search(text[start:end])
        ]
    except SyntaxError:  # a text within that begins where a block would
        return [ast.parse(text)]


def messages(sources: Sources) -> dict[str, str]:
    """By code: the sentence as catalogues have it. Raises `ValueError` for two with one code."""
    told: dict[str, str] = {}
    for _, template, _ in sources.found:
        code, message = code_of(template), message_of(template)
        if told.setdefault(code, message) != message:
            raise ValueError(f"{told[code]!r} and {message!r} have the same code: begin one of them in another way")
    return dict(sorted(told.items()))


def message_of(template: str) -> str:
    """In the form of ICU: a text in quotes, a long number with its separators."""
    marks = {"!r": "“{%s}”", ":,": "{%s, number}", None: "{%s}"}
    return _VALUE.sub(lambda match: marks[match[2]] % match[1], template)


def wrong_values(found: Found) -> set[str]:
    """What a template names and is not given, or names in a way that is not known."""
    named = {match[1] for match in _VALUE.finditer(found.template)}
    odd = set(re.findall(r"[{}]", _VALUE.sub("", found.template)))
    return odd | (set() if found.values is None else named - found.values)


def _errors(texts: Mapping[Path, str]) -> tuple[dict[str, int | None], dict[str, set[str]]]:
    """The names of all classes of errors with a reason, and which argument of theirs it is; None for one that takes others.
    And, by module, the classes that only have the name of one."""
    classes = [
        (path.stem, name, set(re.findall(r"\w+", of)), bool(own))
        for path, text in texts.items()
        for name, of, own in _CLASS.findall(text)
    ]
    place: dict[str, int | None] = {_FIRST: 0}
    while more := {name: None if own else 0 for _, name, of, own in classes if of & place.keys() and name not in place}:
        place |= more
    others: dict[str, set[str]] = {}
    for module, name, of, _ in classes:
        if name in place and name != _FIRST and not of & place.keys():
            others.setdefault(module, set()).add(name)
    return place | {"Invalid": 1, "Reason": 0}, others


class _Reader(ast.NodeVisitor):
    """Goes through one file; `names` are the texts that have a name in the function where it is."""

    def __init__(self, where: str, errors: dict[str, int | None], sources: Sources) -> None:
        self._where = where
        self._errors = errors
        self._sources = sources
        self._names: dict[str, list[ast.expr]] = {}
        self._in_error = False

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        before, self._in_error = self._in_error, node.name in self._errors
        self.generic_visit(node)
        self._in_error = before

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        before, self._names = self._names, dict(self._names)
        self.generic_visit(node)
        self._names = before

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Assign(self, node: ast.Assign) -> None:
        if isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Constant | ast.IfExp | ast.JoinedStr):
            self._names.setdefault(node.targets[0].id, []).append(node.value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = _name(node.func)
        index = 0 if self._in_error and name == "__init__" else self._errors.get(name)
        if index is not None and len(node.args) > index:
            self._keep(node, node.args[index])
        self.generic_visit(node)

    def _keep(self, call: ast.Call, reason: ast.expr) -> None:
        place = f"{self._where}:{call.lineno}"
        given = [each.arg for each in call.keywords]
        values = None if None in given else frozenset(each for each in given if each is not None)
        for text in _texts(reason, self._names):
            if text is None:
                self._sources.hidden.append(place)
            elif text:
                self._sources.found.append(Found(place, text, values))


def _texts(node: ast.expr, names: Mapping[str, Sequence[ast.expr]]) -> Iterator[str | None]:
    """The texts that an argument may be; None for one that is put together here. What was a reason before is neither."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp():
            yield from _texts(node.body, names)
            yield from _texts(node.orelse, names)
        case ast.Name():
            for value in names.get(node.id, ()):
                yield from _texts(value, {})
        case ast.JoinedStr():
            yield None
        case ast.BinOp() if any(
            isinstance(each, ast.Constant) and isinstance(each.value, str) for each in ast.walk(node)
        ):
            yield None
        case ast.Call() if _name(node.func) in ("str", "join", "format", "repr", "replace"):
            yield None


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
