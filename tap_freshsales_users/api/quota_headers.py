"""What the headers of an answer say about the quota, in the spellings that servers use.

Times are seconds since 1970. A value that cannot be read is treated as absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tap_freshsales_users.epoch import seconds_since_1970

PREFIXES = ("x-ratelimit-", "x-rate-limit-", "ratelimit-")
LIMITS = ("limit", "total")
# A greater number is a point in time: seconds since 1970 (from 1973 on), or milliseconds since 1970.
EPOCH_SECONDS_FROM = 10**8
# No quota comes back later. A later moment has another unit, or is not a moment.
FURTHEST_RESET_SECONDS = 366 * 24 * 3600
# A number may be followed by a policy: `100, 100;w=60`.
NUMBER = re.compile(r"\s*([0-9]{1,20}(?:\.[0-9]+)?)\s*(?:[,;].*)?")
DURATION = re.compile(r"\s*([0-9]{1,20}(?:\.[0-9]+)?)\s*(ms|s)\s*")
UNIT_SECONDS = {"s": 1, "ms": 0.001}
# One item of a structured field (RFC 9651): `"default";r=50;t=30`.
ITEM = re.compile(r'("[^"]*"|[A-Za-z*][\w.:/*-]*)((?:\s*;\s*[a-z*][\w.*-]*(?:=(?:"[^"]*"|[^;,\s]*))?)+)')
PARAMETER = re.compile(r";\s*([a-z]+)=([0-9]{1,15})(?![0-9.])")
# The same header in an earlier draft: `limit=100, remaining=50, reset=30`.
MEMBER = re.compile(r"\b(limit|remaining|reset)\s*=\s*([0-9]{1,15})(?![0-9.])")


@dataclass(frozen=True)
class Told:
    """What the headers of one answer say about the quota; None for what they do not say."""

    limit: int | None
    remaining: int | None
    resets_at: float | None
    retry_at: float | None


def read_headers(headers: Mapping[str, str], now: float) -> Told:
    """Read `X-RateLimit-*`, `X-Rate-Limit-*`, `RateLimit-*`, `RateLimit`, `Retry-After`, in any case."""
    found = {name.lower(): value for name, value in headers.items()}
    limit, remaining = _number(found, *LIMITS), _number(found, "remaining")
    resets_at = next(
        filter(None, (read_moment(text, now) for text in _texts(found, "reset"))),
        None,
    )
    if remaining is None:
        limit_of_field, remaining, resets_of_field = _structured(found, now)
        limit = limit if limit_of_field is None else limit_of_field
        resets_at = resets_at if resets_of_field is None else resets_of_field
    if limit == 0 and remaining == 0:
        limit = remaining = None  # some servers say in this way that there is no limit
    return Told(limit, remaining, resets_at, read_moment(found.get("retry-after", ""), now))


def read_moment(text: str, now: float) -> float | None:
    """The moment that a text means: a number of seconds or milliseconds, a duration with its unit, or a date.

    The size of a number tells whether it counts from now or from 1970.
    """
    if match := NUMBER.fullmatch(text):
        return _moment(float(match[1]), now)
    if match := DURATION.fullmatch(text):
        return _in_reach(now + float(match[1]) * UNIT_SECONDS[match[2]], now)
    date = _date(text.strip())
    return None if date is None else _in_reach(date.timestamp(), now)


def _texts(found: Mapping[str, str], *fields: str) -> Iterator[str]:
    for prefix in PREFIXES:
        for field in fields:
            if prefix + field in found:
                yield found[prefix + field]


def _number(found: Mapping[str, str], *fields: str) -> int | None:
    for text in _texts(found, *fields):
        if match := NUMBER.fullmatch(text):
            return int(float(match[1]))
    return None


def _structured(found: Mapping[str, str], now: float) -> tuple[int | None, int | None, float | None]:
    """Limit, remaining and reset of the header `RateLimit`, by the policy that has the least left."""
    text = found.get("ratelimit", "")
    limits = {name: numbers.get("q") for name, numbers in _items(found.get("ratelimit-policy", ""))}
    told = [(numbers["r"], name, numbers.get("t")) for name, numbers in _items(text) if "r" in numbers]
    if not told:
        members = {name: int(number) for name, number in MEMBER.findall(text)}
        return members.get("limit"), members.get("remaining"), _seconds_on(members.get("reset"), now)
    # A policy of 0 with 0 left sets no limit. Another policy counts, if there is one.
    limiting = [item for item in told if item[0] or limits.get(item[1]) != 0]
    remaining, name, reset = min(limiting or told, key=lambda item: item[0])
    return limits.get(name), remaining, _seconds_on(reset, now)


def _items(text: str) -> Iterator[tuple[str, dict[str, int]]]:
    for name, parameters in ITEM.findall(text):
        yield name, {key: int(number) for key, number in PARAMETER.findall(parameters)}


def _moment(number: float, now: float) -> float | None:
    return _in_reach(number + now if number < EPOCH_SECONDS_FROM else seconds_since_1970(number), now)


def _seconds_on(seconds: int | None, now: float) -> float | None:
    return None if seconds is None else _in_reach(now + seconds, now)


def _in_reach(moment: float, now: float) -> float | None:
    return moment if moment <= now + FURTHEST_RESET_SECONDS else None


def _date(text: str) -> datetime | None:
    """An ISO 8601 date-time with its offset, or an HTTP-date (RFC 9110 section 5.6.7)."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        return date if date.tzinfo else None
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
