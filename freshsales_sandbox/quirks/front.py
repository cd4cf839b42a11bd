"""Quirks of a front between the tap and the server, such as a cache, a proxy or a load balancer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from http import HTTPStatus
from threading import Lock
from typing import cast

from werkzeug import Request, Response

from freshsales_sandbox.directory import Directory
from freshsales_sandbox.layers import (
    REST_LISTS,
    SCIM_LISTS,
    Body,
    Endpoint,
    Handler,
    Layer,
    endpoint_of,
    list_key,
    on,
    question_of,
    under,
    with_body,
)
from freshsales_sandbox.quirks.quirk import Quirk, plain
from freshsales_sandbox.rest import PATH as REST_PATH
from freshsales_sandbox.scim import PATH as SCIM_PATH

EVERY = 3


class _Front:
    """Gives an odd answer to every third request of a list, but never twice in a row to the same request."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: dict[Endpoint, int] = {}
        self._before: dict[Endpoint, bytes] = {}
        self._just_odd: set[str] = set()

    def is_due(self, request: Request) -> bool:
        endpoint, question = cast("Endpoint", endpoint_of(request)), question_of(request)
        with self._lock:
            self._requests[endpoint] = self._requests.get(endpoint, 0) + 1
            is_due = self._requests[endpoint] % EVERY == 0 and question not in self._just_odd
            (self._just_odd.add if is_due else self._just_odd.discard)(question)
        return is_due

    def exchange(self, request: Request, body: bytes) -> bytes:
        """Keep this body for the next request. Returns the body that was kept before."""
        endpoint = cast("Endpoint", endpoint_of(request))
        with self._lock:
            before = self._before.get(endpoint, body)
            self._before[endpoint] = body
        return before


def _repeating(_: Directory) -> Layer:
    front = _Front()

    def layer(request: Request, answer: Handler) -> Response:
        response = answer(request)
        if response.is_json:
            before = front.exchange(request, response.get_data())
            if front.is_due(request):
                response.set_data(before)
        return response

    return layer


def _emptying(_: Directory) -> Layer:
    front = _Front()

    def nothing(body: Body) -> Body:
        empty: Body = {name: value for name, value in body.items() if name != "nextCursor"}
        empty |= {list_key(body): []} if list_key(body) else {}
        return empty | ({"totalResults": 0} if "totalResults" in body else {})

    def layer(request: Request, answer: Handler) -> Response:
        response = answer(request)
        return with_body(response, nothing) if front.is_due(request) else response

    return layer


def _before(name: str, says: str, lists: Collection[Endpoint], make: Callable[[Directory], Layer]) -> Quirk:
    return Quirk(name, says, lambda directory: on(lists, make(directory)))


def _redirecting(request: Request, answer: Handler) -> Response:
    """Redirect every list and the profile to the same path with a slash at its end."""
    path, query = request.path, request.query_string.decode()
    is_slashed = path.endswith("/")
    if endpoint_of(request) is not None and not is_slashed:
        response = Response(b"", HTTPStatus.PERMANENT_REDIRECT)
        response.headers["Location"] = f"{path}/?{query}" if query else f"{path}/"
        return response
    if is_slashed and (request.method == "GET" or endpoint_of(request) is not None):
        return answer(Request({**request.environ, "PATH_INFO": path.removesuffix("/")}))
    return answer(request)


REDIRECTS = "every list is redirected (308) to the same address with a slash behind it"
REPEATS = f"every {EVERY}rd answer of a list is the one before it, as from a front that caches or doubles"
EMPTIES = f"every {EVERY}rd answer of a list has no records, as from a front that failed"

QUIRKS = (
    plain("rest-front-redirects", REDIRECTS, under(REST_PATH, _redirecting)),
    plain("scim-front-redirects", REDIRECTS, under(SCIM_PATH, _redirecting)),
    _before("rest-front-repeats", REPEATS, REST_LISTS, _repeating),
    _before("scim-front-repeats", REPEATS, SCIM_LISTS, _repeating),
    _before("rest-front-empties", EMPTIES, REST_LISTS, _emptying),
    _before("scim-front-empties", EMPTIES, SCIM_LISTS, _emptying),
)
