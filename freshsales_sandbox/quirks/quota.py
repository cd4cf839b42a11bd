"""Quirks of the headers by which a server says what is left of the quota."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from http import HTTPStatus

from werkzeug import Request, Response
from werkzeug.datastructures import Headers

from freshsales_sandbox.layers import Handler, Layer
from freshsales_sandbox.quirks.quirk import plain

PREFIX = "X-RateLimit-"
RESET = PREFIX + "Reset"


def _headers(change: Callable[[Headers], None]) -> Layer:
    def layer(request: Request, answer: Handler) -> Response:
        response = answer(request)
        change(response.headers)
        return response

    return layer


def _renamed(rename: Callable[[str], str]) -> Layer:
    def change(headers: Headers) -> None:
        for name, value in list(headers.items()):
            if name.lower().startswith(("x-ratelimit-", "ratelimit-")):
                del headers[name]
                headers[rename(name)] = value

    return _headers(change)


def _reset(change: Callable[[float], float | str]) -> Layer:
    def set_reset(headers: Headers) -> None:
        if headers.get(RESET, "").isdecimal():
            reset = change(float(headers[RESET]))
            headers[RESET] = reset if isinstance(reset, str) else str(int(reset))

    return _headers(set_reset)


def _structured(headers: Headers) -> None:
    if RESET not in headers:
        return
    left, seconds = headers[PREFIX + "Remaining"], max(int(float(headers[RESET]) - time.time()), 1)
    policy = f'"default";q={headers[PREFIX + "Limit"]};w=3600'
    _drop(headers)
    headers["RateLimit"] = f'"default";r={left};t={seconds}'
    headers["RateLimit-Policy"] = policy


def _unlimited(headers: Headers) -> None:
    headers[PREFIX + "Limit"] = headers[PREFIX + "Remaining"] = "0"


def _forbidden(request: Request, answer: Handler) -> Response:
    response = _retry_after(request, answer)
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        response.status_code = HTTPStatus.FORBIDDEN
    return response


def _local_text(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone(timedelta(hours=5, minutes=45))).isoformat("T", "seconds")


def _retry_after(request: Request, answer: Handler) -> Response:
    response = answer(request)
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        response.headers["Retry-After"] = str(max(int(float(response.headers[RESET]) - time.time()), 1))
    return response


def _drop(headers: Headers) -> None:
    for name, _ in list(headers.items()):
        if name.lower().replace("-", "").startswith(("xratelimit", "ratelimit")):
            del headers[name]


# Outermost first: quirks that rename or remove the headers come after those that read them.
QUIRKS = (
    plain("quota-no-headers", "nothing tells what is left", _headers(_drop)),
    plain("quota-lower-case", "the quota's headers are in lower case", _renamed(str.lower)),
    plain(
        "quota-ratelimit",
        "the quota's headers are RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset",
        _renamed(lambda name: name[2:] if name.lower().startswith("x-") else name),
    ),
    plain(
        "quota-x-rate-limit",
        "the quota's headers are X-Rate-Limit-Limit, X-Rate-Limit-Remaining and X-Rate-Limit-Reset",
        _renamed(lambda name: "X-Rate-Limit-" + name.rpartition("-")[2]),
    ),
    plain(
        "quota-total",
        "the limit is called X-RateLimit-Total",
        _renamed(lambda name: PREFIX + "Total" if name.endswith("-Limit") else name),
    ),
    plain(
        "quota-reset-seconds-left",
        "the reset is given in seconds from now",
        _reset(lambda moment: max(moment - time.time(), 1)),
    ),
    plain(
        "quota-reset-milliseconds",
        "the reset is given in epoch milliseconds",
        _reset(lambda moment: moment * 1000),
    ),
    plain("quota-reset-date", "the reset is given as a date and time with an offset", _reset(_local_text)),
    plain(
        "quota-reset-duration",
        "the reset is given in milliseconds from now with their unit, such as 120000ms",
        _reset(lambda moment: f"{max(int((moment - time.time()) * 1000), 1)}ms"),
    ),
    plain(
        "quota-structured", "the quota is told by RateLimit and RateLimit-Policy alone", _headers(_structured)
    ),
    plain("quota-unlimited", "limit and remaining are 0 on every answer", _headers(_unlimited)),
    plain("quota-403", "a request past the quota is answered 403 with Retry-After", _forbidden),
    plain("quota-retry-after", "a 429 carries Retry-After", _retry_after),
)
