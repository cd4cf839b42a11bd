"""What the search for the records of an owner may do: it counts, and nobody without an account knows what."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from itertools import count
from typing import Any

from werkzeug import Request, Response

from freshsales_sandbox.directory import Directory
from freshsales_sandbox.layers import (
    ENDPOINTS,
    Body,
    Endpoint,
    Handler,
    Layer,
    answering,
    instead,
    list_key,
    of_each,
    on,
    question_of,
    with_body,
)
from freshsales_sandbox.quirks.quirk import Quirk, plain
from freshsales_sandbox.records import PAGE_SIZE, RECORD_TYPES, UNOWNED, owners_of
from freshsales_sandbox.rest import failure

SEARCH: tuple[Endpoint, ...] = ("owned_records",)
CAP = 100
EVERY = 3


def _without_filter(request: Request) -> Request:
    question_of(request)  # another request is made of it
    content = json.dumps({"filter_rule": []}).encode()
    return Request({**request.environ, "wsgi.input": BytesIO(content), "CONTENT_LENGTH": str(len(content))})


def _owner_asked_for(request: Request) -> Any:
    """The id in the filter; None where there is no filter."""
    content = question_of(request)
    rules = json.loads(content[content.index("{") :])["filter_rule"]
    return rules[0]["value"][0] if rules else None


def _type_of(request: Request) -> str:
    return request.path.removeprefix(ENDPOINTS["owned_records"])


def _is_owner(directory: Directory, request: Request) -> bool:
    return _owner_asked_for(request) in owners_of(directory, _type_of(request))


def _ignoring(request: Request, answer: Handler) -> Response:
    return answer(_without_filter(request))


def _ignoring_owners(directory: Directory) -> Layer:
    return on(
        SEARCH,
        lambda request, answer: answer(
            _without_filter(request) if _is_owner(directory, request) else request
        ),
    )


def _nobody_for_unknown(directory: Directory) -> Layer:
    def layer(request: Request, answer: Handler) -> Response:
        if _owner_asked_for(request) is None or _is_owner(directory, request):
            return answer(request)
        unowned = [{"id": number, "owner_id": None} for number in range(UNOWNED)]
        return with_body(answer(request), lambda body: _with_total(body | {list_key(body): unowned}, UNOWNED))

    return on(SEARCH, layer)


def _another_attribute(directory: Directory) -> Layer:
    """Records that were made by the person, whoever owns them now."""

    def layer(request: Request, answer: Handler) -> Response:
        if not _is_owner(directory, request):
            return answer(request)
        makers = sorted(owners_of(directory, _type_of(request)))
        owner = makers[makers.index(_owner_asked_for(request)) - 1]
        return with_body(answer(request), lambda body: _owned_by(body, owner))

    return on(SEARCH, layer)


def _owned_by(body: Body, owner_id: int) -> Body:
    records = [record | {"owner_id": owner_id} for record in body[list_key(body)]]
    # Whoever has none in the sandbox has made one all the same.
    records = records or [{"id": 1, "owner_id": owner_id}]
    return _with_total(body | {list_key(body): records}, max(body["meta"]["total"], 1))


def _with_total(body: Body, total: object) -> Body:
    return body | {"meta": {"total": total}}


def _changing_total(change: Callable[[Body], object]) -> Layer:
    return on(SEARCH, answering(lambda body: _with_total(body, change(body))))


def _capped(request: Request, answer: Handler) -> Response:
    if _owner_asked_for(request) is None:
        return answer(request)
    return with_body(answer(request), lambda body: _with_total(body, min(body["meta"]["total"], CAP)))


def _growing(_: Directory) -> Layer:
    """Records come in while they are counted; the owners' own do not change."""
    searches = count()

    def layer(request: Request, answer: Handler) -> Response:
        if _owner_asked_for(request) is not None:
            return answer(request)
        return with_body(
            answer(request), lambda body: _with_total(body, body["meta"]["total"] + 10 * next(searches))
        )

    return on(SEARCH, layer)


def _throttled(_: Directory) -> Layer:
    searches = count(1)

    def layer(request: Request, answer: Handler) -> Response:
        if next(searches) % EVERY:
            return answer(request)
        refusal = failure(429, "Rate limit exceeded.")
        refusal.headers["Retry-After"] = "1"
        return refusal

    return on(SEARCH, layer)


def _refusing_no_filter(request: Request, answer: Handler) -> Response:
    if _owner_asked_for(request) is None:
        return failure(400, "filter_rule must not be empty.")
    return answer(request)


def _refused(record_type: str, status: int) -> Quirk:
    def layer(request: Request, answer: Handler) -> Response:
        return (
            failure(status, "Not available to you.") if _type_of(request) == record_type else answer(request)
        )

    name = RECORD_TYPES[record_type]
    return plain(
        f"rest-search-{name}-{status}",
        f"a search for {name} answers {status}; for other records it works",
        on(SEARCH, layer),
    )


QUIRKS = (
    *(
        plain(
            f"rest-search-{status}",
            f"filtered_search answers {status}",
            on(SEARCH, instead(lambda status=status: failure(status, "Not available to you."))),  # type: ignore[misc]
        )
        for status in (403, 404, 501)
    ),
    _refused("deal", 403),
    _refused("deal", 404),
    plain(
        "rest-search-unfiltered-400", "a search without a filter is refused", on(SEARCH, _refusing_no_filter)
    ),
    Quirk("rest-search-429", f"every {EVERY}rd search is refused with 429 and Retry-After", _throttled),
    plain(
        "rest-search-filter-ignored",
        "a search counts all records, whatever its filter",
        on(SEARCH, _ignoring),
    ),
    Quirk(
        "rest-search-filter-ignored-for-owners",
        "a search for an owner counts all records; for an unknown id it counts none",
        _ignoring_owners,
    ),
    Quirk(
        "rest-search-unowned-for-unknown",
        "a search for an unknown id counts the records that nobody owns",
        _nobody_for_unknown,
    ),
    Quirk(
        "rest-search-other-attribute",
        "a search by owner finds what the person has made, whoever owns it",
        _another_attribute,
    ),
    plain(
        "rest-search-no-meta",
        "a search brings records and no meta",
        on(SEARCH, answering(lambda body: {name: value for name, value in body.items() if name != "meta"})),
    ),
    plain(
        "rest-search-total-as-text",
        "the total of a search is text",
        _changing_total(lambda body: str(body["meta"]["total"])),
    ),
    plain(
        "rest-search-page-total",
        "the total of a search counts the page at hand",
        _changing_total(lambda body: len(body[list_key(body)])),
    ),
    plain(
        "rest-search-pages-total",
        f"the total of a search counts pages of {PAGE_SIZE} records",
        _changing_total(lambda body: -(-body["meta"]["total"] // PAGE_SIZE)),
    ),
    plain("rest-search-capped", f"the total of a search for an owner ends at {CAP}", on(SEARCH, _capped)),
    Quirk("rest-search-grows", "records come in while they are counted", _growing),
    plain(
        "rest-search-bare-records",
        "records of a search do not say whose they are",
        on(SEARCH, of_each(lambda record: {"id": record["id"]})),
    ),
)
