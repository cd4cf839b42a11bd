"""Moments as numbers that count from 1970: servers send seconds or milliseconds, and the size tells which."""

from __future__ import annotations

# As seconds, the year 5138; as milliseconds, 1973.
MILLISECONDS_FROM = 10**11


def seconds_since_1970(number: float) -> float:
    """The number in seconds, from seconds or from milliseconds."""
    return number / 1000 if abs(number) >= MILLISECONDS_FROM else number
