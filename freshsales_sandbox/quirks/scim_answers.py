"""Quirks of the answers of real SCIM servers: to a filter, to a refusal, and if something does not exist."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus

from werkzeug import Request, Response

from freshsales_sandbox.directory import Directory
from freshsales_sandbox.layers import (
    SCIM_GROUPS,
    SCIM_LISTS,
    Handler,
    Layer,
    answering,
    as_html,
    asking,
    body_of,
    html,
    instead,
    null_for_empty,
    on,
    scim_error,
    under,
    with_body,
    with_mark,
)
from freshsales_sandbox.quirks.quirk import Quirk, plain
from freshsales_sandbox.scim import PATH


def _filtered(respond: Callable[[], Response]) -> Layer:
    """A layer that answers a filtered request in place of the server."""
    return on(
        SCIM_LISTS,
        lambda request, answer: respond() if "filter" in request.args else answer(request),
    )


def _nothing_matches(request: Request, answer: Handler) -> Response:
    if "filter" not in request.args:
        return answer(request)
    unfiltered = asking(lambda query: {name: query[name] for name in query if name != "filter"})
    return with_body(
        unfiltered(request, answer),
        lambda body: body | {"totalResults": 0, "itemsPerPage": 0, "Resources": []},
    )


def _errors(change: Callable[[Response], Response]) -> Layer:
    def layer(request: Request, answer: Handler) -> Response:
        response = answer(request)
        return change(response) if response.status_code >= HTTPStatus.BAD_REQUEST else response

    return under(PATH, layer)


def _numeric_status(response: Response) -> Response:
    response.set_data(json.dumps(body_of(response) | {"status": response.status_code}))
    return response


def _empty_refusal(response: Response) -> Response:
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        response.set_data(b"")
    return response


def _json_media_type(request: Request, answer: Handler) -> Response:
    response = answer(request)
    response.headers["Content-Type"] = "application/json"
    return response


def _deletion_deactivates(directory: Directory) -> Layer:
    users = PATH + "/Users/"

    def layer(request: Request, answer: Handler) -> Response:
        user = directory.user(request.path.removeprefix(users))
        if request.method != "DELETE" or user is None or not request.path.startswith(users):
            return answer(request)
        # A client that may not read may not delete.
        response = answer(_reading(request))
        if response.status_code != HTTPStatus.OK:
            return response
        directory.change(user, active=False)
        response.set_data(b"")
        response.status_code = HTTPStatus.NO_CONTENT
        return response

    return layer


def _reading(request: Request) -> Request:
    return type(request)({**request.environ, "REQUEST_METHOD": "GET"})


QUIRKS = (
    plain(
        "scim-html-login",
        "every SCIM request gets an HTML login page with status 200",
        under(PATH, instead(lambda: html("Log in to Freshworks"))),
    ),
    plain(
        "scim-403",
        "every SCIM request gets 403: no Enterprise plan, or no SAML SSO",
        under(PATH, instead(lambda: scim_error(403, "SCIM is not part of this plan."))),
    ),
    plain(
        "scim-404",
        "every SCIM request gets 404: no SCIM on this host",
        under(PATH, instead(lambda: scim_error(404, "Not found."))),
    ),
    plain("scim-html-media-type", "JSON comes as text/html", under(PATH, as_html)),
    plain("scim-byte-order-mark", "JSON begins with a byte order mark", under(PATH, with_mark)),
    plain("scim-null-list", "an empty list is null", on(SCIM_LISTS, answering(null_for_empty))),
    plain("scim-json-media-type", "answers are application/json", under(PATH, _json_media_type)),
    plain(
        "scim-html-errors",
        "errors are HTML, as from a proxy",
        _errors(lambda response: html("Something went wrong", response.status_code)),
    ),
    plain("scim-empty-401", "a 401 has an empty body", _errors(_empty_refusal)),
    plain("scim-status-number", "status in a SCIM error is a number, not a string", _errors(_numeric_status)),
    plain(
        "scim-groups-404",
        "/Groups answers 404: users only",
        on(SCIM_GROUPS, instead(lambda: scim_error(404, "Not found."))),
    ),
    plain(
        "scim-groups-501",
        "/Groups answers 501: users only",
        on(SCIM_GROUPS, instead(lambda: scim_error(501, "Not implemented."))),
    ),
    plain(
        "scim-no-service-provider-config",
        "/ServiceProviderConfig answers 404",
        under(f"{PATH}/ServiceProviderConfig", instead(lambda: scim_error(404, "Not found."))),
    ),
    plain(
        "scim-filter-ignored",
        "a filter is ignored",
        on(SCIM_LISTS, asking(lambda query: {name: query[name] for name in query if name != "filter"})),
    ),
    plain(
        "scim-filter-400",
        "a filter is refused with 400 invalidFilter",
        _filtered(lambda: scim_error(400, "Filtering on this attribute is not supported.", "invalidFilter")),
    ),
    plain(
        "scim-filter-501", "a filter is refused with 501", _filtered(lambda: scim_error(501, "No filters."))
    ),
    plain("scim-filter-500", "a filter breaks the server: 500", _filtered(lambda: scim_error(500, "Oops."))),
    plain(
        "scim-filter-empty",
        "a filter on an attribute that the server does not know matches nothing: 200 with no rows",
        on(SCIM_LISTS, _nothing_matches),
    ),
    Quirk(
        "scim-delete-deactivates", "DELETE of a user deactivates instead of removing", _deletion_deactivates
    ),
)
