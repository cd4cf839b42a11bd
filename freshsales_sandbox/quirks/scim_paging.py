"""Quirks of real SCIM servers with `startIndex`, `count` and `totalResults`."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from http import HTTPStatus
from itertools import count as counting

from werkzeug import Request, Response

from freshsales_sandbox.directory import Directory
from freshsales_sandbox.layers import (
    SCIM_LISTS,
    Body,
    Handler,
    Layer,
    answering,
    asking,
    body_of,
    number,
    on,
    scim_error,
    with_body,
    with_query,
)
from freshsales_sandbox.quirks.quirk import Quirk, plain
from freshsales_sandbox.scim import LARGEST_PAGE, LIST_RESPONSE, PAGE_SIZE

LOW_CAP = 10
LARGE_COUNT = 50
SHIFT = 2
# Set on a request that a cursor quirk has answered, so that another cursor quirk below passes it on.
BY_CURSOR = "freshsales_sandbox.by_cursor"
Query = dict[str, str]


def _start(query: Query) -> int:
    return max(number(query, "startIndex", 1), 1)


def _count(query: Query) -> int:
    return min(max(number(query, "count", PAGE_SIZE), 1), LARGEST_PAGE)


def _paging(name: str, says: str, change: Callable[[Query], Query]) -> Quirk:
    return plain(name, says, on(SCIM_LISTS, asking(change)))


def _body(name: str, says: str, change: Callable[[Body], Body]) -> Quirk:
    return plain(name, says, on(SCIM_LISTS, answering(change)))


def _layer(name: str, says: str, layer: Layer) -> Quirk:
    return plain(name, says, on(SCIM_LISTS, layer))


def _without(*names: str) -> Callable[[Body], Body]:
    return lambda body: {name: value for name, value in body.items() if name not in names}


def _total(name: str, says: str, change: Callable[[int], object]) -> Quirk:
    """A quirk of the total, if there is one: a server that pages by cursor may give none."""

    def changed(body: Body) -> Body:
        return body | {"totalResults": change(body["totalResults"])} if "totalResults" in body else body

    return _body(name, says, changed)


def _ignoring_start(query: Query) -> Query:
    return {name: value for name, value in query.items() if name != "startIndex"}


def _page_total(body: Body) -> Body:
    return body | {"totalResults": len(body["Resources"])}


def _rows_again_past_the_end(request: Request, answer: Handler) -> Response:
    response = answer(request)
    if response.status_code == HTTPStatus.OK and not body_of(response)["Resources"]:
        return answer(with_query(request, request.args.to_dict() | {"startIndex": "1"}))
    return response


def _page_total_only(request: Request, answer: Handler) -> Response:
    return with_body(answer(with_query(request, _ignoring_start(request.args.to_dict()))), _page_total)


def _as_asked(name: str, default: int) -> Layer:
    """Let the answer repeat what was asked for in place of what was done."""
    asked = {"itemsPerPage": "count", "startIndex": "startIndex"}[name]
    return lambda request, answer: with_body(
        answer(request), lambda body: body | {name: number(request.args, asked, default)}
    )


def _needs_both(request: Request, answer: Handler) -> Response:
    response = answer(request)
    if {"startIndex", "count"} <= set(request.args):
        return response
    return with_body(response, lambda body: body | {"totalResults": 0, "itemsPerPage": 0, "Resources": []})


def _strict_start(request: Request, answer: Handler) -> Response:
    if number(request.args, "startIndex", 1) < 1:
        return scim_error(400, "startIndex must be at least 1", "invalidValue")
    return answer(request)


def _strict_count(request: Request, answer: Handler) -> Response:
    if number(request.args, "count", 0) > LARGE_COUNT:
        return scim_error(400, f"count must not exceed {LARGE_COUNT}", "tooMany")
    return answer(request)


def _changing_total(directory: Directory) -> Layer:
    turn = counting()
    return _total("", "", lambda total: total + next(turn) % 2).make(directory)


def _by_id(directory: Directory) -> Layer:
    directory.arrange(lambda scim_id: scim_id)
    return lambda request, answer: answer(request)


def _unstable(directory: Directory) -> Layer:
    def layer(request: Request, answer: Handler) -> Response:
        directory.arrange(lambda _: directory.chance.random())
        return answer(request)

    return on(SCIM_LISTS, layer)


def _cursor(*, gives_total: bool, expires_once: bool) -> Callable[[Directory], Layer]:
    """Paging by cursor (RFC 9865). It is the only paging of this server, whatever a client asks for."""

    def make(_: Directory) -> Layer:
        expiries = counting()

        def layer(request: Request, answer: Handler) -> Response:
            if request.environ.get(BY_CURSOR):
                return answer(request)
            query = request.args.to_dict()
            cursor, query["startIndex"] = query.pop("cursor", ""), "1"
            if cursor:
                start, its_query = _opened(cursor)
                if its_query != query:
                    return scim_error(400, "No cursor of this query.", "invalidCursor")
                if expires_once and next(expiries) == 0:
                    return scim_error(400, "The cursor has expired.", "expiredCursor")
                query = query | {"startIndex": str(start)}
            beneath = with_query(request, query)
            beneath.environ[BY_CURSOR] = True
            return with_body(
                answer(beneath), lambda body: _as_cursor_page(body, query, gives_total=gives_total)
            )

        return on(SCIM_LISTS, layer)

    return make


def _opened(cursor: str) -> tuple[int, Query]:
    try:
        start, query = json.loads(base64.urlsafe_b64decode(cursor))
    except ValueError:
        return 0, {}
    return start, query


def _as_cursor_page(body: Body, query: Query, *, gives_total: bool) -> Body:
    following = _start(query) + len(body["Resources"])
    page = {"schemas": [LIST_RESPONSE], "Resources": body["Resources"]}
    if gives_total:
        page["totalResults"] = body["totalResults"]
    if body["Resources"] and following <= body["totalResults"]:
        position = json.dumps([following, query | {"startIndex": "1"}]).encode()
        page["nextCursor"] = base64.urlsafe_b64encode(position).decode()
    return page


# The order of combined quirks, the outermost first.
QUIRKS = (
    _layer(
        "scim-start-index-echoed",
        "startIndex in the answer repeats what was asked",
        _as_asked("startIndex", 1),
    ),
    _layer(
        "scim-items-per-page-echoed",
        "itemsPerPage repeats the count that was asked for",
        _as_asked("itemsPerPage", PAGE_SIZE),
    ),
    _body("scim-no-items-per-page", "itemsPerPage is absent", _without("itemsPerPage")),
    _body("scim-no-start-index", "startIndex is absent from the answer", _without("startIndex")),
    _body(
        "scim-no-empty-resources",
        "Resources is absent when there is nothing",
        lambda body: body if body["Resources"] else _without("Resources")(body),
    ),
    _total("scim-total-as-text", "totalResults is a string", str),
    Quirk(
        "scim-total-changes",
        "totalResults changes while paging, though nobody comes or goes",
        _changing_total,
    ),
    _total(
        "scim-total-too-high",
        "totalResults is 3 higher than what can be read: counted, then dropped",
        lambda total: total + 3,
    ),
    _body("scim-page-total", "totalResults counts this page only", _page_total),
    # It looks at what the client sent: the quirks beneath may take startIndex out of the request.
    _layer("scim-needs-both", "an empty list where startIndex or count is missing", _needs_both),
    _layer(
        "scim-page-total-only",
        "totalResults counts this page only, and startIndex is ignored",
        _page_total_only,
    ),
    _layer("scim-strict-start-index", "400 for a startIndex below 1", _strict_start),
    _layer("scim-strict-count", f"400 for a count above {LARGE_COUNT}", _strict_count),
    Quirk(
        "scim-cursor-expires",
        "cursor paging whose first cursor answers 400 expiredCursor, once",
        _cursor(gives_total=False, expires_once=True),
    ),
    Quirk(
        "scim-cursor",
        "cursor paging (RFC 9865) unasked, as the only method; no totalResults",
        _cursor(gives_total=False, expires_once=False),
    ),
    Quirk(
        "scim-cursor-total",
        "cursor paging (RFC 9865) unasked, with totalResults",
        _cursor(gives_total=True, expires_once=False),
    ),
    _layer(
        "scim-past-end-again",
        "a startIndex past the end returns the first rows again",
        _rows_again_past_the_end,
    ),
    _paging(
        "scim-start-index-ignored",
        "startIndex is ignored, with a true total: page 1 for ever",
        _ignoring_start,
    ),
    _paging(
        "scim-page-number",
        "a page number is made of startIndex and count: the whole page that startIndex falls into",
        lambda query: query | {"startIndex": str((_start(query) - 1) // _count(query) * _count(query) + 1)},
    ),
    _paging(
        "scim-page-number-next",
        "a page number is made of startIndex and count: a startIndex inside a page gets the next one",
        lambda query: (
            query | {"startIndex": str(-(-(_start(query) - 1) // _count(query)) * _count(query) + 1)}
        ),
    ),
    _paging(
        "scim-pages-overlap",
        f"each page but the first begins {SHIFT} records too early",
        lambda query: query | {"startIndex": str(max(_start(query) - SHIFT, 1))},
    ),
    _paging(
        "scim-pages-skip",
        f"each page but the first begins {SHIFT} records too late: some can never be read",
        lambda query: query | {"startIndex": str(_start(query) + SHIFT * (_start(query) > 1))},
    ),
    _paging(
        "scim-count-capped",
        f"count is capped at {LOW_CAP}",
        lambda query: query | {"count": str(min(_count(query), LOW_CAP))},
    ),
    _paging(
        "scim-short-pages",
        "two thirds of the count that was asked for, on every page",
        lambda query: query | {"count": str(max(_count(query) * 2 // 3, 1))},
    ),
    Quirk("scim-order-by-id", "ordered by id as text: who joins lands in the middle", _by_id),
    Quirk("scim-order-unstable", "another order at each request", _unstable),
)
