"""How a server may tell what is left of the quota."""

from __future__ import annotations

import time
from collections.abc import Callable
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


def _reset(change: Callable[[float], float]) -> Layer:
    def set_reset(headers: Headers) -> None:
        if RESET in headers:
            headers[RESET] = str(int(change(float(headers[RESET]))))

    return _headers(set_reset)


def _retry_after(request: Request, answer: Handler) -> Response:
    response = answer(request)
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        response.headers["Retry-After"] = str(max(int(float(response.headers[RESET]) - time.time()), 1))
    return response


def _drop(headers: Headers) -> None:
    for name, _ in list(headers.items()):
        if name.lower().startswith(("x-ratelimit-", "ratelimit-")):
            del headers[name]


# Outermost first: what renames or removes the headers comes after what reads them.
QUIRKS = (
    plain("quota-no-headers", "nothing tells what is left", _headers(_drop)),
    plain("quota-lower-case", "the quota's headers are in lower case", _renamed(str.lower)),
    plain(
        "quota-ratelimit",
        "the quota's headers are RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset",
        _renamed(lambda name: name[2:] if name.lower().startswith("x-") else name),
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
    plain("quota-retry-after", "a 429 carries Retry-After", _retry_after),
)
