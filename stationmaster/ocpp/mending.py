"""Frames that are no JSON, but whose meaning is plain: repaired byte by byte, with a remark for each kind of repair.

Some firmwares put their texts together by hand. What they get wrong is always the same: a raw control character or a stray
byte of Latin-1 in a text, the zero at the end of a C string, NaN for a number that was never measured, a comma too many. None of
it leaves a doubt about what was meant, and to refuse it would lose what it tells.
"""

from __future__ import annotations

import re

# A text with all that is in it, an open one to the end included; a number, or what was meant as one; a comma beside a bracket; a name without
# its value.
_TOKEN = re.compile(
    rb'(?P<text>"(?:[^"\\]|\\.)*(?:"|\Z))'
    rb"|(?P<word>[-+]?[A-Za-z_][A-Za-z_0-9]*)"
    rb"|(?P<number>[-+]?[0-9.][0-9.eE+-]*)"
    rb"|(?P<comma>,(?=\s*[\]}])|(?<=[\[{]),)"
    rb"|(?P<empty>:(?=\s*[,}]))"
    rb"|(?P<control>[\x00-\x08\x0b\x0c\x0e-\x1f\x7f])",
    re.DOTALL,
)
_NO_NUMBERS = frozenset({b"nan", b"inf", b"infinity", b"undefined", b"none", b"null"})
_IN_TEXT = re.compile(
    rb"[\x00-\x1f]|\\u[dD][89a-fA-F][0-9a-fA-F]{2}(?:\\u[dD][c-fC-F][0-9a-fA-F]{2})?|\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL
)
_PLAIN_ESCAPES = frozenset(b'"\\/bfnrt')
_NUMBER = re.compile(rb"([-+]?)0*(\d*)(?:(\.)(\d*))?([eE][-+]?\d+)?\Z")
_REPLACEMENT = "\ufffd".encode()

NUL = "a zero byte in a text; replaced"
CONTROL = "a control character in a text; understood"
ESCAPE = "a backslash that escapes nothing; kept as it is"
SURROGATE = "half a character in a text; replaced"
NOT_UTF8 = "not UTF-8; what could not be read is replaced"
AROUND = "bytes around the frame; left out"
NO_NUMBER = "NaN or Infinity instead of a number; taken as absent"
NUMBER = "a number in another form than JSON's; understood"
COMMA = "a comma too many; left out"
EMPTY = "a value is missing after its name; taken as absent"


def mend(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The frame as it was meant, and what was repaired. What has no remark is as it was; it may still be no frame."""
    remarks: dict[str, None] = {}
    try:
        data.decode()
    except UnicodeDecodeError:
        data = data.decode(errors="replace").encode()
        remarks[NOT_UTF8] = None
    bare = data.strip(b"\0\xef\xbb\xbf \t\r\n") if data[:1] != b"[" or data[-1:] != b"]" else data
    if bare.strip() != data.strip():
        remarks[AROUND] = None

    def mended(found: re.Match[bytes]) -> bytes:
        return _MENDERS[found.lastgroup or ""](found[0], remarks)

    return _TOKEN.sub(mended, bare), tuple(remarks)


def _text(text: bytes, remarks: dict[str, None]) -> bytes:
    def mended(found: re.Match[bytes]) -> bytes:
        token = found[0]
        if len(token) == 1:
            remarks[NUL if token == b"\0" else CONTROL] = None
            return _REPLACEMENT if token == b"\0" else b"\\u%04x" % token[0]
        if token[1:2] == b"u" and len(token) in (6, 12):
            if token[2:].lower() == b"0000":  # no text of a station's means it, and PostgreSQL cannot keep it
                remarks[NUL] = None
                return _REPLACEMENT
            if token[2:3] in b"dD" and token[3:4] in b"89abcdefABCDEF" and len(token) == 6:
                remarks[SURROGATE] = None
                return _REPLACEMENT
            return token
        if token[1] in _PLAIN_ESCAPES:
            return token
        remarks[ESCAPE] = None
        return b"\\\\" + (token[1:] if token[1] >= 0x20 else b"\\u%04x" % token[1])

    if not _IN_TEXT.search(text):
        return text
    return b'"' + _IN_TEXT.sub(mended, text[1:-1]) + b'"' if text.endswith(b'"') and len(text) > 1 else text


def _word(word: bytes, remarks: dict[str, None]) -> bytes:
    if word in (b"true", b"false", b"null"):
        return word
    lower = word.lower()
    if lower in (b"true", b"false"):
        return lower
    if lower.lstrip(b"-+") in _NO_NUMBERS:
        remarks[NO_NUMBER] = None
        return b"null"
    return word


def _number(number: bytes, remarks: dict[str, None]) -> bytes:
    found = _NUMBER.match(number)
    if found is None:
        return number
    sign, whole, point, fraction, exponent = found.groups()
    if not whole and not fraction and b"0" not in number:
        return number
    plain = (
        (b"-" if sign == b"-" else b"")
        + (whole or b"0")
        + (b"." + fraction if point and fraction else b"")
        + (exponent or b"")
    )
    if plain != number:
        remarks[NUMBER] = None
    return plain


def _comma(comma: bytes, remarks: dict[str, None]) -> bytes:
    remarks[COMMA] = None
    return b""


def _empty(colon: bytes, remarks: dict[str, None]) -> bytes:
    remarks[EMPTY] = None
    return b":null"


def _control(control: bytes, remarks: dict[str, None]) -> bytes:
    remarks[AROUND] = None
    return b" "


_MENDERS = {"text": _text, "word": _word, "number": _number, "comma": _comma, "empty": _empty, "control": _control}
