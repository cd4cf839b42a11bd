"""Quirks of the REST selectors: what they may do, and nobody without an account can know."""

from __future__ import annotations

from http import HTTPStatus
from itertools import count
from typing import cast

from werkzeug import Request, Response

from freshsales_sandbox.directory import Directory, ListName
from freshsales_sandbox.layers import (
    ENDPOINTS,
    REST_LISTS,
    Body,
    Endpoint,
    Handler,
    Layer,
    answering,
    as_html,
    asking,
    body_of,
    endpoint_of,
    html,
    instead,
    list_key,
    null_for_empty,
    number,
    of_each,
    on,
    under,
    with_body,
    with_mark,
    with_query,
)
from freshsales_sandbox.quirks.quirk import Quirk, plain
from freshsales_sandbox.rest import LARGEST_PAGE, PAGE_SIZE, PATH, failure

LOW_CAP = 10
PEOPLE: tuple[Endpoint, ...] = ("owners",)
SEEN_FIELDS = ("id", "display_name", "email", "is_active")


def _whole_list_always(request: Request, answer: Handler) -> Response:
    response = answer(with_query(request, {"per_page": str(LARGEST_PAGE)}))
    if response.status_code != HTTPStatus.OK:
        return response
    whole = body_of(response)
    key = list_key(whole)
    for page in count(2):
        more = body_of(answer(with_query(request, {"page": str(page), "per_page": str(LARGEST_PAGE)})))[key]
        if not more:
            break
        whole[key] += more
    return with_body(response, lambda _: whole)


def _with_meta(directory: Directory) -> Layer:
    def layer(request: Request, answer: Handler) -> Response:
        total = len(directory.ids(cast("ListName", endpoint_of(request))))
        size = min(max(number(request.args, "per_page", PAGE_SIZE), 1), LARGEST_PAGE)
        meta = {"total_pages": -(-total // size), "total": total}
        return with_body(answer(request), lambda body: body | {"meta": meta})

    return on(REST_LISTS, layer)


def _missing_past_the_end(request: Request, answer: Handler) -> Response:
    response = answer(request)
    if response.status_code == HTTPStatus.OK and number(request.args, "page", 1) > 1:
        body = body_of(response)
        if not body[list_key(body)]:
            return failure(404, "The requested page does not exist.")
    return response


def _everybody(directory: Directory) -> Layer:
    directory.lists_everyone = True
    return lambda request, answer: answer(request)


def _seen_fields(record: Body) -> Body:
    seen = {name: record[name] for name in SEEN_FIELDS}
    return seen | {"work_number": record["phone"], "mobile_number": record["mobile"]}


def _unlisted_fields(record: Body) -> Body:
    return record | {"is_forgotten": False, "deal_pipeline_id": 70000000001, "beta": {"on": True}}


def _side_loaded_fields(record: Body) -> Body:
    return record | {"uuid": f"{record['id']:018}", "job_title": "Account Executive"}


def _several_roles(record: Body) -> Body:
    """Give the role by its id, and another one by its name."""
    role_id = record["role_id"]
    return record | {
        "role_ids": [str(role_id), None],
        "roles": [{"id": role_id + 1, "name": "Second role"}, {"id": role_id, "name": "First role"}],
    }


def _refused(endpoint: Endpoint, status: int) -> Quirk:
    reasons = {
        403: "answers 403, as the key's role may not read it; the key is good elsewhere",
        404: "answers 404: the account has no such endpoint",
        501: "answers 501: the account has no such endpoint",
    }
    layer = on((endpoint,), instead(lambda: failure(status, "Not available to you.")))
    path = ENDPOINTS[endpoint].removeprefix(PATH + "/")
    return plain(f"rest-{endpoint}-{status}", f"{path} {reasons[status]}", layer)


# The order of combined quirks, the outermost first: a refusal comes before all else.
QUIRKS = (
    plain("rest-html-media-type", "JSON comes as text/html", under(PATH, as_html)),
    plain("rest-byte-order-mark", "JSON begins with a byte order mark", under(PATH, with_mark)),
    plain("rest-null-list", "an empty list is null", on(REST_LISTS, answering(null_for_empty))),
    plain(
        "rest-html-login",
        "every REST request gets an HTML login page with status 200, as from a wrong host",
        under(PATH, instead(lambda: html("Log in to Freshworks"))),
    ),
    *(_refused(endpoint, 403) for endpoint in (*REST_LISTS, "profile")),
    *(_refused(endpoint, 404) for endpoint in ("roles", "territories", "teams", "profile")),
    *(_refused(endpoint, 501) for endpoint in ("roles", "territories", "teams", "profile")),
    plain(
        "rest-past-end-404",
        "a page past the end answers 404 instead of an empty list",
        on(REST_LISTS, _missing_past_the_end),
    ),
    plain(
        "rest-page-ignored",
        "page is ignored: every page is the whole list",
        on(REST_LISTS, _whole_list_always),
    ),
    plain(
        "rest-per-page-ignored",
        f"per_page is ignored: {PAGE_SIZE} records a page",
        on(REST_LISTS, asking(lambda query: query | {"per_page": str(PAGE_SIZE)})),
    ),
    plain(
        "rest-per-page-capped",
        f"per_page is capped at {LOW_CAP}: a short page is not the last one",
        on(
            REST_LISTS,
            asking(lambda query: query | {"per_page": str(min(number(query, "per_page", LOW_CAP), LOW_CAP))}),
        ),
    ),
    Quirk("rest-meta", "lists carry meta with total_pages and total", _with_meta),
    Quirk("rest-all-users", "selector/owners lists all users of the CRM, inactive ones too", _everybody),
    plain(
        "rest-seen-fields",
        "owners have only the six fields that public clients read, work_number and mobile_number among them",
        on(PEOPLE, of_each(_seen_fields)),
    ),
    plain(
        "rest-null-fields",
        "every field of an owner but the id is null",
        on(PEOPLE, of_each(lambda record: dict.fromkeys(record) | {"id": record["id"]})),
    ),
    plain(
        "rest-side-loaded-fields",
        "owners have uuid and job_title, as users that come along with other records do",
        on(PEOPLE, of_each(_side_loaded_fields)),
    ),
    plain(
        "rest-several-roles",
        "owners have role_ids and roles beside role_id: several roles a person",
        on(PEOPLE, of_each(_several_roles)),
    ),
    plain(
        "rest-unlisted-fields", "owners have fields that nobody listed", on(PEOPLE, of_each(_unlisted_fields))
    ),
)
