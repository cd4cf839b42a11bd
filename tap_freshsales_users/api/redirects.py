"""Follows redirects to the same origin with the same query. No other host gets the credential."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import parse_qsl, urljoin, urlsplit

from tap_freshsales_users.api.auth import VISIBLE_ASCII

# Redirects that ask for the same thing at another address. 303 means another thing.
FOLLOWED = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)
# Those that keep the method of a POST. After the others many clients send a GET: another question.
FOLLOWED_BY_POST = frozenset({HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT})
MOST_IN_A_ROW = 5
PORTS = {"http": 80, "https": 443}


class RefusedRedirectError(Exception):
    """A redirect is not followed; `args[0]` says in our own words where it leads."""


def follow(base_url: str, visited: Sequence[str], location: str, *, keeps_method: bool = True) -> str:
    """The path and query that come after those in `visited`; raises RefusedRedirectError."""
    if not keeps_method:
        raise RefusedRedirectError("in a way that may make a GET of a POST")
    asked = urljoin(base_url, visited[-1])
    try:
        url = urljoin(asked, location)
        parts = urlsplit(url)
        is_same = _origin(url) == _origin(asked)
    except ValueError:
        is_same = False
    if not VISIBLE_ASCII.fullmatch(location) or not is_same or "@" in parts.netloc:
        raise RefusedRedirectError("elsewhere")
    if set(parse_qsl(urlsplit(asked).query)) - set(parse_qsl(parts.query)):
        raise RefusedRedirectError("to an address that leaves out what was asked")
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    if target in visited or len(visited) > MOST_IN_A_ROW:
        raise RefusedRedirectError("in a circle")
    return target


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """The origin of a URL (RFC 6454): scheme, host and port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)
