"""Converts a value to the type of its column, if nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from tap_freshsales_users.epoch import seconds_since_1970

MIN_INT64, MAX_INT64 = -(2**63), 2**63 - 1
# Beyond these, a float cannot hold every integer.
EXACT_FLOAT = 2**53
UTC_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")
OFFSET_TIME = re.compile(
    r"(\d{4}-?\d{2}-?\d{2})[Tt ](\d{2}:?\d{2}(?::?\d{2})?)(?:[.,](\d+))? ?([Zz]|UTC|[+-]\d{2}:?\d{2})"
)
# By length: the mark, and where it stands, that tells the form from others as long.
USUAL_FORMS = {
    len("2026-01-31T00:00:00Z"): (19, "Z"),
    len("2026-01-31T00:00:00.000Z"): (19, "."),
    len("2026-01-31T00:00:00+00:00"): (22, ":"),
}
TRUTHS = {"true": True, "false": False, "1": True, "0": False}


class UncoercibleError(Exception):
    """The value does not fit the column."""


def to_string(value: object) -> str:
    """Text, a number or a truth value, as text; raises UncoercibleError."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise UncoercibleError


def to_integer(value: object) -> int:
    """A whole number of 64 bits, also from its text or an exact float; raises UncoercibleError."""
    if type(value) is int and MIN_INT64 <= value <= MAX_INT64:
        return value  # what nearly all are
    is_whole_float = isinstance(value, float) and value.is_integer() and abs(value) < EXACT_FLOAT
    if is_whole_float or (isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d{1,19}\s*", value)):
        value = int(value)  # type: ignore[call-overload]
    if isinstance(value, int) and not isinstance(value, bool) and MIN_INT64 <= value <= MAX_INT64:
        return value
    raise UncoercibleError


def to_boolean(value: object) -> bool:
    """True or false, also from their usual texts and 1 or 0; raises UncoercibleError."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int):
        truth = TRUTHS.get(str(value).strip().lower())
        if truth is not None:
            return truth
    raise UncoercibleError


def to_date_time(value: object) -> str:
    """The moment as RFC 3339 in UTC, ending in Z. A number, or text of digits, counts from 1970.

    Such a number is in seconds or milliseconds, by its size. A time without an offset is refused: it does not
    name a moment.
    """
    if isinstance(value, str):
        usual = _usual_date_time(value)
        if usual is not None:
            return usual
        if UTC_TIME.fullmatch(value):
            _checked(value)
            return value
        match = OFFSET_TIME.fullmatch(value.strip())
        if match is not None:
            return _utc(*match.groups())
        if not re.fullmatch(r"\d{9,13}", value):
            raise UncoercibleError
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UncoercibleError
    try:
        return datetime.fromtimestamp(seconds_since_1970(value), UTC).isoformat().removesuffix("+00:00") + "Z"
    except (ValueError, OverflowError, OSError):
        raise UncoercibleError from None


def _usual_date_time(text: str) -> str | None:
    """The forms that nearly all come in, without a pattern: seconds or milliseconds, and Z or an offset."""
    form = USUAL_FORMS.get(len(text))
    if form is None or text[form[0]] != form[1] or text[7] != "-" or text[10] != "T":
        return None
    try:
        moment = datetime.fromisoformat(text)
        if text[-1] == "Z":
            return text
        offset = moment.utcoffset()
        # Twice as fast as `astimezone`: a time without a zone is written in less time.
        return (datetime.fromisoformat(text[:19]) - offset).isoformat() + "Z" if offset is not None else None
    except (ValueError, OverflowError):
        return None


def _utc(date: str, time: str, fraction: str | None, offset: str) -> str:
    """The moment in UTC. The fraction stays as it is: an offset in whole minutes does not change it."""
    zone = "+00:00" if offset in {"Z", "z", "UTC"} else offset
    compact_date, compact_time = date.replace("-", ""), time.replace(":", "")
    try:
        moment = _checked(f"{compact_date}T{compact_time.ljust(6, '0')}{zone}").astimezone(UTC)
    except OverflowError:
        raise UncoercibleError from None
    return moment.isoformat()[:19] + (f".{fraction}" if fraction else "") + "Z"


def _checked(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise UncoercibleError from None


def to_array(value: object) -> list[object]:
    """The value as a list; a single value becomes a list of one."""
    return value if isinstance(value, list) else [value]


def is_nothing(value: object) -> bool:
    """Whether a value says nothing as an element of a list or as an id."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def is_element(value: object) -> bool:
    """Whether a value can be an element of a multi-valued attribute: an object, or its plain value."""
    if isinstance(value, dict):
        return True
    return isinstance(value, str | int | float) and not isinstance(value, bool) and not is_nothing(value)


def to_object(value: object) -> dict[str, object]:
    """A JSON object, unchanged; raises UncoercibleError for anything else."""
    if isinstance(value, dict):
        return value
    raise UncoercibleError


def coercer(column: dict[str, object]) -> tuple[type | None, Callable[[object], object]]:
    """The Python type whose values stay as they are (None: no type), and the function for other values."""
    types = column["type"]
    kind = next((t for t in types if t != "null"), "string") if isinstance(types, list) else types
    if column.get("format") == "date-time":
        return None, to_date_time
    if kind == "integer":
        return None, to_integer
    known: dict[object, tuple[type, Callable[[object], object]]] = {
        "string": (str, to_string),
        "boolean": (bool, to_boolean),
        "array": (list, to_array),
        "object": (dict, to_object),
    }
    return known.get(kind, (str, to_string))
