"""Layers around the stock surfaces. Each takes a request, perhaps asks the handler below it, and answers."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from io import BytesIO
from typing import Any, Literal, cast
from urllib.parse import urlencode

from werkzeug import Request, Response

from freshsales_sandbox import rest, scim

Handler = Callable[[Request], Response]
Layer = Callable[[Request, Handler], Response]
Body = dict[str, Any]
Endpoint = Literal[
    "owners", "roles", "territories", "teams", "profile", "scim_users", "scim_groups", "owned_records"
]

ENDPOINTS: dict[Endpoint, str] = {
    "owners": rest.PATH + "/selector/owners",
    "roles": rest.PATH + "/selector/roles",
    "territories": rest.PATH + "/selector/territories",
    "teams": rest.PATH + "/selector/teams",
    "profile": rest.PATH + "/settings/profile",
    "scim_users": scim.PATH + "/Users",
    "scim_groups": scim.PATH + "/Groups",
    # For each type of record; the only ones that are read by POST.
    "owned_records": rest.PATH + rest.SEARCH,
}
REST_LISTS: tuple[Endpoint, ...] = ("owners", "roles", "territories", "teams")
SCIM_USERS: tuple[Endpoint, ...] = ("scim_users",)
SCIM_GROUPS: tuple[Endpoint, ...] = ("scim_groups",)
SCIM_LISTS = SCIM_USERS + SCIM_GROUPS
_BY_PATH = {path: endpoint for endpoint, path in ENDPOINTS.items()}


def endpoint_of(request: Request) -> Endpoint | None:
    """The list that a request reads, or the profile; None for anything else, such as a write."""
    if request.method == "POST":
        return "owned_records" if request.path.startswith(ENDPOINTS["owned_records"]) else None
    return _BY_PATH.get(request.path) if request.method == "GET" else None


def question_of(request: Request) -> str:
    """Return what a request asks for: its path, its query, and what is sent with it."""
    content = request.get_data()
    # Whoever looks at this request next reads it anew.
    request.environ["wsgi.input"] = BytesIO(content)
    return f"{request.full_path}{content.decode(errors='replace')}"


def stack(layers: Collection[Layer], handler: Handler) -> Handler:
    """Put layers on a handler, the first one outermost."""
    for layer in reversed(list(layers)):
        handler = _laid(layer, handler)
    return handler


def _laid(layer: Layer, handler: Handler) -> Handler:
    return lambda request: layer(request, handler)


def on(endpoints: Collection[Endpoint], layer: Layer) -> Layer:
    """A layer that acts only when one of these endpoints is read."""
    return lambda request, answer: (
        layer(request, answer) if endpoint_of(request) in endpoints else answer(request)
    )


def under(path: str, layer: Layer) -> Layer:
    """A layer that acts only on one surface, or on one path."""
    return lambda request, answer: (
        layer(request, answer)
        if request.path == path or request.path.startswith(path + "/")
        else answer(request)
    )


def asking(change: Callable[[dict[str, str]], dict[str, str]]) -> Layer:
    """A layer that changes the query before the stock surface sees it."""
    return lambda request, answer: answer(with_query(request, change(request.args.to_dict())))


def answering(change: Callable[[Body], Body]) -> Layer:
    """A layer that changes the JSON of a good answer."""
    return lambda request, answer: with_body(answer(request), change)


def of_each(change: Callable[[Body], Body]) -> Layer:
    """A layer that changes each record of a list."""

    def all_of(body: Body) -> Body:
        key = list_key(body)
        return body | {key: [change(record) for record in body[key]]} if key else body

    return answering(all_of)


def instead(respond: Callable[[], Response]) -> Layer:
    """A layer that answers itself and asks no handler."""
    return lambda request, answer: respond()  # noqa: ARG005


def with_query(request: Request, query: Mapping[str, str]) -> Request:
    return Request({**request.environ, "QUERY_STRING": urlencode(query)})


def with_body(response: Response, change: Callable[[Body], Body]) -> Response:
    if response.status_code == HTTPStatus.OK and response.is_json:
        response.set_data(json.dumps(change(body_of(response))))
    return response


def body_of(response: Response) -> Body:
    return cast("Body", json.loads(response.get_data()))


def list_key(body: Body) -> str:
    """The name under which an answer has its records; empty if it has none."""
    return next((key for key, value in body.items() if isinstance(value, list) and key != "schemas"), "")


def number(query: Mapping[str, str], name: str, default: int) -> int:
    """A number of the query. A value that is not a number counts as not given."""
    text = query.get(name, "")
    return int(text) if text.lstrip("-").isdecimal() else default


def with_mark(request: Request, answer: Handler) -> Response:
    """Put a byte order mark before the JSON of a good answer."""
    response = answer(request)
    if response.status_code == HTTPStatus.OK and response.is_json:
        response.set_data(BOM_UTF8 + response.get_data())
    return response


def as_html(request: Request, answer: Handler) -> Response:
    """Send JSON with the media type of HTML."""
    response = answer(request)
    if response.is_json:
        response.headers["Content-Type"] = "text/html; charset=utf-8"
    return response


def null_for_empty(body: Body) -> Body:
    """Put null in the place of an empty list."""
    key = list_key(body)
    return body | {key: None} if key and not body[key] else body


def html(title: str, status: int = 200) -> Response:
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Response(page, status, content_type="text/html; charset=utf-8")


def scim_error(status: int, detail: str, scim_type: str | None = None) -> Response:
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": str(status),
        "detail": detail,
    }
    if scim_type is not None:
        body["scimType"] = scim_type
    return rest.json_response(body, status, "application/scim+json")
