"""The body of an answer becomes JSON values. No digit of a number is lost, and no list to an odd character.

orjson reads nearly every body. But it makes a float of an integer beyond 64 bits, and refuses a lone
surrogate, a byte that is not UTF-8, a byte order mark and very deep nesting. The slower parser of the
standard library reads such a body.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

import orjson

from tap_freshsales_users.records.coercion import MIN_INT64

# The integers that orjson reads and writes as integers.
MIN_INTEGER, MAX_INTEGER = MIN_INT64, 2**64 - 1
LONGEST_INTEGER = len(str(MIN_INTEGER))
# Deeper than a record may be (see `loadable`), so that a value that is cut here is noticed there.
DEEPEST = 500

# All digits and points become one byte: searching for a run of that byte is faster than a pattern.
_AS_DIGITS = bytes.maketrans(b"123456789.", b"0000000000")
_LONG_RUN = b"0" * 19
# The same run in the place of a number: behind a sign, a colon, a comma, a bracket or white space.
_LONG_NUMBER = re.compile(rb"[-:,\[\s][0-9.]{19}")
_TOKENS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', re.DOTALL)


def parse(body: bytes) -> Any:
    """The JSON value of a body; raises ValueError if it is not JSON.

    A number that neither a 64-bit integer nor a float holds exactly becomes the text of its digits. What
    is not valid Unicode stays in the text as lone surrogates.
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
    except ArithmeticError:  # an exponent that no float can hold
        return digits


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _without_depths(text: str) -> str:
    """The same value, with null in place of what is nested deeper than `DEEPEST`."""
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
