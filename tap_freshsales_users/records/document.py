"""The body of an answer -> JSON values: no digit of a number is lost, and no odd character loses the list.

orjson reads nearly every body. It makes a float of an integer beyond 64 bits, and refuses a lone surrogate,
a byte that is no UTF-8, a byte order mark and very deep nesting; such a body is read by the slower parser of
the standard library.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

import orjson

# What orjson reads and writes as an integer.
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**64 - 1
LONGEST_INTEGER = len(str(MIN_INTEGER))
# Deeper than what a record may hold (see `loadable`), so that what is cut here is noticed there.
DEEPEST = 500

# Digits and points all become the same byte: to search for that many is faster than a pattern.
_AS_DIGITS = bytes.maketrans(b"123456789.", b"0000000000")
_LONG_RUN = b"0" * 19
# The same run where a number may stand: behind a sign, a colon, a comma, a bracket or white space.
_LONG_NUMBER = re.compile(rb"[-:,\[\s][0-9.]{19}")
_TOKENS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', re.DOTALL)


def parse(body: bytes) -> Any:
    """Raises ValueError where the body is not JSON.

    A number that a 64-bit integer or a float cannot hold exactly becomes the text of its digits. What is no
    Unicode character stays in the text as a lone surrogate.
    """
    if not (_LONG_RUN in body.translate(_AS_DIGITS) and _LONG_NUMBER.search(body)):
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            pass
    text = body.decode(json.detect_encoding(body), "surrogateescape")
    try:
        return _loads(text)
    except RecursionError:
        return _loads(_without_depths(text))


def _loads(text: str) -> Any:
    return json.loads(text, parse_int=_integer, parse_float=_fraction, parse_constant=_refuse)


def _integer(digits: str) -> int | str:
    if len(digits) > LONGEST_INTEGER:
        return digits
    number = int(digits)
    return number if MIN_INTEGER <= number <= MAX_INTEGER else digits


def _fraction(digits: str) -> float | str:
    number = float(digits)
    try:
        return number if Decimal(digits) == Decimal(repr(number)) else digits
    except ArithmeticError:  # an exponent beyond all bounds
        return digits


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _without_depths(text: str) -> str:
    """Null in place of whatever lies deeper than `DEEPEST`."""
    kept: list[str] = []
    begin = depth = 0
    for token in _TOKENS.finditer(text):
        if token[0] in {"[", "{"}:
            depth += 1
            if depth == DEEPEST + 1:
                kept += text[begin : token.start()], "null"
        elif token[0] in {"]", "}"}:
            if depth == DEEPEST + 1:
                begin = token.end()
            depth -= 1
    kept.append(text[begin:])
    return "".join(kept)
